#include "web/question.h"

#include <string.h>

static const struct {
    const char *name, *at_type, *at_id, *at_properties;
} parts[QUESTION_PARTS] = {
    [QUESTION_SUBJECT] = {"/subject", "/subject/type", "/subject/id",
                          "/subject/properties"},
    [QUESTION_ACTION] = {"/action", "", "/action/name", "/action/properties"},
    [QUESTION_RESOURCE] = {"/resource", "/resource/type", "/resource/id",
                           "/resource/properties"},
};

static struct question_entity read_entity(const cJSON *whole, enum question_part part) {
    struct question_entity entity = {.whole = whole};
    const char *id = part == QUESTION_ACTION ? "name" : "id";
    for (const cJSON *member = cJSON_IsObject(whole) ? whole->child : NULL; member;
         member = member->next) {
        if (strcmp(member->string, id) == 0)
            entity.id = member;
        else if (strcmp(member->string, "type") == 0 && part != QUESTION_ACTION)
            entity.type = member;
        else if (strcmp(member->string, "properties") == 0)
            entity.properties = member;
    }
    return entity;
}

struct question question_read(const cJSON *object) {
    struct question question = {.context = NULL};
    for (const cJSON *member = object->child; member; member = member->next) {
        if (strcmp(member->string, "context") == 0)
            question.context = member;
        for (unsigned part = 0; part < QUESTION_PARTS; part++)
            if (strcmp(member->string, parts[part].name + 1) == 0)
                question.parts[part] = read_entity(member, (enum question_part)part);
    }
    return question;
}

static bool is_complete(const struct question_entity *entity, unsigned part) {
    return entity->id && (part == QUESTION_ACTION || entity->type);
}

void question_default(struct question *question, const struct question *defaults) {
    for (unsigned part = 0; part < QUESTION_PARTS; part++) {
        struct question_entity *own = &question->parts[part];
        const struct question_entity *other = &defaults->parts[part];
        if (!own->whole) {
            *own = *other;
        } else if (cJSON_IsObject(other->whole) && cJSON_IsObject(own->whole) &&
                   !is_complete(other, part)) {
            own->type = own->type ? own->type : other->type;
            own->id = own->id ? own->id : other->id;
            own->properties = own->properties ? own->properties : other->properties;
        }
    }
    if (!question->context)
        question->context = defaults->context;
}

static bool fail(struct question_fault *fault, const char *pointer,
                 const char *detail) {
    *fault = (struct question_fault){pointer, detail};
    return false;
}

static bool check_entity(const struct question *question, unsigned part, bool open,
                         struct policy_entity *entity, struct question_fault *fault) {
    const struct question_entity *from = &question->parts[part];
    bool is_action = part == QUESTION_ACTION;
    *entity = (struct policy_entity){.type = "", .id = ""};
    if (open && is_action)
        return true; /* all of it is ignored */
    if (!from->whole)
        return fail(fault, parts[part].name, "is missing");
    if (!cJSON_IsObject(from->whole))
        return fail(fault, parts[part].name, "is no object");
    if (!is_action && !cJSON_IsString(from->type))
        return fail(fault, parts[part].at_type,
                    from->type ? "is no text" : "is missing");
    if (!open && !cJSON_IsString(from->id))
        return fail(fault, parts[part].at_id, from->id ? "is no text" : "is missing");
    if (from->properties && !cJSON_IsObject(from->properties))
        return fail(fault, parts[part].at_properties, "is no object");
    if (!is_action)
        entity->type = from->type->valuestring;
    if (!open)
        entity->id = from->id->valuestring;
    entity->properties = from->properties;
    return true;
}

bool question_check(const struct question *question, enum question_part open,
                    struct policy_request *asked, struct question_fault *fault) {
    struct policy_entity entities[QUESTION_PARTS];
    for (unsigned part = 0; part < QUESTION_PARTS; part++)
        if (!check_entity(question, part, part == open, &entities[part], fault))
            return false;
    if (question->context && !cJSON_IsObject(question->context))
        return fail(fault, "/context", "is no object");
    *asked = (struct policy_request){
        .subject = entities[QUESTION_SUBJECT],
        .resource = entities[QUESTION_RESOURCE],
        .action = entities[QUESTION_ACTION].id,
        .action_properties = entities[QUESTION_ACTION].properties,
        .context = question->context,
    };
    return true;
}

#include "web/tuple.h"

#include <string.h>

static const struct {
    const char *name, *at_type, *at_id, *at_properties;
} parts[TUPLE_PARTS] = {
    [TUPLE_SUBJECT] = {"/subject", "/subject/type", "/subject/id",
                       "/subject/properties"},
    [TUPLE_ACTION] = {"/action", "", "/action/name", "/action/properties"},
    [TUPLE_RESOURCE] = {"/resource", "/resource/type", "/resource/id",
                        "/resource/properties"},
};

static struct tuple_entity read_entity(const cJSON *whole, enum tuple_part part) {
    struct tuple_entity entity = {.whole = whole};
    const char *id = part == TUPLE_ACTION ? "name" : "id";
    for (const cJSON *member = cJSON_IsObject(whole) ? whole->child : NULL; member;
         member = member->next) {
        if (strcmp(member->string, id) == 0)
            entity.id = member;
        else if (strcmp(member->string, "type") == 0 && part != TUPLE_ACTION)
            entity.type = member;
        else if (strcmp(member->string, "properties") == 0)
            entity.properties = member;
    }
    return entity;
}

struct tuple tuple_read(const cJSON *object) {
    struct tuple tuple = {.context = NULL};
    for (const cJSON *member = object->child; member; member = member->next) {
        if (strcmp(member->string, "context") == 0)
            tuple.context = member;
        for (unsigned part = 0; part < TUPLE_PARTS; part++)
            if (strcmp(member->string, parts[part].name + 1) == 0)
                tuple.parts[part] = read_entity(member, (enum tuple_part)part);
    }
    return tuple;
}

static bool is_complete(const struct tuple_entity *entity, unsigned part) {
    return entity->id && (part == TUPLE_ACTION || entity->type);
}

void tuple_default(struct tuple *tuple, const struct tuple *defaults) {
    for (unsigned part = 0; part < TUPLE_PARTS; part++) {
        struct tuple_entity *own = &tuple->parts[part];
        const struct tuple_entity *other = &defaults->parts[part];
        if (!own->whole) {
            *own = *other;
        } else if (cJSON_IsObject(other->whole) && cJSON_IsObject(own->whole) &&
                   !is_complete(other, part)) {
            own->type = own->type ? own->type : other->type;
            own->id = own->id ? own->id : other->id;
            own->properties = own->properties ? own->properties : other->properties;
        }
    }
    if (!tuple->context)
        tuple->context = defaults->context;
}

static bool fail(struct tuple_fault *fault, const char *pointer, const char *detail) {
    *fault = (struct tuple_fault){pointer, detail};
    return false;
}

static bool check_entity(const struct tuple *tuple, unsigned part, bool open,
                         struct policy_entity *entity, struct tuple_fault *fault) {
    const struct tuple_entity *from = &tuple->parts[part];
    bool is_action = part == TUPLE_ACTION;
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

bool tuple_check(const struct tuple *tuple, enum tuple_part open,
                 struct policy_request *asked, struct tuple_fault *fault) {
    struct policy_entity entities[TUPLE_PARTS];
    for (unsigned part = 0; part < TUPLE_PARTS; part++)
        if (!check_entity(tuple, part, part == open, &entities[part], fault))
            return false;
    if (tuple->context && !cJSON_IsObject(tuple->context))
        return fail(fault, "/context", "is no object");
    *asked = (struct policy_request){
        .subject = entities[TUPLE_SUBJECT],
        .resource = entities[TUPLE_RESOURCE],
        .action = entities[TUPLE_ACTION].id,
        .action_properties = entities[TUPLE_ACTION].properties,
        .context = tuple->context,
    };
    return true;
}

#include "engine/policy/policy.h"

#include "engine/base/fnv.h"
#include "engine/policy/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct policy_class built_in[CLASS_FIRST] = {
    [CLASS_LOW] = {"low", LEVEL_HIGH, 0, {true, true, true, true, true}},
    [CLASS_USUAL] = {"medium", LEVEL_HIGH, 0, {true, true, true, true, true}},
    [CLASS_STRICT] = {"high", LEVEL_MEDIUM, 0, {true, false, false, false, false}},
    [CLASS_CRITICAL] = {"critical",
                        LEVEL_MEDIUM,
                        0,
                        {true, false, false, false, false}},
};

static const cJSON *member(const cJSON *json, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

/* 1 to POLICY_NAME_BYTES − 1 bytes: names stand in answers, headers and logs. */
static bool check_name(const cJSON *name, const struct place *place,
                       struct mistake *mistake) {
    if (cJSON_IsString(name) && name->valuestring[0] &&
        strlen(name->valuestring) < POLICY_NAME_BYTES)
        return true;
    return place_mistake(place, mistake, "a text of 1 to %d bytes is wanted",
                         POLICY_NAME_BYTES - 1);
}

/* --- effects and classes --- */

/* "HIGH", or a score. */
static bool read_limit(const cJSON *json, enum risk_level *level, double *score,
                       const struct place *place, struct mistake *mistake) {
    *level = LEVEL_UNKNOWN;
    if (cJSON_IsNumber(json) && json->valuedouble >= 0 && json->valuedouble <= 101) {
        *score = json->valuedouble;
        return true;
    }
    for (unsigned i = LEVEL_MEDIUM; cJSON_IsString(json) && i <= LEVEL_CRITICAL; i++)
        if (strcmp(json->valuestring, risk_level_name((enum risk_level)i)) == 0) {
            *level = (enum risk_level)i;
            return true;
        }
    return place_mistake(place, mistake,
                         "is none of MEDIUM, HIGH, CRITICAL or a score of 0 to 101");
}

static bool read_effect(const struct policy *policy, const cJSON *json,
                        struct rule_effect *effect, const struct place *place,
                        struct mistake *mistake) {
    static const char *const words[] = {"permit", "deny", "risk"};
    static const char *const members[] = {"limit", "class", NULL};
    const struct place at_limit = {place, "limit", 0}, at_class = {place, "class", 0};
    *effect = (struct rule_effect){.kind = EFFECT_RISK, .level = LEVEL_UNKNOWN};
    for (unsigned i = 0; cJSON_IsString(json) && i < 3; i++)
        if (strcmp(json->valuestring, words[i]) == 0) {
            effect->kind = i == 0 ? EFFECT_PERMIT : i == 1 ? EFFECT_DENY : EFFECT_RISK;
            return true;
        }
    if (!cJSON_IsObject(json) || !json->child)
        return place_mistake(place, mistake,
                             "is none of \"permit\", \"deny\", \"risk\" or "
                             "{\"limit\": …, \"class\": …}");
    if (!place_check_object(place, json, members, mistake))
        return false;
    const cJSON *limit = member(json, "limit"), *class = member(json, "class");
    effect->has_limit = limit != NULL;
    if (limit && !read_limit(limit, &effect->level, &effect->score, &at_limit, mistake))
        return false;
    if (!class)
        return true;
    if (!check_name(class, &at_class, mistake))
        return false;
    effect->class = rules_find_class(policy, class->valuestring);
    return effect->class || place_mistake(&at_class, mistake, "there is no class '%s'",
                                          class->valuestring);
}

static bool read_class(struct policy *policy, const cJSON *json,
                       const struct place *place, struct mistake *mistake) {
    static const char *const members[] = {"limit",   "learning",  "stale",
                                          "unknown", "no_engine", NULL};
    static const enum policy_gap gaps[] = {GAP_NONE, GAP_LEARNING, GAP_STALE,
                                           GAP_UNKNOWN, GAP_BLIND};
    struct policy_class *class =
        (struct policy_class *)rules_find_class(policy, json->string);
    if (!place_check_object(place, json, members, mistake))
        return false;
    if (!class) {
        if (!json->string[0] || strlen(json->string) >= POLICY_NAME_BYTES)
            return place_mistake(place, mistake, "a name of 1 to %d bytes is wanted",
                                 POLICY_NAME_BYTES - 1);
        if (policy->class_count == POLICY_CLASSES)
            return place_mistake(place, mistake, "more than %d classes",
                                 POLICY_CLASSES);
        class = &policy->classes[policy->class_count++];
        *class = built_in[CLASS_USUAL];
        snprintf(class->name, sizeof class->name, "%s", json->string);
    }
    for (unsigned i = 0; members[i]; i++) {
        const cJSON *value = member(json, members[i]);
        const struct place here = {place, members[i], 0};
        if (!value)
            continue;
        if (i == 0) {
            if (!read_limit(value, &class->level, &class->score, &here, mistake))
                return false;
        } else if (!cJSON_IsString(value) ||
                   (strcmp(value->valuestring, "permit") != 0 &&
                    strcmp(value->valuestring, "deny") != 0)) {
            return place_mistake(&here, mistake, "is neither \"permit\" nor \"deny\"");
        } else {
            class->permits[gaps[i]] = value->valuestring[0] == 'p';
        }
    }
    return true;
}

static bool read_classes(struct policy *policy, const cJSON *json,
                         struct mistake *mistake) {
    const struct place place = {NULL, "classes", 0};
    if (!json)
        return true;
    if (!place_check_object(&place, json, NULL, mistake))
        return false;
    for (const cJSON *class = json->child; class; class = class->next) {
        const struct place here = {&place, class->string, 0};
        if (!read_class(policy, class, &here, mistake))
            return false;
    }
    return true;
}

/* --- rules --- */

static bool is_taken(const struct policy *policy, const char *name) {
    for (size_t i = 0; i < policy->rule_count; i++)
        if (strcmp(policy->rules[i].name, name) == 0)
            return true;
    return strcmp(name, "default") == 0;
}

static bool read_rule(struct policy *policy, const cJSON *json,
                      const struct place *place, struct mistake *mistake) {
    static const char *const members[] = {"name",   "when",        "then",
                                          "reason", "description", NULL};
    const struct place at_name = {place, "name", 0}, at_when = {place, "when", 0},
                       at_then = {place, "then", 0}, at_reason = {place, "reason", 0},
                       at_description = {place, "description", 0};
    if (!place_check_object(place, json, members, mistake))
        return false;
    const cJSON *name = member(json, "name"), *reason = member(json, "reason"),
                *description = member(json, "description");
    cJSON *when = cJSON_GetObjectItemCaseSensitive(json, "when");
    if (!check_name(name, &at_name, mistake))
        return false;
    if (is_taken(policy, name->valuestring))
        return place_mistake(&at_name, mistake, "'%s' is another rule's name",
                             name->valuestring);
    if (reason && !check_name(reason, &at_reason, mistake))
        return false;
    if (description && !cJSON_IsString(description))
        return place_mistake(&at_description, mistake, "a text is wanted");
    struct rule *rule = &policy->rules[policy->rule_count];
    rule->name = name->valuestring;
    rule->told = reason ? reason->valuestring : NULL;
    if (!read_effect(policy, member(json, "then"), &rule->effect, &at_then, mistake))
        return false;
    if (when && !(rule->condition = condition_create(when, &at_when, mistake)))
        return false;
    policy->rule_count++;
    return true;
}

static bool read_rules(struct policy *policy, const cJSON *json,
                       struct mistake *mistake) {
    const struct place place = {NULL, "rules", 0};
    if (!cJSON_IsArray(json))
        return place_mistake(&place, mistake, "a list of rules is wanted");
    size_t count = (size_t)cJSON_GetArraySize(json), index = 0;
    if (count > POLICY_RULES)
        return place_mistake(&place, mistake, "more than %d rules", POLICY_RULES);
    policy->rules = calloc(count + 1, sizeof *policy->rules);
    if (!policy->rules)
        return place_mistake(&place, mistake, "no memory");
    for (const cJSON *rule = json->child; rule; rule = rule->next) {
        const struct place here = {&place, NULL, index++};
        if (!read_rule(policy, rule, &here, mistake))
            return false;
    }
    return true;
}

/* --- entities --- */

static bool read_entity(struct policy_entity *entity, const cJSON *json, bool is_action,
                        const struct place *place, struct mistake *mistake) {
    static const char *const members[] = {"type", "id", "properties", NULL};
    static const char *const action_members[] = {"name", "properties", NULL};
    const char *key = is_action ? "name" : "id";
    const struct place at_id = {place, key, 0}, at_type = {place, "type", 0},
                       at_properties = {place, "properties", 0};
    if (!place_check_object(place, json, is_action ? action_members : members, mistake))
        return false;
    const cJSON *type = member(json, "type"), *id = member(json, key);
    if (!is_action && (!cJSON_IsString(type) || !type->valuestring[0]))
        return place_mistake(&at_type, mistake, "a text is wanted");
    if (!cJSON_IsString(id) || !id->valuestring[0])
        return place_mistake(&at_id, mistake, "a text is wanted");
    *entity = (struct policy_entity){is_action ? "" : type->valuestring,
                                     id->valuestring, member(json, "properties")};
    return !entity->properties || cJSON_IsObject(entity->properties) ||
           place_mistake(&at_properties, mistake, "an object is wanted");
}

static bool read_list(struct entities *entities, const cJSON *json, bool is_action,
                      const struct place *place, struct mistake *mistake) {
    if (!json)
        return true;
    if (!cJSON_IsArray(json))
        return place_mistake(place, mistake, "a list is wanted");
    size_t count = (size_t)cJSON_GetArraySize(json);
    if (count > POLICY_ENTITIES)
        return place_mistake(place, mistake, "more than %d", POLICY_ENTITIES);
    entities->items = calloc(count + 1, sizeof *entities->items);
    if (!entities->items)
        return place_mistake(place, mistake, "no memory");
    for (const cJSON *item = json->child; item; item = item->next) {
        const struct place here = {place, NULL, entities->count};
        if (!read_entity(&entities->items[entities->count], item, is_action, &here,
                         mistake))
            return false;
        entities->count++;
    }
    return true;
}

static bool read_entities(struct policy *policy, const cJSON *json,
                          struct mistake *mistake) {
    static const char *const members[] = {"subjects", "resources", "actions", NULL};
    const struct place place = {NULL, "entities", 0};
    struct entities *lists[] = {&policy->subjects, &policy->resources,
                                &policy->actions};
    if (!json)
        return true;
    if (!place_check_object(&place, json, members, mistake))
        return false;
    for (unsigned i = 0; members[i]; i++) {
        const struct place here = {&place, members[i], 0};
        if (!read_list(lists[i], member(json, members[i]), i == 2, &here, mistake))
            return false;
    }
    return true;
}

/* --- the whole --- */

static bool read_document(struct policy *policy, struct mistake *mistake) {
    static const char *const members[] = {"description", "classes", "entities",
                                          "rules",       "default", NULL};
    enum { DEPTH = 32 };
    const cJSON *json = policy->document, *fallback = member(json, "default");
    const struct place at_default = {NULL, "default", 0};
    return place_check_all(NULL, json, DEPTH, mistake) &&
           place_check_object(NULL, json, members, mistake) &&
           read_classes(policy, member(json, "classes"), mistake) &&
           read_entities(policy, member(json, "entities"), mistake) &&
           read_rules(policy, member(json, "rules"), mistake) &&
           (!fallback ||
            read_effect(policy, fallback, &policy->fallback, &at_default, mistake));
}

struct policy *policy_create(const char *text, size_t length,
                             const struct policy_bounds *bounds, unsigned number,
                             struct mistake *mistake) {
    mistake->text[0] = '\0';
    struct policy *policy = calloc(1, sizeof *policy);
    if (!policy || length > POLICY_BYTES || !(policy->text = malloc(length + 1))) {
        place_mistake(NULL, mistake, "%s",
                      length > POLICY_BYTES ? "longer than a policy can be"
                                            : "no memory");
        free(policy);
        return NULL;
    }
    memcpy(policy->text, text, length);
    policy->text[length] = '\0';
    policy->references = 1;
    policy->bounds = *bounds;
    policy->class_count = CLASS_FIRST;
    memcpy(policy->classes, built_in, sizeof built_in);
    policy->fallback =
        (struct rule_effect){.kind = EFFECT_RISK, .level = LEVEL_UNKNOWN};
    snprintf(policy->revision, sizeof policy->revision, "%u-%016" PRIx64, number,
             fnv_64(text, length));
    policy->document = place_parse(policy->text, length, mistake);
    if (policy->document && read_document(policy, mistake))
        return policy;
    policy_release(policy);
    return NULL;
}

struct policy *policy_create_default(const struct policy_bounds *bounds,
                                     unsigned number) {
    static const char text[] = "{\"rules\": []}";
    struct mistake ignored;
    return policy_create(text, sizeof text - 1, bounds, number, &ignored);
}

struct policy *policy_read(const char *path, const struct policy_bounds *bounds,
                           unsigned number, struct mistake *mistake) {
    struct policy *policy = NULL;
    struct mistake inner;
    size_t length;
    char *text = place_read(path, POLICY_BYTES, &length, &inner);
    if (text)
        policy = policy_create(text, length, bounds, number, &inner);
    free(text);
    mistake->text[0] = '\0';
    if (!policy)
        place_mistake(NULL, mistake, "%.120s: %.260s", path, inner.text);
    return policy;
}

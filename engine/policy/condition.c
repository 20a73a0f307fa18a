#include "engine/policy/condition.h"

#include <stdlib.h>
#include <string.h>

enum relation {
#define RELATION(id, name, operand, help) RELATION_##id,
    RELATIONS(RELATION)
#undef RELATION
        RELATION_ALL, /* these two have `parts` instead of an attribute */
    RELATION_ANY
};

static const struct {
    const char *name;
    char operand;
} relations[] = {
#define RELATION(id, name, operand, help) [RELATION_##id] = {name, operand},
    RELATIONS(RELATION)
#undef RELATION
};

enum { RELATION_COUNT = sizeof relations / sizeof relations[0] };

struct condition {
    enum relation relation;
    struct condition *next;  /* of its parent's parts */
    struct condition *parts; /* of ALL and ANY; of NONE, what must not hold */
    struct attribute attribute;
    const cJSON *operand;
    bool compares; /* with `other`, not with the operand */
    struct attribute other;
    struct prefix *networks; /* malloced */
    size_t network_count;
};

void condition_free(struct condition *condition) {
    while (condition) {
        struct condition *next = condition->next;
        condition_free(condition->parts);
        attribute_free(&condition->attribute);
        attribute_free(&condition->other);
        free(condition->networks);
        free(condition);
        condition = next;
    }
}

/* --- reading --- */

/* What a reader carries down. */
struct reader {
    const struct place *place;
    struct mistake *mistake;
    unsigned depth; /* left */
};

static struct condition *read_condition(cJSON *json, const struct reader *above);

static struct condition *make(enum relation relation, const struct reader *reader) {
    struct condition *condition = calloc(1, sizeof *condition);
    if (condition)
        condition->relation = relation;
    else
        place_mistake(reader->place, reader->mistake, "no memory");
    return condition;
}

static bool refuse(const struct reader *reader, const char *reason) {
    return place_mistake(reader->place, reader->mistake, "%s", reason);
}

static bool has_kind(const cJSON *constant, enum attribute_kind kind) {
    switch (kind) {
    case KIND_BOOL:
        return cJSON_IsBool(constant);
    case KIND_NUMBER:
        return cJSON_IsNumber(constant);
    case KIND_TEXT:
    case KIND_LIST: /* of texts */
        return cJSON_IsString(constant);
    case KIND_LEVEL:
    case KIND_ANY:
        break;
    }
    return !cJSON_IsArray(constant) && !cJSON_IsObject(constant);
}

/* Levels are compared by their order: the name becomes its number. */
static bool read_level(cJSON *constant, const struct reader *reader) {
    enum risk_level level = LEVEL_LOW;
    while (cJSON_IsString(constant) && level < LEVEL_UNKNOWN &&
           strcmp(constant->valuestring, risk_level_name(level)) != 0)
        level++;
    if (!cJSON_IsString(constant) || level == LEVEL_UNKNOWN)
        return refuse(reader, "is none of LOW, MEDIUM, HIGH, CRITICAL");
    cJSON_free(constant->valuestring);
    constant->valuestring = NULL;
    constant->type = cJSON_Number;
    constant->valuedouble = value_level(level);
    return true;
}

static bool is_state(const char *name) {
    for (unsigned state = 0; state <= STATE_STALE; state++)
        if (strcmp(name, device_state_name((enum device_state)state)) == 0)
            return true;
    return false;
}

/* A test that can never hold is a mistake of whoever wrote it. */
static bool check_constant(const struct condition *condition, cJSON *constant,
                           const struct reader *reader) {
    enum attribute_kind kind = attribute_kind(&condition->attribute);
    if (kind == KIND_LEVEL)
        return read_level(constant, reader);
    bool is_list = condition->relation == RELATION_IS && cJSON_IsArray(constant);
    if (!has_kind(constant, kind) && !(is_list && kind == KIND_ANY))
        return refuse(reader, kind == KIND_NUMBER ? "a number is wanted"
                              : kind == KIND_BOOL ? "true or false is wanted"
                              : kind == KIND_ANY  ? "a text, a number, true, false or "
                                                    "null is wanted"
                                                  : "a text is wanted");
    if (condition->attribute.root == ROOT_DEVICE_state &&
        !is_state(constant->valuestring))
        return refuse(reader, "is none of learning, active, stale");
    return true;
}

static bool check_list(const struct condition *condition, cJSON *list,
                       const struct reader *reader) {
    size_t index = 0;
    if (!cJSON_IsArray(list) || !list->child)
        return refuse(reader, "a list that is not empty is wanted");
    for (cJSON *element = list->child; element; element = element->next) {
        const struct place here = {reader->place, NULL, index++};
        const struct reader inner = {&here, reader->mistake, reader->depth};
        if (!check_constant(condition, element, &inner))
            return false;
    }
    return true;
}

static bool check_texts(const cJSON *texts, const struct reader *reader) {
    const cJSON *text = cJSON_IsArray(texts) ? texts->child : texts;
    if (!text)
        return refuse(reader, "a text or a list of texts is wanted");
    for (; text; text = cJSON_IsArray(texts) ? text->next : NULL)
        if (!cJSON_IsString(text))
            return refuse(reader, "a text or a list of texts is wanted");
    return true;
}

static bool read_networks(struct condition *condition, const cJSON *texts,
                          const struct reader *reader) {
    if (!check_texts(texts, reader))
        return false;
    bool many = cJSON_IsArray(texts);
    size_t count = many ? (size_t)cJSON_GetArraySize(texts) : 1;
    condition->networks = calloc(count, sizeof *condition->networks);
    if (!condition->networks)
        return refuse(reader, "no memory");
    const cJSON *text = many ? texts->child : texts;
    for (size_t i = 0; i < count; i++, text = text->next)
        if (!prefix_parse(text->valuestring, &condition->networks[i]))
            return place_mistake(reader->place, reader->mistake,
                                 "'%.60s' is not a network such as 10.0.0.0/8",
                                 text->valuestring);
    condition->network_count = count;
    return true;
}

/* { "attribute": NAME } */
static bool read_other(struct condition *condition, const cJSON *json,
                       const struct reader *reader) {
    static const char *const members[] = {"attribute", NULL};
    char error[ATTRIBUTE_ERROR_BYTES];
    if (!place_check_object(reader->place, json, members, reader->mistake))
        return false;
    if (!cJSON_IsString(json->child))
        return refuse(reader, "{\"attribute\": NAME} is wanted");
    condition->compares =
        attribute_parse(&condition->other, json->child->valuestring, error);
    return condition->compares || refuse(reader, error);
}

static struct condition *read_test(cJSON *json, const char *name,
                                   const struct reader *above);

/* Whether values of this kind can stand on the left of it. */
static bool fits(enum relation relation, enum attribute_kind kind) {
    switch (relation) {
    case RELATION_CONTAINS:
        return kind == KIND_LIST || kind == KIND_ANY;
    case RELATION_NETWORK:
        return kind == KIND_LIST || kind == KIND_ANY || kind == KIND_TEXT;
    case RELATION_PREFIX:
    case RELATION_SUFFIX:
        return kind == KIND_TEXT || kind == KIND_ANY;
    case RELATION_EXISTS:
    case RELATION_NONE:
        return true;
    default:
        return kind != KIND_LIST;
    }
}

static bool read_operand(struct condition *condition, cJSON *operand, const char *name,
                         const struct reader *reader) {
    char kind = relations[condition->relation].operand;
    condition->operand = operand;
    if (!fits(condition->relation, attribute_kind(&condition->attribute)))
        return place_mistake(reader->place, reader->mistake,
                             "%s cannot be compared by '%s'", name,
                             relations[condition->relation].name);
    if (cJSON_IsObject(operand) && strchr("vlntp", kind))
        return read_other(condition, operand, reader);
    switch (kind) {
    case 'v':
        return check_constant(condition, operand, reader);
    case 'l':
        return check_list(condition, operand, reader);
    case 'n':
        if (!cJSON_IsNumber(operand) && !cJSON_IsString(operand))
            return refuse(reader, "a number or a text is wanted");
        return check_constant(condition, operand, reader);
    case 't':
        return check_texts(operand, reader);
    case 'p':
        return read_networks(condition, operand, reader);
    case 'b':
        return cJSON_IsBool(operand) || refuse(reader, "true or false is wanted");
    default:
        condition->parts = read_test(operand, name, reader);
        return condition->parts != NULL;
    }
}

static struct condition *read_relation(enum relation relation, cJSON *json,
                                       const char *name, const struct reader *reader) {
    char error[ATTRIBUTE_ERROR_BYTES];
    struct condition *test = make(relation, reader);
    if (test &&
        ((attribute_parse(&test->attribute, name, error) || refuse(reader, error)) &&
         read_operand(test, json, name, reader)))
        return test;
    condition_free(test);
    return NULL;
}

static struct condition *read_operator(cJSON *member, const char *name,
                                       const struct reader *above) {
    const struct place here = {above->place, member->string, 0};
    const struct reader reader = {&here, above->mistake, above->depth};
    unsigned relation = 0;
    while (relation < RELATION_COUNT &&
           strcmp(member->string, relations[relation].name) != 0)
        relation++;
    if (relation < RELATION_COUNT)
        return read_relation((enum relation)relation, member, name, &reader);
    refuse(&reader, "there is no such operator");
    return NULL;
}

/* All of an object's members, each read by `read`. */
static struct condition *read_members(
    cJSON *json, const char *name, const struct reader *reader,
    struct condition *(*read)(cJSON *member, const char *name, const struct reader *)) {
    struct condition *all = make(RELATION_ALL, reader);
    struct condition **end = all ? &all->parts : NULL;
    for (cJSON *member = json->child; member && all; member = member->next) {
        *end = read(member, name, reader);
        if (!*end) {
            condition_free(all);
            return NULL;
        }
        end = &(*end)->next;
    }
    return all;
}

static struct condition *read_test(cJSON *json, const char *name,
                                   const struct reader *above) {
    const struct reader reader = {above->place, above->mistake, above->depth - 1};
    if (reader.depth == 0) {
        refuse(above, "nested too deeply");
        return NULL;
    }
    if (cJSON_IsArray(json))
        return read_relation(RELATION_IN, json, name, &reader);
    if (!cJSON_IsObject(json))
        return read_relation(RELATION_IS, json, name, &reader);
    if (!json->child) {
        refuse(&reader, "no operator");
        return NULL;
    }
    return read_members(json, name, &reader, read_operator);
}

/* [CONDITION…] */
static struct condition *read_list(enum relation relation, cJSON *json,
                                   const struct reader *reader) {
    size_t index = 0;
    if (!cJSON_IsArray(json) || !json->child) {
        refuse(reader, "a list of conditions is wanted");
        return NULL;
    }
    struct condition *list = make(relation, reader);
    struct condition **end = list ? &list->parts : NULL;
    for (cJSON *element = json->child; element && list; element = element->next) {
        const struct place here = {reader->place, NULL, index++};
        const struct reader inner = {&here, reader->mistake, reader->depth};
        *end = read_condition(element, &inner);
        if (!*end) {
            condition_free(list);
            return NULL;
        }
        end = &(*end)->next;
    }
    return list;
}

static struct condition *read_member(cJSON *member, const char *unused,
                                     const struct reader *above) {
    (void)unused;
    const struct place here = {above->place, member->string, 0};
    const struct reader reader = {&here, above->mistake, above->depth};
    if (strcmp(member->string, "all") == 0)
        return read_list(RELATION_ALL, member, &reader);
    if (strcmp(member->string, "any") == 0)
        return read_list(RELATION_ANY, member, &reader);
    if (strcmp(member->string, "not") != 0)
        return read_test(member, member->string, &reader);
    struct condition *none = make(RELATION_NONE, &reader);
    if (none && !(none->parts = read_condition(member, &reader))) {
        condition_free(none);
        none = NULL;
    }
    return none;
}

static struct condition *read_condition(cJSON *json, const struct reader *above) {
    const struct reader reader = {above->place, above->mistake, above->depth - 1};
    if (reader.depth == 0) {
        refuse(above, "nested too deeply");
        return NULL;
    }
    if (!place_check_object(above->place, json, NULL, above->mistake))
        return NULL;
    return read_members(json, NULL, &reader, read_member);
}

struct condition *condition_create(cJSON *json, const struct place *place,
                                   struct mistake *mistake) {
    const struct reader reader = {place, mistake, CONDITION_DEPTH};
    return read_condition(json, &reader);
}

/* --- testing --- */

static bool ordered(enum relation relation, const struct value *a,
                    const struct value *b) {
    int order;
    if (!value_order(a, b, &order))
        return false;
    switch (relation) {
    case RELATION_BELOW:
        return order < 0;
    case RELATION_AT_MOST:
        return order <= 0;
    case RELATION_AT_LEAST:
        return order >= 0;
    default:
        return order > 0;
    }
}

static bool has_affix(const char *text, const char *affix, bool at_end) {
    size_t length = strlen(text), affix_length = strlen(affix);
    return affix_length <= length && memcmp(text + (at_end ? length - affix_length : 0),
                                            affix, affix_length) == 0;
}

static bool has_any_affix(const struct value *value, const struct value *affixes,
                          bool at_end) {
    if (value->kind != VALUE_TEXT)
        return false;
    if (affixes->kind == VALUE_TEXT)
        return has_affix(value->text, affixes->text, at_end);
    const cJSON *affix = affixes->kind == VALUE_LIST ? affixes->json->child : NULL;
    for (; affix; affix = affix->next)
        if (cJSON_IsString(affix) && has_affix(value->text, affix->valuestring, at_end))
            return true;
    return false;
}

static bool in_any_network(const struct condition *condition,
                           const struct value *value) {
    for (size_t i = 0; i < condition->network_count; i++)
        if (value_in_network(value, &condition->networks[i]))
            return true;
    return false;
}

/* Networks that another attribute names: a text, or a list with such. */
static bool in_any_named(const struct value *value, const struct value *names) {
    struct prefix network;
    if (names->kind == VALUE_TEXT)
        return prefix_parse(names->text, &network) && value_in_network(value, &network);
    const cJSON *name = names->kind == VALUE_LIST ? names->json->child : NULL;
    for (; name; name = name->next)
        if (cJSON_IsString(name) && prefix_parse(name->valuestring, &network) &&
            value_in_network(value, &network))
            return true;
    return false;
}

static bool relation_holds(const struct condition *condition, enum relation relation,
                           const struct value *left, const struct value *right) {
    switch (relation) {
    case RELATION_IS:
        return value_equal(left, right);
    case RELATION_IN:
        return value_contains(right, left);
    case RELATION_CONTAINS:
        return value_contains(left, right);
    case RELATION_PREFIX:
    case RELATION_SUFFIX:
        return has_any_affix(left, right, relation == RELATION_SUFFIX);
    case RELATION_NETWORK:
        return condition->compares ? in_any_named(left, right)
                                   : in_any_network(condition, left);
    default:
        return ordered(relation, left, right);
    }
}

/* The i-th of what a value stands for: facts of a kind may be several, all else is one. */
static struct value nth(const struct value *value, const struct policy_request *request,
                        const struct value *like, unsigned i) {
    return value->kind == VALUE_FACTS ? value_fact(value, request, like, i)
           : i == 0                   ? *value
                                      : (struct value){.kind = VALUE_ABSENT};
}

/* Of several, one must pass: so facts are a list, too, of which something is one. What is absent
   passes nothing. */
static bool compare(const struct condition *condition,
                    const struct policy_request *request, const struct value *left,
                    const struct value *right) {
    enum relation relation = condition->relation;
    if ((relation == RELATION_IN && right->kind == VALUE_FACTS) ||
        (relation == RELATION_CONTAINS && left->kind == VALUE_FACTS))
        relation = RELATION_IS;
    for (unsigned i = 0;; i++) {
        struct value a = nth(left, request, right, i);
        if (a.kind == VALUE_ABSENT)
            return false;
        for (unsigned k = 0;; k++) {
            struct value b = nth(right, request, left, k);
            if (b.kind == VALUE_ABSENT)
                break;
            if (relation_holds(condition, relation, &a, &b))
                return true;
        }
    }
}

static bool test_holds(const struct condition *condition,
                       const struct policy_request *request) {
    struct value left = attribute_value(&condition->attribute, request);
    struct value right = condition->compares
                             ? attribute_value(&condition->other, request)
                             : value_of_json(condition->operand);
    if (condition->relation == RELATION_EXISTS) {
        bool exists = nth(&left, request, &right, 0).kind != VALUE_ABSENT;
        return exists == right.truth;
    }
    return compare(condition, request, &left, &right);
}

bool condition_holds(const struct condition *condition,
                     const struct policy_request *request) {
    const struct condition *part = condition->parts;
    switch (condition->relation) {
    case RELATION_ALL:
        while (part && condition_holds(part, request))
            part = part->next;
        return !part;
    case RELATION_ANY:
        while (part && !condition_holds(part, request))
            part = part->next;
        return part != NULL;
    case RELATION_NONE:
        return !condition_holds(part, request);
    default:
        return test_holds(condition, request);
    }
}

#include "engine/policy/attribute.h"

#include "engine/base/instant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *first, *second; /* NULL: names follow at once */
    enum attribute_kind kind;
    bool has_names;
} roots[ROOT_COUNT] = {
    [ROOT_SUBJECT_TYPE] = {"subject", "type", KIND_TEXT, false},
    [ROOT_SUBJECT_ID] = {"subject", "id", KIND_TEXT, false},
    [ROOT_SUBJECT] = {"subject", "properties", KIND_ANY, true},
    [ROOT_RESOURCE_TYPE] = {"resource", "type", KIND_TEXT, false},
    [ROOT_RESOURCE_ID] = {"resource", "id", KIND_TEXT, false},
    [ROOT_RESOURCE] = {"resource", "properties", KIND_ANY, true},
    [ROOT_ACTION_NAME] = {"action", "name", KIND_TEXT, false},
    [ROOT_ACTION] = {"action", "properties", KIND_ANY, true},
    [ROOT_CONTEXT] = {"context", NULL, KIND_ANY, true},
#define ROOT(name, kind, help)                                                         \
    [ROOT_DEVICE_##name] = {"device", #name, KIND_##kind, false},
    DEVICE_ATTRIBUTES(ROOT)
#undef ROOT
        [ROOT_DEVICE_FACTS] = {"device", "facts", KIND_ANY, true},
};

/* --- names --- */

/* RFC 6901, 4: in place. */
static bool unescape(char *name) {
    char *out = name;
    for (; *name; name++) {
        if (*name != '~') {
            *out++ = *name;
            continue;
        }
        if (name[1] != '0' && name[1] != '1')
            return false;
        *out++ = *++name == '0' ? '~' : '/';
    }
    *out = '\0';
    return true;
}

static bool fail(struct attribute *attribute, const char *name, const char *reason,
                 char error[ATTRIBUTE_ERROR_BYTES]) {
    snprintf(error, ATTRIBUTE_ERROR_BYTES, "'%.60s' %s", name, reason);
    attribute_free(attribute);
    return false;
}

bool attribute_parse(struct attribute *attribute, const char *name,
                     char error[ATTRIBUTE_ERROR_BYTES]) {
    enum { PARTS = ATTRIBUTE_DEPTH + 2 };
    bool pointer = name[0] == '/';
    char *parts[PARTS];
    unsigned count = 0;
    *attribute = (struct attribute){.text = strdup(name + pointer)};
    if (!attribute->text)
        return fail(attribute, name, "does not fit in memory", error);
    for (char *part = attribute->text, *end; part; part = end) {
        end = strchr(part, pointer ? '/' : '.');
        if (end)
            *end++ = '\0';
        if (count == PARTS)
            return fail(attribute, name, "has too many parts", error);
        if (!*part || (pointer && !unescape(part)))
            return fail(attribute, name, "has an empty or badly escaped part", error);
        parts[count++] = part;
    }
    for (unsigned root = 0; root < ROOT_COUNT; root++) {
        unsigned used = roots[root].second ? 2 : 1;
        if (count < used || strcmp(parts[0], roots[root].first) != 0 ||
            (used == 2 && strcmp(parts[1], roots[root].second) != 0))
            continue;
        if (roots[root].has_names != (count > used) || count - used > ATTRIBUTE_DEPTH)
            break;
        attribute->root = (enum attribute_root)root;
        attribute->count = count - used;
        memcpy(attribute->names, parts + used, attribute->count * sizeof *parts);
        return true;
    }
    return fail(attribute, name,
                "is no attribute: see subject.id, subject.properties.NAME, "
                "context.NAME, device.score …",
                error);
}

void attribute_free(struct attribute *attribute) {
    free(attribute->text);
    *attribute = (struct attribute){.text = NULL};
}

enum attribute_kind attribute_kind(const struct attribute *attribute) {
    return roots[attribute->root].kind;
}

/* --- values --- */

double value_level(enum risk_level level) {
    return level == LEVEL_UNKNOWN ? (double)LEVEL_LOW : (double)level;
}

static struct value text(const char *string) {
    return (struct value){.kind = VALUE_TEXT, .text = string};
}

static struct value number(double value) {
    return (struct value){.kind = VALUE_NUMBER, .number = value};
}

static struct value truth(bool value) {
    return (struct value){.kind = VALUE_BOOL, .truth = value};
}

/* What is not known of a device is absent, not "". */
static struct value known_text(const char *string) {
    return string[0] ? text(string) : (struct value){.kind = VALUE_ABSENT};
}

struct value value_of_json(const cJSON *json) {
    if (!json)
        return (struct value){.kind = VALUE_ABSENT};
    if (cJSON_IsString(json))
        return text(json->valuestring);
    if (cJSON_IsNumber(json))
        return number(json->valuedouble);
    if (cJSON_IsBool(json))
        return truth(cJSON_IsTrue(json));
    enum value_kind kind = cJSON_IsArray(json)    ? VALUE_LIST
                           : cJSON_IsObject(json) ? VALUE_OBJECT
                                                  : VALUE_NULL;
    return (struct value){.kind = kind, .json = json};
}

/* As a JSON Pointer does (RFC 6901, 4): no sign, no leading zero. */
static const cJSON *element_at(const cJSON *list, const char *name) {
    size_t length = strspn(name, "0123456789");
    if (!length || length > 5 || name[length] || (name[0] == '0' && length > 1))
        return NULL;
    return cJSON_GetArrayItem(list, atoi(name));
}

static struct value descend(const struct attribute *attribute, const cJSON *json) {
    for (unsigned i = 0; i < attribute->count && json; i++)
        json = cJSON_IsObject(json)
                   ? cJSON_GetObjectItemCaseSensitive(json, attribute->names[i])
               : cJSON_IsArray(json) ? element_at(json, attribute->names[i])
                                     : NULL;
    return value_of_json(json);
}

static struct value of_device(enum attribute_root root,
                              const struct device_view *device) {
    if (root == ROOT_DEVICE_known)
        return truth(device != NULL);
    if (!device)
        return (struct value){.kind = VALUE_ABSENT};
    switch (root) {
    case ROOT_DEVICE_id:
        return text(device->id);
    case ROOT_DEVICE_name:
        return known_text(device->name);
    case ROOT_DEVICE_vendor:
        return known_text(device->vendor);
    case ROOT_DEVICE_group:
        return known_text(device->group);
    case ROOT_DEVICE_type:
        return known_text(device->type ? device->type : "");
    case ROOT_DEVICE_criticality:
        return text(device->criticality ? device->criticality : "normal");
    case ROOT_DEVICE_identity_confidence:
        return number(device->identity_confidence);
    case ROOT_DEVICE_zone:
        return known_text(device->zone);
    case ROOT_DEVICE_vlan:
        return number(device->vlan);
    case ROOT_DEVICE_router:
        return truth(device->is_router);
    case ROOT_DEVICE_addresses:
        return (struct value){.kind = VALUE_ADDRESSES, .device = device};
    case ROOT_DEVICE_state:
        return text(device_state_name(device->state));
    case ROOT_DEVICE_level:
        return (struct value){.kind = VALUE_LEVEL,
                              .number = value_level(device->level)};
    case ROOT_DEVICE_score:
        return number(device->score);
    case ROOT_DEVICE_trust:
        return number(100 - device->score);
    case ROOT_DEVICE_tier:
        return number(4 - value_level(device->level));
    case ROOT_DEVICE_confidence:
        return number(device->confidence);
    case ROOT_DEVICE_anomaly:
        return number(device->anomaly);
    case ROOT_DEVICE_factors:
        return (struct value){.kind = VALUE_FACTORS, .device = device};
    default:
        return (struct value){.kind = VALUE_ABSENT};
    }
}

struct value attribute_value(const struct attribute *attribute,
                             const struct policy_request *request) {
    switch (attribute->root) {
    case ROOT_SUBJECT_TYPE:
        return text(request->subject.type);
    case ROOT_SUBJECT_ID:
        return text(request->subject.id);
    case ROOT_SUBJECT:
        return descend(attribute, request->subject.properties);
    case ROOT_RESOURCE_TYPE:
        return text(request->resource.type);
    case ROOT_RESOURCE_ID:
        return text(request->resource.id);
    case ROOT_RESOURCE:
        return descend(attribute, request->resource.properties);
    case ROOT_ACTION_NAME:
        return text(request->action);
    case ROOT_ACTION:
        return descend(attribute, request->action_properties);
    case ROOT_CONTEXT:
        return descend(attribute, request->context);
    case ROOT_DEVICE_FACTS:
        return (struct value){.kind = request->device && attribute->count == 1
                                          ? VALUE_FACTS
                                          : VALUE_ABSENT,
                              .text = attribute->names[0],
                              .device = request->device};
    default:
        return of_device(attribute->root, request->device);
    }
}

/* --- facts --- */

static struct value read_like(const char *string, const struct value *like) {
    char *end = NULL;
    double parsed = like->kind == VALUE_NUMBER ? strtod(string, &end) : 0;
    if (end && end != string && !*end && isfinite(parsed))
        return number(parsed);
    if (like->kind == VALUE_BOOL && strcmp(string, "true") == 0)
        return truth(true);
    if (like->kind == VALUE_BOOL && strcmp(string, "false") == 0)
        return truth(false);
    return text(string);
}

struct value value_fact(const struct value *facts, const struct policy_request *request,
                        const struct value *like, unsigned i) {
    const struct device_view *device = facts->device;
    for (unsigned at = 0; at < device->fact_count; at++) {
        const struct fact *fact = &device->facts[at];
        bool expired = fact->expires_ns && fact->expires_ns <= request->now_ns;
        if (strcmp(fact->kind, facts->text) == 0 && !expired && i-- == 0)
            return read_like(fact->value, like);
    }
    return (struct value){.kind = VALUE_ABSENT};
}

/* --- comparing --- */

/* Of a level, of the number that a policy's constant was made, or of a name. */
static bool level_of(const struct value *value, double *order) {
    enum risk_level level = LEVEL_LOW;
    *order = value->number;
    if (value->kind != VALUE_TEXT)
        return value->kind == VALUE_LEVEL || value->kind == VALUE_NUMBER;
    while (level <= LEVEL_UNKNOWN && strcmp(value->text, risk_level_name(level)) != 0)
        level++;
    *order = value_level(level);
    return level <= LEVEL_UNKNOWN;
}

static bool lists_equal(const cJSON *a, const cJSON *b) {
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next) {
        struct value x = value_of_json(a), y = value_of_json(b);
        if (!value_equal(&x, &y))
            return false;
    }
    return !a && !b;
}

/* No name is there twice, neither in a request nor in a policy. */
static bool objects_equal(const cJSON *a, const cJSON *b) {
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return false;
    for (const cJSON *member = a->child; member; member = member->next) {
        struct value x = value_of_json(member);
        struct value y =
            value_of_json(cJSON_GetObjectItemCaseSensitive(b, member->string));
        if (!value_equal(&x, &y))
            return false;
    }
    return true;
}

static int sign(double a, double b) {
    return (a > b) - (a < b);
}

bool value_equal(const struct value *a, const struct value *b) {
    double x, y;
    if (a->kind == VALUE_LEVEL || b->kind == VALUE_LEVEL)
        return level_of(a, &x) && level_of(b, &y) && sign(x, y) == 0;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->truth == b->truth;
    case VALUE_NUMBER:
        return a->number >= b->number && a->number <= b->number;
    case VALUE_TEXT:
        return strcmp(a->text, b->text) == 0;
    case VALUE_LIST:
        return lists_equal(a->json, b->json);
    case VALUE_OBJECT:
        return objects_equal(a->json, b->json);
    default:
        return false;
    }
}

bool value_order(const struct value *a, const struct value *b, int *order) {
    double x, y;
    uint64_t earlier, later;
    if (a->kind == VALUE_LEVEL || b->kind == VALUE_LEVEL) {
        bool good = level_of(a, &x) && level_of(b, &y);
        *order = good ? sign(x, y) : 0;
        return good;
    }
    if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER)
        *order = sign(a->number, b->number);
    else if (a->kind != VALUE_TEXT || b->kind != VALUE_TEXT)
        return false;
    else if (instant_parse(a->text, &earlier) && instant_parse(b->text, &later))
        *order = (earlier > later) - (earlier < later);
    else
        *order = strcmp(a->text, b->text);
    return true;
}

static bool has_address(const struct device_view *device, const struct value *item) {
    struct address address;
    if (item->kind != VALUE_TEXT || !address_parse(item->text, &address))
        return false;
    for (unsigned i = 0; i < device->address_count; i++)
        if (address_equal(&device->addresses[i], &address))
            return true;
    return false;
}

bool value_contains(const struct value *list, const struct value *item) {
    if (list->kind == VALUE_ADDRESSES)
        return has_address(list->device, item);
    if (list->kind == VALUE_FACTORS) {
        for (unsigned i = 0; i < list->device->factor_count; i++)
            if (item->kind == VALUE_TEXT &&
                strcmp(list->device->factors[i].kind, item->text) == 0)
                return true;
        return false;
    }
    const cJSON *element = list->kind == VALUE_LIST ? list->json->child : NULL;
    for (; element; element = element->next) {
        struct value value = value_of_json(element);
        if (value_equal(&value, item))
            return true;
    }
    return false;
}

static bool text_in_network(const char *string, const struct prefix *network) {
    struct address address;
    return address_parse(string, &address) && prefix_contains(network, &address);
}

bool value_in_network(const struct value *value, const struct prefix *network) {
    if (value->kind == VALUE_TEXT)
        return text_in_network(value->text, network);
    if (value->kind == VALUE_ADDRESSES) {
        for (unsigned i = 0; i < value->device->address_count; i++)
            if (prefix_contains(network, &value->device->addresses[i]))
                return true;
        return false;
    }
    const cJSON *element = value->kind == VALUE_LIST ? value->json->child : NULL;
    for (; element; element = element->next)
        if (cJSON_IsString(element) && text_in_network(element->valuestring, network))
            return true;
    return false;
}

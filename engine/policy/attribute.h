#ifndef ENGINE_POLICY_ATTRIBUTE_H
#define ENGINE_POLICY_ATTRIBUTE_H

#include "engine/base/address.h"
#include "engine/snapshot.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* What a decision is about, and the names of what it may look at:

       subject.type  subject.id   subject.properties.NAME…   context.NAME…
       resource.type resource.id  resource.properties.NAME…
       action.name                action.properties.NAME…
       device.NAME                see DEVICE_ATTRIBUTES
       device.facts.KIND          what is known or was posted of it, and has not expired

   A name that contains a dot is written as a JSON Pointer (RFC 6901) of the request:
   /subject/properties/a.b. A number names an element of a list, from 0 on. */

struct policy_entity {
    const char *type, *id;
    const cJSON *properties; /* an object, NULL if none */
};

/* All borrowed; strings are never NULL. */
struct policy_request {
    struct policy_entity subject, resource;
    const char *action;
    const cJSON *action_properties; /* objects, NULL if none */
    const cJSON *context;
    const struct device_view *device; /* whose risk counts; NULL: not known */
    uint64_t now_ns; /* of the capture, as the device's facts have it */
    bool blind; /* the engine does not answer: what the picture says is not current */
};

/* name, kind of value, help */
#define DEVICE_ATTRIBUTES(X)                                                           \
    X(known, BOOL, "whether the engine knows the device")                              \
    X(id, TEXT, "as in the API")                                                       \
    X(name, TEXT, "host name")                                                         \
    X(vendor, TEXT, "")                                                                \
    X(group, TEXT, "")                                                                 \
    X(type, TEXT, "what kind of thing it seems to be")                                 \
    X(criticality, TEXT, "as an operator has set it, else normal")                     \
    X(zone, TEXT, "")                                                                  \
    X(vlan, NUMBER, "0 untagged")                                                      \
    X(router, BOOL, "carries addresses that are not its own")                          \
    X(addresses, LIST, "IP addresses now")                                             \
    X(state, TEXT, "learning, active or stale")                                        \
    X(level, LEVEL, "LOW to CRITICAL; UNKNOWN counts as LOW")                          \
    X(score, NUMBER, "0 to 100")                                                       \
    X(trust, NUMBER, "100 less that")                                                  \
    X(tier, NUMBER, "1 (CRITICAL) to 4 (LOW)")                                         \
    X(confidence, NUMBER, "0 to 1")                                                    \
    X(identity_confidence, NUMBER, "0 to 1: how sure who it is")                       \
    X(anomaly, NUMBER, "-log10 p of its last window")                                  \
    X(factors, LIST, "kinds of what makes its score")

enum { ATTRIBUTE_DEPTH = 24, ATTRIBUTE_ERROR_BYTES = 160 };

enum attribute_root {
    ROOT_SUBJECT_TYPE,
    ROOT_SUBJECT_ID,
    ROOT_SUBJECT,
    ROOT_RESOURCE_TYPE,
    ROOT_RESOURCE_ID,
    ROOT_RESOURCE,
    ROOT_ACTION_NAME,
    ROOT_ACTION,
    ROOT_CONTEXT,
#define ATTRIBUTE_ROOT(name, kind, help) ROOT_DEVICE_##name,
    DEVICE_ATTRIBUTES(ATTRIBUTE_ROOT)
#undef ATTRIBUTE_ROOT
        ROOT_DEVICE_FACTS,
    ROOT_COUNT
};

struct attribute {
    enum attribute_root root;
    unsigned count;               /* of names below the root */
    char *names[ATTRIBUTE_DEPTH]; /* into `text` */
    char *text;                   /* malloced */
};

/* False: `error` says what is wrong with the name. */
bool attribute_parse(struct attribute *attribute, const char *name,
                     char error[ATTRIBUTE_ERROR_BYTES]);
void attribute_free(struct attribute *attribute);

/* Of what kind it always is; KIND_ANY for what the request brings along. */
enum attribute_kind {
    KIND_ANY,
    KIND_BOOL,
    KIND_NUMBER,
    KIND_TEXT,
    KIND_LEVEL,
    KIND_LIST
};
enum attribute_kind attribute_kind(const struct attribute *attribute);

struct value {
    enum value_kind {
        VALUE_ABSENT,
        VALUE_NULL,
        VALUE_BOOL,
        VALUE_NUMBER,
        VALUE_TEXT,
        VALUE_LEVEL, /* `number`: its order */
        VALUE_LIST,  /* of JSON: `json`'s children */
        VALUE_ADDRESSES,
        VALUE_FACTORS,
        VALUE_FACTS, /* of the kind `text`, told by value_fact */
        VALUE_OBJECT
    } kind;
    bool truth;
    double number;
    const char *text;
    const cJSON *json;
    const struct device_view *device; /* of addresses and factors */
};

/* Absent where the request has no such thing. O(members passed). */
struct value attribute_value(const struct attribute *attribute,
                             const struct policy_request *request);
struct value value_of_json(const cJSON *json); /* NULL: absent */

/* The i-th fact of a value of facts that counts now; absent behind the last. A test holds for
   facts if it holds for one of them. Facts are texts: one that reads like a number or a truth
   is that where `like` is one. */
struct value value_fact(const struct value *facts, const struct policy_request *request,
                        const struct value *like, unsigned i);

/* Of the same kind and equal, lists and objects in all they hold; a level equals what names it.
   What is absent equals nothing. O(members²) of an object. */
bool value_equal(const struct value *a, const struct value *b);
/* `order` is below, at or above 0 as a is to b: numbers, levels, times (instant.h), other texts by
   their bytes. False: they have no order. */
bool value_order(const struct value *a, const struct value *b, int *order);
/* A list that holds something equal. */
bool value_contains(const struct value *list, const struct value *item);
/* An address, or a list of which at least one is; text that is no address is in none. */
bool value_in_network(const struct value *value, const struct prefix *network);

/* The order of levels, UNKNOWN as LOW: 0 … 3. */
double value_level(enum risk_level level);

#endif

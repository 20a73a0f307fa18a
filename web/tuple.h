#ifndef WEB_TUPLE_H
#define WEB_TUPLE_H

#include "engine/policy/policy.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* What AuthZEN asks about, as it stands in JSON: subject, action, resource and context. */

enum tuple_part { TUPLE_SUBJECT, TUPLE_ACTION, TUPLE_RESOURCE, TUPLE_PARTS };

struct tuple {
    struct tuple_entity {
        const cJSON *whole;                  /* NULL: absent, like its members */
        const cJSON *type, *id, *properties; /* of an action, its name is its id */
    } parts[TUPLE_PARTS];
    const cJSON *context;
};

/* What is wrong, and where. */
struct tuple_fault {
    const char *pointer, *detail; /* static; a JSON Pointer within the question */
};

/* Nothing is checked yet. Unknown members are passed over. */
struct tuple tuple_read(const cJSON *object);

/* What the question leaves open is the defaults'; a part that it has is completed only where
   the default's is incomplete. */
void tuple_default(struct tuple *tuple, const struct tuple *defaults);

/* Into what a policy can decide, without its device. `open`: the part whose id may be missing and
   is ignored (a search's), TUPLE_PARTS for none; an open action may be absent. False: it is
   incomplete, or of the wrong types. */
bool tuple_check(const struct tuple *tuple, enum tuple_part open,
                 struct policy_request *asked, struct tuple_fault *fault);

#endif

#ifndef WEB_QUESTION_H
#define WEB_QUESTION_H

#include "engine/policy/policy.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A question of AuthZEN as it stands in JSON: subject, action, resource and context. */

enum question_part {
    QUESTION_SUBJECT,
    QUESTION_ACTION,
    QUESTION_RESOURCE,
    QUESTION_PARTS
};

struct question {
    struct question_entity {
        const cJSON *whole;                  /* NULL: absent, like its members */
        const cJSON *type, *id, *properties; /* of an action, its name is its id */
    } parts[QUESTION_PARTS];
    const cJSON *context;
};

/* What is wrong, and where. */
struct question_fault {
    const char *pointer, *detail; /* static; a JSON Pointer within the question */
};

/* Nothing is checked yet. Unknown members are passed over. */
struct question question_read(const cJSON *object);

/* What the question leaves open is the defaults'; a part that it has is completed only where
   the default's is incomplete. */
void question_default(struct question *question, const struct question *defaults);

/* Into what a policy can decide, without its device. `open`: the part whose id may be missing and
   is ignored (a search's), QUESTION_PARTS for none; an open action may be absent. False: it is
   incomplete, or of the wrong types. */
bool question_check(const struct question *question, enum question_part open,
                    struct policy_request *asked, struct question_fault *fault);

#endif

#ifndef ENGINE_POLICY_POLICY_H
#define ENGINE_POLICY_POLICY_H

#include "engine/policy/attribute.h"
#include "engine/policy/place.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who may do what, as data: ordered rules of which the first that matches decides. It permits,
   denies, or holds the risk of the device against a limit. docs/policy.md has the format of
   policy.json. Immutable once it is made; read by any thread. */

enum {
    POLICY_BYTES = 1 << 20, /* no longer file is read */
    POLICY_RULES = 4096,
    POLICY_CLASSES = 16,
    POLICY_ENTITIES = 65536, /* of each kind */
    POLICY_NAME_BYTES = 64,
    POLICY_REVISION_BYTES = 40,
    POLICY_REASON_BYTES = 256,
};

/* What answers are for: `learn` permits and does not judge, `shadow` judges, tells what would be
   denied, and permits. */
enum policy_mode { MODE_LEARN, MODE_SHADOW, MODE_ENFORCE, MODE_COUNT };
const char *policy_mode_name(enum policy_mode mode); /* "learn" … */
bool policy_mode_parse(const char *name, enum policy_mode *mode);

/* Scores where levels begin. */
struct policy_bounds {
    double medium, high, critical;
};

/* Why the engine may have no say, and what the class then answers. */
enum policy_gap {
    GAP_NONE,
    GAP_LEARNING,
    GAP_STALE,
    GAP_UNKNOWN,
    GAP_BLIND,
    GAP_COUNT
};

/* What resources of a class (their property `criticality`) ask for. */
struct policy_class {
    char name[POLICY_NAME_BYTES]; /* compared without case */
    enum risk_level level;        /* the limit; LEVEL_UNKNOWN where it is a score */
    double score;
    bool permits[GAP_COUNT]; /* below the limit, in each state */
};

struct policy;

struct policy_decision {
    bool permitted; /* what the rules say: the mode is the caller's */
    enum policy_why {
        WHY_RULE,  /* it permits or denies */
        WHY_RISK,  /* reached the limit, or is below it */
        WHY_STATE, /* below the limit, or unknown: the class's word for that state */
    } why;
    enum policy_gap gap;
    const char *rule;       /* its name, "default" where none matched */
    const char *told;       /* what a rule has to say to users, NULL */
    const char *class_name; /* "" where none was asked */
    double limit;           /* the score, where the risk was asked */
    enum risk_level level;  /* the limit's, LEVEL_UNKNOWN where it is a score */
};

/* The policy that holds without a file: nobody is denied but by risk. `number` counts the
   policies of this process. NULL if there is no memory. */
struct policy *policy_create_default(const struct policy_bounds *bounds,
                                     unsigned number);

/* From the `length` bytes of a policy.json. NULL on a mistake. */
struct policy *policy_create(const char *text, size_t length,
                             const struct policy_bounds *bounds, unsigned number,
                             struct mistake *mistake);

/* The same from a file; `text` in `mistake` then begins with its path. */
struct policy *policy_read(const char *path, const struct policy_bounds *bounds,
                           unsigned number, struct mistake *mistake);

/* Before it is shared: the number that it counts as. */
void policy_renumber(struct policy *policy, unsigned number);
/* Whether it reads as the one of that revision does, whatever their numbers; "" is none's. */
bool policy_is_same(const struct policy *policy, const char *revision);

struct policy *policy_retain(const struct policy *shared);
void policy_release(struct policy *policy); /* the last frees; NULL is allowed */

const char *policy_revision(const struct policy *policy); /* "3-9c56cc51b374c3ba" */
const char *policy_text(const struct policy *policy);     /* as it was read */
size_t policy_rule_count(const struct policy *policy);
const char *policy_rule_name(const struct policy *policy, size_t i);
bool policy_rule_matches(const struct policy *policy, size_t i,
                         const struct policy_request *request);

/* O(rules); no allocation. */
struct policy_decision policy_decide(const struct policy *policy,
                                     const struct policy_request *request);

/* Why, for administrators: a sentence. */
void policy_explain(const struct policy_decision *decision,
                    const struct policy_request *request,
                    char text[POLICY_REASON_BYTES]);

/* The stored entities, in the order of the file: they serve search alone. */
size_t policy_subject_count(const struct policy *policy);
size_t policy_resource_count(const struct policy *policy);
size_t policy_action_count(const struct policy *policy);
const struct policy_entity *policy_subject(const struct policy *policy, size_t i);
const struct policy_entity *policy_resource(const struct policy *policy, size_t i);
/* Its `type` is "", its id the name. */
const struct policy_entity *policy_action(const struct policy *policy, size_t i);

#endif

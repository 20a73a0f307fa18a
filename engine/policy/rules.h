#ifndef ENGINE_POLICY_RULES_H
#define ENGINE_POLICY_RULES_H

#include "engine/policy/condition.h"
#include "engine/policy/policy.h"

#include <stdatomic.h>

/* What a policy is made of; for policy.c, which asks it, and policy_read.c, which makes
   it. */

struct rule_effect {
    enum { EFFECT_PERMIT, EFFECT_DENY, EFFECT_RISK } kind;
    bool has_limit; /* of its own: else the class's */
    enum risk_level level;
    double score;
    const struct policy_class *class; /* NULL: the one that the resource asks for */
};

struct rule {
    const char *name, *told;     /* `told`: NULL if nothing */
    struct condition *condition; /* NULL: always */
    struct rule_effect effect;
};

struct entities {
    struct policy_entity *items;
    size_t count;
};

struct policy {
    _Atomic unsigned references;
    char revision[POLICY_REVISION_BYTES];
    char *text;
    cJSON *document; /* which names and constants point into */
    struct policy_bounds bounds;
    struct policy_class classes[POLICY_CLASSES];
    size_t class_count;
    struct rule *rules;
    size_t rule_count;
    struct rule_effect fallback;
    struct entities subjects, resources, actions;
};

/* Those that are always there, though a file may change them. `usual` is taken where none is
   asked for, `strict` where one is asked for that nobody has defined. */
enum { CLASS_LOW, CLASS_USUAL, CLASS_STRICT, CLASS_CRITICAL, CLASS_FIRST };

/* NULL if there is none of that name. */
const struct policy_class *rules_find_class(const struct policy *policy,
                                            const char *name);

#endif

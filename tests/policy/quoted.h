#ifndef TESTS_POLICY_QUOTED_H
#define TESTS_POLICY_QUOTED_H

#include "engine/policy/policy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Policies out of JSON with ' for ". */

static const struct policy_bounds bounds = {30, 60, 80};

static inline char *unquoted(const char *text) {
    char *json = strdup(text);
    for (char *c = json; *c; c++)
        if (*c == '\'')
            *c = '"';
    return json;
}

static inline struct policy *make(const char *text, struct mistake *mistake) {
    char *json = unquoted(text);
    struct policy *policy = policy_create(json, strlen(json), &bounds, 1, mistake);
    free(json);
    return policy;
}

static inline struct policy *must_make(const char *text) {
    struct mistake mistake;
    struct policy *policy = make(text, &mistake);
    ck_assert_msg(policy != NULL, "%s: %s", text, mistake.text);
    return policy;
}

#endif

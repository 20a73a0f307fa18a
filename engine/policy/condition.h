#ifndef ENGINE_POLICY_CONDITION_H
#define ENGINE_POLICY_CONDITION_H

#include "engine/policy/attribute.h"
#include "engine/policy/place.h"

#include <stdbool.h>

/* When a rule applies, as it stands in policy.json:

       CONDITION = { NAME: TEST, … "all": [CONDITION…], "any": [CONDITION…], "not": CONDITION }
       TEST      = text, number, true, false or null: is exactly that
                 | [VALUE…]: is one of them
                 | { OPERATOR: OPERAND, … }: all hold

   NAME is an attribute (attribute.h). All members of a condition must hold; none is true.
   An operand may be another attribute, { "attribute": NAME }, where the table says so. Values
   compare with their own kind only, but levels with their names, and what is absent passes no test but
   "exists": false. */

/* id, name, operand: v value or attribute, n number or text or attribute, l list or
   attribute, t texts or attribute, p networks or attribute, b true or false, c test */
#define RELATIONS(X)                                                                   \
    X(IS, "is", 'v', "equal")                                                          \
    X(IN, "in", 'l', "equal to one of a list")                                         \
    X(CONTAINS, "contains", 'v', "a list with such an element")                        \
    X(BELOW, "below", 'n', "<, numbers, levels, times or texts")                       \
    X(AT_MOST, "at_most", 'n', "<=")                                                   \
    X(AT_LEAST, "at_least", 'n', ">=")                                                 \
    X(ABOVE, "above", 'n', ">")                                                        \
    X(PREFIX, "prefix", 't', "begins with it, or with one of a list")                  \
    X(SUFFIX, "suffix", 't', "ends with it, or with one of a list")                    \
    X(NETWORK, "network", 'p', "an address within the prefix, or one of a list")       \
    X(EXISTS, "exists", 'b', "there at all")                                           \
    X(NONE, "not", 'c', "the test does not hold")

struct condition;

enum { CONDITION_DEPTH = 16 };

/* NULL on a mistake. Keeps pointing into `json`, whose constants it may put into another form.
   `json` has passed place_check_all. */
struct condition *condition_create(cJSON *json, const struct place *place,
                                   struct mistake *mistake);
void condition_free(struct condition *condition); /* NULL is allowed */

/* O(tests); no allocation. */
bool condition_holds(const struct condition *condition,
                     const struct policy_request *request);

#endif

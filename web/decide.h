#ifndef WEB_DECIDE_H
#define WEB_DECIDE_H

#include "engine/policy/policy.h"
#include "web/request.h"
#include "web/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The one way from a question to an answer, for every API: the policy decides, the mode of the
   device's zone says what is made of it, and it is counted and audited. */

struct service;

/* id, name in metrics and audit */
#define DECIDE_APIS(X)                                                                 \
    X(EVALUATION, "evaluation")                                                        \
    X(EVALUATIONS, "evaluations")                                                      \
    X(AUTHZ, "authz")                                                                  \
    X(BROKER, "broker")

enum decide_api {
#define DECIDE_API(id, name) DECIDE_##id,
    DECIDE_APIS(DECIDE_API)
#undef DECIDE_API
        DECIDE_API_COUNT
};
const char *decide_api_name(enum decide_api api);

/* What was decided, by API and answer. */
struct decide_counts {
    uint64_t permitted[DECIDE_API_COUNT], denied[DECIDE_API_COUNT];
    uint64_t would_deny[DECIDE_API_COUNT]; /* of those that were permitted */
};

/* One HTTP request's, in which the policy and the picture do not change. */
struct decider {
    struct service *service;
    const struct request *request;
    const struct policy *policy; /* borrowed from the service */
    enum decide_api api;
    bool blind; /* the engine does not answer */
};

struct verdict {
    struct policy_decision decision; /* as the rules have it */
    enum policy_mode mode;
    bool permitted;  /* what is answered */
    bool would_deny; /* in shadow */
};

struct decider decide_begin(struct service *service, const struct request *request,
                            enum decide_api api);

/* The device that is called so, or NULL, also where several are. */
const struct device_view *decide_device(const struct decider *decider,
                                        const char *identity);

/* The device that an AuthZEN subject is, or comes from: a subject of type `device`, else its
   properties `device_id` and `ip_address`. */
const struct device_view *decide_subject_device(const struct decider *decider,
                                                const struct policy_entity *subject);

/* Whose device it is about, and when. */
void decide_about(const struct decider *decider, struct policy_request *asked,
                  const struct device_view *device);

/* Without any effect. */
struct verdict decide_judge(const struct decider *decider,
                            const struct policy_request *asked);
/* Judge, count and audit. */
struct verdict decide(const struct decider *decider,
                      const struct policy_request *asked);

/* In the zone that the device stands in; NULL: where none is known. */
enum policy_mode decide_mode(const struct service *service,
                             const struct device_view *device);

/* The members of an answer's context: why, the risk, the rule and the policy's revision. */
void decide_add_context(struct text *text, const struct decider *decider,
                        const struct policy_request *asked,
                        const struct verdict *verdict);

#endif

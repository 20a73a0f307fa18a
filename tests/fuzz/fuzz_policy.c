/* A policy of any bytes is taken or refused with a reason; what was taken decides. */
#include "engine/policy/policy.h"

#include <stdlib.h>
#include <string.h>

static void decide(const struct policy *policy, const struct device_view *device,
                   cJSON *properties) {
    const struct policy_request request = {
        .subject = {"user", "alice", properties},
        .resource = {"record", "1", properties},
        .action = "read",
        .action_properties = properties,
        .context = properties,
        .device = device,
    };
    char reason[POLICY_REASON_BYTES];
    struct policy_decision decision = policy_decide(policy, &request);
    policy_explain(&decision, &request, reason);
    if (!reason[0] || !decision.rule[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct policy_bounds bounds = {30, 60, 80};
    static const struct device_view device = {.id = "02:00:00:00:00:01", .score = 45};
    struct mistake mistake;
    struct policy *policy =
        policy_create((const char *)data, size, &bounds, 1, &mistake);
    if ((policy != NULL) == (mistake.text[0] != '\0'))
        abort();
    if (!policy)
        return 0;
    cJSON *properties = cJSON_Parse(
        "{\"role\":\"admin\",\"a\":{\"b\":[1,\"x\",null]},\"ip\":\"10.0.0.1\"}");
    decide(policy, &device, properties);
    decide(policy, NULL, NULL);
    for (size_t i = 0; i < policy_subject_count(policy); i++)
        if (!policy_subject(policy, i)->id[0])
            abort();
    cJSON_Delete(properties);
    policy_release(policy);
    return 0;
}

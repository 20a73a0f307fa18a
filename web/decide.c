#include "web/decide.h"

#include "web/json.h"
#include "web/news.h"
#include "web/service.h"
#include "web/view.h"

#include <string.h>
#include <time.h>

/* The engine ticks each second, also when an interface is silent: so long without a tick, and
   it has stopped. Captures that another program writes have a time of their own. */
enum { BLIND_S = 30 };

const char *decide_api_name(enum decide_api api) {
    static const char *const names[] = {
#define DECIDE_NAME(id, name) [DECIDE_##id] = name,
        DECIDE_APIS(DECIDE_NAME)
#undef DECIDE_NAME
    };
    return names[api];
}

static bool is_blind(const struct snapshot *snapshot) {
    const struct engine_status *status = snapshot_status(snapshot);
    return status->is_clocked &&
           status->now_ns / 1000000000 + BLIND_S < (uint64_t)time(NULL);
}

struct decider decide_begin(struct service *service, const struct request *request,
                            enum decide_api api) {
    return (struct decider){.service = service,
                            .request = request,
                            .policy = service->policy,
                            .api = api,
                            .blind = is_blind(request->snapshot)};
}

const struct device_view *decide_device(const struct decider *decider,
                                        const char *identity) {
    uint32_t index;
    const struct snapshot *snapshot = decider->request->snapshot;
    return snapshot_find(snapshot, identity, &index, 1) == 1
               ? snapshot_device(snapshot, index)
               : NULL;
}

const struct device_view *decide_subject_device(const struct decider *decider,
                                                const struct policy_entity *subject) {
    static const char *const hints[] = {"device_id", "ip_address"};
    if (strcmp(subject->type, "device") == 0)
        return decide_device(decider, subject->id);
    for (unsigned i = 0; subject->properties && i < 2; i++) {
        const cJSON *hint =
            cJSON_GetObjectItemCaseSensitive(subject->properties, hints[i]);
        if (cJSON_IsString(hint))
            return decide_device(decider, hint->valuestring);
    }
    return NULL;
}

enum policy_mode decide_mode(const struct service *service,
                             const struct device_view *device) {
    const struct web_options *options = &service->options;
    uint8_t zone =
        device && options->zones ? zone_find(options->zones, device->zone) : ZONE_NONE;
    return zone < ZONE_MAX && options->zone_modes[zone]
               ? (enum policy_mode)(options->zone_modes[zone] - 1)
               : options->mode;
}

void decide_about(const struct decider *decider, struct policy_request *asked,
                  const struct device_view *device) {
    asked->device = device;
    asked->blind = decider->blind;
    asked->now_ns = snapshot_status(decider->request->snapshot)->now_ns;
}

struct verdict decide_judge(const struct decider *decider,
                            const struct policy_request *asked) {
    struct verdict verdict = {.decision = policy_decide(decider->policy, asked),
                              .mode = decide_mode(decider->service, asked->device)};
    verdict.permitted = verdict.decision.permitted || verdict.mode != MODE_ENFORCE;
    verdict.would_deny = verdict.mode == MODE_SHADOW && !verdict.decision.permitted;
    return verdict;
}

static void record(const struct decider *decider, const struct policy_request *asked,
                   const struct verdict *verdict) {
    struct audit *audit = &decider->service->audit;
    struct audit_entry *entry =
        audit_begin(audit, decide_api_name(decider->api), decider->request);
    char *id =
        audit_copy(entry->subject, sizeof entry->subject - 1, asked->subject.type);
    *id++ = ':';
    audit_copy(id, (size_t)(entry->subject + sizeof entry->subject - id),
               asked->subject.id);
    audit_copy(entry->action, sizeof entry->action, asked->action);
    audit_copy(entry->resource, sizeof entry->resource, asked->resource.id);
    audit_copy(entry->rule, sizeof entry->rule, verdict->decision.rule);
    audit_copy(entry->policy, sizeof entry->policy, policy_revision(decider->policy));
    entry->decision = verdict->permitted ? AUDIT_PERMIT : AUDIT_DENY;
    entry->would_deny = verdict->would_deny;
    entry->mode = policy_mode_name(verdict->mode);
    if (asked->device) {
        memcpy(entry->device, asked->device->id, sizeof entry->device);
        entry->score = (int)view_score(asked->device);
        entry->level = risk_level_name(asked->device->level);
    }
    if (!verdict->permitted && decider->api == DECIDE_AUTHZ)
        entry->status = 403;
    audit_commit(audit, entry);
    news_decision(decider->service, entry);
}

struct verdict decide(const struct decider *decider,
                      const struct policy_request *asked) {
    struct verdict verdict = decide_judge(decider, asked);
    struct decide_counts *counts = &decider->service->decisions;
    uint64_t *answers = verdict.permitted ? counts->permitted : counts->denied;
    answers[decider->api]++;
    counts->would_deny[decider->api] += verdict.would_deny;
    record(decider, asked, &verdict);
    return verdict;
}

void decide_add_context(struct text *text, const struct decider *decider,
                        const struct policy_request *asked,
                        const struct verdict *verdict) {
    const struct policy_decision *decision = &verdict->decision;
    char reason[POLICY_REASON_BYTES];
    policy_explain(decision, asked, reason);
    json_open(text, "context", '{');
    json_open(text, "reason_admin", '{');
    json_string(text, decision->permitted ? "200" : "403", reason);
    json_close(text, '}');
    if (!verdict->permitted) {
        json_open(text, "reason_user", '{');
        json_string(text, "403",
                    decision->told              ? decision->told
                    : decision->why == WHY_RULE ? "Access is denied"
                                                : "Device is restricted");
        json_close(text, '}');
    }
    if (asked->device)
        view_brief(text, "risk", asked->device, decider->service->options.max_age_s);
    json_open(text, "policy", '{');
    json_string(text, "revision", policy_revision(decider->policy));
    json_string(text, "rule", decision->rule);
    json_string(text, "mode", policy_mode_name(verdict->mode));
    if (verdict->would_deny)
        json_bool(text, "would_deny", true);
    json_close(text, '}');
    json_close(text, '}');
}

#include "engine/state.h"

#include <math.h>

/* 1.19 points are MEDIUM. A shell's commands have no business in a URL; what reads like SQL or
   like a script may be a name, but not again and again. */
static const struct {
    uint8_t risk;
    float points;
} attacks[] = {
    {RISK_COMMAND, 1.5F},
    {RISK_EXPLOIT, 1.5F},
    {RISK_SQL, 0.8F},
    {RISK_SCRIPT, 0.8F},
};
static const float clear_text_points = 0.3F;
/* In half an hour. The busiest honest device of all captures asked for a few. */
static const double labels_most = 40, generated_most = 12;
static const double names_points = 1.5;

static void tell_names(struct engine *engine, struct device *device,
                       enum evidence_kind kind, double names, double most,
                       const struct flow_record *flow, uint64_t now_s) {
    if (names < most)
        return;
    struct evidence e = {.kind = (uint8_t)kind,
                         .points = (float)(names_points + log10(names / most)),
                         .observed = (float)names,
                         .expected = (float)most,
                         .peer = flow->ip[RESPONDER]};
    judge_identity(engine, device, &e, now_s);
}

static void take_names(struct engine *engine, const struct flow_record *flow,
                       struct device *device, uint64_t now_s) {
    tell_names(engine, device, EVIDENCE_DNS_LABELS,
               domain_ask(engine->domains, device, flow->name, now_s), labels_most,
               flow, now_s);
    if (flow->risks >> RISK_GENERATED & 1)
        tell_names(engine, device, EVIDENCE_DNS_GENERATED,
                   domain_ask_generated(engine->domains, device, flow->name, now_s),
                   generated_most, flow, now_s);
}

void request_take(struct engine *engine, const struct flow_record *flow,
                  struct device *initiator, uint64_t now_s) {
    /* The risks are the flow's so far: what asks for nothing now repeats none. */
    if (!flow->payload_packets[INITIATOR])
        return;
    if (flow->dns_queries)
        take_names(engine, flow, initiator, now_s);
    struct evidence e = {.observed = 1,
                         .peer = flow->ip[RESPONDER],
                         .protocol = flow->protocol,
                         .port = flow->port[RESPONDER]};
    for (unsigned i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        if (!(flow->risks >> attacks[i].risk & 1))
            continue;
        e.kind = EVIDENCE_WEB_ATTACK;
        e.feature = attacks[i].risk;
        e.points = attacks[i].points;
        judge_identity(engine, initiator, &e, now_s);
        return;
    }
    bool in_clear = flow->risks >> RISK_CLEAR_TEXT & 1;
    if (in_clear && !(engine->options.families_off & (1u << FAMILY_INVARIANT))) {
        e.kind = EVIDENCE_CLEAR_TEXT;
        e.points = clear_text_points;
        judge_remark(engine, initiator, &e, now_s);
    }
}

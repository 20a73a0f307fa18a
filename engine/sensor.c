#include "engine/sensor.h"

#include "engine/window.h"
#include "models/distinct.h"

#include <string.h>

enum { KIND_NEWCOMERS, KIND_VICTIM };
/* Attempts are looked at in spans of so long. */
static const uint64_t span_s = 5;
/* At a capture's beginning everybody is new. */
static const uint64_t begin_s = 60;
/* A thing that comes again sooner is the same thing. */
static const uint64_t lasts_s = 900;
/* Of those who appear, so few stay. */
static const double fleeting_share = 0.8;
/* A few clients of a dead server are no attack. */
static const double sources_least = 50;

void sensor_forget(struct sensor *sensor) {
    memset(sensor, 0, sizeof *sensor);
}

static uint32_t slot_of(const struct invariant_limits *limits, uint64_t time_s) {
    double length = limits->newcomers_s / SLIDING_SLOTS;
    return (uint32_t)((double)time_s / (length > 1 ? length : 1));
}

void sensor_born(struct sensor *sensor, const struct invariant_limits *limits,
                 const struct mac *mac, const struct address *ip, uint64_t now_s) {
    sliding_count_add(&sensor->born, slot_of(limits, now_s), 1);
    sensor->last_mac = *mac;
    sensor->last_ip = *ip;
}

void sensor_settled(struct sensor *sensor, const struct invariant_limits *limits,
                    uint64_t age_s, uint64_t now_s) {
    if ((double)age_s < limits->newcomers_s)
        sliding_count_add(&sensor->settled, slot_of(limits, now_s - age_s), 1);
}

void sensor_flow(struct sensor *sensor, const struct flow_record *flow) {
    bool is_tcp = flow->protocol == 6;
    uint32_t attempts = is_tcp ? flow->syn[INITIATOR] : flow->events & FLOW_NEW ? 1 : 0;
    const struct address *ip = &flow->ip[RESPONDER];
    if (!attempts || (!is_tcp && flow->protocol != 17) ||
        flow->state == FLOW_ANSWERED || address_is_multicast(ip))
        return;
    uint64_t key = window_address_key(ip) * 0x9e3779b97f4a7c15 ^
                   (uint64_t)flow->port[RESPONDER] << 8 ^ flow->protocol;
    bool taken;
    unsigned i =
        heavy_add(sensor->attempts, SENSOR_TARGETS, key ? key : 1, attempts, &taken);
    struct sensor_target *target = &sensor->targets[i];
    if (taken)
        *target = (struct sensor_target){
            .ip = *ip, .port = flow->port[RESPONDER], .protocol = flow->protocol};
    distinct_add(target->sources, SENSOR_REGISTERS,
                 window_address_key(&flow->ip[INITIATOR]));
}

/* Whether a thing that holds now is news. */
static bool is_news(struct sensor *sensor, unsigned kind, uint64_t now_s) {
    bool news = !sensor->held_s[kind] || now_s - sensor->held_s[kind] > lasts_s;
    sensor->held_s[kind] = (uint32_t)now_s;
    return news;
}

static bool judge_newcomers(struct sensor *sensor,
                            const struct invariant_limits *limits, uint64_t now_s,
                            struct evidence *evidence) {
    uint32_t slot = slot_of(limits, now_s);
    double born = sliding_count_sum(&sensor->born, slot);
    double fleeting = born - sliding_count_sum(&sensor->settled, slot);
    if (now_s < sensor->begun_s + begin_s || fleeting < limits->newcomers ||
        fleeting < fleeting_share * born)
        return false;
    *evidence = (struct evidence){.kind = EVIDENCE_MAC_FLOOD,
                                  .observed = (float)fleeting,
                                  .expected = (float)limits->newcomers,
                                  .peer = sensor->last_ip,
                                  .mac = sensor->last_mac};
    return is_news(sensor, KIND_NEWCOMERS, now_s);
}

static bool judge_victim(struct sensor *sensor, const struct invariant_limits *limits,
                         uint64_t now_s, struct evidence *evidence) {
    const double many = limits->victim_attempts_s * (double)span_s;
    double most = 0;
    for (unsigned i = 0; i < SENSOR_TARGETS; i++) {
        const struct heavy_place *place = &sensor->attempts[i];
        const struct sensor_target *target = &sensor->targets[i];
        double attempts = place->weight - place->error;
        if (attempts < many || attempts <= most ||
            distinct_estimate(target->sources, SENSOR_REGISTERS) < sources_least)
            continue;
        most = attempts;
        *evidence = (struct evidence){.kind = EVIDENCE_UNDER_ATTACK,
                                      .observed = (float)(attempts / (double)span_s),
                                      .expected = (float)limits->victim_attempts_s,
                                      .peer = target->ip,
                                      .port = target->port,
                                      .protocol = target->protocol};
    }
    if (now_s % span_s == 0)
        memset(sensor->attempts, 0, sizeof sensor->attempts);
    return most > 0 && is_news(sensor, KIND_VICTIM, now_s);
}

unsigned sensor_judge(struct sensor *sensor, const struct invariant_limits *limits,
                      uint64_t now_s, struct evidence news[SENSOR_KINDS]) {
    unsigned count = 0;
    if (!sensor->begun_s)
        sensor->begun_s = now_s;
    count += judge_newcomers(sensor, limits, now_s, &news[count]);
    count += judge_victim(sensor, limits, now_s, &news[count]);
    return count;
}

#include "engine/state.h"

#include <math.h>

/* Availability: who is nearly always there, or calls like clockwork all day, and is not heard
   any more. No attack in itself, hence a remark that is told once, and fewer points than
   any evidence. */
static const double points = 0.15;
enum { LOOK_S = 60, SILENT_S = 600, UNSEEN_S = 60, GAPS = 16, DAYS = 2 };
/* Of its whole life, and of its last hours: the most windows that the fast horizon can
   weigh are a thousand. */
static const double nearly_always = 0.8, lately = 500;
static const double clockwork_spread = 0.7, overdue_least = 6, gaps_least = 5;

static uint64_t since(uint64_t then_s, uint64_t now_s) {
    return now_s > then_s ? now_s - then_s : 0;
}

/* The part of the day in which it is ever heard. */
static double waking_share(const struct context *context) {
    unsigned hours = 0;
    for (unsigned i = 0; i < 24; i++)
        hours += context->visits[i] > 0;
    return context->days >= DAYS && hours ? hours / 24.0 : 1;
}

/* The seconds in which it was to be heard again; 0: nobody can tell. */
static double usual_gap_s(const struct baseline *b, uint64_t heard_s, uint64_t now_s) {
    double life_s = (double)(b->last_s - b->first_s) + WINDOW_S;
    double share = (double)b->windows * WINDOW_S / life_s;
    if (share >= nearly_always && (double)b->fast.weight >= lately)
        return WINDOW_S / fmin(1, share);
    for (unsigned i = 0; i < RHYTHM_CHANNELS; i++) {
        const struct rhythm_channel *channel = &b->rhythm.channels[i];
        double gap_s = exp((double)channel->mean);
        bool is_clockwork =
            channel->key && channel->gaps >= GAPS &&
            (double)channel->variance <= clockwork_spread * clockwork_spread;
        /* It had stopped before the device did: that was its own affair. */
        bool had_stopped = (double)since(channel->last_s, heard_s) > 2 * gap_s;
        bool is_constant = (double)b->windows * fmax(gap_s, WINDOW_S) >=
                           nearly_always * waking_share(&b->context) * life_s;
        if (is_clockwork && !had_stopped && is_constant &&
            (double)since(heard_s, now_s) >= gaps_least * gap_s &&
            rhythm_overdue(channel, now_s) >= overdue_least)
            return gap_s;
    }
    return 0;
}

static void look_at(struct engine *engine, struct device *device, uint64_t now_s) {
    const struct baseline *b = &device->baseline;
    uint64_t heard_s = device->last_ns / 1000000000;
    uint64_t silent_s = since(heard_s, now_s);
    if (device->silence_told || silent_s < SILENT_S || device->tainted_s > heard_s ||
        since(engine->watched_s, now_s) < SILENT_S ||
        (b->context.days >= DAYS && !context_is_usual_hour(&b->context, now_s)))
        return;
    double gap_s = usual_gap_s(b, heard_s, now_s);
    if (gap_s <= 0)
        return;
    struct evidence e = {.kind = EVIDENCE_SILENCE,
                         .points = (float)points,
                         .observed = (float)silent_s,
                         .expected = (float)gap_s};
    device->silence_told = true;
    judge_remark(engine, device, &e, now_s);
}

void silence_look(struct engine *engine, uint64_t now_s) {
    /* Where nobody is heard, nothing is seen. */
    if (since(engine->heard_s, now_s) > UNSEEN_S)
        engine->watched_s = now_s;
    uint64_t looked_s = engine->looked_s;
    if (now_s / LOOK_S == looked_s / LOOK_S)
        return;
    engine->looked_s = now_s;
    if (!looked_s || engine->options.families_off & (1u << FAMILY_RHYTHM))
        return;
    /* In an order that a restart does not change. */
    struct table *table = engine->devices.table;
    for (unsigned segment = 0; segment < TABLE_SEGMENTS; segment++)
        for (struct device *device = table_newest(table, segment); device;
             device = table_older(table, device))
            look_at(engine, device, now_s);
}

#include "engine/view.h"

#include "engine/reason.h"
#include "engine/technique.h"
#include "engine/view_fact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;

static bool has_learnt(const struct device *device) {
    return baseline_maturity(&device->baseline, BASELINE_VOLUME) >= 1;
}

enum device_state view_state(const struct device *device, uint32_t max_age_s,
                             uint64_t now_ns) {
    if (now_ns > device->last_ns + max_age_s * second_ns)
        return STATE_STALE;
    return has_learnt(device) ? STATE_ACTIVE : STATE_LEARNING;
}

enum risk_level view_level(const struct device *device) {
    return risk_told(&device->risk, !has_learnt(device));
}

enum { FADE_S = 3600 }; /* in which the confidence in a silent device halves */

uint8_t view_silence(const struct device *device, uint32_t max_age_s, uint64_t now_ns) {
    uint64_t shown_until_ns = device->last_ns + max_age_s * second_ns;
    if (now_ns <= shown_until_ns)
        return 0;
    uint64_t steps = (now_ns - shown_until_ns) / (FADE_S / 10 * second_ns) + 1;
    return steps < UINT8_MAX ? (uint8_t)steps : UINT8_MAX;
}

double view_confidence(const struct device *device, uint32_t max_age_s,
                       uint64_t now_ns) {
    double learnt = baseline_maturity(&device->baseline, BASELINE_VOLUME);
    double age_s =
        now_ns > device->last_ns ? (double)(now_ns - device->last_ns) / 1e9 : 0;
    double fresh = age_s <= max_age_s ? 1 : exp2(-(age_s - max_age_s) / FADE_S);
    return identity_confidence(device) * (0.5 + 0.5 * learnt) * fresh;
}

static void fill_factors(struct device_view *view, const struct device *device,
                         const struct identity *identity,
                         const struct risk_rules *rules, uint64_t now_s) {
    double shares[RISK_SLOTS];
    view->score = risk_score(&device->risk, rules, now_s, shares);
    for (unsigned i = 0; i < RISK_SLOTS; i++) {
        const struct evidence *e = &device->risk.slots[i];
        if (shares[i] <= 0)
            continue;
        unsigned at = view->factor_count++;
        while (at > 0 && view->factors[at - 1].contribution < shares[i]) {
            view->factors[at] = view->factors[at - 1];
            at--;
        }
        struct factor *f = &view->factors[at];
        *f = (struct factor){.kind = evidence_name(e->kind),
                             .unit = evidence_unit(e->kind),
                             .technique = technique_of_kind(e->kind),
                             .family = evidence_family(e->kind),
                             .contribution = shares[i],
                             .observed = (double)e->observed,
                             .expected = (double)e->expected,
                             .since_ns = e->since_s * second_ns};
        reason_peer(e, identity, f->peer, sizeof f->peer);
        reason_text(e, identity, f->text, sizeof f->text);
    }
}

/* Largest first; insertion into a short list. */
static void insert_top(struct top_entry *list, unsigned *count, const char *name,
                       double bytes, uint32_t last_s) {
    unsigned at = *count;
    while (at > 0 && (double)list[at - 1].bytes < bytes) {
        list[at] = list[at - 1];
        at--;
    }
    snprintf(list[at].name, sizeof list[at].name, "%s", name);
    list[at].bytes = (uint64_t)bytes;
    list[at].last_seen_ns = last_s * second_ns;
    ++*count;
}

static unsigned count_tops(const struct device_contacts *contacts) {
    unsigned n = 0;
    for (unsigned i = 0; i < DEVICE_PEERS; i++)
        n += contacts->peers[i].ip.family != 0;
    for (unsigned i = 0; i < DEVICE_SERVICES; i++)
        n += contacts->services[i].last_s != 0;
    return n;
}

/* `room` has space for all of them. */
static void fill_tops(struct device_view *view, const struct device_contacts *contacts,
                      const struct identity *identity, struct top_entry *room) {
    view->top_peers = room;
    char text[FACTOR_PEER_BYTES], service[16];
    for (unsigned i = 0; i < DEVICE_PEERS; i++) {
        const struct device_peer *p = &contacts->peers[i];
        if (!p->ip.family)
            continue;
        struct evidence whom = {.peer = p->ip};
        reason_peer(&whom, identity, text, sizeof text);
        insert_top(view->top_peers, &view->top_peer_count, text, (double)p->bytes,
                   p->last_s);
    }
    view->top_services = room + view->top_peer_count;
    for (unsigned i = 0; i < DEVICE_SERVICES; i++) {
        const struct device_service *s = &contacts->services[i];
        if (!s->last_s)
            continue;
        reason_service(s->protocol, s->port, service, sizeof service);
        snprintf(text, sizeof text, "%s%s%s", service, s->application[0] ? " " : "",
                 s->application);
        insert_top(view->top_services, &view->top_service_count, text, (double)s->bytes,
                   s->last_s);
    }
}

static void fill_type(struct device_view *view, const struct inventory *inventory,
                      const struct device *device) {
    const struct inventory_entry *entry = inventory_find(inventory, device);
    struct clues clues = inventory_clues(inventory, device);
    inventory_group(inventory, device, view->group);
    view->type = "";
    if (!entry)
        return;
    view->type = guess_type_name((enum device_type)entry->guess.type);
    view->type_confidence = entry->guess.confidence / 100.0;
    guess_reasons(&entry->guess, &clues, view->type_reasons, sizeof view->type_reasons);
}

/* What people and other systems have said. */
static void fill_standing(struct device_view *view, const struct device *device,
                          const struct standings *standings) {
    const struct standing *standing =
        device->has_standing ? standing_find(standings, &device->key) : NULL;
    view->identity_confidence = identity_confidence(device);
    view->relearn_until_ns = device->relearn_s * second_ns > view->computed_at_ns
                                 ? device->relearn_s * second_ns
                                 : 0;
    if (!standing)
        return;
    const struct assessment *assessment = &standing->assessment;
    for (unsigned i = 0; i < assessment->reason_count; i++)
        view->identity_reasons[view->identity_reason_count++] = assessment->reasons[i];
    view->criticality = posting_criticality_name(standing->criticality);
    if (standing->name[0])
        snprintf(view->name, sizeof view->name, "%s", standing->name);
    if (standing->group[0])
        snprintf(view->group, sizeof view->group, "%s", standing->group);
}
_Static_assert((int)IDENTITY_REASONS == (int)ASSESS_REASONS, "no reason is lost");

struct device_view *
view_of_device(const struct device *device, const struct device_contacts *contacts,
               const struct identity *identity, const struct inventory *inventory,
               const struct risk_rules *rules, uint32_t max_age_s, uint64_t now_ns) {
    struct view_facts facts;
    view_fact_gather(&facts, inventory, identity->standings, device, now_ns);
    unsigned factors = 0;
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        factors += device->risk.slots[i].points > 0;
    struct device_view *view;
    size_t tops = sizeof *view + factors * sizeof view->factors[0];
    size_t own = tops + count_tops(contacts) * sizeof(struct top_entry);
    view = calloc(1, own + facts.bytes);
    if (!view)
        return NULL;
    view_fact_fill(view, &facts, device, (char *)view + own);
    fill_type(view, inventory, device);
    device_id(device, view->id, sizeof view->id);
    view->mac = device->key.mac;
    if (device->key.ip.family) {
        view->addresses[view->address_count++] = device->key.ip;
    } else {
        for (unsigned i = 0; i < device->address_count; i++)
            view->addresses[view->address_count++] = device->addresses[i];
    }
    snprintf(view->name, sizeof view->name, "%s", device->name);
    snprintf(view->vendor, sizeof view->vendor, "%s",
             facts.vendor[0] ? facts.vendor : device->vendor);
    if (identity->zones)
        snprintf(view->zone, sizeof view->zone, "%s",
                 zone_name(identity->zones, identity_zone(identity, device)));
    view->vlan = device->vlan;
    view->is_router = device->router;
    view->state = view_state(device, max_age_s, now_ns);
    view->level = view_level(device);
    view->confidence = view_confidence(device, max_age_s, now_ns);
    view->anomaly = device->anomaly;
    const enum baseline_family families[FAMILY_COUNT] = {
        [FAMILY_VOLUME] = BASELINE_VOLUME,   [FAMILY_SHAPE] = BASELINE_SHAPE,
        [FAMILY_NOVELTY] = BASELINE_NOVELTY, [FAMILY_RHYTHM] = BASELINE_LASTING,
        [FAMILY_LASTING] = BASELINE_LASTING,
    };
    view->maturity[FAMILY_INVARIANT] = view->maturity[FAMILY_FACT] = 1;
    for (unsigned f = FAMILY_INVARIANT + 1; f < FAMILY_FACT; f++)
        view->maturity[f] = baseline_maturity(&device->baseline, families[f]);
    view->first_seen_ns = device->first_ns;
    view->last_seen_ns = device->last_ns;
    view->computed_at_ns = now_ns;
    view->since_ns =
        device->risk.since_s ? device->risk.since_s * second_ns : device->first_ns;
    view->packets = device->packets;
    view->bytes = device->bytes;
    fill_factors(view, device, identity, rules, now_ns / second_ns);
    fill_standing(view, device, identity->standings);
    fill_tops(view, contacts, identity, (void *)((char *)view + tops));
    return view;
}

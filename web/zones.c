#include "web/zones.h"

#include "web/json.h"
#include "web/profile.h"
#include "web/service.h"
#include "web/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONES_VIOLATIONS = 100 };

/* As rules write it: "tcp/443", "udp/1-9", "ip/47", "any". */
static void write_service(struct text *text, uint8_t protocol, uint16_t low,
                          uint16_t high) {
    static const struct {
        uint8_t number;
        bool has_ports;
        const char *name;
    } known[] = {{6, true, "tcp"},
                 {17, true, "udp"},
                 {132, true, "sctp"},
                 {1, false, "icmp"},
                 {58, false, "icmpv6"}};
    char word[32];
    snprintf(word, sizeof word, "ip/%u", protocol);
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].number == protocol) {
            bool all = !known[i].has_ports || (low == 0 && high == UINT16_MAX);
            if (all)
                snprintf(word, sizeof word, "%s", known[i].name);
            else if (low == high)
                snprintf(word, sizeof word, "%s/%u", known[i].name, low);
            else
                snprintf(word, sizeof word, "%s/%u-%u", known[i].name, low, high);
        }
    json_string(text, "service", protocol ? word : "any");
}

static const char *name_of(const struct zone_set *zones, uint8_t zone) {
    return zone == ZONE_ANY ? "any" : zone_name(zones, zone);
}

static void write_zones(struct text *text, const struct service *service,
                        const struct snapshot *snapshot) {
    const struct zone_set *zones = service->options.zones;
    unsigned devices[ZONE_MAX] = {0};
    for (uint32_t i = 0; i < snapshot_device_count(snapshot); i++) {
        uint8_t zone = zone_find(zones, snapshot_device(snapshot, i)->zone);
        if (zone < ZONE_MAX)
            devices[zone]++;
    }
    for (unsigned zone = 0; zone < zones->count; zone++) {
        uint8_t mode = service->options.zone_modes[zone];
        json_open(text, NULL, '{');
        json_string(text, "name", zones->names[zone]);
        json_bool(text, "closed", zones->is_source[zone]);
        json_unsigned(text, "devices", devices[zone]);
        json_string(text, "mode",
                    policy_mode_name(mode ? (enum policy_mode)(mode - 1)
                                          : service->options.mode));
        json_close(text, '}');
    }
}

static void write_rules(struct text *text, const struct zone_set *zones) {
    for (unsigned i = 0; i < zones->rule_count; i++) {
        const struct zone_rule *rule = &zones->rules[i];
        json_open(text, NULL, '{');
        json_string(text, "from", name_of(zones, rule->from));
        json_string(text, "to", name_of(zones, rule->to));
        write_service(text, rule->protocol, rule->low, rule->high);
        json_close(text, '}');
    }
}

/* What was opened from one zone to another; a flow between two devices is noted by both. */
struct seen {
    uint8_t from, to, protocol;
    uint16_t port;
    uint64_t flows;
};

static int compare(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    int order = (int)x->from - (int)y->from;
    if (!order)
        order = (int)x->to - (int)y->to;
    if (!order)
        order = (int)x->protocol - (int)y->protocol;
    return order ? order : (int)x->port - (int)y->port;
}

static bool write_seen(struct text *text, const struct service *service) {
    const struct zone_set *zones = service->options.zones;
    size_t count, n = 0;
    struct ledger_entry *entries =
        profile_entries(service->options.ledger, NULL, &count);
    struct seen *seen = malloc((count + 1) * sizeof *seen);
    for (size_t i = 0; entries && seen && i < count; i++) {
        const struct ledger_entry *entry = &entries[i];
        /* The opener's entry tells of a flow between two devices. */
        if ((!entry->from_device && entry->local) || address_is_multicast(&entry->peer))
            continue;
        seen[n++] = (struct seen){entry->zones[entry->from_device ? 0 : 1],
                                  entry->zones[entry->from_device ? 1 : 0],
                                  entry->protocol, entry->port, entry->flows};
    }
    if (seen)
        qsort(seen, n, sizeof *seen, compare);
    for (size_t i = 0, end; entries && seen && i < n; i = end) {
        uint64_t flows = 0;
        for (end = i; end < n && compare(&seen[i], &seen[end]) == 0; end++)
            flows += seen[end].flows;
        json_open(text, NULL, '{');
        json_string(text, "from", zone_name(zones, seen[i].from));
        json_string(text, "to", zone_name(zones, seen[i].to));
        write_service(text, seen[i].protocol, seen[i].port, seen[i].port);
        json_unsigned(text, "flows", flows);
        json_bool(text, "allowed",
                  zone_allows(zones, seen[i].from, seen[i].to, seen[i].protocol,
                              seen[i].port));
        json_close(text, '}');
    }
    bool good = entries && seen;
    free(entries);
    free(seen);
    return good;
}

void zones_show(struct service *service, const struct request *request,
                struct reply *reply) {
    const struct zone_set *zones = service->options.zones;
    const struct snapshot *snapshot = request->snapshot;
    struct text *text = &reply->body;
    bool good = true;
    json_open(text, NULL, '{');
    json_open(text, "zones", '[');
    if (zones)
        write_zones(text, service, snapshot);
    json_close(text, ']');
    json_open(text, "declared", '[');
    if (zones)
        write_rules(text, zones);
    json_close(text, ']');
    json_open(text, "learnt", '[');
    if (zones && service->options.ledger)
        good = write_seen(text, service);
    json_close(text, ']');
    json_open(text, "violations", '[');
    unsigned shown = 0;
    for (uint32_t i = 0;
         i < snapshot_finding_count(snapshot) && shown < ZONES_VIOLATIONS; i++) {
        const struct finding *finding = snapshot_finding(snapshot, i);
        if (strcmp(finding->kind, "segmentation") != 0 &&
            strcmp(finding->kind, "vlan_hop") != 0 &&
            strcmp(finding->kind, "gateway_bypass") != 0)
            continue;
        view_finding(text, finding);
        shown++;
    }
    json_close(text, ']');
    json_close(text, '}');
    reply->cache_control = "no-cache";
    reply->validated = true;
    if (!good)
        reply_problem(reply, 500, "out of memory");
}

#include "web/profile.h"

#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };
static const uint64_t second_ns = 1000000000;

static int compare(const void *a, const void *b) {
    const struct ledger_entry *x = a, *y = b;
    int order = memcmp(&x->device, &y->device, sizeof x->device);
    if (!order)
        order = (int)y->from_device - (int)x->from_device;
    if (!order)
        order = strcmp(x->name, y->name);
    if (!order)
        order = memcmp(&x->peer, &y->peer, sizeof x->peer);
    if (!order)
        order = (int)x->protocol - (int)y->protocol;
    return order ? order : (int)x->port - (int)y->port;
}

struct ledger_entry *profile_entries(struct ledger *ledger,
                                     const struct device_key *device, size_t *count) {
    enum { STEP = 512 };
    struct ledger_entry *entries = NULL;
    uint32_t at = 0;
    *count = 0;
    do {
        struct ledger_entry *more = realloc(entries, (*count + STEP) * sizeof *entries);
        if (!more) {
            free(entries);
            return NULL;
        }
        entries = more;
        *count += ledger_read(ledger, device, &at, entries + *count, STEP);
    } while (at && *count < PROFILE_ENTRIES);
    qsort(entries, *count, sizeof *entries, compare);
    return entries;
}

/* --- MUD --- */

static void write_port(struct text *text, const char *which, uint16_t port) {
    json_open(text, which, '{');
    json_string(text, "operator", "eq");
    json_unsigned(text, "port", port);
    json_close(text, '}');
}

/* The flow's own direction, or that of its answers. */
static void write_entry(struct text *text, const char *list, size_t number,
                        const struct ledger_entry *entry, bool to_device) {
    bool answers = to_device == entry->from_device;
    char name[64], peer[PREFIX_TEXT_BYTES];
    snprintf(name, sizeof name, "%s-%zu", list, number);
    json_open(text, NULL, '{');
    json_string(text, "name", name);
    json_open(text, "matches", '{');
    json_open(text, entry->peer.family == 6 ? "ipv6" : "ipv4", '{');
    json_unsigned(text, "protocol", entry->protocol);
    if (entry->name[0]) {
        json_string(text,
                    to_device ? "ietf-acldns:src-dnsname" : "ietf-acldns:dst-dnsname",
                    entry->name);
    } else {
        const struct prefix host = {entry->peer, entry->peer.family == 6 ? 128 : 32};
        prefix_format(&host, peer);
        if (!strchr(peer, '/'))
            strcat(peer, entry->peer.family == 6 ? "/128" : "/32");
        json_string(text,
                    entry->peer.family == 6
                        ? to_device ? "source-ipv6-network" : "destination-ipv6-network"
                    : to_device ? "source-ipv4-network"
                                : "destination-ipv4-network",
                    peer);
    }
    json_close(text, '}');
    if (entry->protocol == TCP || entry->protocol == UDP) {
        json_open(text, entry->protocol == TCP ? "tcp" : "udp", '{');
        if (entry->protocol == TCP)
            json_string(text, "ietf-mud:direction-initiated",
                        entry->from_device ? "from-device" : "to-device");
        write_port(text, answers ? "source-port" : "destination-port", entry->port);
        json_close(text, '}');
    } else if ((entry->protocol == ICMP || entry->protocol == ICMPV6) && !answers) {
        json_open(text, "icmp", '{');
        json_unsigned(text, "type", entry->port >> 8);
        json_unsigned(text, "code", entry->port & 0xff);
        json_close(text, '}');
    }
    json_close(text, '}');
    json_open(text, "actions", '{');
    json_string(text, "forwarding", "accept");
    json_close(text, '}');
    json_close(text, '}');
}

/* Answers of ICMP are of another type; no entry is written for them. */
static bool is_written(const struct ledger_entry *entry, uint8_t family,
                       bool to_device) {
    bool answers = to_device == entry->from_device;
    return entry->peer.family == family &&
           !(answers && (entry->protocol == ICMP || entry->protocol == ICMPV6));
}

static const struct list {
    const char *name, *type;
    uint8_t family;
    bool to_device;
} lists[] = {{"from-ipv4", "ipv4-acl-type", 4, false},
             {"from-ipv6", "ipv6-acl-type", 6, false},
             {"to-ipv4", "ipv4-acl-type", 4, true},
             {"to-ipv6", "ipv6-acl-type", 6, true}};
enum { LISTS = sizeof lists / sizeof *lists };

static void write_names(struct text *text, const char *policy, bool to_device) {
    json_open(text, policy, '{');
    json_open(text, "access-lists", '{');
    json_open(text, "access-list", '[');
    for (unsigned i = 0; i < LISTS; i++)
        if (lists[i].to_device == to_device) {
            json_open(text, NULL, '{');
            json_string(text, "name", lists[i].name);
            json_close(text, '}');
        }
    json_close(text, ']');
    json_close(text, '}');
    json_close(text, '}');
}

void profile_write(struct text *text, const char *id, uint64_t time_ns,
                   const struct ledger_entry *entries, size_t count) {
    char url[96] = "https://wary.invalid/", system[96];
    size_t used = strlen(url);
    for (const char *c = id; *c && used + 1 < sizeof url; c++)
        url[used++] = *c == ':' || *c == '@' || *c == '/' ? '-' : *c;
    url[used] = '\0';
    snprintf(system, sizeof system, "%.60s, as it was seen", id);
    json_open(text, NULL, '{');
    json_open(text, "ietf-mud:mud", '{');
    json_unsigned(text, "mud-version", 1);
    json_string(text, "mud-url", url);
    json_time(text, "last-update", time_ns);
    json_unsigned(text, "cache-validity", 48);
    json_bool(text, "is-supported", true);
    json_string(text, "systeminfo", system);
    write_names(text, "from-device-policy", false);
    write_names(text, "to-device-policy", true);
    json_close(text, '}');
    json_open(text, "ietf-access-control-list:acls", '{');
    json_open(text, "acl", '[');
    for (unsigned i = 0; i < LISTS; i++) {
        size_t number = 0;
        json_open(text, NULL, '{');
        json_string(text, "name", lists[i].name);
        json_string(text, "type", lists[i].type);
        json_open(text, "aces", '{');
        json_open(text, "ace", '[');
        for (size_t k = 0; k < count; k++)
            if (is_written(&entries[k], lists[i].family, lists[i].to_device))
                write_entry(text, lists[i].name, number++, &entries[k],
                            lists[i].to_device);
        json_close(text, ']');
        json_close(text, '}');
        json_close(text, '}');
    }
    json_close(text, ']');
    json_close(text, '}');
    json_close(text, '}');
}

/* The id as device_id writes it: what of a key is given to people. */
static void write_id(const struct device_key *key, char id[DEVICE_ID_BYTES]) {
    if (key->ip.family)
        address_format(&key->ip, id);
    else
        mac_format(&key->mac, id);
}

static uint64_t last_ns(const struct ledger_entry *entries, size_t count) {
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++)
        last = entries[i].last_s > last ? entries[i].last_s : last;
    return last * second_ns;
}

static struct ledger_entry *read_entries(struct service *service,
                                         const struct device_key *device, size_t *count,
                                         struct reply *reply) {
    struct ledger *ledger = service->options.ledger;
    struct ledger_entry *entries =
        ledger ? profile_entries(ledger, device, count) : NULL;
    if (!entries)
        reply_problem(reply, ledger ? 500 : 404,
                      ledger ? "out of memory"
                             : "no flows are kept: the configuration's mud.learn is 0");
    else if (ledger_is_cut(ledger, device))
        reply_note(reply, "Warning", "299 - \"more flows than were kept\"");
    return entries;
}

void profile_show(struct service *service, const struct request *request,
                  struct reply *reply) {
    const struct device_view *view = lookup_request(request, service->reader, reply);
    struct device_key key;
    size_t count;
    if (!view || !device_key_parse(view->id, &key))
        return;
    struct ledger_entry *entries = read_entries(service, &key, &count, reply);
    if (!entries)
        return;
    profile_write(&reply->body, view->id, last_ns(entries, count), entries, count);
    free(entries);
    reply->content_type = "application/mud+json";
    reply->cache_control = "no-cache";
    reply->validated = true;
}

/* --- of all devices --- */

static const char *protocol_name(uint8_t protocol, char digits[8]) {
    switch (protocol) {
    case ICMP:
        return "icmp";
    case TCP:
        return "tcp";
    case UDP:
        return "udp";
    case ICMPV6:
        return "icmpv6";
    default:
        snprintf(digits, 8, "%u", protocol);
        return digits;
    }
}

/* Both are of the network, and no rule says that the one may open this to the other: it is allowed
   because of where they are. */
static bool is_by_location(const struct service *service,
                           const struct ledger_entry *entry) {
    const struct zone_set *zones = service->options.zones;
    uint8_t from = entry->zones[entry->from_device ? 0 : 1],
            to = entry->zones[entry->from_device ? 1 : 0];
    if (!entry->local || !zones)
        return entry->local;
    return zone_allows(zones, from, to, entry->protocol, entry->port) &&
           !zone_lists(zones, from, to, entry->protocol, entry->port);
}

static void write_csv(struct service *service, struct text *text,
                      const struct ledger_entry *entries, size_t count) {
    static const char quotable[] = ",\"\r\n=+-@";
    text_add(text, "device,opened_by,peer,name,protocol,port,zone,peer_zone,"
                   "by_location,flows,first_seen,last_seen\r\n");
    for (size_t i = 0; i < count; i++) {
        const struct ledger_entry *entry = &entries[i];
        char id[DEVICE_ID_BYTES], peer[ADDRESS_TEXT_BYTES], digits[8], cells[192];
        const struct zone_set *zones = service->options.zones;
        write_id(&entry->device, id);
        address_format(&entry->peer, peer);
        snprintf(cells, sizeof cells, "%s,%s,%s,", id,
                 entry->from_device ? "device" : "peer", peer);
        text_add(text, cells);
        if (!strpbrk(entry->name, quotable)) /* a name that is none is left out */
            text_add(text, entry->name);
        snprintf(cells, sizeof cells, ",%s,%u,%s,%s,%s,",
                 protocol_name(entry->protocol, digits), entry->port,
                 zones ? zone_name(zones, entry->zones[0]) : "",
                 zones ? zone_name(zones, entry->zones[1]) : "",
                 is_by_location(service, entry) ? "yes" : "no");
        text_add(text, cells);
        text_add_unsigned(text, entry->flows);
        text_add(text, ",");
        text_add_time(text, entry->first_s * second_ns);
        text_add(text, ",");
        text_add_time(text, entry->last_s * second_ns);
        text_add(text, "\r\n");
    }
}

/* One rule a flow, by who opened it: each flow between two devices has one of either side, of
   which the opener's is enough. The firewall knows addresses, not names. */
static void write_rule(struct text *text, const struct ledger_entry *entry) {
    char peer[ADDRESS_TEXT_BYTES], own[ADDRESS_TEXT_BYTES], line[320], digits[8];
    char service[48] = "";
    const char *family = entry->peer.family == 6 ? "ip6" : "ip";
    bool has_port = entry->protocol == TCP || entry->protocol == UDP;
    bool is_icmp = entry->protocol == ICMP || entry->protocol == ICMPV6;
    address_format(&entry->peer, peer);
    if (has_port)
        snprintf(service, sizeof service, "%s dport %u",
                 protocol_name(entry->protocol, digits), entry->port);
    else if (is_icmp)
        snprintf(service, sizeof service, "%1$s type %2$u %1$s code %3$u",
                 protocol_name(entry->protocol, digits), entry->port >> 8,
                 entry->port & 0xff);
    else
        snprintf(service, sizeof service, "meta l4proto %u", entry->protocol);
    if (entry->device.ip.family) {
        address_format(&entry->device.ip, own);
        if (entry->device.ip.family != entry->peer.family)
            return;
        snprintf(line, sizeof line, "        %s %s %s %s %s %s %s accept\n", family,
                 entry->from_device ? "saddr" : "daddr", own, family,
                 entry->from_device ? "daddr" : "saddr", peer, service);
    } else {
        mac_format(&entry->device.mac, own);
        snprintf(line, sizeof line, "        ether %s %s %s %s %s %s accept\n",
                 entry->from_device ? "saddr" : "daddr", own, family,
                 entry->from_device ? "daddr" : "saddr", peer, service);
    }
    text_add(text, line);
}

/* For a bridge between the devices and the rest: there both MACs can be seen. */
static void write_nftables(struct text *text, const struct ledger_entry *entries,
                           size_t count) {
    text_add(text, "# What each device was seen to need, and nothing else.\n"
                   "table bridge wary {\n"
                   "    chain forward {\n"
                   "        type filter hook forward priority filter; policy drop;\n"
                   "        ct state established,related accept\n"
                   "        ether type arp accept\n");
    for (size_t i = 0; i < count; i++)
        write_rule(text, &entries[i]);
    text_add(text, "    }\n}\n");
}

static void write_all_profiles(struct text *text, const struct ledger_entry *entries,
                               size_t count) {
    json_open(text, NULL, '{');
    for (size_t i = 0, end; i < count; i = end) {
        char id[DEVICE_ID_BYTES];
        struct text one = {0};
        for (end = i + 1;
             end < count && memcmp(&entries[end].device, &entries[i].device,
                                   sizeof entries[i].device) == 0;)
            end++;
        write_id(&entries[i].device, id);
        profile_write(&one, id, last_ns(&entries[i], end - i), &entries[i], end - i);
        text_add_bytes(&one, "", 1);
        text->failed |= one.failed;
        if (!one.failed)
            json_raw(text, id, one.bytes);
        text_free(&one);
    }
    json_close(text, '}');
}

void profile_export(struct service *service, const struct request *request,
                    struct reply *reply) {
    char format[16] = "csv", location[8];
    size_t count, kept = 0;
    enum query_value asked = request_query(request, "format", format, sizeof format);
    bool csv = strcmp(format, "csv") == 0, mud = strcmp(format, "mud") == 0;
    if (asked == QUERY_BAD || (!csv && !mud && strcmp(format, "nftables") != 0)) {
        reply_bad_parameter(reply, "format", "is csv, nftables or mud");
        return;
    }
    bool by_location = request_query(request, "by_location", location,
                                     sizeof location) == QUERY_PRESENT;
    struct ledger_entry *entries = read_entries(service, NULL, &count, reply);
    if (!entries)
        return;
    for (size_t i = 0; i < count; i++)
        if (!by_location || is_by_location(service, &entries[i]))
            entries[kept++] = entries[i];
    if (csv)
        write_csv(service, &reply->body, entries, kept);
    else if (mud)
        write_all_profiles(&reply->body, entries, kept);
    else
        write_nftables(&reply->body, entries, kept);
    free(entries);
    reply->content_type = csv   ? "text/csv; charset=utf-8; header=present"
                          : mud ? "application/json"
                                : "text/plain; charset=utf-8";
    reply->cache_control = "no-cache";
    reply->validated = true;
}

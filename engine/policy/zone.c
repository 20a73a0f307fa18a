#include "engine/policy/zone.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "0123456789_-";
static const char spaces[] = " \t\n\r";

static const struct {
    const char *name;
    uint8_t number;
    bool has_ports;
} protocols[] = {{"tcp", 6, true},
                 {"udp", 17, true},
                 {"sctp", 132, true},
                 {"icmp", 1, false},
                 {"icmpv6", 58, false}};

enum { PROTOCOLS = sizeof protocols / sizeof protocols[0] };

void zone_init(struct zone_set *zones) {
    memset(zones, 0, sizeof *zones);
    memset(zones->vlans, ZONE_NONE, sizeof zones->vlans);
    snprintf(zones->names[ZONE_OTHER], ZONE_NAME_BYTES, "other");
    snprintf(zones->names[ZONE_INTERNET], ZONE_NAME_BYTES, "internet");
    zones->count = ZONE_FIRST;
}

__attribute__((format(printf, 2, 3))) static bool fail(char *error, const char *format,
                                                       ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, ZONE_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return false;
}

uint8_t zone_find(const struct zone_set *zones, const char *name) {
    for (unsigned i = 0; i < zones->count; i++)
        if (!strcmp(zones->names[i], name))
            return (uint8_t)i;
    return ZONE_NONE;
}

const char *zone_name(const struct zone_set *zones, uint8_t zone) {
    return zone < zones->count ? zones->names[zone] : "";
}

bool zone_add(struct zone_set *zones, const char *name, uint8_t *zone,
              char error[ZONE_ERROR_BYTES]) {
    size_t length = strlen(name);
    if (length == 0 || length >= ZONE_NAME_BYTES ||
        strspn(name, name_letters) != length)
        return fail(error, "'%.40s' is not a zone's name: 1 to %d of a-z A-Z 0-9 _ -",
                    name, ZONE_NAME_BYTES - 1);
    if (!strcmp(name, "any") || zone_find(zones, name) < ZONE_FIRST)
        return fail(error, "the zone '%s' is always there and has no members", name);
    if (zone_find(zones, name) != ZONE_NONE)
        return fail(error, "the zone '%s' is given twice", name);
    if (zones->count == ZONE_MAX)
        return fail(error, "more than %d zones", ZONE_MAX - ZONE_FIRST);
    *zone = (uint8_t)zones->count++;
    memcpy(zones->names[*zone], name, length + 1);
    return true;
}

/* --- members --- */

/* Decimal digits, at most `most`; NULL if that is not what stands there. */
static const char *parse_number(const char *text, unsigned most, unsigned *number) {
    unsigned value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (unsigned)(*c - '0');
        if (value > most)
            return NULL;
    }
    *number = value;
    return c == text ? NULL : c;
}

/* "7" or "10-19". */
static const char *parse_range(const char *text, unsigned most, unsigned *low,
                               unsigned *high) {
    *low = 0;
    const char *end = parse_number(text, most, low);
    *high = *low;
    if (end && *end == '-')
        end = parse_number(end + 1, most, high);
    return end && *low <= *high ? end : NULL;
}

static bool add_vlans(struct zone_set *zones, uint8_t zone, const char *text,
                      char *error) {
    unsigned low, high;
    const char *end = parse_range(text, ZONE_VLANS - 1, &low, &high);
    if (!end || *end)
        return fail(error, "'%.40s' is not a VLAN (0 to %d, 0 untagged) or a range",
                    text, ZONE_VLANS - 1);
    for (unsigned vlan = low; vlan <= high; vlan++)
        if (zones->vlans[vlan] != ZONE_NONE)
            return fail(error, "VLAN %u is already in zone '%s'", vlan,
                        zones->names[zones->vlans[vlan]]);
    memset(&zones->vlans[low], zone, high - low + 1);
    return true;
}

static bool add_prefix(struct zone_set *zones, uint8_t zone, const char *text,
                       char *error) {
    struct prefix prefix;
    if (!prefix_parse(text, &prefix))
        return fail(error, "'%.60s' is not a network such as 10.0.0.0/8 or fe80::/10",
                    text);
    unsigned at = 0;
    while (at < zones->prefix_count &&
           zones->prefixes[at].prefix.length >= prefix.length) {
        const struct zone_prefix *p = &zones->prefixes[at++];
        if (p->prefix.length == prefix.length &&
            prefix_contains(&p->prefix, &prefix.address))
            return fail(error, "%.60s is already in zone '%s'", text,
                        zones->names[p->zone]);
    }
    if (zones->prefix_count == ZONE_PREFIXES)
        return fail(error, "more than %d networks in all zones", ZONE_PREFIXES);
    memmove(&zones->prefixes[at + 1], &zones->prefixes[at],
            (zones->prefix_count++ - at) * sizeof zones->prefixes[0]);
    zones->prefixes[at] = (struct zone_prefix){prefix, zone};
    return true;
}

/* The first that is not below it. */
static unsigned find_mac(const struct zone_set *zones, const struct mac *mac) {
    unsigned low = 0, high = zones->mac_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (memcmp(&zones->macs[middle].mac, mac, sizeof *mac) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool parse_mac(const char *text, struct mac *mac) {
    return mac_parse(text, mac) && !mac_is_multicast(mac) && !mac_is_zero(mac);
}

static bool add_mac(struct zone_set *zones, uint8_t zone, const char *text,
                    char *error) {
    struct mac mac;
    if (!parse_mac(text, &mac))
        return fail(error, "'%.40s' is not a device's MAC", text);
    unsigned at = find_mac(zones, &mac);
    if (at < zones->mac_count && mac_equal(&zones->macs[at].mac, &mac))
        return fail(error, "%.40s is already in zone '%s'", text,
                    zones->names[zones->macs[at].zone]);
    if (zones->mac_count == ZONE_MACS)
        return fail(error, "more than %d MACs in all zones", ZONE_MACS);
    memmove(&zones->macs[at + 1], &zones->macs[at],
            (zones->mac_count++ - at) * sizeof zones->macs[0]);
    zones->macs[at] = (struct zone_mac){mac, zone};
    return true;
}

static bool add_gateway(struct zone_set *zones, uint8_t zone, const char *text,
                        char *error) {
    struct mac mac;
    if (!parse_mac(text, &mac))
        return fail(error, "'%.40s' is not a gateway's MAC", text);
    if (zones->gateway_count == ZONE_GATEWAYS)
        return fail(error, "more than %d gateways in all zones", ZONE_GATEWAYS);
    if (zone_way(zones, zone, &mac) == ZONE_WAY_LISTED)
        return fail(error, "%.40s is given twice", text);
    zones->gateways[zones->gateway_count++] = (struct zone_mac){mac, zone};
    return true;
}

enum zone_way zone_way(const struct zone_set *zones, uint8_t zone,
                       const struct mac *mac) {
    enum zone_way way = ZONE_WAY_OPEN;
    for (unsigned i = 0; i < zones->gateway_count; i++) {
        if (zone != ZONE_ANY && zones->gateways[i].zone != zone)
            continue;
        if (mac_equal(&zones->gateways[i].mac, mac))
            return ZONE_WAY_LISTED;
        way = ZONE_WAY_STRANGE;
    }
    return way;
}

bool zone_add_member(struct zone_set *zones, uint8_t zone, enum zone_member kind,
                     const char *text, char error[ZONE_ERROR_BYTES]) {
    switch (kind) {
    case ZONE_VLAN:
        return add_vlans(zones, zone, text, error);
    case ZONE_PREFIX:
        return add_prefix(zones, zone, text, error);
    case ZONE_MAC:
        return add_mac(zones, zone, text, error);
    case ZONE_GATEWAY:
        return add_gateway(zones, zone, text, error);
    case ZONE_MEMBERS:
        break;
    }
    return false;
}

bool zone_add_group(struct zone_set *zones, uint8_t zone,
                    const struct group_set *groups, const char *name,
                    char error[ZONE_ERROR_BYTES]) {
    unsigned group = 0;
    while (group < groups->count && strcmp(groups->names[group], name) != 0)
        group++;
    if (group == groups->count)
        return fail(error, "there is no group '%.60s'", name);
    for (unsigned i = 0; i < groups->member_count; i++) {
        const struct group_member *member = &groups->members[i];
        char text[ADDRESS_TEXT_BYTES];
        bool by_ip = member->ip.family != 0;
        if (by_ip)
            address_format(&member->ip, text);
        else
            mac_format(&member->mac, text);
        if (member->group == group &&
            !zone_add_member(zones, zone, by_ip ? ZONE_PREFIX : ZONE_MAC, text, error))
            return false;
    }
    return true;
}

/* --- rules --- */

/* Where a rule's text is being read; `error` is told once. */
struct cursor {
    const char *text, *at;
    char *error;
};

static bool fail_at(struct cursor *cursor, const char *at, const char *reason) {
    int length = (int)strcspn(at, " \t\n\r,");
    bool ended = length == 0 && !*at;
    return fail(cursor->error, "column %d: %s%s%.*s%s", (int)(at - cursor->text) + 1,
                reason, ended ? ", not the end" : ", not '",
                ended ? 0 : (length ? (length < 40 ? length : 40) : 1), at,
                ended ? "" : "'");
}

static void skip(struct cursor *cursor, const char *letters) {
    cursor->at += strspn(cursor->at, letters);
}

static bool expect(struct cursor *cursor, const char *sign) {
    skip(cursor, spaces);
    if (strncmp(cursor->at, sign, strlen(sign)) != 0) {
        char reason[24];
        snprintf(reason, sizeof reason, "expected '%s'", sign);
        return fail_at(cursor, cursor->at, reason);
    }
    cursor->at += strlen(sign);
    return true;
}

static bool read_zone(struct cursor *cursor, const struct zone_set *zones,
                      uint8_t *zone) {
    char name[ZONE_NAME_BYTES];
    skip(cursor, spaces);
    const char *start = cursor->at;
    size_t length = strspn(start, name_letters);
    if (length && start[length] == '>' && start[length - 1] == '-')
        length--; /* "a->b": the dash is the arrow's */
    if (length == 0 || length >= sizeof name)
        return fail_at(cursor, start, "expected a zone");
    memcpy(name, start, length);
    name[length] = '\0';
    *zone = strcmp(name, "any") ? zone_find(zones, name) : ZONE_ANY;
    if (*zone == ZONE_NONE)
        return fail(cursor->error, "column %d: there is no zone '%s'",
                    (int)(start - cursor->text) + 1, name);
    cursor->at += length;
    return true;
}

/* What ends a service: white space, a comma or the end. */
static bool at_end(const char *at) {
    return !*at || strchr(spaces, *at) || *at == ',';
}

static bool read_word(struct cursor *cursor, const char *word) {
    size_t length = strlen(word);
    if (strncmp(cursor->at, word, length) != 0 || !at_end(cursor->at + length))
        return false;
    cursor->at += length;
    return true;
}

static bool read_service(struct cursor *cursor, struct zone_rule *rule) {
    const char *start = cursor->at;
    unsigned low, high;
    rule->protocol = 0;
    rule->low = 0;
    rule->high = UINT16_MAX;
    if (read_word(cursor, "any"))
        return true;
    if (!strncmp(start, "ip/", 3)) {
        const char *end = parse_number(start + 3, UINT8_MAX, &low);
        if (!end || !at_end(end) || low == 0)
            return fail_at(cursor, start, "expected ip/1 to ip/255");
        rule->protocol = (uint8_t)low;
        cursor->at = end;
        return true;
    }
    for (unsigned i = 0; i < PROTOCOLS; i++) {
        size_t length = strlen(protocols[i].name);
        if (strncmp(start, protocols[i].name, length) != 0)
            continue;
        rule->protocol = protocols[i].number;
        if (read_word(cursor, protocols[i].name))
            return true;
        if (start[length] != '/')
            continue;
        if (!protocols[i].has_ports)
            return fail_at(cursor, start, "expected a protocol that has ports");
        const char *end = parse_range(start + length + 1, UINT16_MAX, &low, &high);
        if (!end || !at_end(end))
            return fail_at(cursor, start + length + 1, "expected a port or a range");
        rule->low = (uint16_t)low;
        rule->high = (uint16_t)high;
        cursor->at = end;
        return true;
    }
    return fail_at(cursor, start, "expected a service such as tcp/443, icmp or any");
}

bool zone_add_rule(struct zone_set *zones, const char *text,
                   char error[ZONE_ERROR_BYTES]) {
    struct cursor cursor = {text, text, error};
    struct zone_rule rule = {0};
    unsigned count = zones->rule_count;
    if (!read_zone(&cursor, zones, &rule.from) || !expect(&cursor, "->") ||
        !read_zone(&cursor, zones, &rule.to) || !expect(&cursor, ":"))
        return false;
    skip(&cursor, spaces);
    bool nothing = read_word(&cursor, "none");
    do {
        skip(&cursor, " \t\n\r,");
        if (nothing)
            break;
        if (count == ZONE_RULES)
            return fail(error, "column %d: more than %d services in all rules",
                        (int)(cursor.at - text) + 1, ZONE_RULES);
        if (!read_service(&cursor, &rule))
            return false;
        zones->rules[count++] = rule; /* counts only once all are good */
        skip(&cursor, " \t\n\r,");
    } while (*cursor.at);
    if (*cursor.at)
        return fail_at(&cursor, cursor.at, "expected nothing after 'none'");
    zones->rule_count = count;
    if (rule.from != ZONE_ANY)
        zones->is_source[rule.from] = true;
    return true;
}

/* --- questions --- */

uint8_t zone_of(const struct zone_set *zones, const struct zone_subject *subject) {
    if (subject->mac) {
        unsigned at = find_mac(zones, subject->mac);
        if (at < zones->mac_count && mac_equal(&zones->macs[at].mac, subject->mac))
            return zones->macs[at].zone;
    }
    for (unsigned i = 0; i < zones->prefix_count; i++)
        if (prefix_contains(&zones->prefixes[i].prefix, &subject->ip))
            return zones->prefixes[i].zone;
    if (subject->mac && subject->vlan < ZONE_VLANS &&
        zones->vlans[subject->vlan] != ZONE_NONE)
        return zones->vlans[subject->vlan];
    return subject->local ? ZONE_OTHER : ZONE_INTERNET;
}

bool zone_lists(const struct zone_set *zones, uint8_t from, uint8_t to,
                uint8_t protocol, uint16_t port) {
    bool has_ports = false;
    for (unsigned i = 0; i < PROTOCOLS; i++)
        has_ports |= protocols[i].number == protocol && protocols[i].has_ports;
    for (unsigned i = 0; i < zones->rule_count; i++) {
        const struct zone_rule *rule = &zones->rules[i];
        if ((rule->from == from || rule->from == ZONE_ANY) &&
            (rule->to == to || rule->to == ZONE_ANY) &&
            (rule->protocol == protocol || rule->protocol == 0) &&
            (!has_ports || (port >= rule->low && port <= rule->high)))
            return true;
    }
    return false;
}

bool zone_allows(const struct zone_set *zones, uint8_t from, uint8_t to,
                 uint8_t protocol, uint16_t port) {
    return zone_lists(zones, from, to, protocol, port) || from >= zones->count ||
           !zones->is_source[from];
}

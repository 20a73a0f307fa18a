#include "engine/policy/mud_entry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132, ETHERTYPE_ARP = 0x0806 };

/* RFC 8520: the manufacturer of a device is the authority of its profile's URL. */
static size_t authority(const char *url, const char **begin) {
    const char *slashes = strstr(url, "://");
    *begin = slashes ? slashes + 3 : url;
    return strcspn(*begin, "/?#");
}

static bool is_made_by(const char *url, const char *maker) {
    const char *a, *b;
    size_t length = authority(url, &a);
    return length && length == authority(maker, &b) && !strncasecmp(a, b, length);
}

static bool within(const struct mud_ports *ports, uint16_t port) {
    return (port >= ports->low && port <= ports->high) != ports->outside;
}

static bool is_at(const struct prefix *prefix, const struct address *ip) {
    return !prefix->address.family || prefix_contains(prefix, ip);
}

static bool is_controller(const struct mud_peer *peer, const char *class) {
    static const struct {
        const char *urn;
        unsigned class;
    } known[] = {{"urn:ietf:params:mud:gateway", MUD_GATEWAY},
                 {"urn:ietf:params:mud:dns", MUD_DNS},
                 {"urn:ietf:params:mud:ntp", MUD_NTP}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(class, known[i].urn) && (peer->classes & known[i].class))
            return true;
    return peer->controls && peer->controls(peer->context, class);
}

static bool is_peer(const struct mud *mud, const struct mud_entry *entry,
                    const struct mud_peer *peer) {
    return is_at(&entry->peer, &peer->ip) &&
           (mac_is_zero(&entry->peer_mac) || mac_equal(&entry->peer_mac, &peer->mac)) &&
           (!entry->local_networks || peer->local) &&
           (!entry->same_manufacturer || is_made_by(peer->url, mud->url)) &&
           (!entry->manufacturer || is_made_by(peer->url, entry->manufacturer)) &&
           (!entry->model || !strcmp(peer->url, entry->model)) &&
           (!entry->my_controller || is_controller(peer, "")) &&
           (!entry->controller || is_controller(peer, entry->controller)) &&
           (!entry->name ||
            (peer->is_named && peer->is_named(peer->context, entry->name)));
}

static bool matches(const struct mud *mud, const struct mud_entry *entry,
                    const struct mud_flow *flow) {
    bool has_ports =
        flow->protocol == TCP || flow->protocol == UDP || flow->protocol == SCTP;
    uint8_t opener = flow->from_device ? OPENED_BY_DEVICE : OPENED_BY_PEER;
    return entry->to_device != flow->from_device &&
           (!entry->opener || entry->opener == opener) &&
           (!entry->has_ethertype || entry->ethertype == flow->ethertype) &&
           (!entry->family || entry->family == flow->peer.ip.family) &&
           (!entry->has_protocol || entry->protocol == flow->protocol) &&
           (!has_ports || (within(&entry->device_ports, flow->device_port) &&
                           within(&entry->peer_ports, flow->peer_port))) &&
           (!entry->is_icmp || flow->protocol == ICMP || flow->protocol == ICMPV6) &&
           (!entry->has_type || entry->type == flow->icmp >> 8) &&
           (!entry->has_code || entry->code == (flow->icmp & 0xff)) &&
           is_at(&entry->device, &flow->device_ip) && is_peer(mud, entry, &flow->peer);
}

/* What no device can do without on a network, and no profile speaks of. */
static bool is_needed(const struct mud_flow *flow) {
    uint16_t port = flow->from_device ? flow->peer_port : flow->device_port;
    uint8_t type = (uint8_t)(flow->icmp >> 8);
    if (flow->ethertype == ETHERTYPE_ARP)
        return true;
    if (!flow->peer.local)
        return false;
    if (flow->protocol == ICMPV6) /* listeners, routers, neighbours */
        return (type >= 130 && type <= 137) || type == 143;
    if (flow->protocol == UDP &&
        (port == 67 || port == 68 || port == 546 || port == 547))
        return true;
    return flow->from_device &&
           ((port == 53 && flow->protocol == TCP) ||
            (flow->protocol == UDP && (port == 53 || port == 123)));
}

bool mud_allows(const struct mud *mud, const struct mud_flow *flow) {
    for (size_t i = 0; i < mud->count; i++)
        if (matches(mud, &mud->entries[i], flow))
            return mud->entries[i].accept;
    return is_needed(flow);
}

static int compare_name(const void *key, const void *member) {
    return strcasecmp(key, *(const char *const *)member);
}

bool mud_knows(const struct mud *mud, const char *name) {
    return mud->name_count &&
           bsearch(name, mud->names, mud->name_count, sizeof *mud->names, compare_name);
}

const char *mud_url(const struct mud *mud) {
    return mud->url;
}

const char *mud_system(const struct mud *mud) {
    return mud->system;
}

size_t mud_entry_count(const struct mud *mud) {
    return mud->count;
}

void mud_free(struct mud *mud) {
    if (!mud)
        return;
    for (size_t i = 0; i < mud->count; i++) {
        free(mud->entries[i].name);
        free(mud->entries[i].controller);
        free(mud->entries[i].manufacturer);
        free(mud->entries[i].model);
    }
    free(mud->entries);
    free(mud->names);
    free(mud->url);
    free(mud->system);
    free(mud);
}

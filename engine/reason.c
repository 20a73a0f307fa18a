#include "engine/reason.h"

#include "engine/certificate.h"
#include "engine/inventory.h"
#include "engine/standing.h"

#include "engine/base/record.h"
#include "models/baseline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WINDOWS_AN_HOUR = 360 };

void reason_peer(const struct evidence *evidence, const struct identity *identity,
                 char *text, size_t size) {
    const char *name = identity_name_of(identity, &evidence->peer);
    char buffer[ADDRESS_TEXT_BYTES];
    if (evidence->kind == EVIDENCE_PEER_OUTLIER) {
        snprintf(text, size, "%s", "");
    } else if (evidence->peer.family && name[0]) {
        snprintf(text, size, "%s", name);
    } else if (evidence->peer.family) {
        address_format(&evidence->peer, buffer);
        snprintf(text, size, "%s", buffer);
    } else if (!mac_is_zero(&evidence->mac)) {
        mac_format(&evidence->mac, buffer);
        snprintf(text, size, "%s", buffer);
    } else {
        snprintf(text, size, "%s", "");
    }
}

void reason_service(uint8_t protocol, uint16_t port, char *text, size_t size) {
    switch (protocol) {
    case 0:
        snprintf(text, size, "%s", "");
        break;
    case 1:
        snprintf(text, size, "icmp");
        break;
    case 58:
        snprintf(text, size, "icmpv6");
        break;
    case 6:
        snprintf(text, size, "tcp/%u", port);
        break;
    case 17:
        snprintf(text, size, "udp/%u", port);
        break;
    default:
        snprintf(text, size, "ip/%u", protocol);
    }
}

void reason_operation(uint16_t operation, char *text, size_t size) {
    static const char *const protocols[] = {
        [OPERATION_MODBUS] = "Modbus function", [OPERATION_DNP3] = "DNP3 function",
        [OPERATION_MQTT] = "MQTT packet type",  [OPERATION_HTTP] = "HTTP method",
        [OPERATION_S7] = "S7 function",         [OPERATION_IEC104] = "IEC 104 type",
        [OPERATION_CIP] = "CIP service",        [OPERATION_BACNET] = "BACnet service",
    };
    unsigned protocol = operation >> 8;
    bool known = protocol >= OPERATION_MODBUS && protocol <= OPERATION_BACNET;
    if (protocol == OPERATION_HTTP && operation & OPERATION_REFUSED) {
        snprintf(text, size, "HTTP request that was refused");
        return;
    }
    if (operation == (OPERATION_HTTP << 8 | 7)) {
        snprintf(text, size, "HTTP log-in form");
        return;
    }
    snprintf(text, size, "%s %u", known ? protocols[protocol] : "operation",
             operation & 0xFFu);
}

/* A service as "on tcp/22", with the space before it. */
static void on_service(const struct evidence *e, char *text, size_t size) {
    char service[16];
    reason_service(e->protocol, e->port, service, sizeof service);
    if (service[0])
        snprintf(text, size, " on %s", service);
    else
        snprintf(text, size, "%s", "");
}

static void volume_text(const struct evidence *e, char *text, size_t size) {
    double observed = (double)e->observed, expected = (double)e->expected;
    const char *unit = "";
    if (e->feature == FEATURE_UPLOAD_SHARE) { /* stored in tenths */
        observed *= 10;
        expected *= 10;
        unit = " %";
    }
    int decimals = observed < 10 && fmod(observed, 1) != 0;
    snprintf(text, size, "%s: %.*f%s in 10 s; usually %.*f%s",
             baseline_feature_name((enum baseline_feature)e->feature), decimals,
             observed, unit, expected < 10 ? 1 : 0, expected, unit);
}

/* What others have posted. */
static void fact_text(const struct evidence *e, char *text, size_t size) {
    static const char *const methods[] = {"software", "PUF", "secure element",
                                          "TPM 2.0"};
    static const char *const problems[] = {"had expired", "were invalid",
                                           "were used twice", "were replayed"};
    double observed = (double)e->observed, expected = (double)e->expected;
    const char *method = methods[e->feature % 4], *problem = problems[e->feature % 4];
    switch ((enum evidence_kind)e->kind) {
    case EVIDENCE_ATTESTATION:
        if (expected > 0)
            snprintf(text, size,
                     "its last %s attestation is %.0f hours old; it holds for %.0f",
                     method, observed, expected);
        else
            snprintf(text, size, "failed its %s attestation", method);
        break;
    case EVIDENCE_CERTIFICATE:
        if (e->feature)
            snprintf(text, size, "its certificate was revoked");
        else
            snprintf(text, size, "its certificate expired %.0f days ago", observed);
        break;
    case EVIDENCE_FIRMWARE:
        snprintf(text, size, "its firmware changed, and nobody had announced it");
        break;
    case EVIDENCE_POSTURE:
        snprintf(text, size, "meets %.0f %% of what is demanded of its posture",
                 100 * observed);
        break;
    case EVIDENCE_VULNERABILITY:
        snprintf(text, size, "has a known vulnerability of CVSS %.1f%s", observed,
                 e->feature ? " that is being exploited" : "");
        break;
    case EVIDENCE_ENROLMENT:
        snprintf(text, size, "its identity provider does not know it any more");
        break;
    default: /* EVIDENCE_TOKEN */
        snprintf(text, size, "%.0f of its tokens %s", observed, problem);
        break;
    }
}

/* How it came back: a set of enum difference. */
static void replaced_text(unsigned differences, char *text, size_t size) {
    static const char *const names[] = {"DHCP client", "host name", "network stack",
                                        "TLS hello", "habits"};
    int used = snprintf(text, size, "came back from an absence as another: its");
    const char *separator = " ";
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(differences >> i & 1))
            continue;
        used += snprintf(text + used, size - (size_t)used, "%s%s", separator, names[i]);
        separator = ", ";
    }
    snprintf(text + used, size - (size_t)used, " changed");
}

static void certificate_text(const struct evidence *e, char *text, size_t size) {
    static const char *const what[] = {
        [CERTIFICATE_EXPIRED] = "shows a certificate that has expired",
        [CERTIFICATE_ISSUER] = "shows a certificate of another issuer than before",
        [CERTIFICATE_SELF_SIGNED] =
            "shows a certificate that it signed itself; before, another had signed it",
        [CERTIFICATE_SHARED] = "shows the certificate of another device",
    };
    char mac[MAC_TEXT_BYTES];
    mac_format(&e->mac, mac);
    const char *said =
        e->feature < sizeof what / sizeof what[0] ? what[e->feature] : "";
    bool names = e->feature == CERTIFICATE_SHARED && !mac_is_zero(&e->mac);
    snprintf(text, size, "%s%s%s, on port %u", said, names ? ", " : "",
             names ? mac : "", e->port);
}

static void outlier_text(const struct evidence *e, const struct identity *identity,
                         char *text, size_t size) {
    const struct device_key key = {.mac = e->mac, .ip = e->peer};
    const struct device *device = device_find(identity->devices, &key);
    char label[GROUP_LABEL_BYTES] = "";
    const struct standing *standing =
        device && device->has_standing
            ? standing_find(identity->standings, &device->key)
            : NULL;
    if (standing && standing->group[0])
        snprintf(label, sizeof label, "%s", standing->group);
    else if (device && identity->inventory)
        inventory_group(identity->inventory, device, label);
    bool is_activity = e->feature >= FEATURE_COUNT;
    double unit = is_activity ? WINDOWS_AN_HOUR : 1; /* of windows hours are made */
    snprintf(text, size, "%s: %.1f%s; usual among %u others of its group%s%s is %.1f",
             is_activity ? "hours active a day"
                         : baseline_feature_name((enum baseline_feature)e->feature),
             (double)e->observed / unit, is_activity ? "" : " in 10 s", e->port,
             label[0] ? ", " : "", label, (double)e->expected / unit);
}

void reason_text(const struct evidence *evidence, const struct identity *identity,
                 char *text, size_t size) {
    const struct evidence *e = evidence;
    double observed = (double)e->observed, expected = (double)e->expected;
    char peer[FACTOR_PEER_BYTES], on[24], mac[MAC_TEXT_BYTES], operation[40];
    reason_peer(e, identity, peer, sizeof peer);
    on_service(e, on, sizeof on);
    mac_format(&e->mac, mac);
    switch ((enum evidence_kind)e->kind) {
    case EVIDENCE_SCAN:
        snprintf(
            text, size,
            "tried %.0f addresses that did not answer, lately %s; %.0f would be many",
            observed, peer, expected);
        break;
    case EVIDENCE_PORT_SCAN:
        snprintf(text, size,
                 "tried %.0f ports in vain, lately of %s; %.0f would be many", observed,
                 peer, expected);
        break;
    case EVIDENCE_ARP_SPOOF:
        snprintf(text, size,
                 "claims %s, which belongs to %s, beside an address of its own", peer,
                 mac);
        break;
    case EVIDENCE_DUPLICATE_ADDRESS:
        snprintf(text, size, "claims %s, which %s holds and uses", peer, mac);
        break;
    case EVIDENCE_ADDRESS_CHANGE:
        snprintf(text, size, "took the address %s without a lease", peer);
        break;
    case EVIDENCE_ARP_POISONING:
        snprintf(text, size,
                 "told two hosts, unasked, that it is the other one, lately that it is "
                 "%s: so their traffic goes through its hands",
                 peer);
        break;
    case EVIDENCE_ARP_FLOOD:
        snprintf(text, size,
                 "sent %.0f ARP replies that nobody asked for; %.0f would be many",
                 observed, expected);
        break;
    case EVIDENCE_ARP_INSISTENCE:
        snprintf(text, size,
                 "asks again and again who holds %s and another address, as one who "
                 "stands between them does",
                 peer);
        break;
    case EVIDENCE_CONTROL_OPERATION:
        reason_operation((uint16_t)e->observed, operation, sizeof operation);
        snprintf(text, size, "ordered %s to stop or restart: %s", peer, operation);
        break;
    case EVIDENCE_STRANGE_ORDER:
        reason_operation((uint16_t)e->observed, operation, sizeof operation);
        snprintf(text, size,
                 "gives orders to %s, which obeys others and had never met it: %s",
                 peer, operation);
        break;
    case EVIDENCE_LATERAL:
        if (e->protocol)
            snprintf(text, size,
                     "a field device that speaks with another field device, %s%s, in "
                     "other than their own protocol",
                     peer, on);
        else
            snprintf(text, size,
                     "logged in to %.0f neighbours, lately %s; %.0f would be many",
                     observed, peer, expected);
        break;
    case EVIDENCE_REFUSED_OPERATIONS:
        snprintf(
            text, size,
            "%.0f of its requests were refused by %s, as in probing; %.0f would be "
            "many",
            observed, peer, expected);
        break;
    case EVIDENCE_FLOOD:
        snprintf(text, size, "sent %.0f packets a second to %s%s; %.0f would be many",
                 observed, peer, on, expected);
        break;
    case EVIDENCE_PASSWORD_GUESSING:
        snprintf(text, size,
                 "opened %.0f log-in sessions to %s port %u; %.0f would be many",
                 observed, peer, e->port, expected);
        break;
    case EVIDENCE_FAILING:
        if (peer[0])
            snprintf(text, size, "keeps trying %s%s: %.0f attempts, never an answer",
                     peer, on, observed);
        else
            snprintf(text, size, "%.0f connection attempts failed; %.0f would be many",
                     observed, expected);
        break;
    case EVIDENCE_ROGUE_DHCP:
        if (e->feature == ROGUE_BESIDE)
            snprintf(text, size, "hands out DHCP leases beside the established server");
        else
            snprintf(text, size, "hands out DHCP leases that make %s the %s", peer,
                     e->feature == ROGUE_GATEWAY
                         ? "gateway, though the network leaves by another"
                         : "name server, which it never was");
        break;
    case EVIDENCE_ROGUE_ROUTER:
        snprintf(text, size, "advertises itself as a router, as %s, %s", peer,
                 e->feature == ROGUE_GATEWAY ? "though the network leaves by another"
                                             : "beside the established one");
        break;
    case EVIDENCE_NAME_POISONING:
        if (expected > 0)
            snprintf(text, size,
                     "answers on the link to %.0f names as if all were its own; %.0f "
                     "would be many",
                     observed, expected);
        else
            snprintf(text, size,
                     "answers on the link to the name by which browsers look for a "
                     "proxy");
        break;
    case EVIDENCE_DNS_SPOOFING:
        if (e->feature == SPOOFING_TOLD)
            snprintf(text, size, "was told two different answers to one question by %s",
                     peer);
        else
            snprintf(text, size,
                     "answers questions of names to others as %s, beside the true "
                     "answers",
                     peer);
        break;
    case EVIDENCE_REDIRECT:
        snprintf(text, size,
                 "tells %s by ICMP to send its traffic by %s, as only routers may", mac,
                 peer);
        break;
    case EVIDENCE_FORGED_LEASE:
        snprintf(text, size,
                 "leased out %s, which %s holds and uses, to one that had not asked",
                 peer, mac);
        break;
    case EVIDENCE_GATEWAY_IMPERSONATION:
        snprintf(text, size, "claims %s, the address of the gateway %s", peer, mac);
        break;
    case EVIDENCE_TWO_STACKS:
        snprintf(text, size,
                 "two different network stacks take turns under its MAC, as of a clone "
                 "beside the original");
        break;
    case EVIDENCE_TWO_PLACES:
        snprintf(text, size, "speaks in two VLANs at the same time, as of a clone");
        break;
    case EVIDENCE_VLAN_HOP:
        snprintf(text, size,
                 "speaks in VLAN %.0f, where it never was, without having asked for an "
                 "address there",
                 observed);
        break;
    case EVIDENCE_REPLACED:
        replaced_text((unsigned)e->observed, text, size);
        break;
    case EVIDENCE_SHOWN_CERTIFICATE:
        certificate_text(e, text, size);
        break;
    case EVIDENCE_WEB_ATTACK:
        snprintf(text, size, "sent %s a request%s that carries %s", peer, on,
                 e->feature == RISK_SCRIPT    ? "a script"
                 : e->feature == RISK_SQL     ? "an SQL injection"
                 : e->feature == RISK_COMMAND ? "commands for a shell"
                                              : "a known exploit");
        break;
    case EVIDENCE_CLEAR_TEXT:
        snprintf(text, size, "sends its password to %s%s so that anybody can read it",
                 peer, on);
        break;
    case EVIDENCE_DNS_TUNNEL:
        snprintf(
            text, size,
            "asked for names of %.0f bytes in all in a minute, as a tunnel does; %.0f "
            "would be many",
            observed, expected);
        break;
    case EVIDENCE_DNS_LABELS:
        snprintf(text, size,
                 "asked for %.0f long names of one domain that look like chance, as a "
                 "tunnel does; %.0f would be many",
                 observed, expected);
        break;
    case EVIDENCE_DNS_GENERATED:
        snprintf(text, size,
                 "asked for %.0f names that look generated; %.0f would be many",
                 observed, expected);
        break;
    case EVIDENCE_DNS_FAILURES:
        snprintf(text, size,
                 "asked for %.0f names that do not exist; %.0f would be many", observed,
                 expected);
        break;
    case EVIDENCE_SEGMENTATION:
        snprintf(text, size,
                 "reached for %s in zone %s%s, which no rule allows its own zone", peer,
                 identity->zones ? zone_name(identity->zones, e->feature) : "", on);
        break;
    case EVIDENCE_GATEWAY_BYPASS:
        snprintf(text, size, "leaves its network by %s, past its gateway: %s%s", mac,
                 peer, on);
        break;
    case EVIDENCE_MUD:
        snprintf(text, size, "%s %s%s, which %s MUD profile does not allow",
                 e->feature == MUD_REACHED ? "was reached by" : "reached for", peer, on,
                 e->feature == MUD_OF_PEER ? "that device's" : "its");
        break;
    case EVIDENCE_VOLUME:
        volume_text(e, text, size);
        break;
    case EVIDENCE_SHAPE:
        snprintf(text, size, "%s: unlike any window of its past",
                 baseline_feature_name((enum baseline_feature)e->feature));
        break;
    case EVIDENCE_NEW_PEER:
        snprintf(text, size, "spoke with %s%s for the first time", peer, on);
        break;
    case EVIDENCE_NEW_SERVICE:
        snprintf(text, size, "used a service for the first time:%s with %s", on, peer);
        break;
    case EVIDENCE_NEW_PROTOCOL:
        snprintf(text, size, "spoke a protocol for the first time:%s with %s", on,
                 peer);
        break;
    case EVIDENCE_NEW_OPERATION:
        reason_operation((uint16_t)e->observed, operation, sizeof operation);
        snprintf(text, size, "%s for the first time, with %s", operation, peer);
        break;
    case EVIDENCE_NEW_CHANNEL:
        snprintf(text, size, "used a known service with another peer: %s%s", peer, on);
        break;
    case EVIDENCE_YOUNG_TRAFFIC:
        snprintf(text, size, "%.0f %% of its peers and services are still new to it",
                 100 * observed);
        break;
    case EVIDENCE_EXFILTRATION:
        snprintf(text, size,
                 "sent %.0f kB in 10 s to peers that are new to it, mostly %s",
                 observed / 1000, peer);
        break;
    case EVIDENCE_FAN_OUT:
        snprintf(text, size,
                 "opened flows to %.0f peers in 10 s, lately %s; %.0f would be many",
                 observed, peer, expected);
        break;
    case EVIDENCE_MAC_FLOOD:
        snprintf(text, size,
                 "%.0f devices appeared that spoke once and were not spoken to, lately "
                 "%s; %.0f would be many: somebody invents them",
                 observed, peer, expected);
        break;
    case EVIDENCE_UNDER_ATTACK:
        snprintf(text, size,
                 "%s%s gets %.0f attempts a second from everywhere that come to "
                 "nothing; %.0f would be many",
                 peer, on, observed, expected);
        break;
    case EVIDENCE_FRAGMENT_OVERLAP:
        snprintf(text, size,
                 "sent %.0f packets to %s whose fragments overlap, to be put together "
                 "otherwise by those who look on",
                 observed, peer);
        break;
    case EVIDENCE_FRAGMENT_FLOOD:
        snprintf(text, size,
                 "sent fragments of %.0f packets to %s that never came whole; %.0f "
                 "would be many",
                 observed, peer, expected);
        break;
    case EVIDENCE_GROUP_CHANGE:
        snprintf(text, size,
                 "%.0f devices of its group changed alike within an hour: %s", observed,
                 evidence_name((enum evidence_kind)e->feature));
        break;
    case EVIDENCE_SUSTAINED:
        snprintf(text, size, "a little unusual in many windows in a row");
        break;
    case EVIDENCE_PEER_OUTLIER:
        outlier_text(e, identity, text, size);
        break;
    case EVIDENCE_DRIFT:
        snprintf(text, size, "%s: %.1f times what it was %s",
                 baseline_feature_name((enum baseline_feature)e->feature), observed,
                 expected > 0 ? "in its first weeks" : "some hours ago");
        break;
    case EVIDENCE_SILENCE:
        snprintf(text, size,
                 "has not been heard for %.0f min; usually it is every %.0f s",
                 observed / 60, expected);
        break;
    case EVIDENCE_BEACON:
        snprintf(text, size,
                 "calls %s%s again and again, every %.0f s: nobody else here does",
                 peer, on, expected);
        break;
    case EVIDENCE_ADDRESS_SPOOFING:
        snprintf(
            text, size,
            "sent as %.0f others, from addresses that are not its own%s%s; %.0f would "
            "be many",
            observed, peer[0] ? ", lately " : "", peer, expected);
        break;
    case EVIDENCE_ATTESTATION:
    case EVIDENCE_CERTIFICATE:
    case EVIDENCE_FIRMWARE:
    case EVIDENCE_POSTURE:
    case EVIDENCE_VULNERABILITY:
    case EVIDENCE_ENROLMENT:
    case EVIDENCE_TOKEN:
        fact_text(e, text, size);
        break;
    case EVIDENCE_COUNT:
        snprintf(text, size, "%s", "");
    }
}

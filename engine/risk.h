#ifndef ENGINE_RISK_H
#define ENGINE_RISK_H

#include "engine/base/address.h"
#include "engine/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/* From evidence to a number a person can act on. Evidence adds up with diminishing returns
   and halves every half-life; hard evidence leaves distrust behind, which lowers the bar
   for soft evidence for a day. Without evidence the score is 0. */

/* id, kind as served, family, unit. Hard kinds (family INVARIANT) need no baseline. */
#define EVIDENCE_KINDS(X)                                                              \
    X(SCAN, "scan", INVARIANT, "addresses/min")                                        \
    X(PORT_SCAN, "port_scan", INVARIANT, "ports/min")                                  \
    X(ARP_SPOOF, "arp_spoof", INVARIANT, "claims")                                     \
    X(DUPLICATE_ADDRESS, "duplicate_address", INVARIANT, "claims")                     \
    X(ADDRESS_CHANGE, "address_change", INVARIANT, "addresses")                        \
    X(ARP_POISONING, "arp_poisoning", INVARIANT, "times")                              \
    X(ARP_FLOOD, "arp_flood", INVARIANT, "replies/min")                                \
    X(ARP_INSISTENCE, "arp_insistence", INVARIANT, "requests")                         \
    X(CONTROL_OPERATION, "control_operation", INVARIANT, "operations")                 \
    X(STRANGE_ORDER, "strange_order", INVARIANT, "operations")                         \
    X(REFUSED_OPERATIONS, "refused_operations", INVARIANT, "refusals/min")             \
    X(LATERAL, "lateral_movement", INVARIANT, "flows")                                 \
    X(ADDRESS_SPOOFING, "address_spoofing", INVARIANT, "addresses/min")                \
    X(FAN_OUT, "fan_out", INVARIANT, "peers/10 s")                                     \
    X(MAC_FLOOD, "mac_flood", INVARIANT, "devices/min")                                \
    X(UNDER_ATTACK, "under_attack", INVARIANT, "attempts/s")                           \
    X(FRAGMENT_OVERLAP, "fragment_overlap", INVARIANT, "packets/min")                  \
    X(FRAGMENT_FLOOD, "fragment_flood", INVARIANT, "packets/min")                      \
    X(FLOOD, "flood", INVARIANT, "packets/s")                                          \
    X(PASSWORD_GUESSING, "password_guessing", INVARIANT, "logins/min")                 \
    X(FAILING, "failing_connections", INVARIANT, "attempts")                           \
    X(ROGUE_DHCP, "rogue_dhcp", INVARIANT, "offers")                                   \
    X(ROGUE_ROUTER, "rogue_router", INVARIANT, "advertisements")                       \
    X(FORGED_LEASE, "forged_lease", INVARIANT, "leases")                               \
    X(REDIRECT, "icmp_redirect", INVARIANT, "redirects")                               \
    X(NAME_POISONING, "name_poisoning", INVARIANT, "names/30 min")                     \
    X(DNS_SPOOFING, "dns_spoofing", INVARIANT, "answers")                              \
    X(GATEWAY_IMPERSONATION, "gateway_impersonation", INVARIANT, "claims")             \
    X(TWO_STACKS, "two_stacks", INVARIANT, "devices")                                  \
    X(TWO_PLACES, "two_places", INVARIANT, "devices")                                  \
    X(VLAN_HOP, "vlan_hop", INVARIANT, "vlan")                                         \
    X(REPLACED, "replaced_device", INVARIANT, "signs")                                 \
    X(SHOWN_CERTIFICATE, "shown_certificate", INVARIANT, "certificates")               \
    X(DNS_LABELS, "dns_labels", INVARIANT, "names/30 min")                             \
    X(DNS_GENERATED, "dns_generated", INVARIANT, "names/30 min")                       \
    X(WEB_ATTACK, "web_attack", INVARIANT, "requests")                                 \
    X(CLEAR_TEXT, "clear_text", INVARIANT, "passwords")                                \
    X(DNS_TUNNEL, "dns_tunnel", INVARIANT, "bytes/min")                                \
    X(DNS_FAILURES, "dns_failures", INVARIANT, "names/min")                            \
    X(SEGMENTATION, "segmentation", INVARIANT, "flows")                                \
    X(GATEWAY_BYPASS, "gateway_bypass", INVARIANT, "flows")                            \
    X(MUD, "mud", INVARIANT, "flows")                                                  \
    X(VOLUME, "volume", VOLUME, "")                                                    \
    X(SHAPE, "shape", SHAPE, "")                                                       \
    X(NEW_PEER, "new_peer", NOVELTY, "peers")                                          \
    X(NEW_SERVICE, "new_service", NOVELTY, "services")                                 \
    X(NEW_PROTOCOL, "new_protocol", NOVELTY, "protocols")                              \
    X(NEW_OPERATION, "new_operation", NOVELTY, "operations")                           \
    X(NEW_CHANNEL, "new_channel", NOVELTY, "channels")                                 \
    X(YOUNG_TRAFFIC, "young_traffic", LASTING, "share")                                \
    X(EXFILTRATION, "exfiltration", LASTING, "bytes")                                  \
    X(ATTESTATION, "attestation", FACT, "hours")                                       \
    X(CERTIFICATE, "certificate", FACT, "days")                                        \
    X(FIRMWARE, "firmware_change", FACT, "changes")                                    \
    X(POSTURE, "posture", FACT, "share")                                               \
    X(VULNERABILITY, "vulnerability", FACT, "CVSS")                                    \
    X(ENROLMENT, "enrolment", FACT, "")                                                \
    X(TOKEN, "token_problem", FACT, "tokens")                                          \
    X(GROUP_CHANGE, "group_change", LASTING, "devices")                                \
    X(SUSTAINED, "sustained", LASTING, "")                                             \
    X(PEER_OUTLIER, "peer_outlier", LASTING, "")                                       \
    X(DRIFT, "drift", LASTING, "times")                                                \
    X(BEACON, "beacon", RHYTHM, "sessions")                                            \
    X(SILENCE, "silence", RHYTHM, "s")

enum evidence_kind {
#define EVIDENCE_ENUM(id, name, family, unit) EVIDENCE_##id,
    EVIDENCE_KINDS(EVIDENCE_ENUM)
#undef EVIDENCE_ENUM
        EVIDENCE_COUNT
};

/* Of what a MUD profile does not allow: who opened it, whose profile. */
enum mud_side { MUD_OPENED, MUD_REACHED, MUD_OF_PEER };

/* What is wrong with a DHCP server or a router: it is one too many, or sends others where the
   network does not go. */
enum rogue_way { ROGUE_BESIDE, ROGUE_GATEWAY, ROGUE_RESOLVER };

/* Of answers of DNS that contradict each other: who gave the false one, who got both. */
enum spoofing_side { SPOOFING_GIVEN, SPOOFING_TOLD };

/* What was told as a remark is news once more when it has become an alarm. */
enum telling { TOLD_NOT, TOLD_AS_REMARK, TOLD_AS_ALARM };

enum { RISK_SLOTS = 10 };

struct evidence {
    float points; /* at last_s; 0: free place */
    float observed, expected;
    uint32_t since_s, last_s;
    struct address peer;
    uint8_t kind;     /* enum evidence_kind */
    uint8_t feature;  /* of the baseline, where the kind is VOLUME or SHAPE; the other
                         side's zone, where it is SEGMENTATION; enum mud_side where it
                         is MUD; where it is PEER_OUTLIER, FEATURE_COUNT: activity; where
                         it is WEB_ATTACK, the number of the risk; enum rogue_way where
                         it is ROGUE_DHCP or ROGUE_ROUTER; enum spoofing_side where
                         it is DNS_SPOOFING */
    uint8_t protocol; /* of the service meant */
    uint8_t told;     /* a person was told of it: enum telling */
    uint16_t port;    /* the same; how many others, where the kind is PEER_OUTLIER */
    struct mac mac;   /* the other device meant, zero if none; PEER_OUTLIER: itself */
};

struct risk {
    struct evidence slots[RISK_SLOTS];
    float odds;     /* what the odds of the score are multiplied by; 0: as they are */
    float distrust; /* 0 … 1 at distrust_s */
    uint32_t distrust_s;
    uint32_t since_s; /* the level's */
    uint8_t level; /* enum risk_level, LOW … CRITICAL; UNKNOWN is told by risk_told */
};

struct risk_rules {
    double half_life_s, distrust_half_life_s;
    double medium, high, critical, hysteresis; /* of the score */
};

const char *evidence_name(enum evidence_kind kind);
const char *evidence_unit(enum evidence_kind kind);
enum family evidence_family(enum evidence_kind kind);
bool evidence_is_hard(enum evidence_kind kind);
/* Of behaviour, against the device's own baseline; neither hard nor a fact. */
bool evidence_is_soft(enum evidence_kind kind);

/* Add evidence worth `evidence->points` (> 0; 1.19 alone makes MEDIUM, 3.05 HIGH, 5.36
   CRITICAL with the default bounds). One kind has one place, where `before` is what has not
   yet decayed: it becomes max(points, before + repeat · points), and never climbs above
   `ceiling`. So repeat = 0 is a lasting condition that keeps its level, 1 is a plain sum.
   The stronger of the two is what is told. Returns whether this opens something new (and
   `told` is false again). */
bool risk_add(struct risk *risk, const struct risk_rules *rules,
              const struct evidence *evidence, double repeat, double ceiling,
              uint64_t now_s);

/* Whether what is held of a kind, of which `points` were just added, is more than a ceiling
   left of it: what would be news again and again adds nothing. */
bool risk_counts(const struct evidence *held, double points);

/* The evidence held of a kind, or NULL. `told` is the caller's to set. */
struct evidence *risk_held(struct risk *risk, enum evidence_kind kind);

/* It was nothing, or is no more: none of it is left. */
void risk_drop(struct risk *risk, enum evidence_kind kind);

/* Points now of all soft evidence, and of calls in vain, that is not of this kind. */
double risk_soft_beside(const struct risk *risk, const struct risk_rules *rules,
                        enum evidence_kind kind, uint64_t now_s);

/* 0 … 100; 0 without evidence, whatever the odds. Points now of slot i in `shares`, if not
   NULL, scaled to add up to it. */
double risk_score(const struct risk *risk, const struct risk_rules *rules,
                  uint64_t now_s, double shares[RISK_SLOTS]);

/* Neither evidence, nor distrust, nor a level above LOW: time alone changes nothing. */
bool risk_is_blank(const struct risk *risk);

/* 0 … 1. */
double risk_distrust(const struct risk *risk, const struct risk_rules *rules,
                     uint64_t now_s);

/* Its identity came into doubt: full distrust from now on, without evidence of its own. */
void risk_distrust_now(struct risk *risk, uint64_t now_s);

/* Follow the score with hysteresis; returns whether the level changed. */
bool risk_update_level(struct risk *risk, const struct risk_rules *rules,
                       uint64_t now_s);

/* What is told: UNKNOWN while learning and below MEDIUM. */
enum risk_level risk_told(const struct risk *risk, bool learning);

/* Forget evidence that has faded to nothing; true while any is left. Evidence from after
   `now_s` (time stepped back) fades from now on. */
bool risk_expire(struct risk *risk, const struct risk_rules *rules, uint64_t now_s);

#endif

#include "engine/technique.h"

#include <string.h>

static const char *const techniques[EVIDENCE_COUNT] = {
    [EVIDENCE_SCAN] = "T1018",              /* remote system discovery */
    [EVIDENCE_PORT_SCAN] = "T1046",         /* network service discovery */
    [EVIDENCE_FAN_OUT] = "T1018",           /* remote system discovery */
    [EVIDENCE_ARP_INSISTENCE] = "T1018",    /* remote system discovery */
    [EVIDENCE_ARP_SPOOF] = "T1557.002",     /* ARP cache poisoning */
    [EVIDENCE_ARP_POISONING] = "T1557.002", /* ARP cache poisoning */
    [EVIDENCE_ARP_FLOOD] = "T1557.002",     /* ARP cache poisoning */
    [EVIDENCE_DUPLICATE_ADDRESS] = "T1557", /* adversary in the middle */
    [EVIDENCE_GATEWAY_IMPERSONATION] = "T1557",
    [EVIDENCE_ROGUE_DHCP] = "T1557.003",        /* DHCP spoofing */
    [EVIDENCE_FORGED_LEASE] = "T1557.003",      /* DHCP spoofing */
    [EVIDENCE_ROGUE_ROUTER] = "T1557",          /* adversary in the middle */
    [EVIDENCE_NAME_POISONING] = "T1557.001",    /* LLMNR and NBT-NS poisoning */
    [EVIDENCE_DNS_SPOOFING] = "T1557",          /* adversary in the middle */
    [EVIDENCE_REDIRECT] = "T1557",              /* adversary in the middle */
    [EVIDENCE_SHOWN_CERTIFICATE] = "T1587.003", /* digital certificates */
    [EVIDENCE_ADDRESS_SPOOFING] = "T1498",      /* network denial of service */
    [EVIDENCE_FLOOD] = "T1498",                 /* network denial of service */
    [EVIDENCE_MAC_FLOOD] = "T1498",             /* network denial of service */
    [EVIDENCE_FRAGMENT_FLOOD] = "T1499",        /* endpoint denial of service */
    [EVIDENCE_FRAGMENT_OVERLAP] =
        "T1027", /* obfuscated: seen otherwise than it arrives */
    [EVIDENCE_PASSWORD_GUESSING] = "T1110",  /* brute force */
    [EVIDENCE_LATERAL] = "T1021",            /* remote services */
    [EVIDENCE_SEGMENTATION] = "T1210",       /* exploitation of remote services */
    [EVIDENCE_GATEWAY_BYPASS] = "T1599",     /* network boundary bridging */
    [EVIDENCE_MUD] = "T1071",                /* application layer protocol */
    [EVIDENCE_VLAN_HOP] = "T1599",           /* network boundary bridging */
    [EVIDENCE_TWO_STACKS] = "T1200",         /* hardware additions */
    [EVIDENCE_TWO_PLACES] = "T1200",         /* hardware additions */
    [EVIDENCE_REPLACED] = "T1200",           /* hardware additions */
    [EVIDENCE_CONTROL_OPERATION] = "T0816",  /* device restart or shutdown */
    [EVIDENCE_STRANGE_ORDER] = "T0855",      /* unauthorized command message */
    [EVIDENCE_REFUSED_OPERATIONS] = "T0855", /* unauthorized command message */
    [EVIDENCE_NEW_OPERATION] = "T0855",      /* unauthorized command message */
    [EVIDENCE_WEB_ATTACK] = "T1190",         /* exploit public-facing application */
    [EVIDENCE_CLEAR_TEXT] = "T1040",         /* network sniffing */
    [EVIDENCE_DNS_LABELS] = "T1071.004",     /* application layer protocol: DNS */
    [EVIDENCE_DNS_GENERATED] = "T1568.002",  /* domain generation algorithms */
    [EVIDENCE_DNS_TUNNEL] = "T1071.004",     /* application layer protocol: DNS */
    [EVIDENCE_DNS_FAILURES] = "T1568.002",   /* domain generation algorithms */
    [EVIDENCE_FAILING] = "T1008",            /* fallback channels */
    [EVIDENCE_BEACON] = "T1071",             /* application layer protocol */
    [EVIDENCE_EXFILTRATION] = "T1041",       /* exfiltration over the C2 channel */
    [EVIDENCE_FIRMWARE] = "T1542.001",       /* system firmware */
    [EVIDENCE_TOKEN] = "T1528",              /* stolen application access token */
};

const char *technique_of_kind(enum evidence_kind kind) {
    return techniques[kind] ? techniques[kind] : "";
}

const char *technique_of(const char *kind) {
    for (unsigned i = 0; i < EVIDENCE_COUNT; i++)
        if (strcmp(evidence_name((enum evidence_kind)i), kind) == 0)
            return technique_of_kind((enum evidence_kind)i);
    return "";
}

#include "engine/state.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Who answers for names that are not his own: to all who ask on the link (as Responder does), or
   in the name of a resolver. */

static const uint64_t second_ns = 1000000000;
static const float lie_points = 2, doubt_points = 0.8F, proxy_points = 1.5F;
enum { NETBIOS_BYTES = 15 };

/* --- names on the link --- */

/* A host has one name, however it is written: in capitals and cut short (NetBIOS), with a
   domain, with a number where another had it before (RFC 6762, 9). False for those that
   browsers make up, to hide an address. */
static bool own_name(const char *text, char name[NETBIOS_BYTES + 1]) {
    enum { UUID_BYTES = 36, UUID_DASH = 8 };
    size_t length = strcspn(text, ".");
    if (length == UUID_BYTES && text[UUID_DASH] == '-')
        return false;
    while (length > 0 && isdigit((unsigned char)text[length - 1]))
        length--;
    while (length > 0 && text[length - 1] == '-')
        length--;
    if (length > NETBIOS_BYTES)
        length = NETBIOS_BYTES;
    for (size_t i = 0; i < length; i++)
        name[i] = (char)tolower((unsigned char)text[i]);
    name[length] = '\0';
    return length > 0;
}

/* Whom browsers ask for a proxy, nobody is called. */
void poison_name(struct engine *engine, struct device *device,
                 const struct name_record *record, uint64_t now_s) {
    char name[NETBIOS_BYTES + 1];
    bool asked = record->kind == NAME_LOCAL_ANSWER;
    if ((!asked && record->kind != NAME_MDNS) || device->router ||
        !own_name(record->text, name))
        return;
    double most = engine->options.limits.local_names;
    double names = domain_answer(engine->domains, device, name, now_s);
    struct evidence e = {.kind = EVIDENCE_NAME_POISONING, .observed = (float)names};
    if (names >= most) {
        e.expected = (float)most;
        e.points = (float)((double)lie_points + log10(names / most));
        judge_identity(engine, device, &e, now_s);
    } else if (asked && strcmp(name, "wpad") == 0) {
        e.observed = 1;
        e.points = proxy_points;
        judge_identity(engine, device, &e, now_s);
    }
}

/* --- answers in a resolver's name --- */

/* By this MAC come answers of the resolver's: it holds the address, or is the way out. */
static bool is_true(const struct engine *engine, const struct claim_record *claim,
                    const struct mac *mac, uint64_t now_s) {
    const struct device *holder =
        identity_holder(&engine->identity, &claim->ip, claim->vlan);
    return holder
               ? mac_equal(&holder->key.mac, mac)
               : gateway_role(engine->ways, claim->vlan, mac, now_s) == GATEWAY_USUAL;
}

/* Where both came by the same MAC, the lie was told further away: he who heard it is warned of
   nothing by us, but a person is. */
void poison_contradict(struct engine *engine, const struct claim_record *claim,
                       uint64_t now_ns) {
    uint64_t now_s = now_ns / second_ns;
    bool first = is_true(engine, claim, &claim->target_mac, now_s),
         second = is_true(engine, claim, &claim->frame_mac, now_s);
    struct evidence e = {
        .kind = EVIDENCE_DNS_SPOOFING, .observed = 1, .peer = claim->ip};
    struct device *liar =
        first == second ? NULL
                        : device_of_mac(&engine->devices,
                                        first ? &claim->frame_mac : &claim->target_mac);
    struct device *told =
        identity_holder(&engine->identity, &claim->target_ip, claim->vlan);
    if (liar) {
        e.points = lie_points;
        judge_identity(engine, liar, &e, now_s);
    } else if (told && !(engine->options.families_off & (1u << FAMILY_INVARIANT))) {
        e.points = doubt_points;
        e.feature = SPOOFING_TOLD;
        judge_remark(engine, told, &e, now_s);
    }
}

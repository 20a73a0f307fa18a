#include "engine/state.h"

/* Who tells others where to go: DHCP servers, routers that advertise themselves, redirects. */

static const uint64_t second_ns = 1000000000;
static const float lie_points = 2; /* MEDIUM at once, HIGH when it goes on */
static const float doubt_points = 0.8F;
static const uint64_t host_known_s = 300;

/* What zones list holds from the first packet on. A gateway of one zone may stand in another. */
static bool is_listed(const struct engine *engine, const struct device *device) {
    return engine->options.zones && zone_way(engine->options.zones, ZONE_ANY,
                                             &device->key.mac) == ZONE_WAY_LISTED;
}

/* Whether it is none, where its own zone lists some. */
static bool is_unlisted(const struct engine *engine, const struct device *device) {
    return engine->options.zones && !is_listed(engine, device) &&
           zone_way(engine->options.zones, identity_zone(&engine->identity, device),
                    &device->key.mac) == ZONE_WAY_STRANGE;
}

/* By MAC. */
static enum gateway_role role_of(const struct engine *engine,
                                 const struct device *device, uint16_t vlan,
                                 uint64_t now_ns) {
    return is_listed(engine, device)
               ? GATEWAY_USUAL
               : gateway_role(engine->ways, vlan, &device->key.mac, now_ns / second_ns);
}

static void doubt(struct engine *engine, struct device *device,
                  struct evidence *evidence, uint64_t now_ns) {
    evidence->points = doubt_points;
    if (!(engine->options.families_off & (1u << FAMILY_INVARIANT)))
        judge_remark(engine, device, evidence, now_ns / second_ns);
}

static void accuse(struct engine *engine, struct device *device,
                   struct evidence *evidence, uint64_t now_ns) {
    evidence->points = lie_points;
    judge_identity(engine, device, evidence, now_ns / second_ns);
}

/* --- leases --- */

/* Who an address of a lease stands for; a server may not have claimed its own. */
static const struct device *named(const struct engine *engine,
                                  const struct device *server,
                                  const struct claim_record *claim,
                                  const struct address *ip) {
    if (!ip->family)
        return NULL;
    const struct device *holder = identity_holder(&engine->identity, ip, claim->vlan);
    return !holder && address_equal(ip, &claim->target_ip) ? server : holder;
}

static bool answers_names(const struct engine *engine, const struct device *device) {
    const struct inventory_entry *entry = inventory_find(&engine->inventory, device);
    return entry && entry->guess.serves & guess_service(17, 53);
}

/* Whether those who stand where the lease puts its holder leave by this one, as zones list it. */
static enum zone_way listed_way(const struct engine *engine,
                                const struct claim_record *claim,
                                const struct device *router) {
    const struct device *client = device_of_mac(&engine->devices, &claim->mac);
    const struct zone_subject subject = {
        .mac = &claim->mac, .ip = claim->ip, .vlan = claim->vlan, .local = true};
    return router && engine->options.zones
               ? zone_way(engine->options.zones,
                          identity_zone_at(&engine->identity, client, &subject),
                          &router->key.mac)
               : ZONE_WAY_OPEN;
}

/* Where a lease sends its holder that the network does not go: by a router that nobody leaves
   by, or to ask one for names who never answered any. What a gateway leases is its business. */
static enum rogue_way misleads(const struct engine *engine, const struct device *server,
                               const struct claim_record *claim, enum zone_way listed,
                               const struct device *router, uint64_t now_ns) {
    uint16_t vlan = claim->vlan;
    const struct device *resolver = named(engine, server, claim, &claim->resolver);
    if (!is_listed(engine, server) && listed == ZONE_WAY_STRANGE)
        return ROGUE_GATEWAY;
    if (role_of(engine, server, vlan, now_ns) != GATEWAY_OTHER)
        return ROGUE_BESIDE;
    if (router && listed == ZONE_WAY_OPEN &&
        role_of(engine, router, vlan, now_ns) == GATEWAY_OTHER)
        return ROGUE_GATEWAY;
    if (resolver && role_of(engine, resolver, vlan, now_ns) == GATEWAY_OTHER &&
        !answers_names(engine, resolver))
        return ROGUE_RESOLVER;
    return ROGUE_BESIDE;
}

/* One that is long known may have been told of another gateway: a person should look. One that
   zones contradict is wrong, however long it is known. */
bool steer_lease(struct engine *engine, struct device *server,
                 const struct claim_record *claim, uint64_t now_ns) {
    const struct device *router = named(engine, server, claim, &claim->router);
    enum zone_way listed = listed_way(engine, claim, router);
    enum rogue_way way = misleads(engine, server, claim, listed, router, now_ns);
    struct evidence e = {
        .kind = EVIDENCE_ROGUE_DHCP, .observed = 1, .feature = (uint8_t)way};
    if (way != ROGUE_BESIDE)
        e.peer = way == ROGUE_GATEWAY ? claim->router : claim->resolver;
    bool is_known = identity_leaser(&engine->identity, LEASER_DHCP, &claim->target_mac,
                                    &claim->target_ip, claim->vlan, way != ROGUE_BESIDE,
                                    now_ns) == LEASER_KNOWN;
    bool is_rogue = !is_known || (way == ROGUE_GATEWAY && listed == ZONE_WAY_STRANGE);
    if (is_rogue)
        accuse(engine, server, &e, now_ns);
    else if (way != ROGUE_BESIDE)
        doubt(engine, server, &e, now_ns);
    return is_rogue;
}

/* --- routers --- */

void steer_advertise(struct engine *engine, struct device *device,
                     const struct claim_record *claim, uint64_t now_ns) {
    bool is_stranger = is_unlisted(engine, device);
    bool lies =
        is_stranger || role_of(engine, device, claim->vlan, now_ns) == GATEWAY_OTHER;
    enum leaser_standing standing =
        identity_leaser(&engine->identity, LEASER_ROUTER, &claim->frame_mac, &claim->ip,
                        claim->vlan, lies, now_ns);
    struct evidence e = {.kind = EVIDENCE_ROGUE_ROUTER,
                         .observed = 1,
                         .peer = claim->ip,
                         .feature = is_stranger || standing == LEASER_LIAR
                                        ? ROGUE_GATEWAY
                                        : ROGUE_BESIDE};
    if (is_stranger || standing != LEASER_KNOWN)
        accuse(engine, device, &e, now_ns);
}

/* No host sends any (RFC 1122, 3.2.2.2); a router may know a better one. Who routes is not yet
   known of those who have just come. */
void steer_redirect(struct engine *engine, struct device *device,
                    const struct claim_record *claim, uint64_t now_ns) {
    const struct device *better =
        identity_holder(&engine->identity, &claim->ip, claim->vlan);
    enum gateway_role role = role_of(engine, device, claim->vlan, now_ns);
    bool routes = device->router || role == GATEWAY_USUAL;
    bool leads = better && better != device &&
                 (better->router ||
                  role_of(engine, better, claim->vlan, now_ns) == GATEWAY_USUAL);
    bool is_young = role == GATEWAY_UNKNOWN && !is_unlisted(engine, device) &&
                    now_ns - device->first_ns < host_known_s * second_ns;
    struct evidence e = {.kind = EVIDENCE_REDIRECT,
                         .observed = 1,
                         .peer = claim->ip,
                         .mac = claim->target_mac};
    if (routes && (leads || !better))
        return;
    if (routes || leads || is_young)
        doubt(engine, device, &e, now_ns);
    else
        accuse(engine, device, &e, now_ns);
}

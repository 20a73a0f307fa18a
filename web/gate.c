#include "web/gate.h"

#include "engine/base/table.h"
#include "web/rate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum rank { NEWCOMER, ASKER, LISTED, RANKS, AT_WORK = RANKS, LEAVING };

struct guest {
    struct guest *older, *newer; /* of its rank, while it waits */
    uint32_t *count;             /* of its address */
    uint64_t since_s;            /* it waits */
    int socket;
    enum rank rank; /* or what else it is doing */
    bool listed, served;
};

struct gate {
    struct gate_options options;
    struct table *addresses; /* key: struct address; a uint32_t, its guests */
    struct rate *all, *each; /* connections begun: by all, and by address */
    struct {
        struct guest *oldest, *newest;
        unsigned count;
    } waiting[RANKS];
    unsigned leaving; /* of those inside */
    struct gate_counts counts;
};

struct gate *gate_create(const struct gate_options *options) {
    uint64_t seed = 0;
    struct gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    gate->options = *options;
    if (getrandom(&seed, sizeof seed, 0) == sizeof seed)
        gate->addresses = table_create(options->limit + GATE_LEAVING,
                                       sizeof(struct address), sizeof(uint32_t), seed);
    gate->all = rate_create();
    gate->each = rate_create();
    if (gate->addresses && gate->all && gate->each)
        return gate;
    gate_destroy(gate);
    return NULL;
}

void gate_destroy(struct gate *gate) {
    if (!gate)
        return;
    table_destroy(gate->addresses);
    rate_destroy(gate->all);
    rate_destroy(gate->each);
    free(gate);
}

static bool is_listed(const struct gate *gate, const struct address *address) {
    for (size_t i = 0; i < gate->options.listed_count; i++)
        if (prefix_contains(&gate->options.listed[i], address))
            return true;
    return false;
}

/* The whole /64 is one household's. */
static struct address household(const struct address *address) {
    struct address household = *address;
    if (address->family == 6)
        memset(household.bytes + 8, 0, 8);
    return household;
}

/* --- the lists --- */

static void unlink_guest(struct gate *gate, struct guest *guest) {
    if (guest->rank >= RANKS)
        return;
    *(guest->older ? &guest->older->newer : &gate->waiting[guest->rank].oldest) =
        guest->newer;
    *(guest->newer ? &guest->newer->older : &gate->waiting[guest->rank].newest) =
        guest->older;
    guest->older = guest->newer = NULL;
    gate->waiting[guest->rank].count--;
}

static void wait_as(struct gate *gate, struct guest *guest, enum rank rank,
                    uint64_t now_s) {
    unlink_guest(gate, guest);
    guest->rank = rank;
    guest->since_s = now_s;
    guest->older = gate->waiting[rank].newest;
    *(guest->older ? &guest->older->newer : &gate->waiting[rank].oldest) = guest;
    gate->waiting[rank].newest = guest;
    gate->waiting[rank].count++;
}

static void send_away(struct gate *gate, struct guest *guest) {
    unlink_guest(gate, guest);
    guest->rank = LEAVING;
    gate->leaving++;
    shutdown(guest->socket, SHUT_RDWR);
}

/* --- coming and going --- */

/* Those who crowd out others are many: of newcomers and askers, the larger part. Enforcement points
   go where the others hold next to nothing. */
static struct guest *choose(const struct gate *gate) {
    enum { SHARE = 8 };
    unsigned newcomers = gate->waiting[NEWCOMER].count;
    unsigned askers = gate->waiting[ASKER].count;
    if (gate->waiting[LISTED].count > 0 &&
        (newcomers + askers == 0 || newcomers + askers < gate->options.limit / SHARE))
        return gate->waiting[LISTED].oldest;
    return gate->waiting[newcomers >= askers ? NEWCOMER : ASKER].oldest;
}

static bool make_room(struct gate *gate) {
    struct guest *guest = choose(gate);
    if (!guest)
        return false;
    send_away(gate, guest);
    gate->counts.ousted++;
    return true;
}

/* Whether it has begun few enough connections lately, and all others too. */
static bool is_slow(struct gate *gate, const struct address *household,
                    uint64_t now_s) {
    uint32_t per_s = gate->options.rate_per_s, wait_s;
    uint32_t share = (per_s + GATE_SHARES - 1) / GATE_SHARES;
    uint64_t now_ns = now_s * 1000000000;
    char name[ADDRESS_TEXT_BYTES];
    address_format(household, name);
    return rate_take(gate->each, name, share, now_ns, &wait_s) &&
           rate_take(gate->all, "", per_s, now_ns, &wait_s);
}

bool gate_admits(struct gate *gate, const struct address *address, uint64_t now_s) {
    struct address key = household(address);
    const uint32_t *count = table_find(gate->addresses, &key);
    gate_sweep(gate, now_s);
    bool admitted =
        (is_listed(gate, address) ||
         ((!count || *count < gate->options.address_limit) &&
          is_slow(gate, &key, now_s))) &&
        gate->counts.open < (uint64_t)gate->options.limit + GATE_LEAVING &&
        (gate->counts.open - gate->leaving < gate->options.limit || make_room(gate));
    gate->counts.refused += !admitted;
    return admitted;
}

struct guest *gate_enter(struct gate *gate, const struct address *address, int socket,
                         uint64_t now_s) {
    struct address key = household(address);
    bool made;
    uint32_t *count = table_get(gate->addresses, &key, &made);
    struct guest *guest = count ? calloc(1, sizeof *guest) : NULL;
    if (!guest) {
        if (count && made)
            table_remove(gate->addresses, count);
        return NULL;
    }
    ++*count;
    gate->counts.open++;
    *guest = (struct guest){.count = count,
                            .socket = socket,
                            .rank = AT_WORK,
                            .listed = is_listed(gate, address)};
    wait_as(gate, guest, NEWCOMER, now_s);
    return guest;
}

void gate_leave(struct gate *gate, struct guest *guest) {
    if (!guest)
        return;
    unlink_guest(gate, guest);
    gate->leaving -= guest->rank == LEAVING;
    gate->counts.open--;
    if (--*guest->count == 0)
        table_remove(gate->addresses, guest->count);
    free(guest);
}

void gate_serve(struct gate *gate, struct guest *guest) {
    if (guest->rank == LEAVING)
        return;
    unlink_guest(gate, guest);
    guest->rank = AT_WORK;
}

void gate_served(struct gate *gate, struct guest *guest, bool well, uint64_t now_s) {
    if (guest->rank == LEAVING)
        return;
    guest->served |= well;
    wait_as(gate, guest,
            !guest->served  ? NEWCOMER
            : guest->listed ? LISTED
                            : ASKER,
            now_s);
}

void gate_list(struct gate *gate, const struct prefix *listed, size_t count) {
    gate->options.listed = listed;
    gate->options.listed_count = count;
}

void gate_sweep(struct gate *gate, uint64_t now_s) {
    for (unsigned rank = NEWCOMER; rank < RANKS; rank++)
        for (struct guest *guest; (guest = gate->waiting[rank].oldest) &&
                                  guest->since_s + gate->options.patience_s < now_s;) {
            send_away(gate, guest);
            gate->counts.late++;
        }
}

struct gate_counts gate_counts(const struct gate *gate) {
    return gate->counts;
}

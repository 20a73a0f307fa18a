#include "engine/continuity.h"

#include "engine/base/fnv.h"

#include <string.h>

/* Who comes back may be somebody else for this long. */
static const uint32_t proving_s = 3600;
/* Two stacks take turns within this time, and neither falls silent in between. */
static const uint32_t turns_s = 600, turns_day_s = 86400, unbroken_s = 10;
static const uint32_t settled_s = 600, patience_s = 10, lease_fresh_s = 120,
                      crossing_s = 60;
enum { FLIPS_MOST = 4, CLIENT_FLIPS_MOST = 2, CROSSINGS_MOST = 4, STEPS_MOST = 8 };
enum { KEYS_LEAST = 20, KEYS_MOST = 400 };
static const double strange_share = 0.6;

static uint32_t since(uint32_t then_s, uint32_t now_s) {
    return now_s > then_s ? now_s - then_s : 0;
}

bool continuity_is_proving(uint32_t returned_s, uint32_t now_s) {
    return returned_s && since(returned_s, now_s) <= proving_s;
}

static bool is_proving(const struct continuity *state, uint32_t now_s) {
    return continuity_is_proving(state->returned_s, now_s);
}

void continuity_return(struct continuity *state, uint32_t returned_s) {
    state->returned_s = returned_s;
    state->differences = 0;
    state->is_told = false;
    state->keys = state->strange_keys = 0;
}

/* One difference alone is a new version, a new name or a busy day; and who browses finds new
   peers by new programs. */
static enum doubt differ(struct continuity *state, enum difference difference) {
    state->differences |= (uint8_t)difference;
    unsigned set = state->differences;
    if (state->is_told || !(set & (set - 1)) ||
        !(set & (DIFFERENCE_CLIENT | DIFFERENCE_NAME | DIFFERENCE_STACK)))
        return DOUBT_NONE;
    state->is_told = true;
    return DOUBT_REPLACED;
}

static uint8_t initial_hop_limit(uint8_t ttl) {
    return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

enum doubt continuity_hop_limit(struct continuity *state, uint8_t ttl, uint32_t now_s) {
    uint8_t initial = initial_hop_limit(ttl);
    if (ttl == 0)
        return DOUBT_NONE;
    if (ttl != initial) {
        /* A step or two below: forwarded, by one that puts its own address on it. */
        if (ttl >= initial - 3 && state->steps < STEPS_MOST)
            state->steps++;
        return DOUBT_NONE;
    }
    uint8_t before = state->hop_limit;
    state->hop_limit = initial;
    if (before == 0 || before == initial)
        return DOUBT_NONE;
    enum doubt doubt = DOUBT_NONE;
    if (is_proving(state, now_s))
        doubt = differ(state, DIFFERENCE_STACK);
    if (since(state->flip_s, now_s) > turns_s) {
        state->flip_s = now_s;
        state->flips = 0;
    }
    if (++state->flips < FLIPS_MOST)
        return doubt;
    state->flips = 0;
    return DOUBT_TWO_STACKS;
}

enum doubt continuity_place(struct continuity *state, uint16_t vlan, uint32_t leased_s,
                            uint32_t now_s) {
    /* A mirror may show the same frame with its tag and without. */
    if (vlan == 0 || state->is_trunk)
        return DOUBT_NONE;
    if (!state->home) {
        state->home = vlan;
        state->home_s = now_s;
        return DOUBT_NONE;
    }
    uint16_t last = state->away ? state->away : state->home;
    bool has_moved = leased_s && since(leased_s, now_s) < lease_fresh_s;
    if (vlan != state->home && !state->away &&
        since(state->home_s, now_s) < settled_s) {
        state->is_trunk = !has_moved;
        state->home = vlan;
        state->home_s = now_s;
        return DOUBT_NONE;
    }
    if (vlan == state->home) {
        bool back = state->away && since(state->away_s, now_s) <= crossing_s;
        state->crossings = (uint8_t)(back ? state->crossings + 1 : 0);
        state->away = 0;
    } else if (vlan != last) {
        state->away = vlan;
        state->away_s = now_s;
    }
    if (state->crossings < CROSSINGS_MOST)
        return DOUBT_NONE;
    state->crossings = 0;
    state->away = 0;
    state->is_trunk = true; /* told once */
    return DOUBT_TWO_PLACES;
}

enum doubt continuity_settle(struct continuity *state, uint32_t leased_s,
                             uint32_t now_s) {
    if (!state->away || since(state->away_s, now_s) < patience_s)
        return DOUBT_NONE;
    bool has_moved = leased_s && leased_s + lease_fresh_s >= state->away_s;
    state->home = state->away;
    state->home_s = now_s;
    state->away = 0;
    state->crossings = 0;
    return has_moved ? DOUBT_NONE : DOUBT_VLAN_HOP;
}

/* Never 0, which is nothing. */
static uint32_t hash(const char *text) {
    return fnv_text_32(text) | 1;
}

/* Two clients that take turns while the device goes on speaking. Whoever starts anew is
   silent for a while first. */
static enum doubt take_client(struct continuity *state, const char *text, bool is_boot,
                              uint64_t silent_s, uint32_t now_s) {
    uint32_t before = state->fingerprint, now = hash(text);
    if (is_boot || now == before)
        return DOUBT_NONE;
    bool is_turn = now == state->former && silent_s <= unbroken_s &&
                   since(state->flip_s, now_s) <= turns_day_s;
    state->fingerprint_flips = (uint8_t)(is_turn ? state->fingerprint_flips + 1 : 0);
    state->former = before;
    state->fingerprint = now;
    state->flip_s = now_s;
    if (state->fingerprint_flips < CLIENT_FLIPS_MOST)
        return before && is_proving(state, now_s) ? differ(state, DIFFERENCE_CLIENT)
                                                  : DOUBT_NONE;
    state->fingerprint_flips = 0;
    return DOUBT_TWO_STACKS;
}

static void take_system(struct continuity *state, const char *text) {
    static const char *const names[CONTINUITY_SYSTEMS] = {
        "Windows NT", "Macintosh", "iPhone", "Android", "X11; Linux"};
    for (unsigned i = 0; i < CONTINUITY_SYSTEMS; i++)
        if (strstr(text, names[i])) {
            state->systems |= (uint8_t)(1u << i);
            return;
        }
}

enum doubt continuity_said(struct continuity *state, enum name_kind source,
                           const char *text, bool differs, bool is_boot,
                           uint64_t silent_s, uint32_t now_s) {
    switch (source) {
    case NAME_DHCP_FINGERPRINT:
        return take_client(state, text, is_boot, silent_s, now_s);
    case NAME_DHCP_HOST:
        return differs && !is_boot && is_proving(state, now_s)
                   ? differ(state, DIFFERENCE_NAME)
                   : DOUBT_NONE;
    case NAME_JA3:
    case NAME_JA4:
        return differs && is_proving(state, now_s) ? differ(state, DIFFERENCE_HELLO)
                                                   : DOUBT_NONE;
    case NAME_USER_AGENT:
        take_system(state, text);
        return DOUBT_NONE;
    default:
        return DOUBT_NONE;
    }
}

enum doubt continuity_habits(struct continuity *state, unsigned keys, unsigned strange,
                             uint32_t now_s) {
    if (!is_proving(state, now_s) || state->keys >= KEYS_MOST)
        return DOUBT_NONE;
    state->keys = (uint16_t)(state->keys + keys);
    state->strange_keys = (uint16_t)(state->strange_keys + strange);
    bool is_strange =
        state->keys >= KEYS_LEAST && state->strange_keys >= strange_share * state->keys;
    return is_strange ? differ(state, DIFFERENCE_HABITS) : DOUBT_NONE;
}

bool continuity_is_shared(const struct continuity *state) {
    bool several_systems = state->systems & (state->systems - 1u);
    return state->steps >= STEPS_MOST || several_systems;
}

#include "engine/excuse.h"

#include "engine/invariant.h"

static const float most = 0.5F;
/* Windows with somebody new, halved every three days: five such a day. Whoever sits at a
   browser has a hundred; things, and gateways that get visitors, up to fifteen. */
static const float ever_new = 20;
enum { PERSONS_GAPS = 4 };

static float bytes_of(const struct window *window) {
    return window->feature[FEATURE_SENT_BYTES] +
           window->feature[FEATURE_RECEIVED_BYTES];
}

/* The sessions of a person are few, and not by a timer. */
static bool visits(const struct device *device, const struct window *window,
                   const struct baseline_observation *observation, uint64_t now_s) {
    const struct baseline *baseline = &device->baseline;
    if (window->logs_in <= 0 || baseline->novelty.novel[KEY_PEER] < ever_new ||
        invariant_login_hosts(&device->invariant, now_s) > 1)
        return false;
    for (unsigned i = 0; i < observation->key_count; i++) {
        const struct rhythm_channel *channel =
            observation->keys[i].kind == KEY_CHANNEL &&
                    invariant_is_shell_port(window->subjects[i].port)
                ? rhythm_find(&baseline->rhythm, observation->keys[i].key)
                : NULL;
        if (channel && channel->gaps >= PERSONS_GAPS)
            return false;
    }
    return true;
}

bool excuse_window(const struct device *device, const struct window *window,
                   const struct baseline_observation *observation, uint64_t now_s) {
    return window->imposed > most * bytes_of(window) ||
           window_fetches(window, observation) ||
           (window->logs_in > most * bytes_of(window) &&
            visits(device, window, observation, now_s));
}

bool excuse_new(const struct device *device, const struct window *window,
                const struct baseline_observation *observation, unsigned index,
                uint64_t now_s) {
    return observation->keys[index].passive ||
           (invariant_is_shell_port(window->subjects[index].port) &&
            visits(device, window, observation, now_s));
}

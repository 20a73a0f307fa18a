#include "engine/domain.h"

#include "engine/base/fnv.h"
#include "engine/base/mix.h"
#include "engine/window.h"

#include "models/distinct.h"

#include <math.h>
#include <string.h>

enum { HALF_HOUR_S = 1800, LEAST_LENGTH = 16 };
/* Hexadecimal digits reach 4, base 32 reaches 5, words of this length seldom more than this. */
static const double looks_like_chance = 3.3;
static const uint64_t any_domain = 1, own_names = 2;

struct table *domain_create(uint64_t seed) {
    return table_create(DOMAIN_USES, sizeof(uint64_t), sizeof(struct domain_use), seed);
}

static bool is_reverse(const char *name) {
    size_t length = strlen(name);
    return length >= 5 && strcmp(name + length - 5, ".arpa") == 0;
}

double domain_entropy(const char *name) {
    unsigned counts[256] = {0}, all = 0;
    size_t length = window_domain_start(name, strlen(name));
    for (size_t i = 0; i < length; i++)
        if (name[i] != '.') {
            counts[(unsigned char)name[i]]++;
            all++;
        }
    if (all < LEAST_LENGTH || is_reverse(name))
        return 0;
    double bits = 0;
    for (unsigned c = 0; c < 256; c++)
        if (counts[c])
            bits += counts[c] * log2((double)all / counts[c]);
    return bits / all;
}

static double count(struct table *uses, const struct device *device, uint64_t domain,
                    const char *name, uint64_t now_s) {
    bool made;
    uint64_t key = mix_64(fnv_64(&device->key, sizeof device->key) ^ mix_64(domain));
    uint32_t half_hour = (uint32_t)(now_s / HALF_HOUR_S);
    struct domain_use *use = table_force(uses, &key, &made);
    if (made || use->half_hour != half_hour)
        *use = (struct domain_use){.half_hour = half_hour};
    distinct_add(use->names, DOMAIN_REGISTERS, mix_64(fnv_64(name, strlen(name))));
    return distinct_estimate(use->names, DOMAIN_REGISTERS);
}

double domain_ask(struct table *uses, const struct device *device, const char *name,
                  uint64_t now_s) {
    if (domain_entropy(name) < looks_like_chance)
        return 0;
    return count(uses, device, window_domain_key(name), name, now_s);
}

double domain_ask_generated(struct table *uses, const struct device *device,
                            const char *name, uint64_t now_s) {
    return count(uses, device, any_domain, name, now_s);
}

double domain_answer(struct table *uses, const struct device *device, const char *name,
                     uint64_t now_s) {
    return count(uses, device, own_names, name, now_s);
}

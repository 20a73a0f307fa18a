#ifndef TESTS_TRAFFIC_RNG_H
#define TESTS_TRAFFIC_RNG_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Randomness with a seed: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Every actor draws
   from a stream of its own, so that adding one changes nothing of what the others do. */

struct rng {
    uint64_t state;
};

/* A bijective scramble of x; also used as a hash of small numbers. */
static inline uint64_t rng_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A hash of a text (FNV-1a, scrambled), to derive addresses and streams from names. */
static inline uint64_t rng_hash(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return rng_mix(hash);
}

/* The stream number `stream` of a seed. */
static inline struct rng rng_make(uint64_t seed, uint64_t stream) {
    return (struct rng){rng_mix(seed + 0x9e3779b97f4a7c15u) ^ rng_mix(~stream)};
}

static inline uint64_t rng_next(struct rng *rng) {
    rng->state += 0x9e3779b97f4a7c15u;
    return rng_mix(rng->state);
}

/* Uniform in (0, 1): never 0, so that its logarithm exists. */
static inline double rng_uniform(struct rng *rng) {
    return ((double)(rng_next(rng) >> 12) + 0.5) * 0x1p-52;
}

/* Uniform in 0 … count − 1; count ≥ 1. */
static inline uint32_t rng_below(struct rng *rng, uint32_t count) {
    return (uint32_t)(((rng_next(rng) >> 32) * count) >> 32);
}

static inline bool rng_chance(struct rng *rng, double probability) {
    return rng_uniform(rng) < probability;
}

static inline double rng_between(struct rng *rng, double low, double high) {
    return low + (high - low) * rng_uniform(rng);
}

static inline double rng_exponential(struct rng *rng, double mean) {
    return -mean * log(rng_uniform(rng));
}

/* Log-normal by its median and the standard deviation of its logarithm (Box, Muller 1958). */
static inline double rng_lognormal(struct rng *rng, double median, double sigma) {
    double radius = sqrt(-2.0 * log(rng_uniform(rng)));
    return median * exp(sigma * radius * cos(6.283185307179586 * rng_uniform(rng)));
}

#endif

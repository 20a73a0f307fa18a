#ifndef TESTS_MODELS_RANDOM_H
#define TESTS_MODELS_RANDOM_H

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Random parameters that can be had again: the seed is printed, and WARY_SEED sets it. */

static uint64_t random_state;

static inline uint64_t random_bits(void) { /* SplitMix64, Steele et al. 2014 */
    uint64_t z = random_state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static inline void random_start(void) {
    const char *wanted = getenv("WARY_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    random_state = wanted ? strtoull(wanted, NULL, 0)
                          : (uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec;
    printf("WARY_SEED=%" PRIu64 "\n", random_state);
    fflush(stdout);
}

static inline double random_unit(void) { /* in (0, 1) */
    return ((double)(random_bits() >> 11) + 0.5) * 0x1p-53;
}

static inline double random_between(double low, double high) {
    return low + (high - low) * random_unit();
}

static inline unsigned random_below(unsigned n) {
    return (unsigned)(random_bits() % n);
}

static inline double random_normal(void) { /* Box and Muller */
    return sqrt(-2 * log(random_unit())) * cos(6.283185307179586 * random_unit());
}

static inline double random_exponential(void) {
    return -log(random_unit());
}

#endif

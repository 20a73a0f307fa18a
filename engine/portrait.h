#ifndef ENGINE_PORTRAIT_H
#define ENGINE_PORTRAIT_H

#include <stdint.h>

/* What was learnt of a device, in numbers that a person can read. Plain data: the engine fills
   one for whoever asks (MESSAGE_LOOK). */

enum {
    PORTRAIT_FEATURES = 24,
    PORTRAIT_SIZES = 8,
    PORTRAIT_BEATS = 16,
    PORTRAIT_KINDS = 5,
    PORTRAIT_HOURS = 24,
    PORTRAIT_DAYS = 7,
};

struct portrait {
    double windows;             /* of ten seconds, learnt */
    uint64_t first_ns, last_ns; /* the first and the last of them; 0 none */
    unsigned feature_count;
    struct {
        const char *name;       /* static: "packets sent" */
        double mean, low, high; /* in ten seconds; about 95 % lie in between */
    } features[PORTRAIT_FEATURES];
    double sizes[2]
                [PORTRAIT_SIZES]; /* of packets sent, received: shares, in all 1 or 0 */
    /* Packets sent in ten seconds of an hour in which it does something, 0 in one in which it
       never did; UTC, from Monday on. `days` are the distinct ones learnt. */
    double week[PORTRAIT_DAYS][PORTRAIT_HOURS];
    unsigned days;
    struct {
        const char *name;      /* static: "peers" */
        unsigned known, young; /* young: on probation, of the known */
    } kinds[PORTRAIT_KINDS];
    unsigned beat_count; /* channels that are regular, the quickest first */
    struct {
        double gap_s, variation; /* usual; coefficient of variation */
        uint64_t last_ns;
    } beats[PORTRAIT_BEATS];
};

struct device;

/* As of `now_s`. */
void portrait_take(struct portrait *portrait, const struct device *device,
                   uint64_t now_s);

const char *portrait_size_name(unsigned bin); /* "129–256"; bin < PORTRAIT_SIZES */

#endif

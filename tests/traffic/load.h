#ifndef TESTS_TRAFFIC_LOAD_H
#define TESTS_TRAFFIC_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Captures for measuring speed: many flows at once, none of them interesting. Memory is
   16 bytes a concurrent flow, whatever the number of packets. */

enum load_shape {
    LOAD_TLS,    /* short flows: handshake, ClientHello with a name, some data, end */
    LOAD_MODBUS, /* flows that never end: question, answer, acknowledgement */
    LOAD_SYN,    /* a flow for every packet */
};

struct load {
    enum load_shape shape;
    uint32_t flows;   /* at once, ≥ 1 */
    uint32_t devices; /* 1 … 2^22, each with a MAC and an address of 10/8 */
    uint64_t packets;
    uint64_t packets_per_s; /* of capture time, ≥ 1 */
    uint64_t seed, start_s;
};

/* 100,000 TLS flows at once of 50,000 devices, 5 million packets. */
extern const struct load load_default;

/* False where there is no such shape. */
bool load_shape_by_name(const char *name, enum load_shape *shape);

/* Write it to a file, "-" for standard output. False with a line in `error`. */
bool load_write(const struct load *load, const char *path, char *error,
                size_t error_bytes);

#endif

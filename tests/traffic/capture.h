#ifndef TESTS_TRAFFIC_CAPTURE_H
#define TESTS_TRAFFIC_CAPTURE_H

#include "tests/traffic/simulation.h"

#include <pcap/pcap.h>

/* The pcap file that frames are written to. */

struct capture {
    pcap_t *form;
    pcap_dumper_t *dumper;
    uint32_t snaplen;
    uint64_t from_us; /* frames before are left out; 0: none */
};

/* "-" is standard output. On failure false and a line in `error`. */
bool capture_open(struct capture *capture, const char *path, uint32_t snaplen,
                  char *error, size_t error_bytes);
void capture_write(struct capture *capture, uint64_t time_us, const uint8_t *frame,
                   size_t length);
struct sink capture_sink(struct capture *capture);

/* False if anything was not written. */
bool capture_close(struct capture *capture);

#endif

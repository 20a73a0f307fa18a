#ifndef COLLECTORS_FILTER_H
#define COLLECTORS_FILTER_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>

/* BPF expressions (pcap-filter(7)). NULL or "" lets everything through. */

/* Let a handle, called `name`, give only what passes. */
bool filter_apply(pcap_t *handle, const char *filter, const char *name, char *error,
                  size_t error_bytes);

/* Whether an expression can be understood, for Ethernet; if not, why in `error`. */
bool filter_check(const char *filter, char *error, size_t error_bytes);

#endif

#ifndef COLLECTORS_INTERFACE_H
#define COLLECTORS_INTERFACE_H

#include "collectors/pcap.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

/* A network interface and libpcap's handle of it (a ring that the kernel shares with us), which
   comes and goes with the interface: once a second its state is looked at, each change is one
   line in the log and the counter `outage`, and what has come back is opened again. One thread
   uses it. */

struct interface {
    const char *name;
    struct pcap_options options;
    pcap_t *handle; /* NULL: not open */
    int index;      /* the kernel's, of what the handle is open on */
    enum outage outage;
    uint64_t looked_ns; /* monotonic: when its state was looked at */
    uint64_t since_ns;  /* real time, see interface_owns */
    uint32_t kernel_drops, interface_drops; /* as the kernel last said; they wrap */
};

/* The name is borrowed. An interface that is there, but down, is waited for; else, what keeps
   it from being opened is a failure, with a line in `error`. */
bool interface_open(struct interface *interface, const struct pcap_options *options,
                    const char *name, char *error, size_t error_bytes);
void interface_close(struct interface *interface);

/* Its handle, NULL as long as there is none. Never waits; a system call or two a second. */
pcap_t *interface_handle(struct interface *interface);

/* Of several queues of an interface, each sees all frames until it has joined the others:
   whether this one is not another's. */
bool interface_owns(const struct interface *interface, const struct pcap_frame *frame);

/* libpcap has said that the handle is no good any more. */
void interface_failed(struct interface *interface);

void interface_count_drops(struct interface *interface);

#endif

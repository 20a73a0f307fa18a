#ifndef COLLECTORS_PCAP_H
#define COLLECTORS_PCAP_H

#include "engine/base/counters.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where frames come from: capture files one after the other, or a live interface, by
   libpcap, which only this file and decode see. One thread uses a source. */

struct pcap_frame {
    int64_t time_s;         /* as the source says: may be anything */
    int64_t time_remainder; /* nanoseconds; may be anything, too */
    int link_type;          /* DLT_ number */
    uint32_t captured;
    uint32_t wire; /* never less than captured */
    const uint8_t *bytes;
};

enum pcap_result {
    PCAP_FRAMES, /* some were handled */
    PCAP_IDLE,   /* live, growing: nothing came for PCAP_TIMEOUT_MS */
    PCAP_ENDED,  /* the last file was read, or `stop` was set */
    PCAP_FAILED,
};

enum { PCAP_TIMEOUT_MS = 100, PCAP_FRAMES_MAX = 32 };

struct pcap_source;

/* What it points to is borrowed. */
struct pcap_options {
    const char *filter;          /* BPF expression, NULL or "" for all */
    uint32_t snaplen;            /* live only */
    uint32_t buffer_bytes;       /* live only */
    struct counters *counters;   /* source_bytes and _read, sources_cut, the drops */
    const atomic_bool *stop;     /* ends a wait for input */
    bool is_echo;                /* another source reads the same, and tells of it */
    bool is_shared;              /* live: several sources of one interface … */
    uint16_t group;              /* … are the group of this number */
    void (*idle)(void *context); /* growing only: called while nothing comes */
    void *context;
};

/* `paths` is borrowed. On failure NULL and a line in `error`, as in collector.h. */
struct pcap_source *pcap_source_open_files(const struct pcap_options *options,
                                           const char *const *paths, size_t count,
                                           char *error, size_t error_bytes);
struct pcap_source *pcap_source_open_interface(const struct pcap_options *options,
                                               const char *interface, char *error,
                                               size_t error_bytes);

/* What another program writes meanwhile: a directory of capture files, or a pipe ("-" is
   standard input), which may begin again when its writer is another one. */
struct pcap_source *pcap_source_open_growing(const struct pcap_options *options,
                                             const char *path, char *error,
                                             size_t error_bytes);
void pcap_source_close(struct pcap_source *source); /* NULL is allowed */

/* Handle the next few frames. A growing one calls `idle` while it waits inside of them. A file that ends inside a packet is logged and counted,
   and the next one is read; one that is no capture fails with its name in `error`.
   `handler` gets `context` and 1 … PCAP_FRAMES_MAX frames, which are good until it
   returns. */
enum pcap_result pcap_source_read(struct pcap_source *source,
                                  void (*handler)(void *, const struct pcap_frame *,
                                                  unsigned),
                                  void *context, char *error, size_t error_bytes);

/* Bring the drop counters up to date; a system call, nothing for files. */
void pcap_source_count_drops(struct pcap_source *source);

#endif

#ifndef COLLECTORS_ANNOUNCE_WRITER_H
#define COLLECTORS_ANNOUNCE_WRITER_H

#include "collectors/packet.h"
#include "engine/base/record.h"

#include <stddef.h>

/* The parts of announce.c: what each family of packets says goes to one writer. */

/* Where the records go. Those without room are left out: the places are as many as one
   packet ever fills. */
struct announce_writer {
    struct record *records;
    unsigned used, size;
};

/* `text` is terminated and harmless. An empty one names nothing. */
void announce_name(struct announce_writer *writer, const struct packet *packet,
                   enum name_kind kind, struct mac mac, struct address ip,
                   const char *text);
/* The same of the packet's sender, with a text as it came. */
void announce_sender(struct announce_writer *writer, const struct packet *packet,
                     enum name_kind kind, const void *bytes, size_t length);

/* announce_link.c: what switches, routers and telephones tell their neighbours. */
void announce_lldp(const struct packet *packet, struct announce_writer *writer);
void announce_cdp(const struct packet *packet, struct announce_writer *writer);

/* announce_local.c: what hosts tell all others on their link. */
void announce_mdns(const struct packet *packet, struct announce_writer *writer);
void announce_llmnr(const struct packet *packet, struct announce_writer *writer);
void announce_ssdp(const struct packet *packet, struct announce_writer *writer);
void announce_netbios(const struct packet *packet, struct announce_writer *writer);

/* Of a long name the end says most: the last labels that fit a record. */
const char *announce_fitting_tail(const char *name);

#endif

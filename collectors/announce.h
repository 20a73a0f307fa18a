#ifndef COLLECTORS_ANNOUNCE_H
#define COLLECTORS_ANNOUNCE_H

#include "collectors/packet.h"
#include "engine/base/record.h"

/* What packets say about who is who: addresses claimed (ARP, neighbour discovery,
   router advertisements, DHCP), ways to others (redirects) and names (DHCP, mDNS, LLDP, CDP, SSDP, NetBIOS, answers
   of DNS). */

enum { ANNOUNCE_RECORDS = 12 }; /* more never come from one packet */

/* Write the CLAIM and NAME records of a decoded packet to `records` (room for `size`),
   and return how many. Sets kind and claim or name; the caller stamps time, sequence
   and queue. Nothing that does not parse makes a record. Most packets leave after
   comparing a port. */
unsigned announce_records(const struct packet *packet, struct record *records,
                          unsigned size);

#endif

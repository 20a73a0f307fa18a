#ifndef COLLECTORS_CLASSIFY_H
#define COLLECTORS_CLASSIFY_H

#include "collectors/packet.h"
#include "engine/base/counters.h"
#include "engine/base/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which application a flow carries, by nDPI, which nobody else may see. nDPI is what a
   packet costs most, so it is given only payload that can still change the verdict: up
   to a budget of packets a flow, and not past the TLS or QUIC client's hello. Its
   states are pooled, and come back at the verdict. Not thread safe; several classifiers
   do not know each other. */

struct classifier;

/* Texts are harmless and terminated; empty or 0 as long as nothing is known. */
struct verdict {
    uint64_t risks; /* as in struct flow_record, like the others */
    char application[RECORD_APPLICATION_BYTES];
    char name[RECORD_NAME_BYTES];
    char hello[RECORD_HELLO_BYTES];
};

/* How far a flow's inspection went: owned by the flow, begun as INSPECTION_DUE, changed
   here only. Any other value is an open state and must be finished. */
enum { INSPECTION_DUE = 0, INSPECTION_DONE = 0xFFFFFFFF };

/* `capacity` flows with open state, each inspected for at most `packets` packets with
   payload; 0: no inspection, which spares some 10 MB and 30 ms. `seed` keys hashes.
   Keeps dpi_active and dpi_skipped of `counters`, borrowed. NULL if there is no memory
   or the library is another one than the headers were of. */
struct classifier *classify_create(uint32_t capacity, uint32_t packets, uint64_t seed,
                                   struct counters *counters);
void classify_destroy(struct classifier *classifier); /* NULL is allowed */

/* Look at a packet of a flow that is not INSPECTION_DONE. What can be told without
   payload (another protocol than TCP and UDP, or no IP at all) is told at the first; a
   TCP packet without payload costs nothing. With no free state the verdict is a guess
   by port. */
void classify_packet(struct classifier *classifier, uint32_t *inspection,
                     const struct packet *packet, struct verdict *verdict);

/* Whether so many states are taken that the rest is for flows that are answered: others,
   of which a flood makes any number, are to stay INSPECTION_DUE. */
bool classify_is_crowded(const struct classifier *classifier);

/* No more packets will come: guess what is not known, give the state back. */
void classify_finish(struct classifier *classifier, uint32_t *inspection,
                     struct verdict *verdict);

/* Follow TLS up to the server's certificate where the server's address is in one of the
   prefixes, borrowed: that costs several times what the hello does, so it is for one's own
   servers alone. */
void classify_follow(struct classifier *classifier, const struct prefix *servers,
                     size_t count);

/* The certificate that the packet last given has completed, with mac, ip, vlan and port of
   its sender. False if it did not. */
bool classify_certificate(const struct classifier *classifier,
                          struct certificate_record *certificate);

#endif

#ifndef WEB_GATE_H
#define WEB_GATE_H

#include "engine/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who may be connected. Where there is no room, who has waited longest makes some: of those who have
   not asked anything yet or of those who have, whichever are more; enforcement points only
   where the others are fewer than an eighth. So whoever
   opens connections in order to hold them (slow headers, slow bodies, silence) loses them to
   those who ask. And nobody may take longer than `patience_s` to ask. Where to begin a connection
   costs the server much (a handshake), only so many may a second. Of the server's thread
   alone; O(1) each. */

enum { GATE_LEAVING = 128 }; /* beyond `limit`: told to go and not gone yet */
enum { GATE_SHARES = 4 };    /* of `rate_per_s`: one is what an address may */

struct gate_options {
    unsigned limit;         /* connections at once */
    unsigned address_limit; /* of one IPv4 address, of one IPv6 /64 */
    unsigned patience_s;
    uint32_t rate_per_s; /* connections begun by all together; 0 any. See rate.h */
    const struct prefix
        *listed; /* borrowed: enforcement points, without address_limit and rate */
    size_t listed_count;
};

struct gate_counts {
    uint64_t refused; /* at once: too many, too often, or all at work */
    uint64_t ousted;  /* made room for others */
    uint64_t late;    /* did not ask in time */
    uint64_t open;    /* at present */
};

struct gate;
struct guest; /* a connection */

struct gate *gate_create(const struct gate_options *options); /* NULL: no memory */
void gate_destroy(struct gate *gate);                         /* NULL is allowed */

/* Whether a connection from there would be taken now: nothing is counted yet but a refusal. Makes
   room where there is none. */
bool gate_admits(struct gate *gate, const struct address *address, uint64_t now_s);

/* It is there. Its socket is shut down when it has to go; who owns it closes it and calls
   gate_leave. NULL: no memory. */
struct guest *gate_enter(struct gate *gate, const struct address *address, int socket,
                         uint64_t now_s);
void gate_leave(struct gate *gate, struct guest *guest); /* NULL is allowed */

/* Its request has come whole: it is not sent away until it was answered. */
void gate_serve(struct gate *gate, struct guest *guest);
/* It waits again; `well`: it was told something, and not that it may not. */
void gate_served(struct gate *gate, struct guest *guest, bool well, uint64_t now_s);

/* Others are listed from now on; borrowed. */
void gate_list(struct gate *gate, const struct prefix *listed, size_t count);

/* Send away those who are late; cheap where nobody is. */
void gate_sweep(struct gate *gate, uint64_t now_s);

struct gate_counts gate_counts(const struct gate *gate);

#endif

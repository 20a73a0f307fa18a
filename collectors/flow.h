#ifndef COLLECTORS_FLOW_H
#define COLLECTORS_FLOW_H

#include "collectors/classify.h"
#include "collectors/flow_key.h"
#include "collectors/output.h"
#include "collectors/packet.h"
#include "engine/base/record.h"

#include <stdbool.h>
#include <stdint.h>

/* The flow table: biflows (RFC 5103) by VLAN, both MACs and the 5-tuple; without IP by
   VLAN, both MACs and EtherType. Fixed capacity, all memory taken at creation. What a
   flow did is handed to the output once a second, and when it ends; where nothing of it
   is news (to a group, without IP, or some packets both ways on a flow that is known to
   be answered), once in RECORD_HELD_S. Every packet that was counted is in exactly one record. The collector's
   thread only. */

struct flow_options {
    uint32_t capacity; /* flows, ≥ 16 */
    uint64_t idle_timeout_ns;
    uint64_t active_timeout_ns;
    uint64_t seed;
};

/* What every packet touches; the rest of a flow is in its facts. Counts are deltas
   since the last record, of which none holds more than 65,535 packets: no 16 bits
   overflow. */
struct flow {
    uint64_t last_ns; /* of the newest packet */
    uint64_t bytes[2];
    uint32_t packets[2];
    uint32_t payload_packets[2];
    uint16_t syn[2], fin[2], rst[2];
    uint16_t size_bins[2][RECORD_SIZE_BINS];
    uint16_t gap_bins[RECORD_GAP_BINS];
    uint16_t fragments;
    uint16_t marks;   /* flow.c's */
    uint64_t recency; /* flow.c's: the moment that its place in the lists is of */
    uint32_t
        tcp_start; /* the initiator's first sequence number, where a SYN was seen */
    uint32_t inspection; /* classify.h's */
    uint8_t ttl[2];
    uint8_t state;   /* enum flow_state */
    uint8_t seconds; /* in which it had packets, up to 255 */
};

/* What is known of a flow, written when something is learnt. */
struct flow_facts {
    uint64_t start_ns;
    uint64_t active_ns; /* when the active time-out began to run */
    uint64_t closed_ns; /* when both FIN or a RST had been seen */
    uint64_t total_packets[2], total_bytes[2]; /* up to the last record */
    struct vantage vantage;                    /* of the first packet */
    struct mac sender[2]; /* by the key's ends, where the link tells no receiver */
    struct verdict verdict;
    /* Deltas, as in struct flow_record. */
    uint16_t dns_queries, dns_nxdomain, dns_query_bytes, operation_overflow;
    struct fragment_counts fragmented[2];
    struct operation_count operations[RECORD_OPERATIONS];
    struct told_operation {
        uint16_t operation, minute; /* of capture time, modulo 65536 */
    } told[RECORD_OPERATIONS];      /* in records, newest first */
};

struct flow_table;

/* The classifier finishes what is still open when a flow ends, and may be NULL; it and
   the output are borrowed. Keeps the flow counters of the output. NULL if there is no
   memory. */
struct flow_table *flow_create(const struct flow_options *options,
                               struct classifier *classifier, struct output *output);
void flow_destroy(struct flow_table *flows); /* NULL is allowed; flushes nothing */

/* Where a packet belongs, found ahead in three steps, so that several packets can wait for
   memory at once: what it is, where that lies, and the flow. Each step of all of a batch goes
   before the next step of any; nothing is changed. */
struct flow_path {
    struct flow_key key;
    uint64_t hash;
    unsigned source; /* which end of the key sent it */
};
void flow_name(const struct packet *packet, struct flow_path *path);
void flow_seek(const struct flow_table *flows, struct flow_path *path);
void flow_fetch(const struct flow_table *flows, const struct flow_path *path);

/* An ICMP error refuses the attempt that it quotes; of any other packet nothing. What seemed
   a service's answer and is refused was an attempt, too. Before the packet is counted. */
void flow_refuse(struct flow_table *flows, const struct packet *packet);

/* Count a packet to its flow, which is made if there is none (and the table full: by
   ending the oldest closed flow, else the oldest never answered, else the oldest; where
   most were never answered, those first).
   Times must not go backwards. `direction` becomes INITIATOR or RESPONDER. Never NULL;
   the flow is good until the next call. Expected O(1). */
struct flow *flow_count(struct flow_table *flows, const struct packet *packet,
                        const struct flow_path *path, unsigned *direction);
/* Something was learnt of the flow, or it did what it never did before: the next tick is
   not to hold it back. */
void flow_has_news(struct flow *flow);
/* Whether a record has told of the operation within a minute or two. */
bool flow_has_told(const struct flow_facts *facts, uint16_t operation, uint64_t now_ns);
struct flow_facts *flow_facts(struct flow_table *flows, const struct flow *flow);

/* Capture time has reached `boundary_ns`: hand out what the flows did since the last
   time, in the order in which they were first touched, then what was held if it is time,
   then end those that were silent for long. Records are never older than the tick before.
   O(flows touched + flows held, when it is time + flows ended). */
void flow_tick(struct flow_table *flows, uint64_t boundary_ns);

/* End all flows (END_FORCED), at `now_ns` those that did nothing since their last
   record. */
void flow_flush(struct flow_table *flows, uint64_t now_ns);

#endif

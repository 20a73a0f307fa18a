#ifndef COLLECTORS_FLOW_RECORD_H
#define COLLECTORS_FLOW_RECORD_H

#include "collectors/flow.h"
#include "collectors/flow_key.h"
#include "engine/base/record.h"

#include <stdbool.h>
#include <stdint.h>

/* A flow written down: its deltas, and what is known of it. */

/* All but events and end_reason. `initiator` is the end of the key that began. */
void flow_record_write(struct flow_record *record, const struct flow_key *key,
                       const struct flow *flow, const struct flow_facts *facts,
                       unsigned initiator);

/* The record is out: deltas begin anew, and what operations it told of is remembered. */
void flow_record_forget(struct flow *flow, struct flow_facts *facts, uint64_t now_ns);

/* Whether a record has told of the operation within a minute or two. What a flow does over
   and over is no news; what it did an hour ago is. */
bool flow_record_has_told(const struct flow_facts *facts, uint16_t operation,
                          uint64_t now_ns);

#endif

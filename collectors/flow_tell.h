#ifndef COLLECTORS_FLOW_TELL_H
#define COLLECTORS_FLOW_TELL_H

#include "collectors/flow_table.h"

#include <stdbool.h>

/* What goes out of the flow table: records of what flows did, and of their ends. */

/* Hand out what the flow did since its last record. */
void flow_tell(struct flow_table *flows, struct flow *flow,
               enum flow_end_reason reason);

/* Take the flow out of the table; its last record goes out unless it is. */
void flow_tell_end(struct flow_table *flows, struct flow *flow,
                   enum flow_end_reason reason);

/* What was touched in this second tells, or is held back; what was closed in it lingers.
   `is_over`: the second is; else there are too many to wait for its end. */
void flow_tell_second(struct flow_table *flows, bool is_over);

/* So do those held back. */
void flow_tell_held(struct flow_table *flows);

/* Those that have lingered long enough go. */
void flow_tell_lingering(struct flow_table *flows);

/* The table is full: end one. */
void flow_tell_evicted(struct flow_table *flows);

#endif

#ifndef COLLECTORS_FACTS_H
#define COLLECTORS_FACTS_H

#include "collectors/flow.h"
#include "collectors/packet.h"

#include <stdbool.h>

/* Count what a packet of a flow says in its application's own words: questions to the DNS and
   their answers, operations. Returns whether there was something that the flow had not told
   yet. Most packets leave after comparing ports. */
bool facts_count(const struct packet *packet, unsigned direction,
                 struct flow_facts *facts);

#endif

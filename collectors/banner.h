#ifndef COLLECTORS_BANNER_H
#define COLLECTORS_BANNER_H

#include "collectors/packet.h"
#include "engine/base/record.h"

#include <stdbool.h>

/* What the sender of a TCP payload says it runs: the User-Agent of an HTTP request, the
   Server of an answer, the banner of SSH. */

/* `text` becomes harmless. False for all other payloads, most of them after four bytes. */
bool banner_read(const struct packet *packet, enum name_kind *kind,
                 char text[RECORD_TEXT_BYTES]);

#endif

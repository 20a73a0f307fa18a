#ifndef ENGINE_REASON_H
#define ENGINE_REASON_H

#include "engine/identity.h"
#include "engine/risk.h"

#include <stddef.h>

/* Evidence in words: one sentence that says what was seen, what is usual and against whom. */

void reason_text(const struct evidence *evidence, const struct identity *identity,
                 char *text, size_t size);

/* Whom the evidence is about: a name, an address or a MAC; "" if nobody. */
void reason_peer(const struct evidence *evidence, const struct identity *identity,
                 char *text, size_t size);

/* "tcp/443", "icmp", "" for no IP. */
void reason_service(uint8_t protocol, uint16_t port, char *text, size_t size);

/* "Modbus write multiple registers (16)". */
void reason_operation(uint16_t operation, char *text, size_t size);

#endif

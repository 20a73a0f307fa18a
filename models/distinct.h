#ifndef MODELS_DISTINCT_H
#define MODELS_DISTINCT_H

#include <stdint.h>

/* How many different keys: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007) with linear
   counting (Whang, Vander-Zanden, Taylor, 1990) for small counts. Registers of 4 bits, two
   a byte: for R registers the standard error is 1.04 / √R (13 % for 64, 6.5 % for 256), and less
   below R / 2; it holds up to some R · 2^13 keys. Zeroed memory is empty.
   The union of two sets is the register-wise maximum. */

/* `registers` is a power of two, 16 … 65536, in registers / 2 bytes. `hash` is of the key,
   all bits mixed. */
void distinct_add(uint8_t *sketch, unsigned registers, uint64_t hash);
void distinct_merge(uint8_t *into, const uint8_t *sketch, unsigned registers);
double distinct_estimate(const uint8_t *sketch, unsigned registers);

#endif

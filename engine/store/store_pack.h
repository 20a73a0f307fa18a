#ifndef ENGINE_STORE_PACK_H
#define ENGINE_STORE_PACK_H

#include <stdbool.h>
#include <stddef.h>

/* What is kept is mostly zeros: runs of them become their number. How many bytes follow as they
   are, these, how many zeros follow, and so on; counts in LEB128. A third of a nanosecond a
   byte, and a quarter to an eighth of the size for what is learnt of a device. */

enum { STORE_PACK_MORE = 16 }; /* that packed bytes may be longer by, at most */

/* Returns the length in `packed`, which has room for `size` + STORE_PACK_MORE. */
size_t store_pack(const void *bytes, size_t size, void *packed);

/* False if they are not packed bytes that make exactly `size`; what is in `bytes` then is of no
   use. Reads and writes nothing outside, whatever it is given. */
bool store_unpack(const void *packed, size_t packed_bytes, void *bytes, size_t size);

#endif

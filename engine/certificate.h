#ifndef ENGINE_CERTIFICATE_H
#define ENGINE_CERTIFICATE_H

#include "engine/base/record.h"
#include "engine/base/table.h"
#include "engine/device.h"

#include <stdbool.h>
#include <stdint.h>

/* The certificates that devices show to whoever connects (TLS up to 1.2 shows them in the
   clear): which one at which port, and who shows it too. Of fixed size; the least recently
   shown give way. */

enum { CERTIFICATES = 4096 };

/* What may be wrong with one. */
enum certificate_matter {
    CERTIFICATE_EXPIRED,     /* by capture time */
    CERTIFICATE_ISSUER,      /* another organization signed the one before it */
    CERTIFICATE_SELF_SIGNED, /* and the one before it was not */
    CERTIFICATE_SHARED,      /* another living device shows it */
    CERTIFICATE_MATTERS
};

struct certificates {
    struct table *shown;   /* device and port → what it shows there */
    struct table *holders; /* fingerprint → the key of the device that showed it last */
};

bool certificate_init(struct certificates *certificates, uint64_t seed);
void certificate_free(struct certificates *certificates);

/* A device shows one. Returns a set of enum certificate_matter, each only when it is news; `other` gets the
   key of the device that showed the same before (zero: none). */
unsigned certificate_take(struct certificates *certificates,
                          const struct device *device,
                          const struct certificate_record *record, uint64_t now_s,
                          struct device_key *other);

#endif

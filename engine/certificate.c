#include "engine/certificate.h"

#include "engine/base/fnv.h"

#include <string.h>

struct place { /* bytes only: no padding in a hashed key */
    struct device_key device;
    uint16_t port;
};

struct shown {
    uint8_t fingerprint[RECORD_FINGERPRINT_BYTES];
    uint32_t issuer; /* hash of its name */
    bool self_signed, expired;
};

struct fingerprint {
    uint8_t bytes[RECORD_FINGERPRINT_BYTES];
};

bool certificate_init(struct certificates *certificates, uint64_t seed) {
    certificates->shown = table_create(CERTIFICATES, sizeof(struct place),
                                       sizeof(struct shown), seed ^ 5);
    certificates->holders = table_create(CERTIFICATES, sizeof(struct fingerprint),
                                         sizeof(struct device_key), seed ^ 6);
    return certificates->shown && certificates->holders;
}

void certificate_free(struct certificates *certificates) {
    table_destroy(certificates->shown);
    table_destroy(certificates->holders);
    certificates->shown = certificates->holders = NULL;
}

unsigned certificate_take(struct certificates *certificates,
                          const struct device *device,
                          const struct certificate_record *record, uint64_t now_s,
                          struct device_key *other) {
    struct place place;
    memset(&place, 0, sizeof place);
    memset(other, 0, sizeof *other);
    place.device = device->key;
    place.port = record->port;
    struct shown now = {.issuer = fnv_text_32(record->issuer),
                        .self_signed = record->self_signed,
                        .expired = record->not_after_s && record->not_after_s < now_s};
    memcpy(now.fingerprint, record->fingerprint, sizeof now.fingerprint);
    bool made;
    struct shown *shown = table_force(certificates->shown, &place, &made);
    bool is_same = !made && memcmp(shown->fingerprint, now.fingerprint,
                                   sizeof now.fingerprint) == 0;
    unsigned matters = 0;
    if (now.expired && !(is_same && shown->expired))
        matters |= 1u << CERTIFICATE_EXPIRED;
    if (!made && !is_same && now.self_signed && !shown->self_signed)
        matters |= 1u << CERTIFICATE_SELF_SIGNED;
    else if (!made && !is_same && now.issuer != shown->issuer && !now.self_signed &&
             !shown->self_signed)
        matters |= 1u << CERTIFICATE_ISSUER;
    *shown = now;

    struct fingerprint fingerprint;
    memcpy(fingerprint.bytes, now.fingerprint, sizeof fingerprint.bytes);
    struct device_key *holder = table_force(certificates->holders, &fingerprint, &made);
    if (!made && memcmp(holder, &device->key, sizeof *holder) != 0) {
        *other = *holder;
        if (!is_same)
            matters |= 1u << CERTIFICATE_SHARED;
    }
    *holder = device->key;
    return matters;
}

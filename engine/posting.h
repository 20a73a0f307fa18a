#ifndef ENGINE_POSTING_H
#define ENGINE_POSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What other systems post about a device. Plain data and pure functions; all times are
   capture time, in seconds of epoch. What it means is assess.h's. */

enum posting_kind {
    POSTING_ATTESTATION,
    POSTING_CERTIFICATE,
    POSTING_FIRMWARE,
    POSTING_POSTURE,
    POSTING_VULNERABILITY,
    POSTING_ENROLMENT,
    POSTING_TOKEN,
    POSTING_OWNER,
    POSTING_KINDS
};

enum attestation_method {
    ATTESTATION_SOFTWARE,
    ATTESTATION_PUF,
    ATTESTATION_ELEMENT,
    ATTESTATION_TPM
};
enum token_problem { TOKEN_EXPIRED, TOKEN_INVALID, TOKEN_REUSED, TOKEN_REPLAYED };
enum criticality {
    CRITICALITY_NORMAL,
    CRITICALITY_LOW,
    CRITICALITY_HIGH,
    CRITICALITY_CRITICAL
};

/* The names that are posted and served. */
const char *posting_kind_name(enum posting_kind kind);
const char *posting_method_name(enum attestation_method method);
const char *posting_problem_name(enum token_problem problem);
const char *posting_criticality_name(enum criticality criticality);

enum {
    POSTING_SOURCE_BYTES = 48,
    POSTING_NAME_BYTES = 96,
    POSTING_SERIAL_BYTES = 64,
    POSTING_HASH_BYTES = 136, /* SHA-512 in hex, and its name */
    POSTING_PLACES = 8,       /* vulnerabilities kept of a device */
    POSTING_MAX = POSTING_KINDS - 1 + POSTING_PLACES, /* postings of a device */
};

struct posting {
    uint8_t kind; /* enum posting_kind */
    char source[POSTING_SOURCE_BYTES];
    uint32_t posted_s;
    uint32_t expires_s; /* 0: never */
    union {
        struct {
            uint8_t method;
            bool passed;
            float strength;      /* 0 … 1 */
            uint32_t measured_s; /* when it was made */
            uint32_t max_age_s;  /* stale when older */
        } attestation;
        struct {
            char subject[POSTING_NAME_BYTES], issuer[POSTING_NAME_BYTES];
            char serial[POSTING_SERIAL_BYTES];
            uint32_t not_after_s; /* 0: not said */
            bool revoked;
        } certificate;
        struct {
            char version[POSTING_SERIAL_BYTES], hash[POSTING_HASH_BYTES];
            char update[POSTING_SERIAL_BYTES]; /* version announced, "" none */
            uint32_t update_until_s;
            uint32_t changed_s; /* without announcement; 0 never */
        } firmware;
        struct {
            float score; /* 0 … 1; 1 is compliant */
            char text[POSTING_NAME_BYTES];
        } posture;
        struct {
            char id[POSTING_SERIAL_BYTES];
            float cvss; /* 0 … 10 */
            float epss; /* 0 … 1 */
            bool exploited, fixed;
        } vulnerability;
        struct {
            bool enrolled;
            char provider[POSTING_NAME_BYTES], subject[POSTING_NAME_BYTES];
        } enrolment;
        struct {
            uint8_t problem;
            uint32_t count;
        } token;
        struct {
            char name[POSTING_NAME_BYTES], contact[POSTING_NAME_BYTES];
        } owner;
    };
};

/* A new fact of a kind takes the place of the one before, and learns from it: a firmware that
   is another one without having been announced has changed. `before` may be NULL. */
void posting_follow(struct posting *posting, const struct posting *before);

/* Whether it says anything any more. */
bool posting_is_over(const struct posting *posting, uint64_t now_s);

/* A fact in a line, for people. */
void posting_text(const struct posting *posting, char *text, size_t size);

#endif

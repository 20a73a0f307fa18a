#ifndef WEB_PRINCIPAL_H
#define WEB_PRINCIPAL_H

#include "web/auth.h"

/* Whom a client certificate shows: the first line of the config that fits it. A line is NAME
   SCOPE[,SCOPE…] TRAIT VALUE, as "gateway decide,risk.read dns gateway.example". */

enum principal_trait {
    PRINCIPAL_CN,  /* the subject's common name */
    PRINCIPAL_DNS, /* a subject alternative name, and so the next three */
    PRINCIPAL_URI,
    PRINCIPAL_EMAIL,
    PRINCIPAL_IP,
    PRINCIPAL_SHA256, /* of the whole certificate, in hexadecimal, colons or none */
};

enum { PRINCIPAL_VALUE_BYTES = 192, PRINCIPALS = 256 };

struct principal {
    char name[AUTH_NAME_BYTES];
    unsigned scopes; /* a set of enum auth_scope */
    enum principal_trait trait;
    char value[PRINCIPAL_VALUE_BYTES]; /* as principal_fits compares it */
};

/* NULL, or what is wrong with the line. */
const char *principal_read_line(const char *line, struct principal *principal);

/* Whether it has a trait of this kind and value (`length` bytes): an address as its 4 or 16 bytes, a
   fingerprint as its 32, the others as text. Names of hosts are compared without case. */
bool principal_fits(const struct principal *principal, enum principal_trait trait,
                    const void *value, size_t length);

#endif

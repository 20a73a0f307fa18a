#include "web/principal.h"

#include "engine/base/address.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const trait_names[] = {
    [PRINCIPAL_CN] = "cn",   [PRINCIPAL_DNS] = "dns",
    [PRINCIPAL_URI] = "uri", [PRINCIPAL_EMAIL] = "email",
    [PRINCIPAL_IP] = "ip",   [PRINCIPAL_SHA256] = "sha256"};

enum { TRAITS = sizeof trait_names / sizeof *trait_names };

static bool read_hash(const char *text, unsigned char hash[AUTH_HASH_BYTES]) {
    size_t count = 0;
    for (; count < AUTH_HASH_BYTES; count++, text += 2) {
        text += count > 0 && *text == ':';
        if (strspn(text, "0123456789abcdefABCDEF") < 2)
            return false;
        sscanf(text, "%2hhx", &hash[count]);
    }
    return !*text;
}

static const char *read_value(const char *text, struct principal *principal) {
    struct address address;
    unsigned char hash[AUTH_HASH_BYTES];
    if (!*text || strlen(text) >= sizeof principal->value)
        return "has a value that is empty or too long";
    if (principal->trait == PRINCIPAL_IP && !address_parse(text, &address))
        return "has an ip that is no address";
    if (principal->trait == PRINCIPAL_SHA256 && !read_hash(text, hash))
        return "has a sha256 that is not 64 hexadecimal digits";
    strcpy(principal->value, text);
    return NULL;
}

const char *principal_read_line(const char *line, struct principal *principal) {
    char scopes[AUTH_NAME_BYTES], trait[8];
    int read = 0;
    *principal = (struct principal){.trait = PRINCIPAL_CN};
    if (sscanf(line, " %63s %63s %7s %n", principal->name, scopes, trait, &read) < 3 ||
        read == 0)
        return "is not NAME SCOPE,SCOPE TRAIT VALUE";
    if (!auth_parse_scopes(scopes, &principal->scopes))
        return "has a scope that is none of risk.read, decide, facts.write, admin";
    unsigned found = 0;
    while (found < TRAITS && strcmp(trait, trait_names[found]) != 0)
        found++;
    if (found == TRAITS)
        return "has a trait that is none of cn, dns, uri, email, ip, sha256";
    principal->trait = (enum principal_trait)found;
    return read_value(line + read, principal);
}

static bool is_address(const char *text, const void *bytes, size_t length) {
    struct address address;
    return address_parse(text, &address) && length == (address.family == 6 ? 16 : 4) &&
           memcmp(address.bytes, bytes, length) == 0;
}

bool principal_fits(const struct principal *principal, enum principal_trait trait,
                    const void *value, size_t length) {
    unsigned char hash[AUTH_HASH_BYTES];
    if (principal->trait != trait)
        return false;
    switch (trait) {
    case PRINCIPAL_IP:
        return is_address(principal->value, value, length);
    case PRINCIPAL_SHA256:
        return length == sizeof hash && read_hash(principal->value, hash) &&
               memcmp(hash, value, length) == 0;
    case PRINCIPAL_DNS:
        return strlen(principal->value) == length &&
               strncasecmp(principal->value, value, length) == 0;
    default:
        return strlen(principal->value) == length &&
               memcmp(principal->value, value, length) == 0;
    }
}

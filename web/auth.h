#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <stdbool.h>
#include <stddef.h>

/* Who may ask what: bearer tokens (RFC 6750), of which only SHA-256 is kept. A file has a line
   for each: NAME SCOPE[,SCOPE…] HASH, the hash of the token's text in hexadecimal; empty
   lines and those that begin with # say nothing. */

enum auth_scope {
    AUTH_NOBODY, /* asks for nothing: everybody may */
    AUTH_RISK_READ,
    AUTH_DECIDE,
    AUTH_FACTS_WRITE,
    AUTH_ADMIN /* everything */
};

enum { AUTH_TOKENS = 256, AUTH_NAME_BYTES = 64, AUTH_HASH_BYTES = 32 };

struct auth {
    bool required; /* there is a file: whoever has no token may nothing */
    size_t count;
    struct auth_token {
        char name[AUTH_NAME_BYTES];
        unsigned scopes; /* a set of enum auth_scope */
        unsigned char hash[AUTH_HASH_BYTES];
    } tokens[AUTH_TOKENS];
};

/* `path`: "" for no file. False: `error` names the file, the line and the reason. */
bool auth_read(struct auth *auth, const char *path, char *error, size_t error_bytes);

enum auth_result { AUTH_GRANTED, AUTH_UNKNOWN, AUTH_FORBIDDEN };

/* `authorization`: the header, NULL if absent. Who it is in `name`, NULL if nobody. Takes as long
   for each token, right or wrong. */
enum auth_result auth_check(const struct auth *auth, const char *authorization,
                            enum auth_scope scope, const char **name);
/* The same by the hash of a token's text, which auth_hash makes; false if it cannot. */
enum auth_result auth_check_hash(const struct auth *auth,
                                 const unsigned char hash[AUTH_HASH_BYTES],
                                 enum auth_scope scope, const char **name);
bool auth_hash(const char *token, unsigned char hash[AUTH_HASH_BYTES]);

#endif

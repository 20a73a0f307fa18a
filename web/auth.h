#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

/* Who may ask what: bearer tokens (RFC 6750), of which only SHA-256 is kept. A file has a line
   for each: NAME SCOPE[,SCOPE…] HASH [EXPIRES], the hash of the token's text in hexadecimal
   and when it ends, as 2030-01-31T00:00:00Z; empty lines and those that begin with # say
   nothing. token.h writes it. */

enum auth_scope {
    AUTH_NOBODY, /* asks for nothing: everybody may */
    AUTH_RISK_READ,
    AUTH_DECIDE,
    AUTH_FACTS_WRITE,
    AUTH_ADMIN /* everything */
};

enum {
    AUTH_TOKENS = 256,
    AUTH_NAME_BYTES = 64,
    AUTH_HASH_BYTES = 32,
    AUTH_LINE_BYTES = 512
};

struct auth {
    bool required; /* there is a file: whoever has no token may nothing */
    const char *path;
    struct timespec looked; /* monotonic: when the file was last looked at … */
    struct stat seen;       /* … and what it was then; all 0: not there */
    size_t count;
    struct auth_token {
        char name[AUTH_NAME_BYTES];
        unsigned scopes; /* a set of enum auth_scope */
        unsigned char hash[AUTH_HASH_BYTES];
        time_t expires_s; /* 0 never; it is unknown from then on */
    } tokens[AUTH_TOKENS];
};

/* `path` (borrowed): "" for no file; `may_come`: the file may be made later. False: `error`
   names the file, the line and the reason. */
bool auth_read(struct auth *auth, const char *path, bool may_come, char *error,
               size_t error_bytes);

/* Look once a second whether the file is another one, and read it. Tokens stay as they were
   where it has a mistake, which is logged, or is gone. */
void auth_refresh(struct auth *auth);

/* A line of the file, which is cut into pieces: NULL, or what is wrong with it. A line that
   says nothing has an empty name. */
const char *auth_read_line(char *line, struct auth_token *token);

/* The names of a set of scopes with commas between; `text` has room for AUTH_NAME_BYTES. */
void auth_format_scopes(unsigned scopes, char *text);
bool auth_parse_scopes(const char *list, unsigned *scopes);

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

#ifndef WEB_TOKEN_H
#define WEB_TOKEN_H

#include "web/auth.h"

#include <stdio.h>

/* The tokens of a state directory (the file of auth.h in it), for whoever makes and takes them
   away. Each change writes the file anew, with mode 0600 and the directory's owner, and is on
   the disk when it returns; two at once wait for each other. False: one clear line in
   `error`. */

#define TOKEN_FILE "tokens"

enum { TOKEN_TEXT_BYTES = 72 };

/* A new random token in `text`, of which only the hash is kept. `name`: letters, digits and
   "._@-", nobody else's. `expires_s`: since the epoch, 0 never. The directory is made if it is
   not there. */
bool token_create(const char *directory, const char *name, unsigned scopes,
                  time_t expires_s, char text[TOKEN_TEXT_BYTES], char *error,
                  size_t error_bytes);

/* A line for each: name, scopes, and when it ends. */
bool token_list(const char *directory, FILE *out, char *error, size_t error_bytes);

bool token_revoke(const char *directory, const char *name, char *error,
                  size_t error_bytes);

#endif

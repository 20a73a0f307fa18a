#include "web/auth.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const scope_names[] = {[AUTH_RISK_READ] = "risk.read",
                                          [AUTH_DECIDE] = "decide",
                                          [AUTH_FACTS_WRITE] = "facts.write",
                                          [AUTH_ADMIN] = "admin"};

static bool parse_scopes(char *list, unsigned *scopes) {
    *scopes = 0;
    for (char *rest = NULL, *name = strtok_r(list, ",", &rest); name;
         name = strtok_r(NULL, ",", &rest)) {
        unsigned scope = AUTH_RISK_READ;
        while (scope <= AUTH_ADMIN && strcmp(name, scope_names[scope]) != 0)
            scope++;
        if (scope > AUTH_ADMIN)
            return false;
        *scopes |= 1U << scope;
    }
    return *scopes != 0;
}

static bool parse_hash(const char *digits, unsigned char hash[AUTH_HASH_BYTES]) {
    if (strspn(digits, "0123456789abcdefABCDEF") != 2 * AUTH_HASH_BYTES ||
        digits[2 * AUTH_HASH_BYTES])
        return false;
    for (size_t i = 0; i < AUTH_HASH_BYTES; i++)
        sscanf(digits + 2 * i, "%2hhx", &hash[i]);
    return true;
}

/* NULL, or what is wrong with the line. */
static const char *read_line(struct auth *auth, char *line) {
    char *rest = NULL;
    char *name = strtok_r(line, " \t\r\n", &rest);
    if (!name || name[0] == '#')
        return NULL;
    char *scopes = strtok_r(NULL, " \t\r\n", &rest);
    char *hash = strtok_r(NULL, " \t\r\n", &rest);
    if (!scopes || !hash || strtok_r(NULL, " \t\r\n", &rest))
        return "is not NAME SCOPE,SCOPE HASH";
    if (auth->count == AUTH_TOKENS)
        return "is one token too many";
    struct auth_token *token = &auth->tokens[auth->count];
    if (strlen(name) >= sizeof token->name)
        return "has a name that is too long";
    if (!parse_scopes(scopes, &token->scopes))
        return "has a scope that is none of risk.read, decide, facts.write, admin";
    if (!parse_hash(hash, token->hash))
        return "has a hash that is not 64 hexadecimal digits";
    strcpy(token->name, name);
    auth->count++;
    return NULL;
}

bool auth_read(struct auth *auth, const char *path, char *error, size_t error_bytes) {
    *auth = (struct auth){.required = path[0] != '\0'};
    if (!auth->required)
        return true;
    FILE *file = fopen(path, "re");
    char line[512];
    const char *fault = NULL;
    unsigned number = 0;
    if (!file) {
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
        return false;
    }
    while (!fault && fgets(line, sizeof line, file)) {
        number++;
        fault = read_line(auth, line);
    }
    if (fault)
        snprintf(error, error_bytes, "%s:%u: this line %s", path, number, fault);
    fclose(file);
    return !fault;
}

bool auth_hash(const char *token, unsigned char hash[AUTH_HASH_BYTES]) {
    return gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), hash) == 0;
}

enum auth_result auth_check_hash(const struct auth *auth,
                                 const unsigned char hash[AUTH_HASH_BYTES],
                                 enum auth_scope scope, const char **name) {
    const struct auth_token *found = NULL;
    *name = NULL;
    for (size_t i = 0; i < auth->count; i++)
        if (gnutls_memcmp(auth->tokens[i].hash, hash, AUTH_HASH_BYTES) == 0)
            found = &auth->tokens[i];
    if (!found)
        return AUTH_UNKNOWN;
    *name = found->name;
    return found->scopes & (1U << scope | 1U << AUTH_ADMIN) ? AUTH_GRANTED
                                                            : AUTH_FORBIDDEN;
}

enum auth_result auth_check(const struct auth *auth, const char *authorization,
                            enum auth_scope scope, const char **name) {
    static const char scheme[] = "Bearer ";
    unsigned char hash[AUTH_HASH_BYTES];
    *name = NULL;
    if (!auth->required || scope == AUTH_NOBODY)
        return AUTH_GRANTED;
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0 ||
        !auth_hash(authorization + sizeof scheme - 1, hash))
        return AUTH_UNKNOWN;
    return auth_check_hash(auth, hash, scope, name);
}

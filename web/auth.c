#include "web/auth.h"

#include "engine/base/log.h"

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

bool auth_parse_scopes(const char *list, unsigned *scopes) {
    *scopes = 0;
    for (size_t length; *list; list += length + (list[length] == ',')) {
        unsigned scope = AUTH_RISK_READ;
        length = strcspn(list, ",");
        while (scope <= AUTH_ADMIN && (strlen(scope_names[scope]) != length ||
                                       memcmp(list, scope_names[scope], length) != 0))
            scope++;
        if (scope > AUTH_ADMIN)
            return false;
        *scopes |= 1U << scope;
    }
    return *scopes != 0;
}

void auth_format_scopes(unsigned scopes, char *text) {
    *text = '\0';
    for (unsigned scope = AUTH_RISK_READ; scope <= AUTH_ADMIN; scope++)
        if (scopes & 1U << scope) {
            strcat(text, *text ? "," : "");
            strcat(text, scope_names[scope]);
        }
}

static bool parse_hash(const char *digits, unsigned char hash[AUTH_HASH_BYTES]) {
    if (strspn(digits, "0123456789abcdefABCDEF") != 2 * AUTH_HASH_BYTES ||
        digits[2 * AUTH_HASH_BYTES])
        return false;
    for (size_t i = 0; i < AUTH_HASH_BYTES; i++)
        sscanf(digits + 2 * i, "%2hhx", &hash[i]);
    return true;
}

static bool parse_time(const char *text, time_t *time_s) {
    struct tm parts = {.tm_year = 0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    *time_s = timegm(&parts);
    return end && !*end && *time_s > 0;
}

const char *auth_read_line(char *line, struct auth_token *token) {
    enum { NAME, SCOPES, HASH, EXPIRES, WORDS };
    char *rest = NULL, *words[WORDS] = {NULL};
    size_t count = 0;
    *token = (struct auth_token){.expires_s = 0};
    for (char *word = strtok_r(line, " \t\r\n", &rest); word;
         word = strtok_r(NULL, " \t\r\n", &rest)) {
        if (count == 0 && *word == '#')
            return NULL;
        if (count == WORDS)
            return "is not NAME SCOPE,SCOPE HASH EXPIRES";
        words[count++] = word;
    }
    if (count == 0)
        return NULL;
    if (count < EXPIRES)
        return "is not NAME SCOPE,SCOPE HASH";
    if (strlen(words[NAME]) >= sizeof token->name)
        return "has a name that is too long";
    if (!auth_parse_scopes(words[SCOPES], &token->scopes))
        return "has a scope that is none of risk.read, decide, facts.write, admin";
    if (!parse_hash(words[HASH], token->hash))
        return "has a hash that is not 64 hexadecimal digits";
    if (count > EXPIRES && !parse_time(words[EXPIRES], &token->expires_s))
        return "has an end that is no time such as 2030-01-31T00:00:00Z";
    strcpy(token->name, words[NAME]);
    return NULL;
}

/* NULL, or what is wrong with the line. */
static const char *take_line(struct auth *auth, char *line) {
    struct auth_token token;
    const char *fault = auth_read_line(line, &token);
    if (fault || !token.name[0])
        return fault;
    if (auth->count == AUTH_TOKENS)
        return "is one token too many";
    auth->tokens[auth->count++] = token;
    return NULL;
}

bool auth_read(struct auth *auth, const char *path, bool may_come, char *error,
               size_t error_bytes) {
    *auth = (struct auth){.path = path};
    if (!path[0])
        return true;
    FILE *file = fopen(path, "re");
    char line[AUTH_LINE_BYTES];
    const char *fault = NULL;
    unsigned number = 0;
    if (!file && errno == ENOENT && may_come)
        return true;
    if (!file || fstat(fileno(file), &auth->seen) != 0) {
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    auth->required = true;
    while (!fault && fgets(line, sizeof line, file)) {
        number++;
        fault = take_line(auth, line);
    }
    if (fault)
        snprintf(error, error_bytes, "%s:%u: this line %s", path, number, fault);
    fclose(file);
    return !fault;
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void auth_refresh(struct auth *auth) {
    struct timespec now;
    struct stat found;
    char error[AUTH_LINE_BYTES];
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (!auth->path[0] || now.tv_sec == auth->looked.tv_sec)
        return;
    auth->looked = now;
    if (stat(auth->path, &found) != 0 || is_same_file(&found, &auth->seen))
        return;
    static struct auth read; /* the server's thread alone is here */
    if (auth_read(&read, auth->path, false, error, sizeof error)) {
        read.looked = now;
        *auth = read;
        log_line(LOG_LEVEL_NOTICE, "%s was read again: %zu tokens", auth->path,
                 auth->count);
    } else {
        auth->seen = found;
        log_line(LOG_LEVEL_ERROR, "the tokens stay as they were: %s", error);
    }
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
    if (!found || (found->expires_s > 0 && time(NULL) >= found->expires_s))
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

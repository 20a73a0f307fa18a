#include "web/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, TIME_BYTES = 32 };

/* A state directory that nobody else changes tokens in: its descriptor holds the lock. */
struct place {
    const char *name;
    int directory;
    struct stat status;
};

static bool fail(const struct place *place, const char *reason, char *error,
                 size_t error_bytes) {
    snprintf(error, error_bytes, "%s/" TOKEN_FILE ": %s", place->name, reason);
    return false;
}

static bool open_place(struct place *place, const char *name, char *error,
                       size_t error_bytes) {
    *place = (struct place){.name = name};
    place->directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->directory >= 0 && fstat(place->directory, &place->status) == 0 &&
        flock(place->directory, LOCK_EX) == 0)
        return true;
    snprintf(error, error_bytes, "%s: %s", name, strerror(errno));
    if (place->directory >= 0)
        close(place->directory);
    return false;
}

/* NULL with errno, ENOENT where there are no tokens yet. */
static FILE *open_tokens(const struct place *place) {
    int file = openat(place->directory, TOKEN_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return file >= 0 ? fdopen(file, "r") : NULL;
}

static bool is_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length < AUTH_NAME_BYTES &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "._@-") == length;
}

static void format_time(time_t time_s, char text[TIME_BYTES]) {
    struct tm parts;
    gmtime_r(&time_s, &parts);
    strftime(text, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* All lines as they are but those of `name`, of which there were `found`. False with errno. */
static bool copy_others(const struct place *place, const char *name, FILE *out,
                        size_t *found) {
    FILE *in = open_tokens(place);
    char line[AUTH_LINE_BYTES], pieces[AUTH_LINE_BYTES];
    struct auth_token token;
    *found = 0;
    if (!in)
        return errno == ENOENT;
    while (fgets(line, sizeof line, in)) {
        bool is_it = !auth_read_line(strcpy(pieces, line), &token) &&
                     strcmp(token.name, name) == 0;
        *found += is_it;
        if (!is_it)
            fputs(line, out);
    }
    bool read = !ferror(in);
    fclose(in);
    return read;
}

/* The file without the lines of `name`, and with `line` at its end. There must be such lines, or
   none: `is_known`. */
static bool rewrite(const struct place *place, const char *name, const char *line,
                    bool is_known, char *error, size_t error_bytes) {
    static const char next[] = TOKEN_FILE ".new";
    size_t found = 0;
    unlinkat(place->directory, next, 0); /* of one that was killed */
    int file = openat(place->directory, next,
                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    if (!out)
        return fail(place, strerror(errno), error, error_bytes);
    bool good = copy_others(place, name, out, &found) && fputs(line, out) >= 0 &&
                fflush(out) == 0 && fsync(file) == 0 &&
                (geteuid() != 0 ||
                 fchown(file, place->status.st_uid, place->status.st_gid) == 0);
    if (!good)
        fail(place, strerror(errno), error, error_bytes);
    else if ((found > 0) != is_known)
        good = fail(place, is_known ? "no such token" : "there is such a token already",
                    error, error_bytes);
    fclose(out);
    if (good && (renameat(place->directory, next, place->directory, TOKEN_FILE) != 0 ||
                 fsync(place->directory) != 0))
        good = fail(place, strerror(errno), error, error_bytes);
    if (!good)
        unlinkat(place->directory, next, 0);
    return good;
}

static void format_hex(const unsigned char *bytes, size_t count, char *text) {
    for (size_t i = 0; i < count; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
}

bool token_create(const char *directory, const char *name, unsigned scopes,
                  time_t expires_s, char text[TOKEN_TEXT_BYTES], char *error,
                  size_t error_bytes) {
    static const char prefix[] = "wary_";
    unsigned char secret[SECRET_BYTES], hash[AUTH_HASH_BYTES];
    char digits[2 * AUTH_HASH_BYTES + 1], end[TIME_BYTES] = "", names[AUTH_NAME_BYTES];
    char line[AUTH_LINE_BYTES];
    struct place place;
    if (!is_name(name)) {
        snprintf(error, error_bytes,
                 "'%s' is no name of a token: letters, digits and ._@-, less than %d",
                 name, AUTH_NAME_BYTES);
        return false;
    }
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        snprintf(error, error_bytes, "%s: %s", directory, strerror(errno));
        return false;
    }
    strcpy(text, prefix);
    if (getrandom(secret, sizeof secret, 0) == sizeof secret)
        format_hex(secret, sizeof secret, text + sizeof prefix - 1);
    if (strlen(text) != sizeof prefix - 1 + 2 * SECRET_BYTES ||
        !auth_hash(text, hash)) {
        snprintf(error, error_bytes, "no random numbers");
        return false;
    }
    format_hex(hash, sizeof hash, digits);
    auth_format_scopes(scopes, names);
    if (expires_s > 0)
        format_time(expires_s, end);
    snprintf(line, sizeof line, "%s %s %s%s%s\n", name, names, digits, *end ? " " : "",
             end);
    if (!open_place(&place, directory, error, error_bytes))
        return false;
    bool good = rewrite(&place, name, line, false, error, error_bytes);
    close(place.directory);
    return good;
}

bool token_list(const char *directory, FILE *out, char *error, size_t error_bytes) {
    struct place place;
    char line[AUTH_LINE_BYTES], names[AUTH_NAME_BYTES], end[TIME_BYTES];
    unsigned number = 0;
    const char *fault = NULL;
    struct auth_token token;
    if (!open_place(&place, directory, error, error_bytes))
        return false;
    FILE *in = open_tokens(&place);
    bool good =
        in || errno == ENOENT || fail(&place, strerror(errno), error, error_bytes);
    while (in && !fault && fgets(line, sizeof line, in)) {
        number++;
        fault = auth_read_line(line, &token);
        if (fault || !token.name[0])
            continue;
        auth_format_scopes(token.scopes, names);
        format_time(token.expires_s, end);
        fprintf(out, "%-24s %-36s %s%s\n", token.name, names,
                token.expires_s ? end : "never",
                token.expires_s && token.expires_s <= time(NULL) ? " (expired)" : "");
    }
    if (fault) {
        snprintf(error, error_bytes, "%s/" TOKEN_FILE ":%u: this line %s", directory,
                 number, fault);
        good = false;
    }
    if (in)
        fclose(in);
    close(place.directory);
    return good;
}

bool token_revoke(const char *directory, const char *name, char *error,
                  size_t error_bytes) {
    struct place place;
    if (!open_place(&place, directory, error, error_bytes))
        return false;
    bool good = rewrite(&place, name, "", true, error, error_bytes);
    close(place.directory);
    return good;
}

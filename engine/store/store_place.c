#include "engine/store/store_place.h"

#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SET_ASIDE_MAX = 1000 };

static bool fail(char *error, size_t error_bytes, const char *path,
                 const char *reason) {
    snprintf(error, error_bytes, "%s: %s", path, reason);
    return false;
}

/* The lock is the file's and goes with the descriptor, however the process ends; the number
   in it is for people. */
static bool take_lock(struct store_place *place, char *error, size_t error_bytes) {
    char path[STORE_PATH_BYTES], number[16] = "";
    snprintf(path, sizeof path, "%s/lock", place->directory);
    place->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (place->lock < 0)
        return fail(error, error_bytes, path, strerror(errno));
    if (flock(place->lock, LOCK_EX | LOCK_NB) < 0) {
        int failure = errno;
        ssize_t length = pread(place->lock, number, sizeof number - 1, 0);
        number[length > 0 ? strspn(number, "0123456789") : 0] = '\0';
        if (failure != EWOULDBLOCK)
            return fail(error, error_bytes, path, strerror(failure));
        snprintf(error, error_bytes, "%s: another process%s%s keeps its state there",
                 place->directory, number[0] ? ", " : "", number);
        return false;
    }
    int length = snprintf(number, sizeof number, "%jd\n", (intmax_t)getpid());
    if (ftruncate(place->lock, 0) < 0 ||
        pwrite(place->lock, number, (size_t)length, 0) != length)
        return fail(error, error_bytes, path, strerror(errno));
    return true;
}

bool store_place_open(struct store_place *place, const char *directory, char *error,
                      size_t error_bytes) {
    place->lock = -1;
    if (strlen(directory) >= sizeof place->directory)
        return fail(error, error_bytes, directory, strerror(ENAMETOOLONG));
    snprintf(place->directory, sizeof place->directory, "%s", directory);
    snprintf(place->database, sizeof place->database, "%s/wary.db", directory);
    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return fail(error, error_bytes, directory, strerror(errno));
    if (!take_lock(place, error, error_bytes)) {
        store_place_close(place);
        return false;
    }
    /* Made here, because SQLite would ask the umask. Its other files take after this one. */
    int file = open(place->database, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = file >= 0 && fchmod(file, 0600) == 0;
    if (!good)
        fail(error, error_bytes, place->database, strerror(errno));
    if (file >= 0)
        close(file);
    if (!good)
        store_place_close(place);
    return good;
}

void store_place_close(struct store_place *place) {
    if (place->lock >= 0)
        close(place->lock);
    place->lock = -1;
}

bool store_place_set_aside(const struct store_place *place, const char *reason) {
    static const char *const parts[] = {"", "-wal", "-shm"};
    char from[STORE_PATH_BYTES + 8], to[STORE_PATH_BYTES + 32];
    unsigned number = 1;
    do
        snprintf(to, sizeof to, "%s.damaged-%u", place->database, number);
    while (access(to, F_OK) == 0 && number++ < SET_ASIDE_MAX);
    if (number > SET_ASIDE_MAX)
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(from, sizeof from, "%s%s", place->database, parts[i]);
        snprintf(to, sizeof to, "%s.damaged-%u%s", place->database, number, parts[i]);
        if (rename(from, to) < 0 && errno != ENOENT)
            return false;
    }
    log_line(LOG_LEVEL_ERROR, "%s: %s; set aside as wary.db.damaged-%u, begun anew",
             place->database, reason, number);
    int file = open(place->database, O_RDWR | O_CREAT | O_CLOEXEC | O_EXCL, 0600);
    if (file >= 0)
        close(file);
    return file >= 0;
}

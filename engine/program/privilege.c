#include "engine/program/privilege.h"

#include "engine/base/log.h"
#include "engine/base/precedence.h"
#include "engine/program/confine.h"
#include "engine/program/doorman.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only `kept` of all capabilities (-1: none), as that user. */
static bool settle(const struct privilege *privilege, int kept) {
    bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
    capng_clear(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
    if (kept >= 0)
        capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)kept);
    int result =
        privilege->user && privilege->uid != 0
            ? capng_change_id((int)privilege->uid, (int)privilege->gid,
                              CAPNG_INIT_SUPP_GRP | (bounds ? CAPNG_CLEAR_BOUNDING : 0))
            : capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
    return result == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool settle_doorman(void *context) {
    char error[256];
    bool settled =
        settle(context, CAP_NET_RAW) && confine_load_doorman(error, sizeof error);
    if (!settled)
        log_line(LOG_LEVEL_WARNING, "nobody will open an interface that returns");
    return settled;
}

static const struct passwd *find_user(const char *name) {
    const struct passwd *user = getpwnam(name[0] ? name : "wary");
    return user || name[0] ? user : getpwnam("nobody");
}

bool privilege_prepare(struct privilege *privilege, const char *user,
                       bool opens_interfaces, char *error, size_t error_bytes) {
    *privilege = (struct privilege){.channel = -1};
    if (geteuid() == 0) {
        const struct passwd *found = find_user(user);
        if (!found) {
            snprintf(error, error_bytes, "no user %s to become",
                     user[0] ? user : "wary, nor nobody,");
            return false;
        }
        privilege->user = user[0] ? user : found->pw_uid == 65534 ? "nobody" : "wary";
        privilege->uid = found->pw_uid;
        privilege->gid = found->pw_gid;
    }
    if (!opens_interfaces || !capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW))
        return true;
    privilege->channel = doorman_start(settle_doorman, privilege);
    if (privilege->channel < 0)
        snprintf(error, error_bytes, "no process to open interfaces: %s",
                 strerror(errno));
    return privilege->channel >= 0;
}

/* A file that is root's: somebody else's is his, and one with a second name may be anywhere. */
static bool give(const struct privilege *privilege, int directory, const char *name) {
    struct stat status;
    int file = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool good = file >= 0 && fstat(file, &status) == 0;
    if (good && status.st_uid == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1)
        good = fchownat(file, "", privilege->uid, privilege->gid, AT_EMPTY_PATH) == 0;
    if (file >= 0)
        close(file);
    return good;
}

/* What is root's, has other things in it and no state is not ours to give. */
static bool give_all(const struct privilege *privilege, DIR *directory, bool is_roots) {
    int descriptor = dirfd(directory);
    bool is_state = !is_roots || faccessat(descriptor, "wary.db", F_OK, 0) == 0 ||
                    faccessat(descriptor, "tokens", F_OK, 0) == 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        errno = ENOTEMPTY;
        if (!is_state || !give(privilege, descriptor, entry->d_name))
            return false;
    }
    return !is_roots || fchown(descriptor, privilege->uid, privilege->gid) == 0;
}

bool privilege_hand_over(const struct privilege *privilege, const char *path,
                         char *error, size_t error_bytes) {
    struct stat status;
    if (!path[0] || !privilege->user || privilege->uid == 0)
        return true;
    DIR *directory = mkdir(path, 0700) == 0 || errno == EEXIST ? opendir(path) : NULL;
    bool good = directory && fstat(dirfd(directory), &status) == 0;
    if (good && (status.st_uid == 0 || status.st_uid == privilege->uid))
        good = give_all(privilege, directory, status.st_uid == 0);
    if (!good)
        snprintf(error, error_bytes, "%s: cannot be given to user %s: %s", path,
                 privilege->user,
                 errno == ENOTEMPTY ? "it has other things in it" : strerror(errno));
    if (directory)
        closedir(directory);
    return good;
}

bool privilege_drop(struct privilege *privilege, const char *directory, char *error,
                    size_t error_bytes) {
    const char *user = privilege->user ? privilege->user : "this user";
    int listener = -1, channel = privilege->channel;
    umask(0077);
    precedence_reserve();
    if (!settle(privilege, -1)) {
        snprintf(error, error_bytes, "cannot become user %s without capabilities",
                 user);
        return false;
    }
    if (directory[0] && access(directory, F_OK) != 0 && errno == EACCES) {
        snprintf(error, error_bytes, "%s: user %s may not go there", directory, user);
        return false;
    }
    if (!confine_load(channel >= 0 ? &listener : NULL, error, error_bytes))
        return false;
    privilege->channel = -1;
    if (channel >= 0 && !doorman_employ(channel, listener))
        log_line(LOG_LEVEL_WARNING,
                 "an interface that goes and returns will not be opened again");
    log_line(LOG_LEVEL_INFO, "goes on as %s, without capabilities and confined", user);
    return true;
}

void privilege_release(struct privilege *privilege) {
    if (privilege->channel >= 0)
        close(privilege->channel);
    privilege->channel = -1;
}

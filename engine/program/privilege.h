#ifndef ENGINE_PROGRAM_PRIVILEGE_H
#define ENGINE_PROGRAM_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* `wary run` gives up every right once the interfaces are open, and before a packet is read:
   it becomes another user, without capabilities and confined (confine.h). */

struct privilege {
    const char *user; /* whom it becomes; NULL: it was not root, and stays who it is */
    uid_t uid;
    gid_t gid;
    int channel; /* to the doorman, -1 none */
};

/* Ahead of all threads and open interfaces. `user`: "" for wary or, where there is no such
   user, nobody. `opens_interfaces`: later, too, so that a doorman is needed. False: one clear
   line in `error`. */
bool privilege_prepare(struct privilege *privilege, const char *user,
                       bool opens_interfaces, char *error, size_t error_bytes);

/* Give `directory` ("" none), with what is in it, to that user. It is made if it is not there;
   one that is root's is taken over if it is empty or has a state in it. */
bool privilege_hand_over(const struct privilege *privilege, const char *directory,
                         char *error, size_t error_bytes);

/* For good, still ahead of all threads. */
bool privilege_drop(struct privilege *privilege, const char *directory, char *error,
                    size_t error_bytes);

void privilege_release(struct privilege *privilege); /* of one that was not dropped */

#endif

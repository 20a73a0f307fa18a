#include "engine/program/doorman.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A descriptor on its way, with the byte that must travel with it. */
union envelope {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static struct msghdr address(union envelope *envelope, struct iovec *byte) {
    return (struct msghdr){.msg_iov = byte,
                           .msg_iovlen = 1,
                           .msg_control = envelope->bytes,
                           .msg_controllen = sizeof envelope->bytes};
}

static int receive(int channel) {
    union envelope envelope;
    char byte;
    int descriptor = -1;
    struct msghdr message = address(&envelope, &(struct iovec){&byte, 1});
    ssize_t got;
    while ((got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    const struct cmsghdr *header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

/* The one thing that is asked for. */
static void open_door(int listener, const struct seccomp_notif *request) {
    const __u64 *arguments = request->data.args;
    int type = (int)arguments[1];
    int made = -1;
    errno = EPERM;
    if (request->data.nr == SYS_socket && (int)arguments[0] == AF_PACKET)
        made = socket(AF_PACKET, type, (int)arguments[2]);
    struct seccomp_notif_addfd gift = {.id = request->id,
                                       .flags = SECCOMP_ADDFD_FLAG_SEND,
                                       .srcfd = (__u32)made,
                                       .newfd_flags =
                                           type & SOCK_CLOEXEC ? O_CLOEXEC : 0};
    if (made < 0 || ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &gift) < 0) {
        struct seccomp_notif_resp refusal = {.id = request->id, .error = -errno};
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &refusal);
    }
    if (made >= 0)
        close(made);
}

static void work(int channel) {
    int listener = receive(channel);
    close(channel);
    struct pollfd waiting = {.fd = listener, .events = POLLIN};
    while (listener >= 0 && poll(&waiting, 1, -1) > 0 && (waiting.revents & POLLIN)) {
        struct seccomp_notif request;
        memset(&request, 0, sizeof request); /* the kernel insists */
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0)
            open_door(listener, &request);
        else if (errno != ENOENT && errno != EINTR) /* who asked is gone */
            return;
    }
}

int doorman_start(bool (*settle)(void *context), void *context) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    pid_t child = fork();
    if (child != 0) {
        close(ends[1]);
        if (child < 0)
            close(ends[0]);
        return child < 0 ? -1 : ends[0];
    }
    /* Signals are meant for the program; it ends with that. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    dup2(ends[1], STDIN_FILENO);
    close_range(STDIN_FILENO + 1, ~0U, 0);
    if (settle(context))
        work(STDIN_FILENO);
    _exit(0);
}

bool doorman_employ(int channel, int listener) {
    union envelope envelope;
    char byte = 0;
    memset(&envelope, 0, sizeof envelope);
    struct msghdr message = address(&envelope, &(struct iovec){&byte, 1});
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                               .cmsg_type = SCM_RIGHTS,
                               .cmsg_len = CMSG_LEN(sizeof listener)};
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    bool sent = sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
    close(listener);
    close(channel);
    return sent;
}

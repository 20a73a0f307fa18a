#include "engine/program/confine.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define FORBIDDEN SCMP_ACT_LOG
#else
#define FORBIDDEN SCMP_ACT_KILL_PROCESS
#endif

/* Those that are not there on a machine's kind are passed over. */
static const char *const program_calls[] = {
    /* memory and threads */
    "brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "membarrier", "futex",
    "set_robust_list", "rseq", "gettid", "getpid", "getppid", "sched_yield",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_getattr",
    "sched_setattr", "exit", "exit_group", "tgkill", "restart_syscall",
    /* files */
    "openat", "open", "creat", "close", "close_range", "read", "write", "readv",
    "writev", "pread64", "pwrite64", "lseek", "fsync", "fdatasync", "ftruncate",
    "fallocate", "fadvise64", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs",
    "fstatfs", "access", "faccessat", "faccessat2", "getdents64", "readlink",
    "readlinkat", "getcwd", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename",
    "renameat", "renameat2", "link", "linkat", "chmod", "fchown", "fchmod", "fchmodat",
    "umask", "fcntl", "flock", "dup", "dup2", "dup3", "pipe", "pipe2", "sendfile",
    "utimensat",
    /* waiting and time */
    "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "eventfd2", "signalfd4", "inotify_init1",
    "inotify_add_watch", "inotify_rm_watch", "nanosleep", "clock_nanosleep",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "rt_sigaction",
    "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "sigaltstack",
    /* connections */
    "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
    "setsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
    "shutdown",
    /* about itself and the machine */
    "getuid", "geteuid", "getgid", "getegid", "getrandom", "getrlimit", "prlimit64",
    "getrusage", "times", "sysinfo", "uname", "getcpu", NULL};

static const char *const doorman_calls[] = {
    "recvmsg",      "close", "poll",       "ppoll", "restart_syscall",
    "rt_sigreturn", "exit",  "exit_group", NULL};

/* What a call may be asked for by the value of one argument. */
struct choice {
    const char *call;
    unsigned argument;
    uint64_t value;
    uint32_t action;
};

static const struct choice program_choices[] = {
    {"socket", 0, AF_UNIX, SCMP_ACT_ALLOW},
    {"socket", 0, AF_INET, SCMP_ACT_ALLOW},
    {"socket", 0, AF_INET6, SCMP_ACT_ALLOW},
    /* libpcap and libc do without, when they are told. */
    {"socket", 0, AF_NETLINK, SCMP_ACT_ERRNO(EAFNOSUPPORT)},
    {"prctl", 0, PR_SET_NAME, SCMP_ACT_ALLOW},
    {"prctl", 0, PR_GET_NAME, SCMP_ACT_ALLOW},
    {"ioctl", 1, TCGETS, SCMP_ACT_ALLOW},
    {"ioctl", 1, TIOCGWINSZ, SCMP_ACT_ALLOW},
    {"ioctl", 1, FIONREAD, SCMP_ACT_ALLOW},
    {"ioctl", 1, FIONBIO, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCGIFINDEX, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCGIFNAME, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCGIFFLAGS, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCGIFHWADDR, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCGIFADDR, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCGIFMTU, SCMP_ACT_ALLOW},
    {"ioctl", 1, SIOCETHTOOL, SCMP_ACT_ALLOW},
    {NULL, 0, 0, 0}};

static const struct choice doorman_choices[] = {
    {"socket", 0, AF_PACKET, SCMP_ACT_ALLOW},
    {"ioctl", 1, SECCOMP_IOCTL_NOTIF_RECV, SCMP_ACT_ALLOW},
    {"ioctl", 1, SECCOMP_IOCTL_NOTIF_SEND, SCMP_ACT_ALLOW},
    {"ioctl", 1, SECCOMP_IOCTL_NOTIF_ADDFD, SCMP_ACT_ALLOW},
    {NULL, 0, 0, 0}};

static bool add(scmp_filter_ctx filter, const char *call, uint32_t action,
                const struct scmp_arg_cmp *condition) {
    int number = seccomp_syscall_resolve_name(call);
    return number < 0 || seccomp_rule_add_array(filter, action, number,
                                                condition != NULL, condition) == 0;
}

static bool write_rules(scmp_filter_ctx filter, const char *const *calls,
                        const struct choice *choice) {
    bool good =
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, FORBIDDEN) == 0 &&
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0; /* a binary tree */
    for (; *calls && good; calls++)
        good = add(filter, *calls, SCMP_ACT_ALLOW, NULL);
    for (; choice->call && good; choice++) {
        const struct scmp_arg_cmp is =
            SCMP_CMP(choice->argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, choice->value);
        good = add(filter, choice->call, choice->action, &is);
    }
    return good;
}

static bool write_program_rules(scmp_filter_ctx filter, bool asks) {
    /* Threads, and no other processes. libc falls back from clone3, whose arguments no filter
       can see. */
    const struct scmp_arg_cmp thread =
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp packet =
        SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_PACKET);
    return write_rules(filter, program_calls, program_choices) &&
           add(filter, "clone", SCMP_ACT_ALLOW, &thread) &&
           add(filter, "clone3", SCMP_ACT_ERRNO(ENOSYS), NULL) &&
           (!asks || add(filter, "socket", SCMP_ACT_NOTIFY, &packet));
}

/* Loads and frees it, if all of its rules could be written. */
static bool load(scmp_filter_ctx filter, bool written, int *listener, char *error,
                 size_t error_bytes) {
    int failure = ENOMEM;
    if (written) {
        failure = -seccomp_load(filter);
        if (failure == 0 && listener && (*listener = seccomp_notify_fd(filter)) < 0)
            failure = -*listener;
    }
    seccomp_release(filter);
    if (failure == 0)
        return true;
    snprintf(error, error_bytes, "no filter of system calls: %s", strerror(failure));
    return false;
}

bool confine_load(int *listener, char *error, size_t error_bytes) {
    scmp_filter_ctx filter = seccomp_init(FORBIDDEN);
    return load(filter, filter && write_program_rules(filter, listener != NULL),
                listener, error, error_bytes);
}

bool confine_load_doorman(char *error, size_t error_bytes) {
    scmp_filter_ctx filter = seccomp_init(FORBIDDEN);
    return load(filter, filter && write_rules(filter, doorman_calls, doorman_choices),
                NULL, error, error_bytes);
}

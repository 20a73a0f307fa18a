#include "engine/base/precedence.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROMPT_TURN_NS = 100000 };

void precedence_take(enum precedence precedence) {
    struct sched_attr attributes; /* its niceness stays */
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0 ||
        attributes.sched_policy != SCHED_NORMAL)
        return;
    attributes.sched_policy =
        precedence == PRECEDENCE_PATIENT ? SCHED_BATCH : SCHED_NORMAL;
    attributes.sched_runtime = precedence == PRECEDENCE_PROMPT ? PROMPT_TURN_NS : 0;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

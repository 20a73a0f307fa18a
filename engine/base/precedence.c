#include "engine/base/precedence.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROMPT_TURN_NS = 100000, PROMPT_NICENESS = -5, LEAST_NICENESS = -20 };

/* Written ahead of all threads. */
static bool is_reserved;
static int usual_niceness;

static bool look(struct sched_attr *attributes) {
    return syscall(SYS_sched_getattr, 0, attributes, sizeof *attributes, 0) == 0 &&
           attributes->sched_policy == SCHED_NORMAL;
}

void precedence_reserve(void) {
    struct sched_attr attributes;
    if (is_reserved || !look(&attributes))
        return;
    usual_niceness = attributes.sched_nice;
    attributes.sched_nice += PROMPT_NICENESS;
    if (attributes.sched_nice < LEAST_NICENESS)
        attributes.sched_nice = LEAST_NICENESS;
    is_reserved = syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

void precedence_take(enum precedence precedence) {
    struct sched_attr attributes;
    if (!look(&attributes))
        return;
    attributes.sched_policy =
        precedence == PRECEDENCE_PATIENT ? SCHED_BATCH : SCHED_NORMAL;
    attributes.sched_runtime = precedence == PRECEDENCE_PROMPT ? PROMPT_TURN_NS : 0;
    if (is_reserved && precedence != PRECEDENCE_PROMPT)
        attributes.sched_nice = usual_niceness;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

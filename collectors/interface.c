#include "collectors/interface.h"

#include "collectors/fanout.h"
#include "collectors/filter.h"
#include "engine/base/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const uint64_t SECOND_NS = 1000000000;

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* --- the handle --- */

static enum outage say_why_not(pcap_t *handle, const char *name, int status,
                               char *error, size_t error_bytes) {
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        snprintf(error, error_bytes, "%s: no such interface", name);
        return OUTAGE_GONE;
    case PCAP_ERROR_IFACE_NOT_UP:
        snprintf(error, error_bytes, "%s: the interface is down", name);
        return OUTAGE_DOWN;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        snprintf(error, error_bytes,
                 "%s: no permission to capture (CAP_NET_RAW is needed)", name);
        return OUTAGE_REFUSED;
    default:
        snprintf(error, error_bytes, "%s: %s", name,
                 status == PCAP_ERROR ? pcap_geterr(handle) : pcap_statustostr(status));
        return OUTAGE_REFUSED;
    }
}

/* A handle of an interface, ready to be read without waiting; what needs the right to capture
   is done here and nowhere else. NULL with the reason. */
static pcap_t *open_handle(const char *name, const struct pcap_options *options,
                           enum outage *reason, char *error, size_t error_bytes) {
    char complaint[PCAP_ERRBUF_SIZE] = "";
    *reason = OUTAGE_REFUSED;
    pcap_t *handle = pcap_create(name, complaint);
    if (!handle) {
        snprintf(error, error_bytes, "%s: %s", name, complaint);
        return NULL;
    }
    pcap_set_snaplen(handle, (int)options->snaplen);
    pcap_set_buffer_size(handle, (int)options->buffer_bytes);
    pcap_set_promisc(handle, 1);
    pcap_set_timeout(handle, PCAP_TIMEOUT_MS);
    /* Where it is refused, times come in microseconds and are scaled by the reader. */
    pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(handle);
    if (status < 0) {
        *reason = say_why_not(handle, name, status, error, error_bytes);
        goto fail;
    }
    if (status > 0 && !options->is_echo)
        log_line(LOG_LEVEL_WARNING, "%s: %s", name, pcap_statustostr(status));
    if (pcap_setnonblock(handle, 1, complaint) != 0) {
        snprintf(error, error_bytes, "%s: %s", name, complaint);
        goto fail;
    }
    if (options->is_shared && !fanout_join(pcap_fileno(handle), options->group)) {
        snprintf(error, error_bytes, "%s: cannot be shared by several queues: %s", name,
                 strerror(errno));
        goto fail;
    }
    if (filter_apply(handle, options->filter, name, error, error_bytes))
        return handle;
fail:
    pcap_close(handle);
    return NULL;
}

/* --- its state --- */

/* What the kernel says of the name; `index` is 0 where there is no interface. */
static enum outage look(const char *name, int *index) {
    struct ifreq request = {.ifr_ifindex = 0};
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    enum outage outage = OUTAGE_GONE;
    *index = 0;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(control, SIOCGIFINDEX, &request) == 0) {
        *index = request.ifr_ifindex;
        bool is_up = ioctl(control, SIOCGIFFLAGS, &request) == 0 &&
                     (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
        outage = is_up ? OUTAGE_NONE : OUTAGE_DOWN;
    }
    if (control >= 0)
        close(control);
    return outage;
}

static void set_outage(struct interface *interface, enum outage outage,
                       const char *reason) {
    if (outage == interface->outage)
        return;
    interface->outage = outage;
    counter_set(&interface->options.counters->outage, outage);
    if (interface->options.is_echo)
        return;
    if (outage == OUTAGE_NONE)
        log_line(LOG_LEVEL_NOTICE, "%s: is watched again", interface->name);
    else if (outage == OUTAGE_REFUSED)
        log_line(LOG_LEVEL_ERROR, "%s", reason);
    else
        log_line(LOG_LEVEL_WARNING,
                 outage == OUTAGE_DOWN ? "%s: is down, nothing is seen of it"
                                       : "%s: is gone, nothing is seen of it",
                 interface->name);
}

static void shut(struct interface *interface) {
    if (interface->handle)
        pcap_close(interface->handle);
    interface->handle = NULL;
    interface->kernel_drops = interface->interface_drops = 0;
}

/* Open what is there and was not open. Returns what the outage is then. */
static enum outage reopen(struct interface *interface, int index, char *error,
                          size_t error_bytes) {
    enum outage reason = OUTAGE_NONE;
    interface->handle =
        open_handle(interface->name, &interface->options, &reason, error, error_bytes);
    if (!interface->handle)
        return reason;
    interface->index = index;
    /* Those that came before the others knew of this one were theirs, too. */
    interface->since_ns = interface->options.is_echo ? clock_ns(CLOCK_REALTIME) : 0;
    return OUTAGE_NONE;
}

/* A pseudo-device ("any", "bluetooth0") is libpcap's, not the kernel's: it never goes. */
static bool is_pseudo(const struct interface *interface) {
    return interface->handle && interface->index == 0;
}

pcap_t *interface_handle(struct interface *interface) {
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    if (now_ns - interface->looked_ns < SECOND_NS || is_pseudo(interface))
        return interface->handle;
    interface->looked_ns = now_ns;
    char error[PCAP_ERRBUF_SIZE + 64] = "";
    int index;
    enum outage outage = look(interface->name, &index);
    if (interface->handle && index != interface->index)
        shut(interface); /* gone, perhaps for another of the same name */
    if (!interface->handle && outage == OUTAGE_NONE)
        outage = reopen(interface, index, error, sizeof error);
    set_outage(interface, outage, error);
    return interface->handle;
}

bool interface_owns(const struct interface *interface, const struct pcap_frame *frame) {
    return interface->since_ns == 0 ||
           (uint64_t)frame->time_s * SECOND_NS + (uint64_t)frame->time_remainder >=
               interface->since_ns;
}

void interface_failed(struct interface *interface) {
    shut(interface);
    interface->looked_ns = 0;
}

bool interface_open(struct interface *interface, const struct pcap_options *options,
                    const char *name, char *error, size_t error_bytes) {
    *interface = (struct interface){.name = name, .options = *options};
    int index;
    enum outage outage = look(name, &index);
    if (outage != OUTAGE_DOWN)
        outage = reopen(interface, index, error, error_bytes);
    if (outage == OUTAGE_GONE || outage == OUTAGE_REFUSED)
        return false;
    interface->looked_ns = clock_ns(CLOCK_MONOTONIC);
    set_outage(interface, outage, error);
    return true;
}

void interface_close(struct interface *interface) {
    shut(interface);
}

/* Every queue of an interface would tell the same of its driver: one does. */
void interface_count_drops(struct interface *interface) {
    struct pcap_stat stat;
    struct counters *counters = interface->options.counters;
    if (!interface->handle || pcap_stats(interface->handle, &stat) != 0)
        return;
    counter_add(&counters->kernel_drops,
                (uint32_t)(stat.ps_drop - interface->kernel_drops));
    if (!interface->options.is_echo)
        counter_add(&counters->interface_drops,
                    (uint32_t)(stat.ps_ifdrop - interface->interface_drops));
    interface->kernel_drops = stat.ps_drop;
    interface->interface_drops = stat.ps_ifdrop;
}

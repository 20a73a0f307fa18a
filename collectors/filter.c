#include "collectors/filter.h"

#include <stdio.h>

static bool is_empty(const char *filter) {
    return !filter || !filter[0];
}

bool filter_apply(pcap_t *handle, const char *filter, const char *name, char *error,
                  size_t error_bytes) {
    struct bpf_program program;
    if (is_empty(filter))
        return true;
    bool compiled =
        pcap_compile(handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    bool applied = compiled && pcap_setfilter(handle, &program) == 0;
    if (!applied)
        snprintf(error, error_bytes, "filter \"%s\" on %s: %s", filter, name,
                 pcap_geterr(handle));
    if (compiled)
        pcap_freecode(&program);
    return applied;
}

bool filter_check(const char *filter, char *error, size_t error_bytes) {
    enum { FRAME_BYTES_MAX = 262144 };
    if (is_empty(filter))
        return true;
    struct bpf_program program;
    pcap_t *handle = pcap_open_dead(DLT_EN10MB, FRAME_BYTES_MAX);
    bool good =
        handle && pcap_compile(handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (good)
        pcap_freecode(&program);
    else
        snprintf(error, error_bytes, "%s", handle ? pcap_geterr(handle) : "no memory");
    if (handle)
        pcap_close(handle);
    return good;
}

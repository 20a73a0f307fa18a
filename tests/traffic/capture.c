#include "tests/traffic/capture.h"

#include <stdio.h>
#include <string.h>

enum { SNAPLEN_WHOLE = 262144 };

bool capture_open(struct capture *capture, const char *path, uint32_t snaplen,
                  char *error, size_t error_bytes) {
    memset(capture, 0, sizeof *capture);
    capture->snaplen = snaplen ? snaplen : SNAPLEN_WHOLE;
    capture->form = pcap_open_dead(DLT_EN10MB, (int)capture->snaplen);
    if (capture->form == NULL) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    capture->dumper = pcap_dump_open(capture->form, path);
    if (capture->dumper == NULL) {
        snprintf(error, error_bytes, "%s", pcap_geterr(capture->form));
        pcap_close(capture->form);
        return false;
    }
    return true;
}

void capture_write(struct capture *capture, uint64_t time_us, const uint8_t *frame,
                   size_t length) {
    if (time_us < capture->from_us)
        return;
    struct pcap_pkthdr header = {
        .ts = {.tv_sec = (time_t)(time_us / 1000000),
               .tv_usec = (suseconds_t)(time_us % 1000000)},
        .caplen = (uint32_t)(length < capture->snaplen ? length : capture->snaplen),
        .len = (uint32_t)length,
    };
    pcap_dump((u_char *)capture->dumper, &header, frame);
}

static void sink_write(void *context, uint64_t time_us, const uint8_t *frame,
                       size_t length) {
    capture_write(context, time_us, frame, length);
}

struct sink capture_sink(struct capture *capture) {
    return (struct sink){sink_write, capture};
}

bool capture_close(struct capture *capture) {
    bool good = pcap_dump_flush(capture->dumper) == 0 &&
                !ferror(pcap_dump_file(capture->dumper));
    pcap_dump_close(capture->dumper);
    pcap_close(capture->form);
    return good;
}

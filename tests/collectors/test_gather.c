#include "collectors/gather.h"
#include "tests/suite.h"

#include <check.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frames that libpcap lends come in batches: all of them, in order, as they were. */

enum { FRAMES = 3000, LONGEST = 200000 };

static uint8_t pattern[LONGEST + 256];
static unsigned seed;

static uint32_t length_of(unsigned frame) {
    static const uint32_t bounds[] = {60, 1500, GATHER_BYTES / PCAP_FRAMES_MAX,
                                      GATHER_BYTES + 2, LONGEST};
    /* Few of the long ones. */
    uint32_t mixed = (frame * 2654435761U) ^ seed;
    uint32_t bound = bounds[mixed % 97 ? mixed % 3 : mixed % 5];
    return 14 + mixed / 97 % (bound - 14);
}

static const uint8_t *bytes_of(unsigned frame) {
    return pattern + frame % 256;
}

static void write_capture(const char *path) {
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
    pcap_dumper_t *out = pcap_dump_open(dead, path);
    ck_assert_ptr_nonnull(out);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct pcap_pkthdr header = {.caplen = length_of(i), .len = length_of(i)};
        header.ts.tv_sec = i;
        pcap_dump((u_char *)out, &header, bytes_of(i));
    }
    pcap_dump_close(out);
    pcap_close(dead);
}

struct taken {
    unsigned frames, batches;
};

static void take(void *context, const struct pcap_frame *frames, unsigned count) {
    struct taken *taken = context;
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_le(count, PCAP_FRAMES_MAX);
    taken->batches++;
    for (unsigned i = 0; i < count; i++, taken->frames++) {
        ck_assert_int_eq(frames[i].time_s, taken->frames);
        ck_assert_uint_eq(frames[i].captured, length_of(taken->frames));
        ck_assert_mem_eq(frames[i].bytes, bytes_of(taken->frames), frames[i].captured);
    }
}

START_TEST(test_all_in_order) {
    char path[4096], error[600];
    const char *scratch = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/gather-XXXXXX", scratch ? scratch : "/tmp");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    write_capture(path);
    const char *const paths[] = {path};
    static struct counters counters;
    static const atomic_bool stop = false;
    /* With a filter it is libpcap that reads. */
    struct pcap_options options = {
        .filter = "greater 0", .counters = &counters, .stop = &stop};
    struct pcap_source *source =
        pcap_source_open_files(&options, paths, 1, error, sizeof error);
    ck_assert_msg(source, "%s", error);
    struct taken taken = {0};
    enum pcap_result result;
    do
        result = pcap_source_read(source, take, &taken, error, sizeof error);
    while (result == PCAP_FRAMES);
    ck_assert_int_eq(result, PCAP_ENDED);
    ck_assert_uint_eq(taken.frames, FRAMES);
    ck_assert_uint_lt(taken.batches, FRAMES / 8);
    pcap_source_close(source);
    unlink(path);
}
END_TEST

START_TEST(test_room) {
    static struct gather gather;
    struct pcap_frame frame = {.bytes = pattern, .captured = GATHER_BYTES + 1};
    ck_assert(!gather_keep(&gather, &frame));
    frame.captured = GATHER_BYTES;
    ck_assert(gather_keep(&gather, &frame));
    frame.captured = 1;
    ck_assert(!gather_keep(&gather, &frame));
    gather_clear(&gather);
    for (unsigned i = 0; i < PCAP_FRAMES_MAX; i++)
        ck_assert(gather_keep(&gather, &frame));
    ck_assert(!gather_keep(&gather, &frame));
    ck_assert_uint_eq(gather.count, PCAP_FRAMES_MAX);
}
END_TEST

int main(void) {
    seed = (unsigned)getpid();
    printf("seed %u\n", seed);
    for (unsigned i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 31 + i / 256);
    Suite *suite = suite_create("gather");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_all_in_order);
    tcase_add_test(all, test_room);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

#include "collectors/savefile.h"
#include "tests/suite.h"

#include <check.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whatever is in a file, the frames are those that libpcap reads. */

enum { HEADER_BYTES = 24, RECORD_BYTES = 16, FILE_BYTES = 1 << 21 };

static uint8_t bytes[FILE_BYTES];
static size_t length;
static bool swapped;

static void put(uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        unsigned shift = 8 * (swapped ? size - 1 - i : i);
        bytes[length++] = (uint8_t)(value >> shift);
    }
}

static void put_header(uint32_t magic, uint16_t minor, uint32_t snaplen) {
    length = 0;
    put(magic, 4);
    put(2, 2);
    put(minor, 2);
    put(0, 8);
    put(snaplen, 4);
    put(DLT_EN10MB, 4);
}

static void put_record(uint32_t time_s, uint32_t fraction, uint32_t captured,
                       uint32_t wire) {
    put(time_s, 4);
    put(fraction, 4);
    put(captured, 4);
    put(wire, 4);
    for (uint32_t i = 0; i < captured && i < 300000; i++)
        bytes[length++] = (uint8_t)(i * 7 + captured);
}

static FILE *as_file(size_t size) {
    int descriptor = memfd_create("savefile", MFD_CLOEXEC);
    ck_assert_int_eq(write(descriptor, bytes, size), (ssize_t)size);
    ck_assert_int_eq(lseek(descriptor, 0, SEEK_SET), 0);
    FILE *file = fdopen(descriptor, "r");
    ck_assert_ptr_nonnull(file);
    return file;
}

/* Hands out the frames one by one. */
struct reader {
    struct savefile file;
    struct pcap_frame frames[PCAP_FRAMES_MAX];
    unsigned used, count;
};

static enum savefile_result next(struct reader *reader, struct pcap_frame *frame) {
    if (reader->used == reader->count) {
        reader->used = 0;
        enum savefile_result result = savefile_read(&reader->file, reader->frames,
                                                    PCAP_FRAMES_MAX, &reader->count);
        if (result != SAVEFILE_FRAMES)
            return result;
    }
    *frame = reader->frames[reader->used++];
    return SAVEFILE_FRAMES;
}

/* The first `size` bytes of what was put. Returns how many frames there were. */
static unsigned compare(size_t size) {
    char reason[PCAP_ERRBUF_SIZE];
    FILE *theirs = as_file(size), *ours = as_file(size);
    pcap_t *handle = pcap_fopen_offline_with_tstamp_precision(
        theirs, PCAP_TSTAMP_PRECISION_NANO, reason);
    ck_assert_ptr_nonnull(handle);
    struct reader reader = {.used = 0};
    savefile_init(&reader.file);
    ck_assert(savefile_open(&reader.file, fileno(ours), pcap_datalink(handle),
                            (uint32_t)pcap_snapshot(handle)));
    struct pcap_pkthdr *header;
    const u_char *data;
    unsigned frames = 0;
    int status;
    for (; (status = pcap_next_ex(handle, &header, &data)) == 1; frames++) {
        struct pcap_frame frame;
        ck_assert_int_eq(next(&reader, &frame), SAVEFILE_FRAMES);
        ck_assert_int_eq(frame.time_s, header->ts.tv_sec);
        ck_assert_int_eq(frame.time_remainder, header->ts.tv_usec);
        ck_assert_int_eq(frame.link_type, DLT_EN10MB);
        ck_assert_uint_eq(frame.captured, header->caplen);
        ck_assert_uint_eq(frame.wire,
                          header->len > header->caplen ? header->len : header->caplen);
        ck_assert_mem_eq(frame.bytes, data, frame.captured);
    }
    struct pcap_frame none;
    bool is_cut = status == PCAP_ERROR && strstr(pcap_geterr(handle), "truncated");
    enum savefile_result expected = status == PCAP_ERROR_BREAK ? SAVEFILE_ENDED
                                    : is_cut                   ? SAVEFILE_CUT
                                                               : SAVEFILE_BROKEN;
    ck_assert_int_eq(next(&reader, &none), expected);
    ck_assert_int_eq(next(&reader, &none), expected); /* and it stays so */
    savefile_free(&reader.file);
    pcap_close(handle);
    fclose(ours);
    return frames;
}

static void put_some(void) {
    put_record(0, 0, 0, 0);
    put_record(1700000000, 999999, 60, 60);
    put_record(0xfffffff0, 0xffffffff, 1, 1500);
    put_record(1700000001, 5, 90, 20);
}

START_TEST(test_every_kind_and_every_cut) {
    static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};
    swapped = _i & 1;
    put_header(magics[_i >> 1], 4, 65535);
    put_some();
    for (size_t size = HEADER_BYTES; size <= length; size++)
        compare(size);
    ck_assert_uint_eq(compare(length), 4);
}
END_TEST

START_TEST(test_lengths) {
    static const uint32_t snaplens[] = {0, 1, 64, 65535, 262144, 300000, 0xffffffff};
    static const uint32_t captured[] = {63,     64,     65,     65535,      65536,
                                        262143, 262144, 262145, 0x7fffffff, 0xffffffff};
    for (unsigned i = 0; i < sizeof captured / sizeof *captured; i++) {
        put_header(0xa1b2c3d4, 4, snaplens[_i]);
        put_record(1, 2, captured[i], captured[i]);
        put_record(3, 4, 10, 10);
        compare(length);
    }
}
END_TEST

START_TEST(test_more_than_a_block) {
    put_header(0xa1b2c3d4, 4, 262144);
    unsigned count = 0;
    for (uint32_t size = 1; length + size + RECORD_BYTES < FILE_BYTES - 300000;
         size = size * 13 % 262139 + 1, count++)
        put_record(count, size, size, size);
    ck_assert_uint_eq(compare(length), count);
}
END_TEST

START_TEST(test_any_bytes) {
    srand(7);
    for (unsigned round = 0; round < 2000; round++) {
        put_header(0xa1b2c3d4, 4, (uint32_t)rand() % 100);
        for (unsigned i = 0; i < 8; i++)
            put_record((uint32_t)rand(), (uint32_t)rand(), (uint32_t)rand() % 60,
                       (uint32_t)rand() % 60);
        for (unsigned i = 0; i < 4; i++)
            bytes[HEADER_BYTES + (size_t)rand() % (length - HEADER_BYTES)] =
                (uint8_t)rand();
        compare(length);
    }
}
END_TEST

/* Of these libpcap knows more. */
START_TEST(test_left_to_libpcap) {
    struct savefile file;
    savefile_init(&file);
    static const struct {
        uint32_t magic;
        uint16_t minor;
    } others[] = {{0xa1b2cd34, 4}, {0x0a0d0d0a, 4}, {0xa1b2c3d4, 3}, {0, 4}};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        put_header(others[i].magic, others[i].minor, 65535);
        FILE *stream = as_file(length);
        ck_assert(!savefile_open(&file, fileno(stream), DLT_EN10MB, 65535));
        ck_assert_int_eq(lseek(fileno(stream), 0, SEEK_CUR), 0);
        fclose(stream);
    }
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(!savefile_open(&file, ends[0], DLT_EN10MB, 65535));
    close(ends[0]);
    close(ends[1]);
    savefile_free(&file);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("savefile");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, test_every_kind_and_every_cut, 0, 4);
    tcase_add_loop_test(all, test_lengths, 0, 7);
    tcase_add_test(all, test_more_than_a_block);
    tcase_add_test(all, test_any_bytes);
    tcase_add_test(all, test_left_to_libpcap);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

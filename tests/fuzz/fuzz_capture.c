/* Whole captures from the collector through the engine to what it writes. Mutations know what
   a capture is: frames are dropped, doubled and exchanged, time jumps, fields of headers take
   values at their ends. Whatever comes, rows and findings are whole. */
#include "collectors/collector.h"
#include "engine/base/log.h"
#include "engine/program/timeline.h"
#include "tests/fuzz/require.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 16, HEADER_BYTES = 24, RECORD_BYTES = 16, FRAMES_MOST = 600 };
enum { RECORDS = 1 << 16 }; /* more than a file of that size makes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* --- the pipeline --- */

static void check_row(void *context, const struct window_row *row) {
    (void)context;
    require(row->end_s % 10 == 0 && row->device[0]);
    require(isfinite(row->anomaly) && row->anomaly >= 0);
    require(row->risk >= 0 && row->risk <= 100);
    require(row->confidence >= 0 && row->confidence <= 1);
}

static void check_finding(void *context, const struct finding *finding) {
    uint64_t *last = context;
    require(finding->id == ++*last);
    require(finding->device[0] && finding->kind[0] && finding->text[0]);
    require(isfinite(finding->observed) && isfinite(finding->expected));
    require(finding->contribution >= 0 && finding->contribution <= 100);
}

static void judge(struct ring *ring) {
    struct engine_options options = engine_defaults;
    uint64_t last_finding = 0;
    char error[256];
    options.device_capacity = 16;
    struct timeline *rows =
        timeline_open("/dev/null", TIMELINE_WINDOWS, error, sizeof error);
    struct timeline *findings =
        timeline_open("/dev/null", TIMELINE_FINDINGS, error, sizeof error);
    const struct engine_sink sinks[] = {
        timeline_sink(rows),
        timeline_sink(findings),
        {.context = &last_finding, .window = check_row, .finding = check_finding},
    };
    struct board *board = board_create();
    struct engine *engine = engine_create(&options, board, sinks, 3);
    require(rows && findings && board && engine);
    _Atomic bool stop = false;
    engine_run(engine, &ring, 1, &stop);
    require(engine_status(engine)->devices <= options.device_capacity);
    engine_destroy(engine);
    board_destroy(board);
    require(timeline_close(rows, error, sizeof error));
    require(timeline_close(findings, error, sizeof error));
}

static unsigned count_frames(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ring *ring;
    if (!ring) {
        ring = ring_create(RECORDS, sizeof(struct record));
        log_set_level(LOG_LEVEL_ERROR);
    }
    if (size > FILE_BYTES || count_frames(data, size) > FRAMES_MOST)
        return 0;
    struct counters counters = {0};
    struct collector_options options = collector_defaults;
    options.dpi_capacity = 0; /* loading nDPI's tables takes longer than all the rest */
    options.flow_capacity = 32;
    options.idle_timeout_s = 30;
    char path[64], error[256];
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    require(write(file, data, size) == (ssize_t)size);
    const char *paths[] = {path};
    struct collector *collector =
        collector_open_files(&options, paths, 1, ring, &counters, error, sizeof error);
    if (collector) {
        collector_run(collector, error, sizeof error);
        collector_close(collector);
        judge(ring);
    }
    close(file);
    return 0;
}

/* --- mutation --- */

/* A capture in this machine's byte order, taken apart. */
struct frame {
    uint32_t s, us, length;
    uint8_t *bytes;
};
static struct frame frames[FRAMES_MOST];
static uint8_t store[FILE_BYTES * 4];
static size_t stored;
static unsigned frame_count;

static uint64_t state;

static uint32_t chance(uint32_t n) { /* SplitMix64 */
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (uint32_t)((z ^ z >> 31) % n);
}

static bool next_frame(const uint8_t *data, size_t size, size_t *at,
                       struct frame *frame) {
    uint32_t head[4];
    if (size - *at < RECORD_BYTES)
        return false;
    memcpy(head, data + *at, sizeof head);
    if (head[2] > size - *at - RECORD_BYTES)
        return false;
    *frame = (struct frame){head[0], head[1], head[2], NULL};
    *at += RECORD_BYTES + head[2];
    return true;
}

static unsigned count_frames(const uint8_t *data, size_t size) {
    struct frame frame;
    unsigned count = 0;
    for (size_t at = HEADER_BYTES; at < size && next_frame(data, size, &at, &frame);)
        count++;
    return count;
}

static bool take_apart(const uint8_t *data, size_t size) {
    uint32_t magic = 0;
    struct frame frame;
    frame_count = 0;
    stored = 0;
    if (size < HEADER_BYTES || size > FILE_BYTES)
        return false;
    memcpy(&magic, data, sizeof magic);
    for (size_t at = HEADER_BYTES; frame_count < FRAMES_MOST &&
                                   stored + FILE_BYTES <= sizeof store &&
                                   next_frame(data, size, &at, &frame);) {
        frame.bytes = store + stored;
        memcpy(frame.bytes, data + at - frame.length, frame.length);
        stored += frame.length;
        frames[frame_count++] = frame;
    }
    return magic == 0xa1b2c3d4 && frame_count > 0;
}

static size_t put_together(uint8_t *data, size_t most) {
    size_t at = HEADER_BYTES;
    for (unsigned i = 0; i < frame_count; i++) {
        const struct frame *frame = &frames[i];
        uint32_t head[4] = {frame->s, frame->us, frame->length, frame->length};
        if (at + RECORD_BYTES + frame->length > most)
            break;
        memcpy(data + at, head, sizeof head);
        memcpy(data + at + RECORD_BYTES, frame->bytes, frame->length);
        at += RECORD_BYTES + frame->length;
    }
    return at;
}

/* From here on time is another. */
static void jump(unsigned from) {
    static const int32_t steps_s[] = {0,   1,   9,   10,    11,    61,
                                      -61, 599, 700, 86400, -86400};
    int32_t step = steps_s[chance(sizeof steps_s / sizeof *steps_s)];
    uint32_t us = chance(1000000);
    for (unsigned i = from; i < frame_count; i++) {
        frames[i].s += (uint32_t)step;
        if (step == 0)
            frames[i].us = us;
    }
}

/* A field of Ethernet, IPv4, IPv6, TCP, UDP or ARP takes a value that it seldom has. */
static void bend(struct frame *frame) {
    static const struct {
        uint8_t at, bytes;
    } fields[] = {{0, 6},  {6, 6},  {12, 2}, {14, 1}, {15, 1}, {16, 2},
                  {18, 2}, {20, 2}, {22, 1}, {23, 1}, {26, 4}, {30, 4},
                  {34, 2}, {36, 2}, {38, 4}, {42, 4}, {46, 1}, {47, 1},
                  {20, 1}, {21, 1}, {22, 8}, {38, 8}, {54, 2}, {56, 2}};
    static const uint8_t ends[] = {0, 1, 2, 7, 8, 0x20, 0x40, 0x7f, 0x80, 0xfe, 0xff};
    unsigned which = chance(sizeof fields / sizeof *fields);
    uint32_t tag = frame->length > 16 && frame->bytes[12] == 0x81 ? 4 : 0;
    for (uint32_t i = 0; i < fields[which].bytes; i++) {
        uint32_t at = fields[which].at + i + (fields[which].at >= 12 ? tag : 0);
        if (at < frame->length && (i == 0 || chance(2)))
            frame->bytes[at] =
                chance(3) ? ends[chance(sizeof ends)] : (uint8_t)chance(256);
    }
}

/* Any bytes of one frame, by the fuzzer's own means. */
static void mutate_bytes(struct frame *frame) {
    enum { FRAME_MOST = 2048 };
    if (stored + FRAME_MOST > sizeof store || frame->length > FRAME_MOST)
        return;
    memmove(store + stored, frame->bytes, frame->length);
    frame->bytes = store + stored;
    frame->length = (uint32_t)LLVMFuzzerMutate(frame->bytes, frame->length, FRAME_MOST);
    stored += frame->length;
}

static void exchange(struct frame *a, struct frame *b) {
    struct frame kept = *a;
    a->bytes = b->bytes;
    a->length = b->length;
    b->bytes = kept.bytes;
    b->length = kept.length;
}

static void change(void) {
    unsigned i = chance(frame_count), j = chance(frame_count);
    switch (chance(8)) {
    case 0:
        if (frame_count > 1)
            memmove(&frames[i], &frames[i + 1], (--frame_count - i) * sizeof *frames);
        break;
    case 1:
        exchange(&frames[i], &frames[j]);
        break;
    case 2:
        if (frame_count < FRAMES_MOST) { /* a copy, later or at once */
            struct frame copy = frames[i];
            memmove(&frames[j + 1], &frames[j], (frame_count++ - j) * sizeof *frames);
            frames[j].bytes = copy.bytes;
            frames[j].length = copy.length;
        }
        break;
    case 3:
        jump(i);
        break;
    case 4:
        mutate_bytes(&frames[i]);
        break;
    case 5:
        frames[i].length = chance(frames[i].length + 1);
        break;
    default:
        bend(&frames[i]);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed) {
    state = seed;
    if (!take_apart(data, size) || chance(50) == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (unsigned changes = 1 + chance(6); changes > 0; changes--)
        change();
    return put_together(data, most);
}

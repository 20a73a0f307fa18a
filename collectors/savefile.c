#include "collectors/savefile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What libpcap takes for possible, too: a record longer than this is no record. */
enum { CAPTURED_MAX = 262144 };
enum { HEADER_BYTES = 24, RECORD_BYTES = 16 };
/* Read at once: enough to forget the system call, little enough to stay in the cache until
   it has been looked at. A record that began in the block before goes in front of it. */
enum {
    READ_BYTES = 256 * 1024,
    BLOCK_BYTES = CAPTURED_MAX + RECORD_BYTES + READ_BYTES
};

enum { MAGIC_MICRO = 0xa1b2c3d4, MAGIC_NANO = 0xa1b23c4d };

void savefile_init(struct savefile *file) {
    *file = (struct savefile){.descriptor = -1};
}

void savefile_free(struct savefile *file) {
    free(file->block);
    savefile_init(file);
}

static uint32_t word(const struct savefile *file, const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return file->is_swapped ? __builtin_bswap32(value) : value;
}

/* Of times, libpcap takes swapped numbers without a sign and others with one. */
static int64_t time_word(const struct savefile *file, const uint8_t *bytes) {
    uint32_t value = word(file, bytes);
    return file->is_swapped ? (int64_t)value : (int32_t)value;
}

static bool knows_header(struct savefile *file, const uint8_t header[HEADER_BYTES]) {
    uint32_t magic;
    uint16_t version[2];
    memcpy(&magic, header, sizeof magic);
    memcpy(version, header + 4, sizeof version);
    file->is_swapped = magic == __builtin_bswap32(MAGIC_MICRO) ||
                       magic == __builtin_bswap32(MAGIC_NANO);
    magic = word(file, header);
    file->is_nano = magic == MAGIC_NANO;
    for (unsigned i = 0; i < 2 && file->is_swapped; i++)
        version[i] = __builtin_bswap16(version[i]);
    return (magic == MAGIC_MICRO || magic == MAGIC_NANO) && version[0] == 2 &&
           version[1] == 4;
}

bool savefile_open(struct savefile *file, int descriptor, int link_type,
                   uint32_t snaplen) {
    struct stat status;
    uint8_t header[HEADER_BYTES];
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
        pread(descriptor, header, sizeof header, 0) != sizeof header ||
        !knows_header(file, header) ||
        (!file->block && !(file->block = malloc(BLOCK_BYTES))) ||
        lseek(descriptor, HEADER_BYTES, SEEK_SET) != HEADER_BYTES)
        return false;
    file->descriptor = descriptor;
    file->link_type = link_type;
    file->snaplen = snaplen && snaplen < CAPTURED_MAX ? snaplen : CAPTURED_MAX;
    file->bytes_read = HEADER_BYTES;
    file->at = file->end = 0;
    return true;
}

void savefile_close(struct savefile *file) {
    file->descriptor = -1;
}

/* The bytes of the record ahead, RECORD_BYTES as long as its header is not all there. */
static size_t record_bytes(const struct savefile *file) {
    if (file->end - file->at < RECORD_BYTES)
        return RECORD_BYTES;
    return RECORD_BYTES + (size_t)word(file, file->block + file->at + 8);
}

/* Takes the record ahead, which is all there and not too long. */
static void take_record(struct savefile *file, struct pcap_frame *frame) {
    const uint8_t *record = file->block + file->at;
    uint32_t captured = word(file, record + 8), wire = word(file, record + 12);
    int64_t fraction = time_word(file, record + 4);
    file->at += RECORD_BYTES + captured;
    if (captured > file->snaplen)
        captured = file->snaplen;
    *frame = (struct pcap_frame){
        .time_s = time_word(file, record),
        .time_remainder = file->is_nano ? fraction : fraction * 1000,
        .link_type = file->link_type,
        .captured = captured,
        .wire = wire > captured ? wire : captured,
        .bytes = record + RECORD_BYTES,
    };
}

/* Read on, until the record ahead is all there. */
static enum savefile_result refill(struct savefile *file) {
    memmove(file->block, file->block + file->at, file->end - file->at);
    file->end -= file->at;
    file->at = 0;
    for (;;) {
        size_t needed = record_bytes(file);
        if (needed > CAPTURED_MAX + RECORD_BYTES)
            return SAVEFILE_BROKEN;
        if (file->end >= needed)
            return SAVEFILE_FRAMES;
        ssize_t got = read(file->descriptor, file->block + file->end, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return SAVEFILE_FAILED;
        if (got == 0)
            return file->end ? SAVEFILE_CUT : SAVEFILE_ENDED;
        file->end += (size_t)got;
        file->bytes_read += (uint64_t)got;
    }
}

uint64_t savefile_position(const struct savefile *file) {
    return file->bytes_read - (file->end - file->at);
}

enum savefile_result savefile_read(struct savefile *file, struct pcap_frame *frames,
                                   unsigned size, unsigned *count) {
    unsigned taken = 0;
    while (taken < size) {
        size_t needed = record_bytes(file);
        if (needed > CAPTURED_MAX + RECORD_BYTES || needed > file->end - file->at)
            break;
        take_record(file, &frames[taken++]);
    }
    *count = taken;
    if (taken > 0)
        return SAVEFILE_FRAMES;
    enum savefile_result result = refill(file);
    return result == SAVEFILE_FRAMES ? savefile_read(file, frames, size, count)
                                     : result;
}

#include "collectors/decode_layers.h"

/* IEEE 802.11 (2020, 9.2) and the headers that radios put before it. Its numbers are
   little-endian. */

static uint32_t bytes_le32(const uint8_t *bytes) {
    return bytes_le16(bytes) | (uint32_t)bytes_le16(bytes + 2) << 16;
}

/* What a frame control field says. */
enum {
    VERSION_AND_TYPE = 0x000f,
    DATA = 0x0008,
    NOTHING_CARRIED = 0x0040,
    QUALITY = 0x0080, /* two bytes more: QoS control */
    TO_NETWORK = 0x0100,
    FROM_NETWORK = 0x0200,
    MORE_FRAGMENTS = 0x0400,
    PROTECTED = 0x4000,
    ORDER = 0x8000, /* with QUALITY, four bytes more: HT control */
};
enum { HEADER = 24, LATER_FRAGMENT = 0x000f, AGGREGATE = 0x0080 };

/* An A-MSDU of one frame; of several, one packet would hide the others. */
static enum decode_result decode_aggregate(struct packet *packet,
                                           struct cursor cursor) {
    enum { BYTES = 14, PADDING_MAX = 3 };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return cursor_fault(&cursor, BYTES);
    uint32_t length = bytes_be16(header + 12);
    if (length > cursor.length)
        return DECODE_MALFORMED;
    if (cursor.length - length > PADDING_MAX)
        return DECODE_UNSUPPORTED;
    cursor_clip(&cursor, length);
    packet->mac[DESTINATION] = bytes_mac(header);
    packet->mac[SOURCE] = bytes_mac(header + 6);
    return decode_llc(packet, cursor);
}

static enum decode_result decode_padded(struct packet *packet, struct cursor cursor,
                                        bool is_padded) {
    if (cursor.captured < 2)
        return cursor_fault(&cursor, 2);
    unsigned control = bytes_le16(cursor.at);
    if ((control & VERSION_AND_TYPE) != DATA || (control & NOTHING_CARRIED) ||
        (control & PROTECTED))
        return DECODE_UNSUPPORTED;
    uint32_t length = HEADER;
    if ((control & TO_NETWORK) && (control & FROM_NETWORK))
        length += 6;
    uint32_t quality_at = length;
    if (control & QUALITY)
        length += control & ORDER ? 6 : 2;
    if (is_padded)
        length = (length + 3) & ~3u;
    const uint8_t *header = cursor_take(&cursor, length);
    if (!header)
        return cursor_fault(&cursor, length);
    if (bytes_le16(header + 22) & LATER_FRAGMENT)
        return DECODE_UNSUPPORTED; /* bytes without the header that tells what they are */

    const uint8_t *destination = control & TO_NETWORK ? header + 16 : header + 4;
    const uint8_t *source = header + 10;
    if (control & FROM_NETWORK)
        source = control & TO_NETWORK ? header + 24 : header + 16;
    packet->mac[DESTINATION] = bytes_mac(destination);
    packet->mac[SOURCE] = bytes_mac(source);
    packet->vantage.is_cut = control & MORE_FRAGMENTS;
    if ((control & QUALITY) && (header[quality_at] & AGGREGATE))
        return decode_aggregate(packet, cursor);
    return decode_llc(packet, cursor);
}

enum decode_result decode_wireless(struct packet *packet, struct cursor cursor) {
    return decode_padded(packet, cursor, false);
}

enum decode_result decode_wireless_radiotap(struct packet *packet,
                                            struct cursor cursor) {
    enum { FIXED = 8, TIME = 1u << 0, FLAGS = 1u << 1, WORDS_MAX = 32 };
    enum { HAS_CHECKSUM = 0x10, IS_PADDED = 0x20, IS_DAMAGED = 0x40, CHECKSUM = 4 };
    const uint32_t more_words = 1u << 31;
    if (cursor.captured < FIXED)
        return cursor_fault(&cursor, FIXED);
    uint32_t length = bytes_le16(cursor.at + 2);
    uint8_t version = cursor.at[0];
    const uint8_t *header = cursor_take(&cursor, length);
    if (!header)
        return cursor_fault(&cursor, length);
    if (version != 0 || length < FIXED)
        return DECODE_MALFORMED;

    /* Fields follow the words that tell which there are, each at its own alignment; the
       first two are the time and the flags. */
    uint32_t present = bytes_le32(header + 4), at = FIXED;
    for (uint32_t word = present; word & more_words; at += 4) {
        if (at + 4 > length)
            return DECODE_MALFORMED;
        word = bytes_le32(header + at);
    }
    if (present & TIME)
        at = ((at + 7) & ~7u) + 8;
    if (!(present & FLAGS))
        return decode_padded(packet, cursor, false);
    if (at >= length)
        return DECODE_MALFORMED;
    uint8_t flags = header[at];
    if (flags & IS_DAMAGED)
        return DECODE_MALFORMED;
    if (flags & HAS_CHECKSUM) {
        if (cursor.length < CHECKSUM)
            return DECODE_MALFORMED;
        cursor_clip(&cursor, cursor.length - CHECKSUM);
    }
    return decode_padded(packet, cursor, flags & IS_PADDED);
}

enum decode_result decode_wireless_avs(struct packet *packet, struct cursor cursor) {
    enum { FIXED = 8 };
    if (cursor.captured < FIXED)
        return cursor_fault(&cursor, FIXED);
    uint32_t length = bytes_be32(cursor.at + 4);
    if (length < FIXED)
        return DECODE_MALFORMED;
    if (!cursor_take(&cursor, length))
        return cursor_fault(&cursor, length);
    return decode_wireless(packet, cursor);
}

enum decode_result decode_wireless_prism(struct packet *packet, struct cursor cursor) {
    /* In the byte order of who captured; drivers of Prism cards could write AVS too. */
    enum { FIXED = 8, LENGTH_MAX = 1024 };
    const uint32_t avs = 0x80211000;
    if (cursor.captured < FIXED)
        return cursor_fault(&cursor, FIXED);
    if ((bytes_be32(cursor.at) & 0xfffff000) == avs)
        return decode_wireless_avs(packet, cursor);
    uint32_t length = bytes_le32(cursor.at + 4);
    if (length > LENGTH_MAX)
        length = bytes_be32(cursor.at + 4);
    if (length < FIXED)
        return DECODE_MALFORMED;
    if (!cursor_take(&cursor, length))
        return cursor_fault(&cursor, length);
    return decode_wireless(packet, cursor);
}

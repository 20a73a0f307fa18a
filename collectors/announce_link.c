#include "collectors/announce_writer.h"

#include "collectors/bytes.h"

#include <string.h>

/* --- LLDP (IEEE 802.1AB), with the MUD extension (RFC 8520, 11) --- */

enum {
    LLDP_END = 0,
    LLDP_SYSTEM_NAME = 5,
    LLDP_DESCRIPTION = 6,
    LLDP_ORGANIZATION = 127,
};

static void take_lldp(const struct packet *packet, struct announce_writer *writer,
                      unsigned type, const uint8_t *value, size_t length) {
    static const uint8_t mud[4] = {0x00, 0x00, 0x5e, 1};
    if (type == LLDP_SYSTEM_NAME)
        announce_sender(writer, packet, NAME_LLDP, value, length);
    else if (type == LLDP_DESCRIPTION)
        announce_sender(writer, packet, NAME_LLDP_DESCRIPTION, value, length);
    else if (type == LLDP_ORGANIZATION && length > sizeof mud &&
             memcmp(value, mud, sizeof mud) == 0)
        announce_sender(writer, packet, NAME_LLDP_MUD, value + sizeof mud,
                        length - sizeof mud);
}

void announce_lldp(const struct packet *packet, struct announce_writer *writer) {
    const uint8_t *at = packet->network;
    uint32_t left = packet->network_captured;
    while (left >= 2 && at[0] >> 1 != LLDP_END) {
        uint32_t length = (uint32_t)(at[0] & 1) << 8 | at[1];
        if (length > left - 2)
            return;
        take_lldp(packet, writer, at[0] >> 1, at + 2, length);
        at += 2 + length;
        left -= 2 + length;
    }
}

/* --- CDP: SNAP of Cisco's, protocol 0x2000; version, time to live, check sum, then fields --- */

enum { CDP_DEVICE = 1, CDP_PLATFORM = 6, CDP_HEADER = 8 + 4 };

void announce_cdp(const struct packet *packet, struct announce_writer *writer) {
    static const uint8_t snap[8] = {0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0};
    const uint8_t *at = packet->network;
    uint32_t left = packet->network_captured;
    if (left < CDP_HEADER || memcmp(at, snap, sizeof snap) != 0)
        return;
    at += CDP_HEADER;
    left -= CDP_HEADER;
    while (left >= 4) {
        uint32_t length = bytes_be16(at + 2);
        if (length < 4 || length > left)
            return;
        if (bytes_be16(at) == CDP_DEVICE)
            announce_sender(writer, packet, NAME_CDP, at + 4, length - 4);
        else if (bytes_be16(at) == CDP_PLATFORM)
            announce_sender(writer, packet, NAME_CDP_PLATFORM, at + 4, length - 4);
        at += length;
        left -= length;
    }
}

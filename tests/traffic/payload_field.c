#include "tests/traffic/payload.h"

#include "tests/traffic/rng.h"

#include <string.h>

/* Modbus/TCP (Modbus Messaging Guide 1.0b). */

static void modbus_head(struct message *message, unsigned transaction, unsigned unit,
                        unsigned function, unsigned body) {
    message_u16(message, transaction);
    message_u16(message, 0);
    message_u16(message, body + 2);
    message_u8(message, unit);
    message_u8(message, function);
}

void payload_modbus_read(struct message *message, unsigned transaction, unsigned unit,
                         unsigned start, unsigned count) {
    modbus_head(message, transaction, unit, 3, 4);
    message_u16(message, start);
    message_u16(message, count);
}

void payload_modbus_values(struct message *message, unsigned transaction, unsigned unit,
                           unsigned count, uint64_t key) {
    modbus_head(message, transaction, unit, 3, 1 + 2 * count);
    message_u8(message, 2 * count);
    message_opaque(message, key, (size_t)2 * count);
}

void payload_modbus_write(struct message *message, unsigned transaction, unsigned unit,
                          unsigned target, unsigned value) {
    modbus_head(message, transaction, unit, 6, 4);
    message_u16(message, target);
    message_u16(message, value);
}

/* BACnet/IP (ASHRAE 135, annex J): BVLC, NPDU, APDU. */

static size_t bvlc(struct message *message, unsigned function, const char *npdu,
                   size_t bytes) {
    message_u8(message, 0x81);
    message_u8(message, function);
    message_u16(message, 0);
    message_put(message, npdu, bytes);
    return message->length - bytes - 2;
}

static void bvlc_close(struct message *message, size_t at) {
    size_t total = message->length - at + 2;
    message->bytes[at] = (uint8_t)(total >> 8);
    message->bytes[at + 1] = (uint8_t)total;
}

/* Present value of an analogue input. */
static void bacnet_property(struct message *message, unsigned object) {
    message_u8(message, 0x0c);
    message_u32(message, object & 0x3fffff);
    message_u16(message, 0x1955);
}

void payload_bacnet_read(struct message *message, unsigned invoke, unsigned object) {
    size_t at = bvlc(message, 0x0a, "\x01\x04", 2);
    message_put(message, "\x00\x05", 2);
    message_u8(message, invoke);
    message_u8(message, 12);
    bacnet_property(message, object);
    bvlc_close(message, at);
}

void payload_bacnet_value(struct message *message, unsigned invoke, unsigned object,
                          uint64_t key) {
    size_t at = bvlc(message, 0x0a, "\x01\x00", 2);
    message_u8(message, 0x30);
    message_u8(message, invoke);
    message_u8(message, 12);
    bacnet_property(message, object);
    message_u16(message, 0x3e44);
    message_u32(message,
                0x41a00000 + (uint32_t)(key % 0x80000)); /* 20 °C and a little */
    message_u8(message, 0x3f);
    bvlc_close(message, at);
}

void payload_bacnet_who_is(struct message *message) {
    size_t at = bvlc(message, 0x0b, "\x01\x20\xff\xff\x00\xff", 6);
    message_u16(message, 0x1008);
    bvlc_close(message, at);
}

void payload_bacnet_i_am(struct message *message, unsigned instance) {
    size_t at = bvlc(message, 0x0b, "\x01\x20\xff\xff\x00\xff", 6);
    message_u16(message, 0x1000);
    message_u8(message, 0xc4);
    message_u32(message, 8u << 22 | (instance & 0x3fffff));
    message_put(message, "\x22\x05\xc4\x91\x00\x21\x0f", 7);
    bvlc_close(message, at);
}

void payload_bacnet_reinitialize(struct message *message, unsigned invoke,
                                 bool answer) {
    size_t at = bvlc(message, 0x0a, answer ? "\x01\x00" : "\x01\x04", 2);
    if (answer)
        message_u8(message, 0x20);
    else
        message_put(message, "\x00\x05", 2);
    message_u8(message, invoke);
    message_u8(message, 20);
    if (!answer)
        message_u16(message, 0x0900);
    bvlc_close(message, at);
}

/* S7comm in COTP (ISO 8073) in TPKT (RFC 1006). */
void payload_s7(struct message *message, enum s7_message what, bool answer) {
    static const struct {
        const char *bytes;
        size_t length;
    } bodies[][2] = {
        [S7_CONNECT] = {{"\x11\xe0\0\0\0\1\0\xc0\1\x0a\xc1\2\1\0\xc2\2\1\2", 18},
                        {"\x11\xd0\0\1\0\2\0\xc0\1\x0a\xc1\2\1\0\xc2\2\1\2", 18}},
        [S7_SET_UP] = {{"\2\xf0\x80\x32\1\0\0\4\0\0\10\0\0\xf0\0\0\1\0\1\1\xe0", 21},
                       {"\2\xf0\x80\x32\3\0\0\4\0\0\10\0\0\0\0\xf0\0\0\1\0\1\0\xf0",
                        23}},
        [S7_STOP] = {{"\2\xf0\x80\x32\1\0\0\16\0\0\20\0\0\x29\0\0\0\0\0\11"
                      "P_PROGRAM",
                      29},
                     {"\2\xf0\x80\x32\3\0\0\16\0\0\1\0\0\0\0\x29", 16}},
    };
    message_u16(message, 0x0300);
    message_u16(message, 4 + (unsigned)bodies[what][answer].length);
    message_put(message, bodies[what][answer].bytes, bodies[what][answer].length);
}

/* SNMPv2c GetRequest of sysUpTime, and its answer. */
void payload_snmp(struct message *message, bool answer, uint32_t request,
                  uint64_t key) {
    static const char object[] = "\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00";
    unsigned value = answer ? 6 : 2, binding = 10 + value;
    message_u8(message, 0x30);
    message_u8(message, binding + 29);
    message_put(message, "\x02\x01\x01\x04\x06public", 11);
    message_u8(message, answer ? 0xa2 : 0xa0);
    message_u8(message, binding + 16);
    message_put(message, "\x02\x04", 2);
    message_u32(message, request & 0x7fffffff);
    message_put(message, "\x02\x01\x00\x02\x01\x00\x30", 7);
    message_u8(message, binding + 4 - 2);
    message_u8(message, 0x30);
    message_u8(message, binding);
    message_put(message, object, 10);
    if (answer) {
        message_u16(message, 0x4304);
        message_u32(message, (uint32_t)key & 0x7fffffff);
    } else {
        message_u16(message, 0x0500);
    }
}

void payload_syslog(struct message *message, const char *host, uint64_t key) {
    message_print(message, "<134>1 - %s daemon %u - - state ok, cycle %u ms", host,
                  (unsigned)(key % 30000), (unsigned)(key >> 20) % 100);
}

void payload_sip_register(struct message *message, const char *name, unsigned sequence,
                          bool answer) {
    message_print(message,
                  "%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\n"
                  "From: <sip:%s@exchange>;tag=%u\r\nTo: <sip:%s@exchange>\r\n"
                  "Call-ID: %s\r\nCSeq: %u REGISTER\r\nContent-Length: 0\r\n\r\n",
                  answer ? "SIP/2.0 200 OK" : "REGISTER sip:exchange SIP/2.0", name,
                  sequence, name, sequence, name, name, sequence);
}

/* GOOSE (IEC 61850-8-1): application id, length, reserved, then the PDU in BER. */

static void goose_text(struct message *message, unsigned tag, const char *name,
                       const char *rest) {
    message_u8(message, tag);
    message_u8(message, (unsigned)(strlen(name) + strlen(rest)));
    message_text(message, name);
    message_text(message, rest);
}

static void goose_number(struct message *message, unsigned tag, uint32_t value) {
    message_u8(message, tag);
    message_u8(message, 5);
    message_u8(message, 0);
    message_u32(message, value);
}

void payload_goose(struct message *message, const char *name, unsigned state,
                   unsigned sequence, uint64_t now_us) {
    size_t start = message->length;
    message_u16(message, 0x0001);
    message_u16(message, 0);
    message_u32(message, 0);
    message_u16(message, 0x6181);
    message_u8(message, 0);
    size_t pdu = message->length;
    goose_text(message, 0x80, name, "LD0/LLN0$GO$gcb1");
    message_put(message, "\x81\x02\x4e\x20", 4);
    goose_text(message, 0x82, name, "LD0/LLN0$DS1");
    goose_text(message, 0x83, name, "_G1");
    message_put(message, "\x84\x08", 2);
    message_u32(message, (uint32_t)(now_us / 1000000));
    message_u32(message, 0x0000000a);
    goose_number(message, 0x85, state);
    goose_number(message, 0x86, sequence);
    message_put(message, "\x87\x01\x00\x88\x01\x01\x89\x01\x00\x8a\x01\x02", 12);
    message_put(message, "\xab\x06\x83\x01\x00\x83\x01", 7);
    message_u8(message, state & 1);
    message->bytes[pdu - 1] = (uint8_t)(message->length - pdu);
    size_t total = message->length - start;
    message->bytes[start + 2] = (uint8_t)(total >> 8);
    message->bytes[start + 3] = (uint8_t)total;
}

/* PROFINET DCP: identify all. */
void payload_profinet_identify(struct message *message, uint32_t transaction) {
    message_u32(message, 0xfefe0500);
    message_u32(message, transaction);
    message_u16(message, 1);
    message_u16(message, 4);
    message_u32(message, 0xffff0000);
}

/* IEEE 1588-2008 Sync over Ethernet, two-step. */
void payload_ptp_sync(struct message *message, const struct mac *clock,
                      unsigned sequence, uint64_t now_us) {
    message_u32(message, 0x0002002c);
    message_u32(message, 0x00000200);
    message_zero(message, 12);
    message_put(message, clock->bytes, 3);
    message_u16(message, 0xfffe);
    message_put(message, clock->bytes + 3, 3);
    message_u16(message, 1);
    message_u16(message, sequence);
    message_u16(message, 0x0000);
    message_u16(message, 0);
    message_u32(message, (uint32_t)(now_us / 1000000));
    message_u32(message, (uint32_t)(now_us % 1000000) * 1000);
}

static void lldp_text(struct message *message, unsigned type, const char *text) {
    message_u16(message, type << 9 | (unsigned)strlen(text));
    message_text(message, text);
}

void payload_lldp(struct message *message, const struct mac *mac, const char *name,
                  const char *description) {
    message_put(message, "\x02\x07\x04", 3);
    message_put(message, mac->bytes, 6);
    message_put(message, "\x04\x06\x05port1", 8);
    message_put(message, "\x06\x02\x00\x78", 4);
    lldp_text(message, 5, name);
    lldp_text(message, 6, description);
    message_u16(message, 0);
}

/* IEEE 802.1D configuration BPDU behind its LLC. */
void payload_stp(struct message *message, const struct mac *bridge) {
    message_put(message, "\x42\x42\x03\0\0\0\0\0\x80\x00", 10);
    message_put(message, bridge->bytes, 6);
    message_u32(message, 0);
    message_u16(message, 0x8000);
    message_put(message, bridge->bytes, 6);
    message_put(message, "\x80\x01\0\0\x14\0\x02\0\x0f\0", 10);
}

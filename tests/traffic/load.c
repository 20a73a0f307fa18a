#include "tests/traffic/load.h"

#include "tests/traffic/capture.h"
#include "tests/traffic/payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct load load_default = {LOAD_TLS, 100000, 50000,     5000000,
                                  100000,   1,      1769990400};

enum say {
    SAY_NOTHING,
    SAY_HELLO,
    SAY_ANSWER,
    SAY_FINISH,
    SAY_DATA,
    SAY_READ,
    SAY_VALUES
};

struct step {
    uint8_t from, flags, say;
    uint16_t bytes;
};

static const struct step tls[] = {
    {0, TCP_SYN, SAY_NOTHING, 0},           {1, TCP_SYN | TCP_ACK, SAY_NOTHING, 0},
    {0, TCP_ACK, SAY_NOTHING, 0},           {0, TCP_ACK | TCP_PSH, SAY_HELLO, 0},
    {1, TCP_ACK | TCP_PSH, SAY_ANSWER, 0},  {0, TCP_ACK | TCP_PSH, SAY_FINISH, 0},
    {0, TCP_ACK | TCP_PSH, SAY_DATA, 310},  {1, TCP_ACK | TCP_PSH, SAY_DATA, 1200},
    {0, TCP_ACK, SAY_NOTHING, 0},           {1, TCP_ACK | TCP_PSH, SAY_DATA, 640},
    {0, TCP_FIN | TCP_ACK, SAY_NOTHING, 0}, {1, TCP_FIN | TCP_ACK, SAY_NOTHING, 0},
    {0, TCP_ACK, SAY_NOTHING, 0},
};
static const struct step modbus[] = {
    {0, TCP_ACK | TCP_PSH, SAY_READ, 0},
    {1, TCP_ACK | TCP_PSH, SAY_VALUES, 0},
    {0, TCP_ACK, SAY_NOTHING, 0},
};
static const struct step syn[] = {{0, TCP_SYN, SAY_NOTHING, 0}};

static const struct shape {
    const char *name;
    const struct step *steps;
    uint32_t count;
    uint16_t port;
    bool endless;
} shapes[] = {
    [LOAD_TLS] = {"tls", tls, sizeof tls / sizeof tls[0], 443, false},
    [LOAD_MODBUS] = {"modbus", modbus, sizeof modbus / sizeof modbus[0], 502, true},
    [LOAD_SYN] = {"syn", syn, 1, 443, false},
};

/* Where a flow stands. Its identity and first sequence numbers follow from its number. */
struct place {
    uint32_t flow;
    uint32_t step;
    uint32_t said[2];
};

bool load_shape_by_name(const char *name, enum load_shape *shape) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].name, name) == 0) {
            *shape = (enum load_shape)i;
            return true;
        }
    return false;
}

static struct mac device_mac(uint32_t device) {
    return (struct mac){{0x02, 0x4c, 0, (uint8_t)(device >> 16), (uint8_t)(device >> 8),
                         (uint8_t)device}};
}

/* .0 and .255 are left out. */
static uint32_t device_ip(uint32_t device) {
    return 0x0a000000 + (device / 254) * 256 + 1 + device % 254;
}

static void speak(struct message *message, const struct step *step, uint32_t flow,
                  uint64_t key) {
    char name[48];
    switch (step->say) {
    case SAY_HELLO:
        snprintf(name, sizeof name, "h%u.service%u.example", flow % 9973, flow % 409);
        payload_tls_hello(message, flow % PAYLOAD_TLS_STACKS & ~1u, name, key);
        break;
    case SAY_ANSWER:
        payload_tls_answer(message, 0, NULL, key, 0);
        message->length = message->length < 1460 ? message->length : 1460;
        break;
    case SAY_FINISH:
        payload_tls_finish(message, 0, false, key);
        break;
    case SAY_DATA:
        payload_tls_data(message, key, step->bytes);
        break;
    case SAY_READ:
        payload_modbus_read(message, flow & 0xffff, 1, 100, 16);
        break;
    case SAY_VALUES:
        payload_modbus_values(message, flow & 0xffff, 1, 16, key);
        break;
    default:
        break;
    }
}

static size_t make(const struct load *load, struct place *place, uint8_t *frame) {
    static const struct mac router = {{0x02, 0x4c, 0xff, 0, 0, 1}};
    const struct shape *shape = &shapes[load->shape];
    const struct step *step = &shape->steps[place->step % shape->count];
    uint64_t key = rng_mix(load->seed ^ (uint64_t)place->flow << 20);
    uint32_t device = place->flow % load->devices;
    uint32_t peer = 0x17000000 + (uint32_t)(key >> 32) % 65521;
    struct mac mac = device_mac(device);
    uint32_t ip = device_ip(device);
    bool up = step->from == 0;
    int other = !step->from;
    struct path path = {
        .source = up ? mac : router,
        .target = up ? router : mac,
        .source_ip = up ? ip : peer,
        .target_ip = up ? peer : ip,
        .id = (uint16_t)(place->flow + place->step),
        .ttl = up ? 64 : 52,
    };
    uint16_t port = (uint16_t)(32768 + place->flow % 28000);
    uint32_t first[2] = {(uint32_t)(key >> 8), (uint32_t)(key >> 24)};
    struct tcp_header header = {
        .source_port = up ? port : shape->port,
        .target_port = up ? shape->port : port,
        .sequence = first[step->from] + place->said[step->from],
        .acknowledgement =
            step->flags & TCP_ACK ? first[other] + place->said[other] : 0,
        .window = 501,
        .flags = step->flags,
    };
    struct message message;
    message_clear(&message);
    speak(&message, step, place->flow, key);
    place->said[step->from] +=
        (uint32_t)message.length + (step->flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
    return frame_tcp(frame, &path, &header, message.bytes, message.length);
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool load_write(const struct load *load, const char *path, char *error,
                size_t error_bytes) {
    const struct shape *shape = &shapes[load->shape];
    struct place *places = calloc(load->flows, sizeof *places);
    struct capture capture;
    if (places == NULL) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    if (!capture_open(&capture, path, 0, error, error_bytes)) {
        free(places);
        return false;
    }
    uint32_t next_flow = 0;
    for (uint32_t i = 0; i < load->flows; i++)
        places[i].flow = next_flow++;
    /* A packet of each flow in turn, in an order that scatters them over the table; the
       flows start one after the other, so that they do not march in step. */
    uint32_t stride = (uint32_t)((double)load->flows * 0.618) | 1;
    while (common_divisor(stride, load->flows) != 1)
        stride++;
    uint8_t frame[FRAME_BYTES];
    uint64_t start_us = load->start_s * 1000000, round = 0;
    uint32_t at = 0, turn = 0;
    for (uint64_t written = 0; written < load->packets; turn++) {
        if (turn == load->flows) {
            turn = 0;
            round++;
        }
        at = (uint32_t)(((uint64_t)at + stride) % load->flows);
        struct place *place = &places[at];
        if (round < at % shape->count && !shape->endless)
            continue;
        size_t length = make(load, place, frame);
        capture_write(&capture, start_us + written * 1000000 / load->packets_per_s,
                      frame, length);
        written++;
        if (++place->step == shape->count && !shape->endless)
            *place = (struct place){.flow = next_flow++};
    }
    free(places);
    if (!capture_close(&capture)) {
        snprintf(error, error_bytes, "%s: could not be written whole", path);
        return false;
    }
    return true;
}

#include "tests/traffic/payload.h"

#include "tests/traffic/rng.h"

#include <stdio.h>
#include <string.h>

/* MQTT 3.1.1. All messages stay under 128 bytes, so that the length is one byte. */

static void mqtt_text(struct message *message, const char *text) {
    message_u16(message, (unsigned)strlen(text));
    message_text(message, text);
}

static size_t mqtt_open(struct message *message, unsigned type) {
    message_u8(message, type);
    message_u8(message, 0);
    return message->length - 1;
}

static void mqtt_close(struct message *message, size_t at) {
    message->bytes[at] = (uint8_t)((message->length - at - 1) & 0x7f);
}

void payload_mqtt_connect(struct message *message, const char *client,
                          const char *password, unsigned keep_alive_s) {
    size_t at = mqtt_open(message, 0x10);
    mqtt_text(message, "MQTT");
    message_u8(message, 4);
    message_u8(message, password ? 0xc2 : 2);
    message_u16(message, keep_alive_s);
    mqtt_text(message, client);
    if (password) {
        mqtt_text(message, "admin");
        mqtt_text(message, password);
    }
    mqtt_close(message, at);
}

void payload_mqtt_answer(struct message *message, bool welcome) {
    message_u32(message, welcome ? 0x20020000 : 0x20020005);
}

void payload_mqtt_publish(struct message *message, const char *client,
                          const char *value, uint64_t key) {
    char topic[64];
    snprintf(topic, sizeof topic, "site/%.30s/%.12s", client, value);
    size_t at = mqtt_open(message, 0x30);
    mqtt_text(message, topic);
    message_print(message, "{\"%.12s\":%u.%u,\"seq\":%u}", value, (unsigned)(key % 90),
                  (unsigned)(key >> 8) % 10, (unsigned)(key >> 16) % 10000);
    mqtt_close(message, at);
}

void payload_mqtt_ping(struct message *message, bool answer) {
    message_u16(message, answer ? 0xd000 : 0xc000);
}

void payload_http_get(struct message *message, const char *host, const char *path,
                      const char *agent) {
    message_print(
        message, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n",
        path, host, agent);
}

void payload_http_post(struct message *message, const char *host, const char *path,
                       const char *type, uint32_t bytes) {
    message_print(message,
                  "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
                  "Content-Length: %u\r\n\r\n",
                  path, host, type, bytes);
}

void payload_http_ok(struct message *message, const char *type, uint32_t bytes) {
    message_print(message,
                  "HTTP/1.1 200 OK\r\nServer: httpd\r\nContent-Type: %s\r\n"
                  "Content-Length: %u\r\n\r\n",
                  type, bytes);
}

void payload_rtsp(struct message *message, const char *method, const char *url,
                  unsigned sequence, bool answer) {
    if (answer)
        message_print(message,
                      "RTSP/1.0 200 OK\r\nCSeq: %u\r\nSession: 6b8b4567\r\n"
                      "Public: OPTIONS, DESCRIBE, PLAY, GET_PARAMETER\r\n\r\n",
                      sequence);
    else
        message_print(message,
                      "%s %s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: nvr/4.1\r\n\r\n",
                      method, url, sequence);
}

void payload_rtp(struct message *message, uint64_t key, size_t bytes) {
    message_u16(message, 0x2400);
    message_u16(message, (unsigned)bytes + 12);
    message_u16(message, 0x8060);
    message_u16(message, (unsigned)key);
    message_u32(message, (uint32_t)(key >> 16));
    message_u32(message, 0x5eed0001);
    message_opaque(message, key, bytes);
}

/* SSH (RFC 4253) up to the new keys; what follows is opaque. */

void payload_ssh_banner(struct message *message, bool server) {
    message_text(message,
                 server ? "SSH-2.0-dropbear_2019.78\r\n" : "SSH-2.0-OpenSSH_9.2\r\n");
}

/* A binary packet: length, padding length, type; closed by padding to a multiple of 8. */
static size_t ssh_open(struct message *message, unsigned type) {
    message_u32(message, 0);
    message_u8(message, 0);
    message_u8(message, type);
    return message->length - 6;
}

static void ssh_close(struct message *message, size_t start) {
    size_t padding = 4 + (8 - (message->length - start + 4) % 8) % 8;
    message_zero(message, padding);
    message->bytes[start + 4] = (uint8_t)padding;
    message_close_u16(message, start + 2);
}

static void ssh_text(struct message *message, const char *text) {
    message_u32(message, (uint32_t)strlen(text));
    message_text(message, text);
}

static void ssh_blob(struct message *message, uint64_t key, unsigned bytes) {
    message_u32(message, bytes);
    message_opaque(message, key, bytes);
}

void payload_ssh_offer(struct message *message, uint64_t key) {
    static const char *const lists[] = {
        "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256",
        "ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
        "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
        "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
        "hmac-sha2-256,hmac-sha1",
        "hmac-sha2-256,hmac-sha1",
        "none,zlib@openssh.com",
        "none,zlib@openssh.com",
        "",
        "",
    };
    size_t start = ssh_open(message, 20);
    message_opaque(message, key, 16);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        ssh_text(message, lists[i]);
    message_zero(message, 5);
    ssh_close(message, start);
}

void payload_ssh_exchange(struct message *message, bool server, uint64_t key) {
    size_t start = ssh_open(message, server ? 31 : 30);
    if (server) {
        message_u32(message, 51);
        ssh_text(message, "ssh-ed25519");
        ssh_blob(message, 0xed25519, 32);
    }
    ssh_blob(message, key, 32);
    if (server) {
        message_u32(message, 83);
        ssh_text(message, "ssh-ed25519");
        ssh_blob(message, ~key, 64);
    }
    ssh_close(message, start);
    if (server)
        ssh_close(message, ssh_open(message, 21));
}

/* SMB2 NEGOTIATE, dialects 2.1 and 3.0.2, behind its NetBIOS length. */
void payload_smb_negotiate(struct message *message, bool answer, uint64_t key) {
    size_t at = message->length + 1;
    message_u32(message, 0);
    message_put(message, "\xfeSMB\x40\0\0\0\0\0\0\0\0\0", 14);
    message_put(message, answer ? "\1\0\1\0\0\0" : "\1\0\0\0\0\0", 6);
    message_zero(message, 44);
    if (answer) {
        message_put(message, "\x41\0\1\0\2\3\0\0", 8);
        message_opaque(message, key, 16);
        message_put(message, "\7\0\0\0\0\0\x10\0\0\0\x10\0\0\0\x10\0", 16);
        message_zero(message, 16);
        message_put(message, "\x80\0\0\0\0\0\0\0", 8);
    } else {
        message_put(message, "\x24\0\2\0\1\0\0\0\x40\0\0\0", 12);
        message_opaque(message, key, 16);
        message_zero(message, 8);
        message_put(message, "\x10\2\2\3", 4);
    }
    message_close_u24(message, at);
}

void payload_smb_sealed(struct message *message, uint64_t key, size_t bytes) {
    message_u32(message, (uint32_t)bytes + 52);
    message_put(message, "\xfdSMB", 4);
    message_opaque(message, key, 32);
    message_u32(message, (uint32_t)__builtin_bswap32((uint32_t)bytes));
    message_u32(message, 0x00000100);
    message_opaque(message, key ^ 0x5e55, 8);
    message_u8(message, 0x17); /* never the first byte of a header in clear */
    message_opaque(message, ~key, bytes - 1);
}

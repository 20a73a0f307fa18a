#include "tests/traffic/payload.h"

#include "tests/traffic/rng.h"

#include <stdio.h>
#include <string.h>

enum { DNS_ANSWERED = 0x8180, DNS_NXDOMAIN = 0x8183, DNS_POINTER = 0xc00c };
enum { NTP_EPOCH_OFFSET = 0x83aa7e80 }; /* 1900 to 1970, in seconds modulo 2^32 */

static void put_name(struct message *message, const char *text) {
    while (*text) {
        size_t label = strcspn(text, ".");
        message_u8(message, (unsigned)label);
        message_put(message, text, label);
        text += label + (text[label] == '.');
    }
    message_u8(message, 0);
}

static void dns_head(struct message *message, unsigned id, unsigned flags,
                     unsigned questions, unsigned answers) {
    message_u16(message, id);
    message_u16(message, flags);
    message_u16(message, questions);
    message_u16(message, answers);
    message_u32(message, 0);
}

static void dns_question(struct message *message, const char *text,
                         enum dns_type type) {
    put_name(message, text);
    message_u16(message, type);
    message_u16(message, 1);
}

static void dns_record_head(struct message *message, enum dns_type type, unsigned class,
                            uint32_t ttl_s) {
    message_u16(message, type);
    message_u16(message, class);
    message_u32(message, ttl_s);
}

void payload_dns_query(struct message *message, unsigned id, const char *name,
                       enum dns_type type) {
    dns_head(message, id, 0x0100, 1, 0);
    dns_question(message, name, type);
}

void payload_dns_answer(struct message *message, unsigned id, const char *name,
                        enum dns_type type, uint32_t ttl_s, const uint32_t *addresses,
                        unsigned count) {
    if (type != DNS_A)
        count = 0;
    dns_head(message, id, DNS_ANSWERED, 1, count);
    dns_question(message, name, type);
    for (unsigned i = 0; i < count; i++) {
        message_u16(message, DNS_POINTER);
        dns_record_head(message, DNS_A, 1, ttl_s);
        message_u16(message, 4);
        message_u32(message, addresses[i]);
    }
}

void payload_dns_missing(struct message *message, unsigned id, const char *name) {
    dns_head(message, id, DNS_NXDOMAIN, 1, 0);
    dns_question(message, name, DNS_A);
}

void payload_dns_text(struct message *message, unsigned id, const char *name,
                      uint64_t key, unsigned bytes) {
    dns_head(message, id, DNS_ANSWERED, 1, 1);
    dns_question(message, name, DNS_TXT);
    message_u16(message, DNS_POINTER);
    dns_record_head(message, DNS_TXT, 1, 5);
    message_u16(message, bytes + 1);
    message_u8(message, bytes);
    for (unsigned i = 0; i < bytes; i++)
        message_u8(message, 'a' + (unsigned)(rng_mix(key + i) % 26));
}

static void option_u32(struct message *message, unsigned code, uint32_t value) {
    message_u8(message, code);
    message_u8(message, 4);
    message_u32(message, value);
}

static void option_text(struct message *message, unsigned code, const char *text) {
    if (text == NULL)
        return;
    message_u8(message, code);
    message_u8(message, (unsigned)strlen(text));
    message_text(message, text);
}

void payload_dhcp(struct message *message, enum dhcp_kind kind,
                  const struct dhcp_lease *lease, bool from_server) {
    size_t start = message->length;
    message_u32(message, from_server ? 0x02010600 : 0x01010600);
    message_u32(message, lease->transaction);
    message_u32(message, 0);
    message_u32(message, lease->client_ip);
    message_u32(message, from_server ? lease->offered_ip : 0);
    message_u32(message, from_server ? lease->server_ip : 0);
    message_u32(message, 0);
    message_put(message, lease->client.bytes, 6);
    message_zero(message, 10 + 64 + 128);
    message_u32(message, 0x63825363);
    message_u8(message, 53);
    message_u8(message, 1);
    message_u8(message, kind);
    if (from_server) {
        option_u32(message, 54, lease->server_ip);
        option_u32(message, 51, lease->lease_s);
        option_u32(message, 1, 0xffffff00);
        option_u32(message, 3, lease->router_ip);
        option_u32(message, 6, lease->router_ip);
    } else {
        message_u8(message, 61);
        message_u8(message, 7);
        message_u8(message, 1);
        message_put(message, lease->client.bytes, 6);
        if (lease->requested_ip)
            option_u32(message, 50, lease->requested_ip);
        if (lease->server_ip)
            option_u32(message, 54, lease->server_ip);
        option_text(message, 12, lease->host_name);
        option_text(message, 60, lease->vendor_class);
        option_text(message, 55, lease->parameters);
    }
    message_u8(message, 255);
    if (message->length - start < 300) /* BOOTP's minimum (RFC 951) */
        message_zero(message, 300 - (message->length - start));
}

static void ntp_time(struct message *message, uint64_t time_us) {
    message_u32(message, (uint32_t)(time_us / 1000000) + NTP_EPOCH_OFFSET);
    message_u32(message, (uint32_t)(((time_us % 1000000) << 32) / 1000000));
}

void payload_ntp(struct message *message, bool server, uint64_t time_us,
                 uint64_t origin_us) {
    message_u32(message, server ? 0x240206e9 : 0x230006ec);
    message_u32(message, server ? 0x00000312 : 0);
    message_u32(message, server ? 0x000004c5 : 0);
    message_u32(message, server ? 0xc0a8fe01 : 0);
    if (server) {
        ntp_time(message, time_us - 41000000);
        ntp_time(message, origin_us);
        ntp_time(message, time_us - 120);
    } else {
        message_zero(message, 24);
    }
    ntp_time(message, time_us);
}

void payload_mdns_query(struct message *message, const char *service) {
    dns_head(message, 0, 0, 1, 0);
    dns_question(message, service, DNS_PTR);
}

/* PTR service → instance, SRV instance → host, A host → address. */
void payload_mdns_announce(struct message *message, const char *service,
                           const char *host, uint32_t ip) {
    char instance[160], target[80];
    snprintf(instance, sizeof instance, "%s.%s", host, service);
    snprintf(target, sizeof target, "%s.local", host);
    dns_head(message, 0, 0x8400, 0, 3);

    put_name(message, service);
    dns_record_head(message, DNS_PTR, 1, 4500);
    size_t length = message->length;
    message_u16(message, 0);
    put_name(message, instance);
    message_close_u16(message, length);

    put_name(message, instance);
    dns_record_head(message, (enum dns_type)33, 0x8001, 120);
    length = message->length;
    message_u16(message, 0);
    message_u32(message, 0);
    message_u16(message, 8080);
    put_name(message, target);
    message_close_u16(message, length);

    put_name(message, target);
    dns_record_head(message, DNS_A, 0x8001, 120);
    message_u16(message, 4);
    message_u32(message, ip);
}

static void ssdp_device(struct message *message, const char *host, uint32_t ip) {
    message_print(message,
                  "CACHE-CONTROL: max-age=1800\r\n"
                  "LOCATION: http://%u.%u.%u.%u:49152/description.xml\r\n"
                  "SERVER: Linux/4.9 UPnP/1.0 %s/2.1\r\n"
                  "USN: uuid:%08x-0000-1000-8000-000000000000::upnp:rootdevice\r\n\r\n",
                  ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255, host,
                  (unsigned)rng_hash(host));
}

void payload_ssdp_notify(struct message *message, const char *host, uint32_t ip) {
    message_text(message, "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
                          "NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n");
    ssdp_device(message, host, ip);
}

void payload_ssdp_found(struct message *message, const char *host, uint32_t ip) {
    message_text(message, "HTTP/1.1 200 OK\r\nEXT:\r\nST: upnp:rootdevice\r\n");
    ssdp_device(message, host, ip);
}

void payload_ssdp_search(struct message *message, const char *target) {
    message_print(message,
                  "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
                  "MAN: \"ssdp:discover\"\r\nMX: 3\r\nST: %s\r\n\r\n",
                  target);
}

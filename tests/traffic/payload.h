#ifndef TESTS_TRAFFIC_PAYLOAD_H
#define TESTS_TRAFFIC_PAYLOAD_H

#include "tests/traffic/frame.h"
#include "tests/traffic/message.h"

#include <stdbool.h>
#include <stdint.h>

/* Application messages, near enough to the real ones that a dissector finds nothing wrong
   with them. Each appends to the message. `key` stands for whatever is random in it. */

/* Names and addresses: DNS (RFC 1035), DHCP (RFC 2131), NTP (RFC 5905), mDNS, SSDP. */

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_TXT = 16, DNS_AAAA = 28 };
enum dhcp_kind { DHCP_DISCOVER = 1, DHCP_OFFER, DHCP_REQUEST, DHCP_DECLINE, DHCP_ACK };

struct dhcp_lease {
    struct mac client;
    uint32_t transaction, client_ip, offered_ip,
        requested_ip; /* 0 where it has no place */
    uint32_t server_ip, router_ip, lease_s;
    const char *host_name, *vendor_class, *parameters; /* NULL: not sent */
};

void payload_dns_query(struct message *message, unsigned id, const char *name,
                       enum dns_type type);
/* A answers for `addresses`; a type other than A is answered empty. */
void payload_dns_answer(struct message *message, unsigned id, const char *name,
                        enum dns_type type, uint32_t ttl_s, const uint32_t *addresses,
                        unsigned count);
void payload_dns_missing(struct message *message, unsigned id, const char *name);
/* A TXT answer of `bytes` opaque bytes, at most 220. */
void payload_dns_text(struct message *message, unsigned id, const char *name,
                      uint64_t key, unsigned bytes);
/* `from_server` decides which options are sent. */
void payload_dhcp(struct message *message, enum dhcp_kind kind,
                  const struct dhcp_lease *lease, bool from_server);
void payload_ntp(struct message *message, bool server, uint64_t time_us,
                 uint64_t origin_us);
void payload_mdns_query(struct message *message, const char *service);
void payload_mdns_announce(struct message *message, const char *service,
                           const char *host, uint32_t ip);
void payload_ssdp_notify(struct message *message, const char *host, uint32_t ip);
void payload_ssdp_found(struct message *message, const char *host, uint32_t ip);
void payload_ssdp_search(struct message *message, const char *target);

/* Streams. A TLS stack is one of PAYLOAD_TLS_STACKS ways to greet: cipher suites, extensions
   and version; the even ones speak TLS 1.3, the odd ones TLS 1.2 and show a certificate. */

enum { PAYLOAD_TLS_STACKS = 6 };

void payload_tls_hello(struct message *message, unsigned stack, const char *server_name,
                       uint64_t key);
void payload_tls_answer(struct message *message, unsigned stack,
                        const char *server_name, uint64_t key, uint64_t now_us);
void payload_tls_finish(struct message *message, unsigned stack, bool server,
                        uint64_t key);
/* One record of application data with `bytes` of content, at most 1455. */
void payload_tls_data(struct message *message, uint64_t key, size_t bytes);

/* `password` of "admin", or NULL; and whether the broker lets somebody in. */
void payload_mqtt_connect(struct message *message, const char *client,
                          const char *password, unsigned keep_alive_s);
void payload_mqtt_answer(struct message *message, bool welcome);
void payload_mqtt_publish(struct message *message, const char *client,
                          const char *value, uint64_t key);
void payload_mqtt_ping(struct message *message, bool answer);

void payload_http_get(struct message *message, const char *host, const char *path,
                      const char *agent);
void payload_http_post(struct message *message, const char *host, const char *path,
                       const char *type, uint32_t bytes);
/* The head of an answer whose body of `bytes` follows. */
void payload_http_ok(struct message *message, const char *type, uint32_t bytes);
void payload_rtsp(struct message *message, const char *method, const char *url,
                  unsigned sequence, bool answer);
/* An interleaved RTP packet with `bytes` of content. */
void payload_rtp(struct message *message, uint64_t key, size_t bytes);

void payload_ssh_banner(struct message *message, bool server);
/* The packets of a key exchange, in order, each side's: offers, Diffie-Hellman, new keys. */
void payload_ssh_offer(struct message *message, uint64_t key);
void payload_ssh_exchange(struct message *message, bool server, uint64_t key);
void payload_smb_negotiate(struct message *message, bool answer, uint64_t key);
void payload_smb_sealed(struct message *message, uint64_t key, size_t bytes);

/* Industrial and building automation. */
void payload_modbus_read(struct message *message, unsigned transaction, unsigned unit,
                         unsigned start, unsigned count);
void payload_modbus_values(struct message *message, unsigned transaction, unsigned unit,
                           unsigned count, uint64_t key);
/* Write single register, and its echo. */
void payload_modbus_write(struct message *message, unsigned transaction, unsigned unit,
                          unsigned target, unsigned value);
void payload_bacnet_read(struct message *message, unsigned invoke, unsigned object);
void payload_bacnet_value(struct message *message, unsigned invoke, unsigned object,
                          uint64_t key);
void payload_bacnet_who_is(struct message *message);
void payload_bacnet_i_am(struct message *message, unsigned instance);
void payload_bacnet_reinitialize(struct message *message, unsigned invoke, bool answer);
/* What leads to an order to stop, and what comes back. */
enum s7_message { S7_CONNECT, S7_SET_UP, S7_STOP };
void payload_s7(struct message *message, enum s7_message what, bool answer);
void payload_snmp(struct message *message, bool answer, uint32_t request, uint64_t key);
void payload_sip_register(struct message *message, const char *name, unsigned sequence,
                          bool answer);
void payload_syslog(struct message *message, const char *host, uint64_t key);

/* What follows the Ethernet header. */
void payload_goose(struct message *message, const char *name, unsigned state,
                   unsigned sequence, uint64_t now_us);
void payload_profinet_identify(struct message *message, uint32_t transaction);
void payload_ptp_sync(struct message *message, const struct mac *clock,
                      unsigned sequence, uint64_t now_us);
void payload_lldp(struct message *message, const struct mac *mac, const char *name,
                  const char *description);
void payload_stp(struct message *message, const struct mac *bridge);

#endif

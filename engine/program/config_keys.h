#ifndef ENGINE_PROGRAM_CONFIG_KEYS_H
#define ENGINE_PROGRAM_CONFIG_KEYS_H

#include "engine/program/config.h"

/* The one table of all keys of wary.conf, for those who read and write it. */

enum config_kind {
    COUNT,    /* uint32_t */
    SIZE,     /* uint32_t, bytes: 64k, 8M */
    SPAN,     /* uint32_t, seconds: 90, 15m, 1d */
    SECONDS,  /* the same as a double */
    NUMBER,   /* double */
    TEXT,     /* char[max] */
    FILTER,   /* char[max]: a BPF expression */
    LISTEN,   /* address and port of struct web_options */
    LEVEL,    /* enum log_level */
    MODE,     /* enum policy_mode */
    URL,      /* char[max]: https, without a slash at its end */
    NETWORKS, /* struct config_networks */
    LINES,    /* struct config_lines */
};

#define DAY_S 86400

/* X(section, key, kind, member, least, most, help), in the order of the sample. */
#define CONFIG_KEYS(X)                                                                 \
    X(capture, interfaces, LINES, interfaces, 0, 0,                                    \
      "what wary run watches where no -i and no --watch is given: \"eth1\"")           \
    X(capture, snaplen, COUNT, collector.snaplen, 64, 262144,                          \
      "bytes kept of each frame, live")                                                \
    X(capture, buffer, SIZE, collector.buffer_bytes, 65536, 1 << 30,                   \
      "kernel's buffer of each queue, live")                                           \
    X(capture, filter, FILTER, filter, 0, CONFIG_FILTER_BYTES,                         \
      "BPF expression of what to look at; empty: everything")                          \
    X(capture, queues, COUNT, queues, 1, 64,                                           \
      "threads that share the traffic of an interface, or of a replay")                \
    X(capture, quiet, SPAN, collector.growing_delay_s, 1, DAY_S,                       \
      "when a watched directory or pipe is silent for so long, time passes, as late")  \
    X(capture, flows, COUNT, collector.flow_capacity, 16, 1 << 24,                     \
      "flows that can be open at once, of each queue")                                 \
    X(capture, dpi_flows, COUNT, collector.dpi_capacity, 0, 1 << 20,                   \
      "flows under inspection at once, of each queue")                                 \
    X(capture, dpi_packets, COUNT, collector.dpi_packets, 1, 255,                      \
      "packets with payload inspected of a flow, at most")                             \
    X(capture, idle_timeout, SPAN, collector.idle_timeout_s, 1, DAY_S,                 \
      "a flow silent for so long has ended")                                           \
    X(capture, active_timeout, SPAN, collector.active_timeout_s, 10, 7 * DAY_S,        \
      "a flow that lasts longer is cut")                                               \
    X(capture, duplicate_window, COUNT, collector.duplicate_window_ms, 0, 1000,        \
      "milliseconds within which a mirror may copy a frame; 0: count all")             \
    X(capture, trusted_tunnels, NETWORKS, trusted_tunnels, 0, CONFIG_NETWORKS,         \
      "ends whose tunnels are unwrapped; empty: everybody's")                          \
    X(engine, devices, COUNT, engine.device_capacity, 16, 1 << 20,                     \
      "devices that can be known at once")                                             \
    X(engine, protected_share, COUNT, engine.protected_share, 0, 100,                  \
      "percent of them kept for devices that have learnt")                             \
    X(engine, local_networks, NETWORKS, networks, 0, CONFIG_NETWORKS,                  \
      "addresses behind a router that are devices, not peers")                         \
    X(engine, half_life, SECONDS, engine.half_life_s, 10, 7 * DAY_S,                   \
      "evidence counts half after so long")                                            \
    X(engine, distrust_half_life, SECONDS, engine.distrust_half_life_s, 10,            \
      365 * DAY_S, "and distrust after hard evidence")                                 \
    X(engine, medium, NUMBER, engine.level_medium, 1, 100,                             \
      "the score from which on a device is MEDIUM")                                    \
    X(engine, high, NUMBER, engine.level_high, 1, 100, "HIGH")                         \
    X(engine, critical, NUMBER, engine.level_critical, 1, 100, "CRITICAL")             \
    X(engine, hysteresis, NUMBER, engine.hysteresis, 0, 30,                            \
      "points below the bound before a level falls")                                   \
    X(engine, vendors, TEXT, vendors_dir, 0, CONFIG_PATH_BYTES,                        \
      "where the IEEE's lists of MAC addresses are (ieee-data); empty: nowhere")       \
    X(engine, max_age, SPAN, engine.max_age_s, 1, 365 * DAY_S,                         \
      "a device without traffic for longer is stale")                                  \
    X(engine, no_traffic, SPAN, engine.no_traffic_s, 0, 30 * DAY_S,                    \
      "a source that shows no frame for so long is told; 0: never")                    \
    X(invariants, scan_addresses, NUMBER, engine.limits.scan_addresses, 1, 1e6,        \
      "hard evidence from so many unanswered addresses on …")                          \
    X(invariants, scan_addresses_within, SECONDS, engine.limits.scan_addresses_s, 1,   \
      DAY_S, "… within so long")                                                       \
    X(invariants, scan_ports, NUMBER, engine.limits.scan_ports, 1, 1e6,                \
      "unanswered ports of one target …")                                              \
    X(invariants, scan_ports_within, SECONDS, engine.limits.scan_ports_s, 1, DAY_S,    \
      "… within so long")                                                              \
    X(invariants, flood_syns, NUMBER, engine.limits.flood_syns_s, 1, 1e9,              \
      "SYNs to one service, a second")                                                 \
    X(invariants, flood_packets, NUMBER, engine.limits.flood_packets_s, 1, 1e9,        \
      "packets sent into silence, a second")                                           \
    X(invariants, arp_replies, NUMBER, engine.limits.arp_replies, 1, 1e6,              \
      "ARP replies that nobody asked for …")                                           \
    X(invariants, arp_replies_within, SECONDS, engine.limits.arp_replies_s, 1, DAY_S,  \
      "… within so long")                                                              \
    X(invariants, logins, NUMBER, engine.limits.logins, 1, 1e6,                        \
      "short connections to a log-in service …")                                       \
    X(invariants, logins_within, SECONDS, engine.limits.logins_s, 1, DAY_S,            \
      "… within so long")                                                              \
    X(invariants, failing, NUMBER, engine.limits.failing, 1, 1e6,                      \
      "unanswered attempts in all …")                                                  \
    X(invariants, failing_within, SECONDS, engine.limits.failing_s, 1, DAY_S,          \
      "… within so long")                                                              \
    X(invariants, failing_one, NUMBER, engine.limits.failing_one, 1, 1e6,              \
      "attempts at one peer's service that never answers …")                           \
    X(invariants, failing_one_within, SECONDS, engine.limits.failing_one_s, 1, DAY_S,  \
      "… within so long")                                                              \
    X(invariants, fan_out, NUMBER, engine.limits.fan_out, 1, 1e9,                      \
      "peers that one device opens flows to, in 10 s")                                 \
    X(invariants, newcomers, NUMBER, engine.limits.newcomers, 1, 1e9,                  \
      "devices that appear, speak once and are not spoken to …")                       \
    X(invariants, newcomers_within, SECONDS, engine.limits.newcomers_s, 1, DAY_S,      \
      "… within so long")                                                              \
    X(invariants, victim_attempts, NUMBER, engine.limits.victim_attempts_s, 1, 1e9,    \
      "attempts in vain at one service, of everybody, a second")                       \
    X(invariants, local_names, NUMBER, engine.limits.local_names, 1, 1e6,              \
      "names that one answers to on its link (LLMNR, NetBIOS, mDNS) in half an hour")  \
    X(invariants, fragments_overlapping, NUMBER, engine.limits.fragments_overlapping,  \
      1, 1e6, "packets whose fragments overlap …")                                     \
    X(invariants, fragments_unfinished, NUMBER, engine.limits.fragments_unfinished, 1, \
      1e6, "or packets that never come whole, and are more than those that do, …")     \
    X(invariants, fragments_within, SECONDS, engine.limits.fragments_s, 1, DAY_S,      \
      "… within so long")                                                              \
    X(api, listen, LISTEN, web, 0, 0, "address and port of the API and the page")      \
    X(api, connections, COUNT, web.connection_limit, 1, 10000, "connections at once")  \
    X(api, address_connections, COUNT, web.address_connection_limit, 1, 10000,         \
      "of one address (IPv6: one /64) that is no enforcement point")                   \
    X(api, handshakes, COUNT, web.handshake_rate_per_s, 0, 1e6,                        \
      "TLS connections begun a second by all that are no enforcement points, and a "   \
      "quarter of it by one address; 0: any")                                          \
    X(api, rate, COUNT, web.rate_per_s, 0, 1e6,                                        \
      "requests a second of one principal; 0: any")                                    \
    X(api, decision_rate, COUNT, web.decision_rate_per_s, 0, 1e6,                      \
      "the same of decisions (never of /authz) and of risk")                           \
    X(api, timeout, SPAN, web.timeout_s, 1, 3600,                                      \
      "a silent connection is closed after")                                           \
    X(api, public_url, URL, web.public_url, 0, WEB_URL_BYTES,                          \
      "https://… as others reach it, for discovery; empty: as they ask")               \
    X(api, tokens, TEXT, web.tokens_path, 0, WEB_PATH_BYTES,                           \
      "file of the tokens that may ask; empty: tokens in the state directory, if any") \
    X(api, certificate, TEXT, web.certificate_path, 0, WEB_PATH_BYTES,                 \
      "PEM, the chain behind it; empty: no TLS, and loopback alone")                   \
    X(api, key, TEXT, web.key_path, 0, WEB_PATH_BYTES,                                 \
      "its private key, PEM, which others may not read and user wary must")            \
    X(api, client_ca, TEXT, web.client_ca_path, 0, WEB_PATH_BYTES,                     \
      "authorities of clients' certificates, PEM; empty: none is asked for")           \
    X(api, client_crl, TEXT, web.client_crl_path, 0, WEB_PATH_BYTES,                   \
      "their revocation lists, PEM")                                                   \
    X(api, clients, LINES, clients, 0, 0,                                              \
      "\"NAME SCOPE,SCOPE TRAIT VALUE\", TRAIT: cn, dns, uri, email, ip, sha256")      \
    X(api, enforcement_points, NETWORKS, enforcement_points, 0, CONFIG_NETWORKS,       \
      "whose headers on a request are believed by /authz")                             \
    X(policy, file, TEXT, web.policy_path, 0, WEB_PATH_BYTES,                          \
      "rules (docs/policy.md); empty: the built-in ones")                              \
    X(policy, mode, MODE, web.mode, 0, 0,                                              \
      "learn, shadow or enforce, where a zone has no mode of its own")                 \
    X(audit, file, TEXT, web.audit_path, 0, WEB_PATH_BYTES,                            \
      "a line of JSON for each decision and order; empty: in memory alone")            \
    X(mud, directory, TEXT, mud.directory, 0, CONFIG_PATH_BYTES,                       \
      "MUD profiles (RFC 8520), every *.json; empty: none")                            \
    X(mud, bind, LINES, mud.bind, 0, 0,                                                \
      "\"device ID = FILE\", \"group NAME = FILE\", \"url URL = FILE\"")               \
    X(mud, learn, COUNT, mud.learn, 0, 1 << 20,                                        \
      "flows of all devices that are kept to write rules from; 0: none")               \
    X(mud, controllers, LINES, mud.controllers, 0, 0,                                  \
      "who they are: \"CLASS = NETWORK\", \"my-controller = NETWORK\"")                \
    X(state, directory, TEXT, state_dir, 0, CONFIG_PATH_BYTES,                         \
      "where wary run keeps what it learns; empty: /var/lib/wary")                     \
    X(state, baseline_interval, SPAN, engine.keep_interval_s, 10, 7 * DAY_S,           \
      "a device that has learnt is written so often, and all at the end")              \
    X(state, history_fine, SPAN, limits.fine_s, 3600, 30 * DAY_S,                      \
      "risk is kept in every step for so long, then by the hour …")                    \
    X(state, history, SPAN, limits.history_s, 3600, 3650 * DAY_S, "… for so long")     \
    X(state, findings, SPAN, limits.findings_s, 3600, 3650 * DAY_S,                    \
      "findings are kept for so long")                                                 \
    X(state, decisions, SPAN, limits.decisions_s, 3600, 3650 * DAY_S, "and decisions") \
    X(state, size, SIZE, limits.size_bytes, 1 << 24, 4095.0 * (1 << 20),               \
      "when the database has more in it, all these times shrink alike")                \
    X(process, user, TEXT, user, 0, CONFIG_USER_BYTES,                                 \
      "whom wary run becomes if root starts it; empty: wary, else nobody")             \
    X(log, level, LEVEL, log_level, 0, 0, "error, warning, notice, info or debug")

struct config_key {
    const char *section, *name;
    enum config_kind kind;
    size_t offset; /* in struct config */
    double least, most;
    const char *help;
};

#define CONFIG_KEY_ONE(...) +1
enum { CONFIG_KEY_COUNT = 0 CONFIG_KEYS(CONFIG_KEY_ONE) };
#undef CONFIG_KEY_ONE

extern const struct config_key config_keys[CONFIG_KEY_COUNT];

struct config_unit {
    const char *suffix; /* NULL ends the list */
    double factor;
};
extern const struct config_unit config_keys_no_units[], config_keys_span_units[],
    config_keys_size_units[];
const struct config_unit *config_keys_units(enum config_kind kind);

extern const char *const config_keys_levels[5]; /* by enum log_level */

#endif

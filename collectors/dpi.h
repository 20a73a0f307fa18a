#ifndef COLLECTORS_DPI_H
#define COLLECTORS_DPI_H

#include <ndpi_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What differs between nDPI 4.2, which Debian has, and 5: for classify.c, which is alone in
   knowing the rest of it. */

#if NDPI_MAJOR == 4 && NDPI_MINOR == 2

static inline struct ndpi_detection_module_struct *dpi_open(void) {
    struct ndpi_detection_module_struct *module =
        ndpi_init_detection_module(ndpi_no_prefs);
    if (!module)
        return NULL;
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(module, &all);
    ndpi_set_log_level(module, NDPI_LOG_ERROR);
    ndpi_finalize_initialization(module);
    return module;
}

static inline ndpi_protocol dpi_look(struct ndpi_detection_module_struct *module,
                                     struct ndpi_flow_struct *flow,
                                     const uint8_t *packet, uint16_t length,
                                     uint64_t time_ms) {
    return ndpi_detection_process_packet(module, flow, packet, length, time_ms);
}

static inline ndpi_protocol dpi_give_up(struct ndpi_detection_module_struct *module,
                                        struct ndpi_flow_struct *flow) {
    uint8_t guessed = 0;
    return ndpi_detection_giveup(module, flow, 1, &guessed);
}

/* By port only: nDPI's address lists name owners. */
static inline ndpi_protocol dpi_guess(struct ndpi_detection_module_struct *module,
                                      uint8_t protocol, const uint16_t port[2]) {
    return ndpi_guess_undetected_protocol(module, NULL, protocol, 0, port[0], 0,
                                          port[1]);
}

static inline bool dpi_is_generated(struct ndpi_detection_module_struct *module,
                                    char *name) {
    return ndpi_check_dga_name(module, NULL, name, 1);
}

/* Whether more packets can tell more of a flow whose protocol is known. */
static inline bool dpi_wants_more(struct ndpi_detection_module_struct *module,
                                  struct ndpi_flow_struct *flow, ndpi_protocol found) {
    (void)found;
    return ndpi_extra_dissection_possible(module, flow);
}

static inline uint16_t dpi_master(ndpi_protocol found) {
    return found.master_protocol;
}

static inline uint16_t dpi_application(ndpi_protocol found) {
    return found.app_protocol;
}

/* What is wrong with a URL, which it may spoil; NDPI_NO_RISK: nothing. */
static inline ndpi_risk_enum dpi_url(char *url) {
    return ndpi_validate_url(url);
}

/* JA3. */
static inline const char *dpi_hello(const struct ndpi_flow_struct *flow) {
    return flow->protos.tls_quic.ja3_client;
}

#elif NDPI_MAJOR == 5

static inline struct ndpi_detection_module_struct *dpi_open(void) {
    struct ndpi_detection_module_struct *module = ndpi_init_detection_module(NULL);
    if (module && ndpi_finalize_initialization(module) != 0) {
        ndpi_exit_detection_module(module);
        return NULL;
    }
    return module;
}

static inline ndpi_protocol dpi_look(struct ndpi_detection_module_struct *module,
                                     struct ndpi_flow_struct *flow,
                                     const uint8_t *packet, uint16_t length,
                                     uint64_t time_ms) {
    return ndpi_detection_process_packet(module, flow, packet, length, time_ms, NULL);
}

static inline ndpi_protocol dpi_give_up(struct ndpi_detection_module_struct *module,
                                        struct ndpi_flow_struct *flow) {
    return ndpi_detection_giveup(module, flow);
}

static inline ndpi_protocol dpi_guess(struct ndpi_detection_module_struct *module,
                                      uint8_t protocol, const uint16_t port[2]) {
    return ndpi_guess_undetected_protocol_v4(module, NULL, protocol, 0, port[0], 0,
                                             port[1]);
}

static inline bool dpi_is_generated(struct ndpi_detection_module_struct *module,
                                    char *name) {
    return ndpi_check_dga_name(module, NULL, name, 1, 1, 1);
}

static inline bool dpi_wants_more(struct ndpi_detection_module_struct *module,
                                  struct ndpi_flow_struct *flow, ndpi_protocol found) {
    (void)module;
    return found.state == NDPI_STATE_INSPECTING || found.state == NDPI_STATE_PARTIAL ||
           (found.state == NDPI_STATE_CLASSIFIED && flow->extra_packets_func);
}

static inline uint16_t dpi_master(ndpi_protocol found) {
    return found.proto.master_protocol;
}

static inline uint16_t dpi_application(ndpi_protocol found) {
    return found.proto.app_protocol;
}

/* What it thinks of a URL, it tells of the flow. */
static inline ndpi_risk_enum dpi_url(const char *url) {
    (void)url;
    return NDPI_NO_RISK;
}

/* JA4. */
static inline const char *dpi_hello(const struct ndpi_flow_struct *flow) {
    return flow->protos.tls_quic.ja4_client;
}

#else
#error "wary needs nDPI 4.2 or 5"
#endif

#endif

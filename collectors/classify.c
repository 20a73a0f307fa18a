#include "collectors/classify.h"

#include "collectors/dpi.h"
#include "collectors/hello.h"
#include "collectors/url.h"

#define XXH_INLINE_ALL
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Nine tenths of what nDPI does to a TLS flow is to print numbers for a fingerprint of
   the client's hello: 90,000 instructions. Clients repeat themselves, so what it made
   of a hello is remembered by its essence and the port. Of the name nDPI would still
   ask whether it looks generated or holds strange characters: we ask that first. Direct
   mapped: what falls out is inspected again. */
enum { REMEMBERED = 2048 };

struct remembered {
    uint64_t key; /* 0: none */
    uint64_t risks;
    char application[RECORD_APPLICATION_BYTES];
    char hello[RECORD_HELLO_BYTES];
};

struct state {
    struct ndpi_flow_struct flow;
    uint32_t next_free; /* inspection number, 0 none */
    uint32_t packets;
    bool follows; /* for the server's certificate */
};

struct classifier {
    struct ndpi_detection_module_struct *module;
    struct counters *counters;
    struct state *states; /* inspection number n has states[n - 1]; zero while free */
    uint32_t capacity, used, first_free;
    uint32_t packets;
    uint64_t seed;
    struct remembered remembered[REMEMBERED];
    const struct prefix *servers; /* borrowed: whose certificates are worth it */
    size_t server_count;
    bool has_certificate; /* since the packet last given */
    struct certificate_record certificate;
    uint8_t scratch[2048]; /* a packet that the snap length cut, mended */
};

struct classifier *classify_create(uint32_t capacity, uint32_t packets, uint64_t seed,
                                   struct counters *counters) {
    struct classifier *classifier = calloc(1, sizeof *classifier);
    if (!classifier)
        return NULL;
    classifier->counters = counters;
    classifier->packets = packets;
    classifier->seed = seed;
    if (capacity == 0)
        return classifier;
    classifier->capacity = capacity;
    classifier->states = calloc(capacity, sizeof *classifier->states);
    if (ndpi_detection_get_sizeof_ndpi_flow_struct() == sizeof(struct ndpi_flow_struct))
        classifier->module = dpi_open();
    if (!classifier->states || !classifier->module) {
        classify_destroy(classifier);
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++)
        classifier->states[i].next_free = i + 1 < capacity ? i + 2 : 0;
    classifier->first_free = 1;
    return classifier;
}

void classify_destroy(struct classifier *classifier) {
    if (!classifier)
        return;
    if (classifier->states)
        for (uint32_t i = 0; i < classifier->capacity; i++)
            ndpi_free_flow_data(&classifier->states[i].flow);
    if (classifier->module)
        ndpi_exit_detection_module(classifier->module);
    free(classifier->states);
    free(classifier);
}

static void name_application(struct classifier *classifier, ndpi_protocol found,
                             struct verdict *verdict) {
    uint16_t id = dpi_master(found) != NDPI_PROTOCOL_UNKNOWN ? dpi_master(found)
                                                             : dpi_application(found);
    if (id == NDPI_PROTOCOL_UNKNOWN)
        return;
    const char *name = ndpi_get_proto_name(classifier->module, id);
    text_copy_untrusted(verdict->application, sizeof verdict->application, name,
                        strlen(name));
}

static void guess(struct classifier *classifier, const struct packet *packet,
                  struct verdict *verdict) {
    name_application(classifier,
                     dpi_guess(classifier->module, packet->protocol, packet->port),
                     verdict);
}

/* nDPI knows no link protocols; those of plants are worth a name. */
static const char *link_application(const struct packet *packet) {
    if (packet->is_llc)
        return packet->ethertype == 0x4242 ? "STP" : "";
    switch (packet->ethertype) {
    case ETHERTYPE_ARP:
        return "ARP";
    case ETHERTYPE_LLDP:
        return "LLDP";
    case 0x8809:
        return "LACP";
    case 0x888e:
        return "EAPOL";
    case 0x8892:
        return "PROFINET";
    case 0x88a4:
        return "EtherCAT";
    case 0x88ab:
        return "POWERLINK";
    case 0x88b8:
        return "GOOSE";
    case 0x88ba:
        return "SV";
    case 0x88cd:
        return "SERCOS";
    case 0x88e3:
        return "MRP";
    case 0x88f7:
        return "PTP";
    case 0x88fb:
        return "PRP";
    case 0x892f:
        return "HSR";
    default:
        return "";
    }
}

static void release(struct classifier *classifier, uint32_t *inspection) {
    struct state *state = &classifier->states[*inspection - 1];
    ndpi_free_flow_data(&state->flow);
    memset(state, 0, sizeof *state);
    state->next_free = classifier->first_free;
    classifier->first_free = *inspection;
    *inspection = INSPECTION_DONE;
    counter_set(&classifier->counters->dpi_active, --classifier->used);
}

static struct state *acquire(struct classifier *classifier, uint32_t *inspection) {
    if (classifier->first_free == 0) {
        *inspection = INSPECTION_DONE;
        counter_add(&classifier->counters->dpi_skipped, 1);
        return NULL;
    }
    *inspection = classifier->first_free;
    struct state *state = &classifier->states[*inspection - 1];
    classifier->first_free = state->next_free;
    counter_set(&classifier->counters->dpi_active, ++classifier->used);
    return state;
}

static bool is_tls(ndpi_protocol found) {
    uint16_t ids[] = {dpi_master(found), dpi_application(found)};
    for (unsigned i = 0; i < 2; i++)
        if (ids[i] == NDPI_PROTOCOL_TLS || ids[i] == NDPI_PROTOCOL_DTLS ||
            ids[i] == NDPI_PROTOCOL_QUIC)
            return true;
    return false;
}

/* --- certificates --- */

static bool has_fingerprint(const struct state *state) {
    static const uint8_t none[RECORD_FINGERPRINT_BYTES];
    return memcmp(state->flow.protos.tls_quic.sha1_certificate_fingerprint, none,
                  sizeof none) != 0;
}

/* The value of one attribute of a name such as "C=US, O=Acme, CN=x", else all of it. */
static void take_part(char out[RECORD_NAME_BYTES], const char *name, const char *key) {
    const char *at = name ? strstr(name, key) : NULL;
    const char *begin = at ? at + strlen(key) : name ? name : "";
    size_t length = at ? strcspn(begin, ",") : strlen(begin);
    text_copy_untrusted(out, RECORD_NAME_BYTES, begin, length);
}

static void take_certificate(struct classifier *classifier, const struct state *state,
                             const struct packet *packet) {
    const char *issuer = state->flow.protos.tls_quic.issuerDN,
               *subject = state->flow.protos.tls_quic.subjectDN;
    struct certificate_record *c = &classifier->certificate;
    *c = (struct certificate_record){
        .mac = packet->mac[SOURCE],
        .ip = packet->ip[SOURCE],
        .vlan = packet->vlan,
        .port = packet->port[SOURCE],
        .self_signed = issuer && subject && strcmp(issuer, subject) == 0,
        .not_before_s = state->flow.protos.tls_quic.notBefore,
        .not_after_s = state->flow.protos.tls_quic.notAfter,
    };
    memcpy(c->fingerprint, state->flow.protos.tls_quic.sha1_certificate_fingerprint,
           sizeof c->fingerprint);
    take_part(c->issuer, issuer, "O=");
    take_part(c->subject, subject, "CN=");
    classifier->has_certificate = true;
}

void classify_follow(struct classifier *classifier, const struct prefix *servers,
                     size_t count) {
    classifier->servers = servers;
    classifier->server_count = count;
}

bool classify_certificate(const struct classifier *classifier,
                          struct certificate_record *certificate) {
    if (classifier->has_certificate)
        *certificate = classifier->certificate;
    return classifier->has_certificate;
}

/* Its first payload goes to a server that is followed. */
static bool is_followed(const struct classifier *classifier,
                        const struct packet *packet) {
    for (size_t i = 0; i < classifier->server_count; i++)
        if (packet->protocol == PROTOCOL_TCP &&
            prefix_contains(&classifier->servers[i], &packet->ip[DESTINATION]))
            return true;
    return false;
}

static void take_hello(const struct state *state, ndpi_protocol found,
                       char hello[RECORD_HELLO_BYTES]) {
    const char *text = dpi_hello(&state->flow);
    if (is_tls(found))
        text_copy_untrusted(hello, RECORD_HELLO_BYTES, text,
                            strnlen(text, RECORD_HELLO_BYTES - 1));
}

/* Of a request by HTTP; NULL where there was none. */
static uint64_t risks_of_url(char *url) {
    if (!url || !strpbrk(url, "?;"))
        return 0;
    uint64_t command = (uint64_t)url_holds_command(url) << RISK_COMMAND;
    ndpi_risk_enum risk = dpi_url(url);
    return command | (risk == NDPI_NO_RISK ? 0 : UINT64_C(1) << risk);
}

static void learn(struct classifier *classifier, const struct state *state,
                  ndpi_protocol found, struct verdict *verdict) {
    name_application(classifier, found, verdict);
    verdict->risks = state->flow.risk | risks_of_url(state->flow.http.url);
    take_hello(state, found, verdict->hello);
    const char *name = state->flow.host_server_name;
    if (name[0])
        text_copy_untrusted(verdict->name, sizeof verdict->name, name,
                            sizeof state->flow.host_server_name);
}

/* After the client's hello a TLS flow has only certificates to tell, at several times
   the cost of all that came before. */
static bool is_settled(struct classifier *classifier, struct state *state,
                       ndpi_protocol found) {
    if (dpi_master(found) == NDPI_PROTOCOL_UNKNOWN &&
        dpi_application(found) == NDPI_PROTOCOL_UNKNOWN)
        return false;
    if (is_tls(found))
        return !state->follows || has_fingerprint(state);
    return !dpi_wants_more(classifier->module, &state->flow, found);
}

/* nDPI refuses a packet that is shorter than its IP header says: where the snap length
   cut it, the header is made to say what is there. */
static const uint8_t *mend(struct classifier *classifier, const struct packet *packet,
                           uint16_t *length) {
    if (packet->network_captured >= packet->network_length) {
        *length =
            (uint16_t)(packet->network_length < UINT16_MAX ? packet->network_length
                                                           : UINT16_MAX);
        return packet->network;
    }
    size_t copied = packet->network_captured < sizeof classifier->scratch
                        ? packet->network_captured
                        : sizeof classifier->scratch;
    uint8_t *bytes = classifier->scratch;
    memcpy(bytes, packet->network, copied);
    *length = (uint16_t)copied;
    size_t stated = packet->ip[SOURCE].family == 6 ? copied - 40 : copied;
    size_t at = packet->ip[SOURCE].family == 6 ? 4 : 2;
    bytes[at] = (uint8_t)(stated >> 8);
    bytes[at + 1] = (uint8_t)stated;
    return bytes;
}

static ndpi_protocol detect(struct classifier *classifier, struct state *state,
                            const struct packet *packet) {
    uint16_t length;
    const uint8_t *bytes = mend(classifier, packet, &length);
    return dpi_look(classifier->module, &state->flow, bytes, length,
                    packet->time_ns / 1000000);
}

/* A hello that a verdict can be remembered by. */
struct greeting {
    struct remembered *place;
    uint64_t key;
    char name[RECORD_NAME_BYTES]; /* as nDPI would write it; "" if none is asked for */
};

/* False where nDPI might find something to say about the name. */
static bool take_name(struct classifier *classifier, const struct hello *hello,
                      char name[RECORD_NAME_BYTES]) {
    name[0] = '\0';
    if (!hello->name)
        return true;
    if (hello->name_length == 0 || hello->name_length >= RECORD_NAME_BYTES)
        return false;
    for (size_t i = 0; i < hello->name_length; i++) {
        char c = (char)hello->name[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-')
            return false;
        name[i] = c;
    }
    name[hello->name_length] = '\0';
    return !dpi_is_generated(classifier->module, name);
}

static bool read_greeting(struct classifier *classifier, const struct packet *packet,
                          struct greeting *greeting) {
    struct hello hello;
    if (packet->protocol != PROTOCOL_TCP ||
        !hello_read(packet->payload, packet->payload_captured, &hello) ||
        !take_name(classifier, &hello, greeting->name))
        return false;
    uint64_t seed = classifier->seed ^ packet->port[DESTINATION];
    greeting->key = XXH3_64bits_withSeed(hello.essence, hello.essence_length, seed) | 1;
    greeting->place = &classifier->remembered[greeting->key / 2 % REMEMBERED];
    return true;
}

static void recall(const struct greeting *greeting, struct verdict *verdict) {
    verdict->risks = greeting->place->risks;
    memcpy(verdict->hello, greeting->place->hello, sizeof verdict->hello);
    memcpy(verdict->application, greeting->place->application,
           sizeof verdict->application);
    memcpy(verdict->name, greeting->name, strlen(greeting->name) + 1);
}

static void remember(const struct greeting *greeting, const struct verdict *verdict) {
    greeting->place->key = greeting->key;
    greeting->place->risks = verdict->risks;
    memcpy(greeting->place->hello, verdict->hello, sizeof verdict->hello);
    memcpy(greeting->place->application, verdict->application,
           sizeof verdict->application);
}

/* Whether nDPI gave its verdict on this packet. */
static bool inspect(struct classifier *classifier, uint32_t *inspection,
                    const struct packet *packet, struct verdict *verdict) {
    struct state *state = *inspection == INSPECTION_DUE
                              ? acquire(classifier, inspection)
                              : &classifier->states[*inspection - 1];
    if (!state) {
        guess(classifier, packet, verdict);
        return false;
    }
    if (state->packets == 0)
        state->follows = is_followed(classifier, packet);
    ndpi_protocol found = detect(classifier, state, packet);
    state->packets++;
    if (state->follows && is_tls(found) && has_fingerprint(state))
        take_certificate(classifier, state, packet);
    bool settled = is_settled(classifier, state, found);
    if (settled) {
        learn(classifier, state, found, verdict);
        release(classifier, inspection);
    } else if (state->packets >= classifier->packets) {
        classify_finish(classifier, inspection, verdict);
    }
    return settled;
}

void classify_packet(struct classifier *classifier, uint32_t *inspection,
                     const struct packet *packet, struct verdict *verdict) {
    classifier->has_certificate = false;
    if (packet->ip[SOURCE].family == 0) {
        const char *name = link_application(packet);
        memcpy(verdict->application, name, strlen(name) + 1);
        *inspection = INSPECTION_DONE;
        return;
    }
    if (!classifier->module) {
        *inspection = INSPECTION_DONE;
        return;
    }
    if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP) {
        guess(classifier, packet, verdict);
        *inspection = INSPECTION_DONE;
        return;
    }
    if (packet->payload_captured == 0 || packet->is_fragment)
        return;
    struct greeting greeting;
    bool greets = *inspection == INSPECTION_DUE && !is_followed(classifier, packet) &&
                  read_greeting(classifier, packet, &greeting);
    if (greets && greeting.place->key == greeting.key) {
        recall(&greeting, verdict);
        *inspection = INSPECTION_DONE;
        return;
    }
    bool settled = inspect(classifier, inspection, packet, verdict);
    if (greets && settled && strcmp(verdict->name, greeting.name) == 0)
        remember(&greeting, verdict);
}

bool classify_is_crowded(const struct classifier *classifier) {
    return classifier->used > classifier->capacity / 2;
}

void classify_finish(struct classifier *classifier, uint32_t *inspection,
                     struct verdict *verdict) {
    if (*inspection == INSPECTION_DUE || *inspection == INSPECTION_DONE) {
        *inspection = INSPECTION_DONE;
        return;
    }
    struct state *state = &classifier->states[*inspection - 1];
    ndpi_protocol found = dpi_give_up(classifier->module, &state->flow);
    learn(classifier, state, found, verdict);
    release(classifier, inspection);
}

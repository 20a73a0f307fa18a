#ifndef TESTS_STORE_SCENARIO_H
#define TESTS_STORE_SCENARIO_H

#include "engine/engine.h"
#include "engine/memory.h"
#include "engine/store/store.h"

#include "tests/engine/make_records.h"
#include "tests/models/random.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A small site for two hours, and what an engine says of it, as text to be compared. */

enum { SITE_DEVICES = 12, SITE_S = 7200, SITE_RECORDS = 60000 };

struct site {
    struct record *records;
    size_t count;
};

static inline void site_add(struct site *site, struct record record) {
    ck_assert_uint_lt(site->count, SITE_RECORDS);
    record.sequence = site->count;
    site->records[site->count++] = record;
}

static inline void site_work(struct site *site, unsigned who, double t) {
    char ip[16], name[32];
    snprintf(ip, sizeof ip, "10.0.0.%u", who);
    struct make_end self = make_end(who, ip);
    struct make_end server = make_end(SITE_DEVICES + 1, "10.0.0.254");
    snprintf(ip, sizeof ip, "203.0.%u.9", who % 4);
    struct make_end cloud = {server.mac, make_ip(ip)};
    snprintf(name, sizeof name, "cloud-%u.example.com", who % 4);
    if (random_below(4) == 0)
        site_add(site, make_question(t, self, server.ip));
    if (random_below(4) == 0)
        site_add(site, make_claim(t, CLAIM_ARP_REPLY, server.mac, "10.0.0.254"));
    if (random_below(20) == 0) {
        struct make_end named = {self.mac, cloud.ip};
        site_add(site, make_name(t, NAME_DNS_ANSWER, named, name));
    }
    struct record flow =
        make_flow(t, self, random_below(3) ? server : cloud, TCP,
                  random_below(40) ? 443 : (uint16_t)(8000 + random_below(50)));
    flow.flow.bytes[0] += random_below(2000);
    flow.flow.packets[1] += random_below(20);
    site_add(site, flow);
}

/* What only one that remembers can tell: an address taken that was claimed long before, a
   second DHCP server, questions that wait for their answer. */
static inline void site_remember(struct site *site, unsigned s, double t) {
    struct make_end server = make_end(SITE_DEVICES + 1, "10.0.0.254");
    if (s == 300)
        site_add(site, make_lease(t - 0.3, server, make_mac(2), "10.0.0.2"));
    if (s == 6300)
        site_add(site,
                 make_lease(t - 0.3, make_end(6, "10.0.0.6"), make_mac(2), "10.0.0.2"));
    if (s == 3100)
        site_add(site,
                 make_claim(t - 0.3, CLAIM_ARP_ANNOUNCE, make_mac(9), "10.0.0.99"));
    if (s == 6100)
        site_add(site,
                 make_claim(t - 0.3, CLAIM_ARP_ANNOUNCE, make_mac(8), "10.0.0.99"));
    if (s > 5000 && s <= 5030)
        site_add(site, make_question(t - 0.05, make_end(11, "10.0.0.11"),
                                     make_ip_number(7000 + s)));
}

/* Before its middle one device begins to call in vain; after it another scans, and a third
   takes an address that is not its own. */
static inline void site_make(struct site *site, uint64_t seed) {
    site->records = calloc(SITE_RECORDS, sizeof *site->records);
    ck_assert_ptr_nonnull(site->records);
    random_state = seed;
    for (unsigned s = 1; s <= SITE_S; s++) {
        double t = (double)make_epoch_s + s;
        for (unsigned who = 1; who <= SITE_DEVICES; who++)
            if (random_below(8) == 0)
                site_work(site, who, t - 0.9 + 0.05 * who);
        if (s > 1800 && s % 40 == 0)
            site_add(site, make_attempt(t - 0.2, make_end(3, "10.0.0.3"),
                                        make_end(SITE_DEVICES + 1, "198.51.100.7"), TCP,
                                        4444));
        if (s > 5000 && s <= 5030)
            for (unsigned n = 0; n < 4; n++)
                site_add(site,
                         make_attempt(t - 0.19 + 0.01 * n, make_end(5, "10.0.0.5"),
                                      (struct make_end){make_mac(SITE_DEVICES + 1),
                                                        make_ip_number(s * 4 + n)},
                                      TCP, 22));
        if (s > 6000 && s % 100 == 0)
            site_add(site, make_claim(t - 0.1, CLAIM_ARP_ANNOUNCE, make_mac(7),
                                      "10.0.0.254"));
        site_remember(site, s, t);
        site_add(site, make_mark(t, RECORD_TICK));
    }
}

/* --- what an engine says --- */

struct transcript {
    char *text;
    size_t length, size;
    size_t lines;
};

static inline void transcript_add(struct transcript *t, const char *format, ...) {
    if (t->size - t->length < 512) {
        t->size = t->size * 2 + 65536;
        t->text = realloc(t->text, t->size);
        ck_assert_ptr_nonnull(t->text);
    }
    va_list arguments;
    va_start(arguments, format);
    t->length += (size_t)vsnprintf(t->text + t->length, 512, format, arguments);
    va_end(arguments);
    t->lines++;
}

static inline void transcript_window(void *context, const struct window_row *row) {
    transcript_add(context, "%llu %s %d %llu %.12g %.12g %.12g %d %s\n",
                   (unsigned long long)row->end_s, row->device, (int)row->state,
                   (unsigned long long)row->packets, row->anomaly, row->risk,
                   row->confidence, (int)row->level, row->top_factor);
}

static inline void transcript_finding(void *context, const struct finding *f) {
    transcript_add(context, "%llu %s finding %llu %s %d %.12g %.12g %s %s\n",
                   (unsigned long long)(f->time_ns / 1000000000), f->device,
                   (unsigned long long)f->id, f->kind, (int)f->level, f->contribution,
                   f->observed, f->peer, f->text);
}

static inline void transcript_free(struct transcript *transcript) {
    free(transcript->text);
    *transcript = (struct transcript){0};
}

/* --- an engine at work --- */

static inline struct engine *site_engine(uint32_t capacity, struct board *board,
                                         struct transcript *transcript,
                                         struct store *store) {
    struct engine_options options = engine_defaults;
    struct engine_sink sinks[2] = {{.context = transcript,
                                    .window = transcript_window,
                                    .finding = transcript_finding}};
    if (store)
        sinks[1] = store_sink(store);
    options.device_capacity = capacity;
    struct engine *engine = engine_create(&options, board, sinks, store ? 2 : 1);
    ck_assert_ptr_nonnull(engine);
    return engine;
}

/* The records from `first` up to but not including `last`, to the end of a capture. */
static inline void site_run(struct engine *engine, const struct site *site,
                            size_t first, size_t last) {
    static const _Atomic bool never = false;
    struct ring *ring = ring_create(last - first + 1, sizeof(struct record));
    ck_assert_ptr_nonnull(ring);
    for (size_t i = first; i <= last; i++) {
        struct record *record = ring_reserve(ring);
        *record = i < last ? site->records[i] : make_mark(0, RECORD_END);
        ring_publish(ring);
    }
    engine_run(engine, &ring, 1, &never);
    ring_destroy(ring);
}

/* The first record after second `s` of the site. */
static inline size_t site_at(const struct site *site, double s) {
    size_t i = 0;
    while (i < site->count &&
           site->records[i].time_ns <= (uint64_t)(((double)make_epoch_s + s) * 1e9))
        i++;
    return i;
}

/* Sanitizers are slow, and look at every round alike: a sixth of them will do. */
static inline unsigned rounds(unsigned n) {
    const char *sanitized = getenv("SANITIZED");
    return sanitized && sanitized[0] ? (n + 5) / 6 : n;
}

/* --- a state directory of its own --- */

static inline void state_make(char directory[64]) {
    const char *where = getenv("TMPDIR");
    snprintf(directory, 64, "%.40s/wary-XXXXXX", where ? where : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static inline void state_remove(const char *directory) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    ck_assert_int_eq(system(command), 0);
}

static inline struct store *state_open(const char *directory) {
    char error[512];
    struct store *store = store_open(directory, error, sizeof error);
    ck_assert_msg(store != NULL, "%s", error);
    return store;
}

#endif

#include "engine/engine.h"
#include "tests/engine/rig.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

/* The engine on a thread of its own, fed by others; and with whatever can come. */

static const double epoch_s = 1700000000; /* make_epoch_s */
enum { QUEUES = 3, RECORDS = 5000 };

/* --- rings --- */

struct feeder {
    struct ring *ring;
    struct record *records;
    size_t count;
};

static void *feed(void *context) {
    struct feeder *feeder = context;
    for (size_t i = 0; i < feeder->count; i++) {
        struct record *place = ring_reserve_wait(feeder->ring);
        if (!place)
            break;
        *place = feeder->records[i];
        ring_publish(feeder->ring);
    }
    return NULL;
}

static _Atomic bool stop_now;

/* One queue's records: its share of a site's traffic, with the ticks between. */
static void write_queue(struct feeder *feeder, uint16_t queue) {
    uint64_t sequence = 0;
    double second = epoch_s;
    feeder->records = calloc(2 * (size_t)RECORDS, sizeof *feeder->records);
    double now_s = epoch_s;
    size_t n = 0;
    while (n < RECORDS) {
        now_s += random_exponential() * 0.02;
        while (now_s >= second + 1)
            feeder->records[n++] = make_mark(++second, RECORD_TICK);
        uint32_t from = 1 + random_below(20);
        struct make_end end = {make_mac(from), make_ip_number(from)};
        struct make_end peer = make_end(9000, "10.9.0.1");
        feeder->records[n++] =
            random_below(4)
                ? make_flow(now_s, end, peer, TCP, (uint16_t)random_below(2000))
                : make_attempt(now_s, end, peer, TCP, (uint16_t)random_below(2000));
    }
    feeder->records[n++] = make_mark(second + 1, RECORD_TICK);
    feeder->records[n++] = make_mark(second + 1, RECORD_END);
    for (size_t i = 0; i < n; i++) {
        feeder->records[i].queue = queue;
        feeder->records[i].sequence = sequence++;
    }
    feeder->count = n;
}

static int compare_records(const void *a, const void *b) {
    const struct record *x = a, *y = b;
    if (x->reached_ns != y->reached_ns)
        return x->reached_ns < y->reached_ns ? -1 : 1;
    return x->queue != y->queue
               ? x->queue - y->queue
               : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

START_TEST(rings_are_merged_by_time) {
    struct feeder feeders[QUEUES];
    struct ring *rings[QUEUES];
    pthread_t threads[QUEUES];
    struct rig threaded, plain;
    rig_start(&threaded, &engine_defaults, NULL);
    rig_start(&plain, &engine_defaults, NULL);
    size_t total = 0;
    for (unsigned q = 0; q < QUEUES; q++) {
        write_queue(&feeders[q], (uint16_t)q);
        total += feeders[q].count;
        rings[q] = feeders[q].ring = ring_create(64U << q, sizeof(struct record));
    }
    ck_assert(engine_status(threaded.engine)->replaying);
    for (unsigned q = 0; q < QUEUES; q++)
        pthread_create(&threads[q], NULL, feed, &feeders[q]);
    engine_run(threaded.engine, rings, QUEUES, &stop_now);
    for (unsigned q = 0; q < QUEUES; q++)
        pthread_join(threads[q], NULL);
    ck_assert(!engine_status(threaded.engine)->replaying);
    ck_assert_uint_eq(engine_status(threaded.engine)->records, total - QUEUES);

    /* The slow reference: sort them all, and hand them over one by one. */
    struct record *all = calloc(total, sizeof *all);
    size_t n = 0;
    for (unsigned q = 0; q < QUEUES; q++)
        for (size_t i = 0; i < feeders[q].count; i++)
            all[n++] = feeders[q].records[i];
    qsort(all, n, sizeof *all, compare_records);
    for (size_t i = 0; i < n; i++)
        if (all[i].kind != RECORD_END)
            engine_take(plain.engine, &all[i]);
    struct ring *none[1];
    engine_run(plain.engine, none, 0, &stop_now); /* closes the last window */

    ck_assert_uint_gt(plain.row_count, 100);
    ck_assert_uint_eq(plain.row_count, threaded.row_count);
    ck_assert_mem_eq(plain.rows, threaded.rows, plain.row_count * sizeof *plain.rows);
    ck_assert_uint_eq(plain.finding_count, threaded.finding_count);
    rig_check(&threaded);
    for (unsigned q = 0; q < QUEUES; q++) {
        ring_destroy(rings[q]);
        free(feeders[q].records);
    }
    free(all);
    rig_end(&threaded);
    rig_end(&plain);
}
END_TEST

struct runner {
    struct rig *rig;
    struct ring *ring;
    _Atomic bool stop;
};

static void *run(void *context) {
    struct runner *runner = context;
    engine_run(runner->rig->engine, &runner->ring, 1, &runner->stop);
    return NULL;
}

static void put(struct ring *ring, struct record record) {
    struct record *place = ring_reserve_wait(ring);
    *place = record;
    ring_publish(ring);
}

START_TEST(who_is_told_to_stop_closes_what_is_open) {
    struct rig rig;
    pthread_t thread;
    struct board *board = board_create();
    rig_start(&rig, &engine_defaults, board);
    struct runner runner = {.rig = &rig,
                            .ring = ring_create(16, sizeof(struct record))};
    pthread_create(&thread, NULL, run, &runner);
    struct record flow =
        make_flow(epoch_s, make_end(1, "10.0.0.1"), make_end(2, "10.0.0.2"), TCP, 443);
    flow.flow.vantage = (struct vantage){.kind = TUNNEL_GENEVE, .depth = 1, .id = 9};
    put(runner.ring, flow);
    while (ring_used(runner.ring))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store(&runner.stop, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(rig.row_count, 2);
    const struct snapshot *snapshot = board_acquire(board);
    ck_assert_uint_eq(snapshot_device_count(snapshot), 2);
    ck_assert_uint_eq(snapshot_device(snapshot, 0)->vantage.kind, TUNNEL_GENEVE);
    ck_assert_uint_eq(snapshot_device(snapshot, 1)->vantage.id, 9);
    ck_assert(!snapshot_status(snapshot)->replaying);
    board_release(snapshot);
    ring_destroy(runner.ring);
    rig_end(&rig);
    board_destroy(board);
}
END_TEST

/* Readers look at the picture while the engine paints it. */
static void *look(void *context) {
    struct board *board = context;
    unsigned *seen = calloc(1, sizeof *seen);
    for (int i = 0; i < 300; i++) {
        const struct snapshot *snapshot = board_acquire(board);
        for (uint32_t d = 0; d < snapshot_device_count(snapshot); d++) {
            const struct device_view *view = snapshot_device(snapshot, d);
            double sum = 0;
            for (unsigned f = 0; f < view->factor_count; f++)
                sum += view->factors[f].contribution;
            *seen += fabs(sum - view->score) < 1e-9;
        }
        board_release(snapshot);
        nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
    }
    return seen;
}

START_TEST(readers_see_whole_devices_while_it_runs) {
    struct rig rig;
    struct feeder feeder;
    struct board *board = board_create();
    pthread_t feeding, looking;
    rig_start(&rig, &engine_defaults, board);
    write_queue(&feeder, 0);
    feeder.ring = ring_create(256, sizeof(struct record));
    pthread_create(&looking, NULL, look, board);
    pthread_create(&feeding, NULL, feed, &feeder);
    engine_run(rig.engine, &feeder.ring, 1, &stop_now);
    pthread_join(feeding, NULL);
    void *seen;
    pthread_join(looking, &seen);
    ck_assert_uint_gt(*(unsigned *)seen, 0);
    free(seen);
    ring_destroy(feeder.ring);
    free(feeder.records);
    rig_end(&rig);
    board_destroy(board);
}
END_TEST

/* --- whatever comes --- */

static uint64_t odd_number(void) {
    return random_bits() >> random_below(64);
}

static struct mac odd_mac(void) {
    switch (random_below(12)) {
    case 0:
        return (struct mac){{0}};
    case 1:
        return make_broadcast();
    case 2:
        return (struct mac){{0x01, 0, 0x5e, 0, 0, 1}};
    case 3:
        return (struct mac){{2, 0, 0, 0, 0, (uint8_t)random_below(8)}};
    default:
        return make_mac(random_below(60));
    }
}

static struct address odd_ip(void) {
    static const char *const some[] = {"0.0.0.0", "255.255.255.255", "224.0.0.251",
                                       "::",      "ff02::1",         "fe80::1",
                                       "",        "127.0.0.1",       "::ffff:10.0.0.1"};
    struct address ip = {.family = 0};
    switch (random_below(6)) {
    case 0:
        return make_ip(some[random_below(sizeof some / sizeof *some)]);
    case 1:
        return (struct address){{93, (uint8_t)random_below(9), 1, 1}, 4};
    case 2:
        ip = make_ip("2001:db8::");
        ip.bytes[15] = (uint8_t)random_bits();
        return ip;
    case 3: /* a family that is none, with bytes of its own */
        ip.family = (uint8_t)random_bits();
        ip.bytes[random_below(16)] = (uint8_t)random_bits();
        return ip;
    default:
        return make_ip_number(random_below(80));
    }
}

static void odd_text(char *text, size_t size) {
    static const char *const pieces[] = {
        "",   "a.example.com",       ".", "\xc3\xa9", "%s%n", "xn--",
        "..", "a-rather-long-label", "\""};
    text[0] = 0;
    for (unsigned i = random_below(6); i > 0; i--)
        snprintf(text + strlen(text), size - strlen(text), "%s",
                 pieces[random_below(sizeof pieces / sizeof *pieces)]);
}

static void odd_flow(struct flow_record *flow) {
    *flow = (struct flow_record){
        .mac = {odd_mac(), odd_mac()},
        .ip = {odd_ip(), odd_ip()},
        .port = {(uint16_t)odd_number(), (uint16_t)odd_number()},
        .vlan = random_below(3) ? 0 : (uint16_t)random_below(4096),
        .ethertype = random_below(4) ? MAKE_IP : (uint16_t)odd_number(),
        .protocol =
            (uint8_t)(random_below(3) ? TCP + 11 * random_below(2) : random_below(256)),
        .state = (uint8_t)random_below(4),
        .events = (uint8_t)random_below(8),
        .end_reason = (uint8_t)odd_number(),
        .start_ns = odd_number(),
        .fragments = (uint16_t)odd_number(),
        .dns_queries = (uint16_t)odd_number(),
        .dns_nxdomain = (uint16_t)odd_number(),
        .dns_query_bytes = (uint16_t)odd_number(),
        .operation_overflow = (uint16_t)odd_number(),
        .risks = odd_number(),
    };
    for (unsigned side = 0; side < 2; side++) {
        flow->ttl[side] = (uint8_t)odd_number();
        flow->total_packets[side] = odd_number();
        flow->total_bytes[side] = odd_number();
        flow->bytes[side] = odd_number();
        flow->packets[side] = (uint32_t)odd_number();
        flow->payload_packets[side] = (uint32_t)odd_number();
        flow->syn[side] = (uint16_t)odd_number();
        flow->fin[side] = (uint16_t)odd_number();
        flow->rst[side] = (uint16_t)odd_number();
        for (unsigned bin = 0; bin < RECORD_SIZE_BINS; bin++)
            flow->size_bins[side][bin] = (uint16_t)odd_number();
    }
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++)
        flow->operations[i] =
            (struct operation_count){(uint16_t)odd_number(), (uint16_t)odd_number()};
    odd_text(flow->application, sizeof flow->application);
    odd_text(flow->name, sizeof flow->name);
}

static struct record odd_record(double time_s) {
    struct record record = make_mark(time_s, RECORD_FLOW);
    switch (random_below(10)) {
    case 0:
    case 1:
    case 2:
        record.kind = RECORD_CLAIM;
        record.claim = (struct claim_record){.mac = odd_mac(),
                                             .target_mac = odd_mac(),
                                             .frame_mac = odd_mac(),
                                             .ip = odd_ip(),
                                             .target_ip = odd_ip(),
                                             .vlan = (uint16_t)random_below(2),
                                             .kind = (uint8_t)random_below(10)};
        break;
    case 3:
        record.kind = RECORD_NAME;
        record.name = (struct name_record){
            .mac = odd_mac(), .ip = odd_ip(), .kind = (uint8_t)random_below(8)};
        odd_text(record.name.text, sizeof record.name.text);
        break;
    case 4:
        if (random_below(100) == 0)
            record.kind = (uint16_t)odd_number();
        break;
    default:
        break;
    }
    if (record.kind == RECORD_FLOW)
        odd_flow(&record.flow);
    return record;
}

static double odd_step(double time_s) {
    switch (random_below(400)) {
    case 0:
        return time_s + random_between(0, 1e5); /* a silence */
    case 1:
        return random_between(0, 9e9); /* another age, past 32 bits of seconds */
    default:
        return time_s + random_exponential() * 0.05;
    }
}

START_TEST(whatever_comes_rows_stay_finite) {
    struct engine_options options = engine_defaults;
    size_t rows = 0;
    options.half_life_s = 60; /* a silence has the fewer rows */
    for (int round = 0; round < 6; round++) {
        struct board *board = board_create();
        struct rig rig;
        options.live = round % 2;
        options.device_capacity = 2 + random_below(80);
        options.protected_share = random_below(101);
        rig_start(&rig, &options, board);
        double time_s = epoch_s;
        for (int i = 0; i < 8000; i++) {
            double next_s = odd_step(time_s);
            /* A collector announces its steps; most of them. */
            if ((next_s < time_s || next_s > time_s + 600) && random_below(8))
                rig_step(&rig, next_s);
            time_s = next_s;
            rig_send(&rig, odd_record(time_s));
            if (random_below(200) == 0)
                board_release(board_acquire(board));
        }
        struct ring *none[1];
        engine_run(rig.engine, none, 0, &stop_now);
        rows += rig.row_count;
        rig_check(&rig);
        const struct engine_status *status = engine_status(rig.engine);
        ck_assert_uint_le(status->devices, options.device_capacity);
        rig_end(&rig);
        board_destroy(board);
    }
    ck_assert_uint_gt(rows, 0);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("engine_run");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, rings_are_merged_by_time);
    tcase_add_test(all, who_is_told_to_stop_closes_what_is_open);
    tcase_add_test(all, readers_see_whole_devices_while_it_runs);
    tcase_add_test(all, whatever_comes_rows_stay_finite);
    Suite *suite = suite_create("engine_run");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

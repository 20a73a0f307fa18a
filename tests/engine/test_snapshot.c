#include "engine/snapshot.h"
#include "engine/vector.h"
#include "tests/suite.h"

#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state;

static uint32_t draw(uint32_t below) {
    /* splitmix64, S. Vigna */
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (uint32_t)((z ^ z >> 31) >> 33) % below;
}

static struct device_view *view_of(const char *id, const char *name, const char *ip) {
    struct device_view *view = calloc(1, sizeof *view);
    snprintf(view->id, sizeof view->id, "%s", id);
    snprintf(view->name, sizeof view->name, "%s", name);
    char mac[MAC_TEXT_BYTES];
    snprintf(mac, sizeof mac, "%.17s", id);
    mac_parse(mac, &view->mac);
    if (ip)
        view->address_count = address_parse(ip, &view->addresses[0]);
    return view;
}

static const struct engine_status ready = {.now_ns = 1};

static uint32_t find(const struct board *board, const char *text,
                     const char *expected) {
    const struct snapshot *snapshot = board_acquire((struct board *)board);
    uint32_t index[4];
    uint32_t found = snapshot_find(snapshot, text, index, 4);
    if (expected)
        ck_assert_str_eq(snapshot_device(snapshot, index[0])->id, expected);
    board_release(snapshot);
    return found;
}

START_TEST(a_new_board_is_empty_and_not_ready) {
    struct board *board = board_create();
    const struct snapshot *snapshot = board_acquire(board);
    const struct finding_tally *tallies;
    ck_assert(snapshot_status(snapshot)->replaying);
    ck_assert_uint_eq(snapshot_device_count(snapshot), 0);
    ck_assert_uint_eq(snapshot_finding_count(snapshot), 0);
    ck_assert_uint_eq(snapshot_tallies(snapshot, &tallies), 0);
    ck_assert_uint_eq(snapshot_find(snapshot, "anybody", NULL, 0), 0);
    board_release(snapshot);
    board_destroy(board);
}
END_TEST

START_TEST(a_reader_is_noticed_until_the_next_publication) {
    struct board *board = board_create();
    ck_assert(!board_wanted(board));
    board_release(board_acquire(board));
    ck_assert(board_wanted(board));
    board_publish(board, &ready);
    ck_assert(!board_wanted(board));
    board_destroy(board);
}
END_TEST

START_TEST(identities_in_every_spelling) {
    struct board *board = board_create();
    board_put_device(board, 7, view_of("02:00:00:aa:bb:cc", "Camera-1", "192.0.2.1"));
    board_put_device(board, 3, view_of("10.9.8.7", "", "10.9.8.7"));
    board_put_device(board, 900, view_of("02:00:00:00:00:09", "kettle", "2001:db8::9"));
    ck_assert_uint_eq(find(board, "kettle", NULL), 0); /* not yet published */
    board_publish(board, &ready);

    static const char *const spellings[] = {
        "02:00:00:aa:bb:cc", "02:00:00:AA:BB:CC", "02-00-00-aa-bb-cc", "0200.00aa.bbcc",
        "020000AABBCC",      "192.0.2.1",         "camera-1",          "CAMERA-1"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        ck_assert_uint_eq(find(board, spellings[i], "02:00:00:aa:bb:cc"), 1);
    ck_assert_uint_eq(find(board, "2001:0DB8:0::9", "02:00:00:00:00:09"), 1);
    ck_assert_uint_eq(find(board, "10.9.8.7", "10.9.8.7"), 1);

    static const char *const nobody[] = {
        "",         "camera",   "camera-10", "02:00:00:aa:bb:cd", "192.0.2.2",
        "::",       "kettle ",  "0.0.0.0",   "00:00:00:00:00:00", "192.0.2.1/32",
        "2001:db8", "\xff\xfe", "%00"};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        ck_assert_uint_eq(find(board, nobody[i], NULL), 0);
    board_destroy(board);
}
END_TEST

START_TEST(who_shares_an_identity_is_ambiguous) {
    struct board *board = board_create();
    board_put_device(board, 0, view_of("02:00:00:00:00:01@plant", "twin", "192.0.2.1"));
    board_put_device(board, 1,
                     view_of("02:00:00:00:00:01@office", "twin", "192.0.2.1"));
    board_put_device(board, 2, view_of("192.0.2.7", "", "192.0.2.7"));
    board_put_device(board, 3, view_of("02:00:00:00:00:03", "", "192.0.2.7"));
    /* a device that calls itself by another's address is not believed */
    board_put_device(board, 4, view_of("02:00:00:00:00:04", "02:00:00:00:00:03", NULL));
    board_put_device(board, 5, view_of("02:00:00:00:00:05", "192.0.2.7", NULL));
    board_publish(board, &ready);
    ck_assert_uint_eq(find(board, "TWIN", NULL), 2);
    ck_assert_uint_eq(find(board, "192.0.2.1", NULL), 2);
    ck_assert_uint_eq(find(board, "02:00:00:00:00:01", NULL), 2);
    ck_assert_uint_eq(find(board, "02:00:00:00:00:01@plant", NULL), 1);
    /* … but who holds an address now cannot hide behind the device named after it */
    ck_assert_uint_eq(find(board, "192.0.2.7", NULL), 2);
    ck_assert_uint_eq(find(board, "02:00:00:00:00:03", "02:00:00:00:00:03"), 1);

    const struct snapshot *snapshot = board_acquire(board);
    uint32_t index[2] = {99, 99};
    ck_assert_uint_eq(snapshot_find(snapshot, "twin", index, 1), 2);
    ck_assert_uint_eq(index[1], 99); /* no more than there is room for */
    board_release(snapshot);
    board_destroy(board);
}
END_TEST

START_TEST(an_old_snapshot_stays_as_it_was) {
    struct board *board = board_create();
    board_put_device(board, 0, view_of("a", "one", NULL));
    board_put_device(board, 64, view_of("b", "two", NULL));
    board_publish(board, &ready);
    const struct snapshot *old = board_acquire(board);
    const struct device_view *shared = snapshot_device(old, 1);

    board_put_device(board, 0, NULL);
    board_put_device(board, 5000, view_of("c", "one", NULL));
    board_publish(board, &ready);
    const struct snapshot *fresh = board_acquire(board);
    uint32_t index;
    ck_assert_uint_eq(snapshot_find(old, "one", &index, 1), 1);
    ck_assert_str_eq(snapshot_device(old, index)->id, "a");
    ck_assert_uint_eq(snapshot_find(fresh, "one", &index, 1), 1);
    ck_assert_str_eq(snapshot_device(fresh, index)->id, "c");
    ck_assert_ptr_eq(snapshot_device(fresh, 0), shared); /* not copied */
    board_release(old);
    board_destroy(board); /* before the last reader's release, which frees the rest */
    ck_assert_str_eq(snapshot_device(fresh, 0)->id, "b");
    board_release(fresh);
}
END_TEST

START_TEST(findings_come_newest_first_and_are_bounded) {
    struct board *board = board_create();
    struct finding finding = {.kind = "scan", .level = LEVEL_HIGH};
    const uint64_t total = SNAPSHOT_FINDINGS + 100;
    const struct snapshot *early = NULL;
    for (finding.id = 1; finding.id <= total; finding.id++) {
        board_put_finding(board, &finding);
        if (finding.id == 50) {
            board_publish(board, &ready);
            early = board_acquire(board);
        }
    }
    finding.kind = "flood";
    finding.level = LEVEL_LOW;
    board_put_finding(board, &finding);
    board_publish(board, &ready);
    const struct snapshot *snapshot = board_acquire(board);
    ck_assert_uint_eq(snapshot_finding_count(snapshot), SNAPSHOT_FINDINGS);
    for (uint32_t i = 0; i < SNAPSHOT_FINDINGS; i++)
        ck_assert_uint_eq(snapshot_finding(snapshot, i)->id, total + 1 - i);
    ck_assert_uint_eq(snapshot_finding_count(early), 50);
    ck_assert_uint_eq(snapshot_finding(early, 49)->id, 1);

    const struct finding_tally *tallies;
    ck_assert_uint_eq(snapshot_tallies(snapshot, &tallies), 2);
    ck_assert_str_eq(tallies[0].kind, "scan");
    ck_assert_uint_eq(tallies[0].by_level[LEVEL_HIGH], total);
    ck_assert_uint_eq(tallies[1].by_level[LEVEL_LOW], 1);
    board_release(early);
    board_release(snapshot);
    board_destroy(board);
}
END_TEST

/* A board against an array that is searched from end to end. */
enum { SLOTS = 500, ROUNDS = 60 };

static void check_against(const struct snapshot *snapshot,
                          struct device_view *const *model) {
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        const struct device_view *view = model[slot];
        if (!view)
            continue;
        count++;
        uint32_t index, same_name = 0;
        ck_assert_uint_eq(snapshot_find(snapshot, view->id, &index, 1), 1);
        ck_assert_mem_eq(snapshot_device(snapshot, index), view, sizeof *view);
        for (uint32_t i = 0; i < SLOTS; i++)
            same_name += model[i] && strcmp(model[i]->name, view->name) == 0;
        ck_assert_uint_eq(snapshot_find(snapshot, view->name, NULL, 0), same_name);
    }
    ck_assert_uint_eq(snapshot_device_count(snapshot), count);
    for (uint32_t i = 1; i < count; i++)
        ck_assert_str_lt(snapshot_device(snapshot, i - 1)->id,
                         snapshot_device(snapshot, i)->id);
}

START_TEST(it_agrees_with_a_plain_array) {
    random_state = 20260203;
    struct board *board = board_create();
    static struct device_view *model[SLOTS];
    uint32_t serial = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned changes = draw(40); changes > 0; changes--) {
            uint32_t slot = draw(SLOTS);
            struct device_view *view = NULL;
            if (model[slot] && draw(2)) { /* the same device, perhaps renamed */
                view = malloc(sizeof *view);
                *view = *model[slot];
                view->score = draw(100);
                if (draw(3) == 0)
                    snprintf(view->name, sizeof view->name, "name-%u", draw(300));
            } else if (draw(4)) {
                char id[DEVICE_ID_BYTES], name[DEVICE_NAME_BYTES];
                snprintf(id, sizeof id, "%08x", serial++ * 2654435761U);
                snprintf(name, sizeof name, "name-%u", draw(300));
                view = view_of(id, name, NULL);
            }
            struct device_view *copy = NULL;
            if (view) {
                copy = malloc(sizeof *copy);
                *copy = *view;
            }
            free(model[slot]);
            model[slot] = copy;
            board_put_device(board, slot, view);
        }
        if (draw(3) == 0)
            continue;
        board_publish(board, &ready);
        const struct snapshot *snapshot = board_acquire(board);
        check_against(snapshot, model);
        board_release(snapshot);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        free(model[slot]);
    board_destroy(board);
}
END_TEST

/* Readers hammer while the writer publishes: each sees one generation, whole. */
enum { READERS = 3, GENERATIONS = 400, DEVICES = 200 };

struct hammer {
    struct board *board;
    _Atomic bool stop;
    _Atomic uint64_t torn, reads;
};

static void *hammer_run(void *argument) {
    struct hammer *hammer = argument;
    uint64_t newest = 0;
    while (!atomic_load(&hammer->stop)) {
        const struct snapshot *snapshot = board_acquire(hammer->board);
        uint64_t generation = snapshot_status(snapshot)->now_ns;
        uint32_t count = snapshot_device_count(snapshot);
        uint32_t index;
        bool whole = generation >= newest;
        for (uint32_t i = 0; i < count; i += 7)
            whole &= snapshot_device(snapshot, i)->packets == generation;
        if (count)
            whole &= snapshot_find(snapshot, "device-0", &index, 1) == 1;
        if (snapshot_finding_count(snapshot))
            whole &= snapshot_finding(snapshot, 0)->id == generation;
        atomic_fetch_add(&hammer->torn, !whole);
        atomic_fetch_add(&hammer->reads, 1);
        newest = generation;
        board_release(snapshot);
    }
    return NULL;
}

START_TEST(readers_never_see_half_a_publication) {
    struct hammer hammer = {.board = board_create()};
    pthread_t readers[READERS];
    for (unsigned i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, hammer_run, &hammer), 0);
    for (uint64_t generation = 1; generation <= GENERATIONS; generation++) {
        for (uint32_t slot = 0; slot < DEVICES; slot++) {
            char id[DEVICE_ID_BYTES];
            snprintf(id, sizeof id, "device-%u", slot);
            bool gone = slot && (slot + generation) % 50 == 0;
            struct device_view *view = gone ? NULL : view_of(id, "", NULL);
            if (view)
                view->packets = generation;
            board_put_device(hammer.board, slot, view);
        }
        board_put_finding(hammer.board,
                          &(struct finding){.id = generation, .kind = "scan"});
        board_publish(hammer.board, &(struct engine_status){.now_ns = generation});
    }
    atomic_store(&hammer.stop, true);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    ck_assert_uint_eq(hammer.torn, 0);
    ck_assert_uint_gt(hammer.reads, 0);
    board_destroy(hammer.board);
}
END_TEST

START_TEST(a_vector_shares_what_did_not_change) {
    struct vector vector = {0};
    ck_assert_ptr_null(vector_get(&vector, 0));
    ck_assert(vector_set(&vector, UINT32_MAX, NULL)); /* removing nothing */
    ck_assert_ptr_null(vector.root);
    static const uint32_t places[] = {0, 1, 63, 64, 4095, 4096, 300000, UINT32_MAX};
    enum { PLACES = sizeof places / sizeof *places };
    for (size_t i = 0; i < PLACES; i++)
        ck_assert(vector_set(&vector, places[i], calloc(1, 8)));
    struct vector shared = vector_share(&vector);
    void *zero = vector_get(&vector, 0);
    ck_assert(vector_set(&vector, 64, NULL));
    ck_assert_ptr_null(vector_get(&vector, 64));
    for (size_t i = 0; i < PLACES; i++)
        ck_assert_ptr_nonnull(vector_get(&shared, places[i]));
    ck_assert_ptr_eq(vector_get(&vector, 0), zero);
    ck_assert_ptr_null(vector_get(&shared, 2));
    vector_release(&shared);
    ck_assert_ptr_eq(vector_get(&vector, 0), zero);
    vector_release(&vector);
}
END_TEST

START_TEST(names_are_those_of_the_contract) {
    ck_assert_str_eq(risk_level_name(LEVEL_CRITICAL), "CRITICAL");
    ck_assert_str_eq(risk_level_name(LEVEL_UNKNOWN), "UNKNOWN");
    ck_assert_str_eq(device_state_name(STATE_STALE), "stale");
    ck_assert_str_eq(family_name(FAMILY_LASTING), "lasting");
    ck_assert_str_eq(risk_level_name((enum risk_level)77), "UNKNOWN");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("snapshot");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, a_new_board_is_empty_and_not_ready);
    tcase_add_test(tests, a_reader_is_noticed_until_the_next_publication);
    tcase_add_test(tests, identities_in_every_spelling);
    tcase_add_test(tests, who_shares_an_identity_is_ambiguous);
    tcase_add_test(tests, an_old_snapshot_stays_as_it_was);
    tcase_add_test(tests, findings_come_newest_first_and_are_bounded);
    tcase_add_test(tests, it_agrees_with_a_plain_array);
    tcase_add_test(tests, readers_never_see_half_a_publication);
    tcase_add_test(tests, a_vector_shares_what_did_not_change);
    tcase_add_test(tests, names_are_those_of_the_contract);
    Suite *suite = suite_create("snapshot");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

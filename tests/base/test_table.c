#include "engine/base/table.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

struct key {
    uint64_t number;
    uint8_t rest[13]; /* an odd size */
};

struct entry {
    uint64_t value;
    uint8_t bulk[33];
};

enum { KEY_BYTES = 21, ENTRY_BYTES = 41 };

static struct key key_of(uint64_t number) {
    struct key key = {.number = number};
    memset(key.rest, (int)(number & 3), sizeof key.rest);
    return key;
}

static bool is_zero(const struct entry *entry) {
    static const struct entry zero;
    return memcmp(entry, &zero, ENTRY_BYTES) == 0;
}

/* The slow reference: entries in two arrays by age, searched from end to end. */
enum { MODEL_MAX = 64 };

struct model_entry {
    uint64_t number, value;
    struct entry *place;
    uint32_t index;
};

struct model {
    struct model_entry entries[TABLE_SEGMENTS][MODEL_MAX]; /* oldest first */
    unsigned used[TABLE_SEGMENTS];
};

static struct model_entry *model_find(struct model *model, uint64_t number,
                                      unsigned *segment) {
    for (*segment = 0; *segment < TABLE_SEGMENTS; ++*segment)
        for (unsigned i = 0; i < model->used[*segment]; i++)
            if (model->entries[*segment][i].number == number)
                return &model->entries[*segment][i];
    return NULL;
}

static void model_append(struct model *model, unsigned segment,
                         struct model_entry entry) {
    model->entries[segment][model->used[segment]++] = entry;
}

static void model_remove(struct model *model, unsigned segment,
                         struct model_entry *entry) {
    struct model_entry *end = &model->entries[segment][model->used[segment]--];
    memmove(entry, entry + 1, (size_t)(end - entry - 1) * sizeof *entry);
}

static void check_same(const struct table *table, struct model *model) {
    uint32_t total = 0;
    for (unsigned segment = 0; segment < TABLE_SEGMENTS; segment++) {
        unsigned i = model->used[segment];
        ck_assert_uint_eq(table_segment_used(table, segment), i);
        total += i;
        void *place = table_newest(table, segment);
        for (; place; place = table_older(table, place)) {
            ck_assert_uint_gt(i, 0);
            const struct model_entry *expected = &model->entries[segment][--i];
            struct key key = key_of(expected->number);
            ck_assert_ptr_eq(place, expected->place);
            ck_assert_uint_eq(((struct entry *)place)->value, expected->value);
            ck_assert_uint_eq(table_index(table, place), expected->index);
            ck_assert_ptr_eq(table_at(table, expected->index), place);
            ck_assert_uint_eq(table_segment(table, place), segment);
            ck_assert_mem_eq(table_key(table, place), &key, KEY_BYTES);
            ck_assert_ptr_eq(table_find(table, &key), place);
            if (i == 0)
                ck_assert_ptr_eq(table_oldest(table, segment), place);
        }
        ck_assert_uint_eq(i, 0);
        if (model->used[segment] == 0)
            ck_assert_ptr_null(table_oldest(table, segment));
    }
    ck_assert_uint_eq(table_used(table), total);
}

START_TEST(agrees_with_two_arrays) {
    for (unsigned round = 0; round < 20; round++) {
        uint32_t capacity = 1 + random_below(MODEL_MAX - 1);
        struct table *table =
            table_create(capacity, KEY_BYTES, ENTRY_BYTES, random_bits());
        static struct model model;
        model = (struct model){0};
        ck_assert_uint_eq(table_capacity(table), capacity);
        for (unsigned step = 0; step < 1500; step++) {
            uint64_t number = random_below(2 * capacity);
            struct key key = key_of(number);
            unsigned segment;
            struct model_entry *known = model_find(&model, number, &segment);
            unsigned used = model.used[0] + model.used[1];
            struct entry *place;
            bool made = true;
            ck_assert_ptr_eq(table_find(table, &key), known ? known->place : NULL);
            switch (random_below(4)) {
            case 0: /* get */
                place = table_get(table, &key, &made);
                ck_assert(made == (!known && used < capacity));
                if (made) {
                    ck_assert(is_zero(place));
                    ck_assert_uint_eq((uintptr_t)place % 16, 0);
                    ck_assert_uint_eq((uintptr_t)table_key(table, place) % 16, 0);
                    memset(place, 0xee, ENTRY_BYTES);
                    place->value = random_bits();
                    model_append(&model, 0,
                                 (struct model_entry){number, place->value, place,
                                                      table_index(table, place)});
                } else {
                    ck_assert_ptr_eq(place, known ? known->place : NULL);
                }
                break;
            case 1:
                if (known) {
                    struct model_entry entry = *known;
                    table_touch(table, entry.place);
                    model_remove(&model, segment, known);
                    model_append(&model, segment, entry);
                }
                break;
            case 2:
                if (known) {
                    struct model_entry entry = *known;
                    unsigned to = random_below(TABLE_SEGMENTS);
                    table_move(table, entry.place, to);
                    model_remove(&model, segment, known);
                    model_append(&model, to, entry);
                }
                break;
            default:
                if (known && random_below(2)) {
                    uint32_t index = known->index;
                    table_remove(table, known->place);
                    model_remove(&model, segment, known);
                    ck_assert_ptr_null(table_at(table, index));
                }
            }
            if (step % 16 == 0)
                check_same(table, &model);
        }
        check_same(table, &model);
        table_destroy(table);
    }
}
END_TEST

START_TEST(full_and_emptied_again) {
    enum { N = 5000 };
    struct table *table = table_create(N, sizeof(uint64_t), sizeof(uint64_t), 7);
    bool made;
    for (uint64_t cycle = 0; cycle < 3; cycle++) {
        for (uint64_t i = 0; i < N; i++) {
            uint64_t key = cycle * N + i, *value = table_get(table, &key, &made);
            ck_assert(value && made && *value == 0);
            *value = ~key;
        }
        uint64_t one_more = UINT64_MAX;
        ck_assert_ptr_null(table_get(table, &one_more, &made));
        ck_assert(!made);
        for (uint64_t i = 0; i < N; i++) {
            uint64_t key = cycle * N + i, *value = table_get(table, &key, &made);
            ck_assert(value && !made && *value == ~key);
        }
        /* Oldest first, as an evicting caller does. */
        for (uint64_t i = 0; i < N; i++) {
            uint64_t *oldest = table_oldest(table, 0);
            ck_assert_uint_eq(*oldest, ~(cycle * N + i));
            table_remove(table, oldest);
        }
        ck_assert_uint_eq(table_used(table), 0);
        ck_assert_ptr_null(table_newest(table, 0));
    }
    table_destroy(table);
}
END_TEST

START_TEST(hashes_by_its_seed) {
    struct table *a = table_create(8, KEY_BYTES, 1, 1),
                 *b = table_create(8, KEY_BYTES, 1, 1),
                 *c = table_create(8, KEY_BYTES, 1, 2);
    unsigned alike = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct key key = key_of(i);
        uint64_t hash = table_hash(a, &key);
        ck_assert_uint_eq(hash, table_hash(b, &key));
        alike += (hash & 0xff) == (table_hash(c, &key) & 0xff);
    }
    ck_assert_uint_lt(alike, 50); /* 4 by chance */
    bool made;
    struct key key = key_of(3);
    uint64_t hash = table_hash(a, &key);
    table_prefetch(a, hash);
    ck_assert_ptr_null(table_find_hashed(a, &key, hash));
    void *entry = table_get_hashed(a, &key, hash, &made);
    ck_assert(made);
    ck_assert_ptr_eq(table_find_hashed(a, &key, hash), entry);
    ck_assert_ptr_eq(table_find(a, &key), entry);
    table_destroy(a);
    table_destroy(b);
    table_destroy(c);
}
END_TEST

/* Whatever the hash does, keys are told apart, and clusters survive removal. */
START_TEST(tells_keys_of_one_hash_apart) {
    enum { N = 40 };
    struct table *table = table_create(N, sizeof(uint64_t), sizeof(uint64_t), 0);
    uint64_t *places[N];
    bool made;
    for (uint64_t key = 0; key < N; key++) {
        places[key] = table_get_hashed(table, &key, UINT32_MAX - key % 3, &made);
        ck_assert(made);
    }
    for (uint64_t gone = 0; gone < N; gone++) {
        for (uint64_t key = 0; key < N; key++)
            ck_assert_ptr_eq(table_find_hashed(table, &key, UINT32_MAX - key % 3),
                             places[key]);
        table_remove(table, places[gone * 7 % N]);
        places[gone * 7 % N] = NULL;
    }
    ck_assert_uint_eq(table_used(table), 0);
    table_destroy(table);
}
END_TEST

START_TEST(refuses_what_it_cannot_hold) {
    ck_assert_ptr_null(table_create(0, 8, 8, 0));
    ck_assert_ptr_null(table_create(8, 0, 8, 0));
    ck_assert_ptr_null(table_create(UINT32_MAX, 8, 8, 0));
    table_destroy(NULL);
    struct table *table = table_create(1, 8, 8, 0);
    ck_assert_ptr_null(table_at(table, 0));
    ck_assert_ptr_null(table_at(table, 1));
    ck_assert_ptr_null(table_at(table, TABLE_NONE));
    table_destroy(table);
}
END_TEST

/* Of what was used least recently, the second segment goes only when the first is empty. */
START_TEST(makes_room_by_force) {
    struct table *table = table_create(3, KEY_BYTES, ENTRY_BYTES, 1);
    struct key keys[5];
    void *entries[5];
    bool made;
    for (uint64_t i = 0; i < 5; i++)
        keys[i] = key_of(i);
    for (unsigned i = 0; i < 3; i++)
        entries[i] = table_force(table, &keys[i], &made);
    table_move(table, entries[0], 1);
    ck_assert_ptr_eq(table_force(table, &keys[1], &made), entries[1]); /* used again */
    ck_assert(!made);
    table_force(table, &keys[3], &made);
    ck_assert(made);
    ck_assert_ptr_null(table_find(table, &keys[2]));
    ck_assert_ptr_eq(table_find(table, &keys[0]), entries[0]);
    table_move(table, table_find(table, &keys[1]), 1);
    table_move(table, table_find(table, &keys[3]), 1);
    table_force(table, &keys[4], &made);
    ck_assert(made);
    ck_assert_ptr_null(table_find(table, &keys[0]));
    ck_assert_uint_eq(table_used(table), 3);
    table_destroy(table);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("table");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, agrees_with_two_arrays);
    tcase_add_test(all, full_and_emptied_again);
    tcase_add_test(all, hashes_by_its_seed);
    tcase_add_test(all, tells_keys_of_one_hash_apart);
    tcase_add_test(all, refuses_what_it_cannot_hold);
    tcase_add_test(all, makes_room_by_force);
    Suite *suite = suite_create("table");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

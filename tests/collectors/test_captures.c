#include "tests/collectors/runs.h"
#include "tests/suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Captures from elsewhere: strange ones are survived, all are read the same way
   twice. */

enum { PATH_BYTES = 512, FILES_MAX = 4096 };

static struct run run, again;

static char shared_paths[FILES_MAX][PATH_BYTES];

static int compare_paths(const void *a, const void *b) {
    return strcmp(a, b);
}

/* The files of a shared folder, in order; 0, and says so, where it is absent. */
static size_t list_shared(const char *folder) {
    const char *shared = getenv("WARY_SHARED");
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/data/%s", shared ? shared : SOURCE_DIR "/../shared",
             folder);
    DIR *directory = opendir(path);
    if (!directory) {
        printf("SKIPPED: no %s\n", path);
        return 0;
    }
    size_t count = 0;
    for (struct dirent *entry; count < FILES_MAX && (entry = readdir(directory));)
        if (strstr(entry->d_name, ".pcap"))
            snprintf(shared_paths[count++], PATH_BYTES, "%.255s/%.255s", path,
                     entry->d_name);
    closedir(directory);
    qsort(shared_paths, count, PATH_BYTES, compare_paths);
    return count;
}

static uint64_t counted(const _Atomic uint64_t *counter) {
    return counter_read(counter);
}

START_TEST(strange_captures_are_survived) {
    size_t count = list_shared("fuzz"), good_count = 0;
    static const char *good[FILES_MAX];
    struct collector_options options = quick();
    options.duplicate_window_ms = collector_defaults.duplicate_window_ms;
    for (size_t i = 0; i < count; i++) {
        const char *path = shared_paths[i];
        if (!collect(&run, &options, &path, 1)) {
            ck_assert_str_ne(run.error, "");
            continue;
        }
        ck_assert_msg(run.in_order, "%s", path);
        ck_assert_uint_eq(run.flow_packets, counted(&run.counters.packets) -
                                                counted(&run.counters.truncated) -
                                                counted(&run.counters.malformed) -
                                                counted(&run.counters.unsupported) -
                                                counted(&run.counters.duplicates));
        /* At most a tick before, one after and a discontinuity for each packet; the
           flow's beginning, its end, and what it announces. */
        ck_assert_uint_le(run.count, counted(&run.counters.packets) * 17 + 2);
        if (run.succeeded)
            good[good_count++] = path;
        else
            ck_assert_ptr_nonnull(strstr(run.error, path));
    }
    if (count > 0) { /* and in one go, inspected */
        options = collector_defaults;
        ck_assert(collect(&run, &options, good, good_count));
        ck_assert(run.succeeded && run.in_order);
    }
}
END_TEST

static uint64_t mix(uint64_t digest, const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
    return digest;
}

/* Field by field, since padding and what a kind does not use may hold anything. */
static void mix_record(struct run *to, const struct record *record) {
    uint64_t digest = to->digest;
#define MIX(field) digest = mix(digest, &(field), sizeof(field))
    MIX(record->time_ns);
    MIX(record->sequence);
    MIX(record->queue);
    MIX(record->kind);
    if (record->kind == RECORD_FLOW) {
        const struct flow_record *flow = &record->flow;
        MIX(flow->mac);
        MIX(flow->ip);
        MIX(flow->port);
        MIX(flow->vlan);
        MIX(flow->ethertype);
        MIX(flow->protocol);
        MIX(flow->state);
        MIX(flow->events);
        MIX(flow->end_reason);
        MIX(flow->ttl);
        MIX(flow->start_ns);
        MIX(flow->total_packets);
        MIX(flow->total_bytes);
        MIX(flow->bytes);
        MIX(flow->packets);
        MIX(flow->payload_packets);
        MIX(flow->syn);
        MIX(flow->fin);
        MIX(flow->rst);
        MIX(flow->size_bins);
        MIX(flow->gap_bins);
        MIX(flow->dns_queries);
        MIX(flow->dns_nxdomain);
        MIX(flow->dns_query_bytes);
        MIX(flow->fragments);
        MIX(flow->operation_overflow);
        MIX(flow->operations);
        MIX(flow->risks);
        digest = mix(digest, flow->application, strlen(flow->application));
        digest = mix(digest, flow->name, strlen(flow->name));
    } else if (record->kind == RECORD_CLAIM) {
        MIX(record->claim.mac);
        MIX(record->claim.ip);
        MIX(record->claim.target_ip);
        MIX(record->claim.kind);
    } else if (record->kind == RECORD_NAME) {
        MIX(record->name.mac);
        MIX(record->name.ip);
        MIX(record->name.kind);
        digest = mix(digest, record->name.text, strlen(record->name.text));
    }
#undef MIX
    to->digest = digest;
}

/* The largest say the same, at length. */
static bool is_small(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && status.st_size < 20 << 20;
}

START_TEST(replay_is_the_same_twice) {
    static const char *const folders[] = {"labelled", "benign"};
    static const char *paths[FILES_MAX];
    run.watch = again.watch = mix_record;
    for (unsigned folder = 0; folder < 2; folder++) {
        size_t count = 0, listed = list_shared(folders[folder]);
        for (size_t i = 0; i < listed; i++)
            if (is_small(shared_paths[i]))
                paths[count++] = shared_paths[i];
        if (count == 0)
            continue;
        ck_assert(collect(&run, &collector_defaults, paths, count));
        ck_assert_msg(run.succeeded && run.in_order, "%s", run.error);
        ck_assert(collect(&again, &collector_defaults, paths, count));
        ck_assert_uint_gt(run.count, 1000);
        ck_assert_uint_eq(run.count, again.count);
        ck_assert_uint_eq(run.digest, again.digest);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("captures");
    TCase *shared = tcase_create("shared");
    tcase_set_timeout(shared, 300);
    tcase_add_test(shared, strange_captures_are_survived);
    tcase_add_test(shared, replay_is_the_same_twice);
    suite_add_tcase(suite, shared);
    return suite_run(suite);
}

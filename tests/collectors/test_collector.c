#include "tests/collectors/frames.h"
#include "tests/collectors/runs.h"
#include "tests/suite.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* From files to records, with another thread that takes them. */

enum { PATH_BYTES = 512 };

static const int64_t BEGIN_S = 1700000000;

static char scratch[64];

static struct run run, again;

static void setup(void) {
    strcpy(scratch, "/tmp/wary-collector-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
}

static void teardown(void) {
    char path[PATH_BYTES];
    DIR *directory = opendir(scratch);
    for (struct dirent *entry; (entry = readdir(directory));) {
        snprintf(path, sizeof path, "%s/%s", scratch, entry->d_name);
        unlink(path);
    }
    closedir(directory);
    rmdir(scratch);
}

/* --- writing captures --- */

static pcap_dumper_t *writer;
static char written[4][PATH_BYTES];

static const char *path_of(unsigned file) {
    snprintf(written[file], sizeof written[file], "%s/%u.pcap", scratch, file);
    return written[file];
}

static void begin_file(unsigned file, int link_type) {
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(link_type, 65535,
                                                        PCAP_TSTAMP_PRECISION_NANO);
    writer = pcap_dump_open(dead, path_of(file));
    ck_assert_ptr_nonnull(writer);
    pcap_close(dead);
}

static void write_frame(int64_t time_s, int64_t nanoseconds, const char *name) {
    for (unsigned i = 0; i < VALID; i++)
        if (strcmp(valid[i].name, name) == 0) {
            struct bytes frame = hex(valid[i].text);
            struct pcap_pkthdr header = {.ts = {time_s, nanoseconds},
                                         .caplen = frame.length,
                                         .len = frame.length};
            pcap_dump((u_char *)writer, &header, frame.at);
            return;
        }
    ck_abort_msg("no frame %s", name);
}

static void end_file(void) {
    pcap_dump_close(writer);
}

/* --- running --- */

static void collect_written(size_t count) {
    const char *paths[4] = {written[0], written[1], written[2], written[3]};
    struct collector_options options = quick();
    ck_assert_msg(collect(&run, &options, paths, count), "%s", run.error);
}

/* The kinds of what came, a letter each. */
static const char *story(void) {
    static char letters[RECORDS_KEPT + 1];
    for (uint64_t i = 0; i < run.count && i < RECORDS_KEPT; i++)
        letters[i] = "FCNTDEK"[run.records[i].kind];
    letters[run.count] = '\0';
    return letters;
}

static uint64_t counted(const _Atomic uint64_t *counter) {
    return counter_read(counter);
}

/* --- time --- */

START_TEST(ticks_follow_the_packets) {
    begin_file(0, DLT_EN10MB);
    write_frame(BEGIN_S, 100, "tcp");
    write_frame(BEGIN_S, 200, "udp");
    write_frame(BEGIN_S + 1, 0, "tcp");
    write_frame(BEGIN_S + 200, 999999999, "tcp"); /* a silence costs one more tick */
    end_file();
    collect_written(1);
    ck_assert(run.succeeded && run.in_order);
    ck_assert_str_eq(story(), "FFTFTTFFTE");
    ck_assert_uint_eq(run.records[0].time_ns, (uint64_t)BEGIN_S * SECOND + 100);
    ck_assert_uint_eq(run.records[2].time_ns, (uint64_t)(BEGIN_S + 1) * SECOND);
    ck_assert_uint_eq(run.records[4].time_ns, (uint64_t)(BEGIN_S + 2) * SECOND);
    ck_assert_uint_eq(run.records[5].time_ns, (uint64_t)(BEGIN_S + 200) * SECOND);
    ck_assert_uint_eq(run.records[6].flow.end_reason, END_FORCED);
    ck_assert_uint_eq(run.records[8].time_ns, (uint64_t)(BEGIN_S + 201) * SECOND);
    ck_assert_uint_eq(run.flow_packets, 4);
    ck_assert_uint_eq(counted(&run.counters.packets), 4);
    ck_assert_uint_eq(counted(&run.counters.records), run.count);
    ck_assert_uint_eq(counted(&run.counters.source_bytes),
                      counted(&run.counters.source_bytes_read));
}
END_TEST

START_TEST(late_packets_count_in_the_open_window) {
    begin_file(0, DLT_EN10MB);
    write_frame(BEGIN_S + 60, 5, "tcp");
    write_frame(BEGIN_S, 5, "tcp");
    write_frame(BEGIN_S + 60, 7, "tcp");
    end_file();
    collect_written(1);
    ck_assert(run.succeeded && run.in_order);
    ck_assert_str_eq(story(), "FTE");
    ck_assert_uint_eq(run.records[0].flow.packets[INITIATOR], 3);
    ck_assert_uint_eq(run.records[0].time_ns, (uint64_t)(BEGIN_S + 60) * SECOND + 7);
    ck_assert_uint_eq(counted(&run.counters.late), 1);
    ck_assert_uint_eq(counted(&run.counters.discontinuities), 0);
}
END_TEST

START_TEST(steps_are_discontinuities) {
    begin_file(0, DLT_EN10MB);
    write_frame(BEGIN_S + 61, 0, "tcp");
    write_frame(BEGIN_S + 1, 0, "udp");     /* a minute back: late */
    write_frame(BEGIN_S, 999999999, "tcp"); /* more: a step */
    write_frame(BEGIN_S + 600, 0, "tcp");   /* ten minutes of silence are none */
    write_frame(BEGIN_S + 1200, 1, "tcp");  /* and a nanosecond more are one */
    end_file();
    collect_written(1);
    ck_assert(run.succeeded && run.in_order);
    ck_assert_str_eq(story(), "FFDFTFTFDFTE");
    ck_assert_uint_eq(counted(&run.counters.late), 1);
    ck_assert_uint_eq(counted(&run.counters.discontinuities), 2);
    ck_assert_uint_eq(run.records[2].time_ns, (uint64_t)(BEGIN_S + 1) * SECOND - 1);
    ck_assert_uint_eq(run.records[8].time_ns, (uint64_t)(BEGIN_S + 1200) * SECOND + 1);
    ck_assert_uint_eq(run.flow_packets, 5);
}
END_TEST

START_TEST(centuries_cost_no_more_than_their_packets) {
    static const int64_t years_s[] = {0, INT32_MAX, INT32_MIN, -1, 1000, 4000000000};
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < 600; i++)
        write_frame(years_s[i % 6], i % 2 ? 999999999 : 4000000000, "arp");
    end_file();
    collect_written(1);
    ck_assert(run.succeeded && run.in_order);
    ck_assert_uint_eq(run.flow_packets, 600);
    ck_assert_uint_lt(run.count, (uint64_t)600 * 6);
    ck_assert_uint_gt(counted(&run.counters.discontinuities), 300);
}
END_TEST

/* --- files --- */

START_TEST(files_are_one_stretch_of_time) {
    begin_file(0, DLT_EN10MB);
    write_frame(BEGIN_S, 0, "udp");
    end_file();
    begin_file(1, DLT_RAW);
    write_frame(BEGIN_S, 5, "raw ipv4");
    write_frame(BEGIN_S + 1, 0, "raw ipv4");
    end_file();
    begin_file(2, DLT_EN10MB);
    write_frame(BEGIN_S + 1, 1, "udp");
    end_file();
    collect_written(3);
    ck_assert(run.succeeded && run.in_order);
    ck_assert_str_eq(story(), "FFTFFTE");
    ck_assert_uint_eq(counted(&run.counters.packets), 4);
    ck_assert_uint_eq(counted(&run.counters.flows_created), 2);
}
END_TEST

static void cut_file(unsigned file, off_t bytes) {
    struct stat status;
    ck_assert_int_eq(stat(written[file], &status), 0);
    ck_assert_int_eq(truncate(written[file], status.st_size - bytes), 0);
}

START_TEST(cut_file_is_read_up_to_the_cut) {
    for (off_t cut = 1; cut < 60;
         cut += 29) { /* inside a frame, and inside its header */
        for (unsigned file = 0; file < 2; file++) {
            begin_file(file, DLT_EN10MB);
            write_frame(BEGIN_S, 0, "udp");
            write_frame(BEGIN_S, 1, "udp");
            end_file();
        }
        cut_file(0, cut);
        collect_written(2);
        ck_assert_msg(run.succeeded, "%s", run.error);
        ck_assert_uint_eq(run.flow_packets, 3);
        ck_assert_uint_eq(counted(&run.counters.sources_cut), 1);
    }
}
END_TEST

static void write_rubbish(unsigned file) {
    FILE *rubbish = fopen(path_of(file), "w");
    fputs("this is no capture, but long enough to be one", rubbish);
    fclose(rubbish);
}

START_TEST(what_is_no_capture_is_named) {
    for (unsigned file = 0; file < 2; file++) {
        begin_file(file, DLT_EN10MB);
        write_frame(BEGIN_S, 0, "udp");
        end_file();
    }
    const char *paths[] = {written[0], path_of(1), "/none/such", scratch, "/dev/null"};
    struct collector_options options = quick();
    for (unsigned i = 1; i < 5; i++) {
        write_rubbish(1);
        const char *pair[] = {paths[0], paths[i]};
        ck_assert(!collect(&run, &options, pair, 2) || !run.succeeded);
        ck_assert_ptr_nonnull(strstr(run.error, paths[i]));
        ck_assert_ptr_null(strchr(run.error, '\n'));
    }
    ck_assert(!collect(&run, &options, paths + 1, 1));
    ck_assert(!collect(&run, &options, NULL, 0));
}
END_TEST

START_TEST(file_that_goes_bad_meanwhile) {
    for (unsigned file = 0; file < 3; file++) {
        begin_file(file, DLT_EN10MB);
        write_frame(BEGIN_S, 0, "udp");
        end_file();
    }
    begin_run(&run);
    struct collector_options options = quick();
    const char *paths[] = {written[0], written[1], written[2]};
    struct collector *collector = collector_open_files(
        &options, paths, 3, run.ring, &run.counters, run.error, sizeof run.error);
    ck_assert_msg(collector != NULL, "%s", run.error);
    write_rubbish(1);
    finish_run(&run, collector);
    end_run(&run, collector);
    ck_assert(!run.succeeded);
    ck_assert_ptr_nonnull(strstr(run.error, written[1]));
    ck_assert_str_eq(story(), "FTE"); /* what was read is handed out all the same */
}
END_TEST

START_TEST(filter_chooses) {
    begin_file(0, DLT_EN10MB);
    write_frame(BEGIN_S, 0, "udp");
    write_frame(BEGIN_S, 0, "tcp");
    write_frame(BEGIN_S, 0, "udp");
    end_file();
    struct collector_options options = quick();
    options.filter = "tcp";
    ck_assert(collect(&run, &options, (const char *const[]){written[0]}, 1));
    ck_assert_uint_eq(run.flow_packets, 1);
    options.filter = "tcp and and";
    ck_assert(!collect(&run, &options, (const char *const[]){written[0]}, 1));
    ck_assert_ptr_nonnull(strstr(run.error, "tcp and and"));
}
END_TEST

START_TEST(standard_input) {
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < 2000; i++)
        write_frame(BEGIN_S, i, "udp");
    end_file();
    int ends[2], saved = dup(STDIN_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    pid_t child = fork();
    if (child == 0) {
        static char block[700]; /* in pieces that no packet agrees with */
        int file = open(written[0], O_RDONLY);
        for (ssize_t got; (got = read(file, block, sizeof block)) > 0;)
            if (write(ends[1], block, (size_t)got) < 0)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    struct collector_options options = quick();
    ck_assert(collect(&run, &options, (const char *const[]){"-"}, 1));
    dup2(saved, STDIN_FILENO);
    close(saved);
    ck_assert(run.succeeded);
    ck_assert_uint_eq(run.flow_packets, 2000);
    ck_assert_uint_eq(counted(&run.counters.source_bytes), 0);
    ck_assert_uint_gt(counted(&run.counters.source_bytes_read), (uint64_t)2000 * 40);
}
END_TEST

/* --- the rest of the path --- */

START_TEST(frames_are_counted_apart) {
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < VALID; i++)
        if (valid[i].link == DLT_EN10MB)
            write_frame(BEGIN_S, i, valid[i].name);
    struct bytes frame = hex(valid[0].text);
    struct pcap_pkthdr header = {
        .ts = {BEGIN_S, 100}, .caplen = 20, .len = frame.length};
    pcap_dump((u_char *)writer, &header, frame.at);
    header.len = 20;
    pcap_dump((u_char *)writer, &header, frame.at);
    end_file();
    begin_file(1, DLT_IEEE802_15_4);
    header.caplen = header.len = 30;
    pcap_dump((u_char *)writer, &header, frame.at);
    end_file();
    collect_written(2);
    ck_assert(run.succeeded && run.in_order);
    uint64_t packets = counted(&run.counters.packets);
    ck_assert_uint_eq(run.flow_packets, packets - 3);
    ck_assert_uint_eq(counted(&run.counters.truncated), 1);
    ck_assert_uint_eq(counted(&run.counters.malformed), 1);
    ck_assert_uint_eq(counted(&run.counters.unsupported), 1);
    ck_assert_uint_eq(counted(&run.counters.fragments), 3);
    ck_assert_ptr_nonnull(strchr(story(), 'C')); /* the ARP request's claim */
}
END_TEST

START_TEST(dns_is_counted) {
    static const char query[] =
        MACS "0800 4500 003d 0001 0000 40 11 0000 c0a80102 0a000003 "
             "c001 0035 0029 0000 0007 0100 0001 0000 0000 0000 "
             "03 'ntp' 07 'example' 03 'org' 00 0001 0001";
    static const char answer[] = "0200000000aa 0200000000bb 0800 4500 003d 0001 0000 "
                                 "40 11 0000 0a000003 c0a80102 "
                                 "0035 c001 0029 0000 0007 8183 0001 0000 0000 0000 "
                                 "03 'ntp' 07 'example' 03 'org' 00 0001 0001";
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < 4; i++) {
        struct bytes frame = hex(i % 2 ? answer : query);
        struct pcap_pkthdr header = {
            .ts = {BEGIN_S, i}, .caplen = frame.length, .len = frame.length};
        pcap_dump((u_char *)writer, &header, frame.at);
    }
    end_file();
    collect_written(1);
    const struct flow_record *flow = &run.records[0].flow;
    ck_assert_uint_eq(flow->packets[RESPONDER], 2);
    ck_assert_uint_eq(flow->dns_queries, 2);
    ck_assert_uint_eq(flow->dns_nxdomain, 2);
    ck_assert_uint_eq(flow->dns_query_bytes, 2 * strlen("ntp.example.org"));
    ck_assert_str_eq(flow->name, "ntp.example.org");
}
END_TEST

START_TEST(pace_is_kept_and_broken_off) {
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < 5; i++)
        write_frame(BEGIN_S + (int64_t)50 * i, 0, "udp");
    end_file();
    struct collector_options options = quick();
    options.speed = 1000;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    ck_assert(collect(&run, &options, (const char *const[]){written[0]}, 1));
    clock_gettime(CLOCK_MONOTONIC, &after);
    double seconds = (double)(after.tv_sec - before.tv_sec) +
                     (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    ck_assert_double_ge(seconds, 0.2);
    ck_assert_uint_eq(run.flow_packets, 5);
    options.speed = 0;
    ck_assert(collect(&again, &options, (const char *const[]){written[0]}, 1));
    ck_assert_uint_eq(run.count, again.count);
    for (uint64_t i = 0; i < run.count; i++)
        ck_assert_uint_eq(run.records[i].time_ns, again.records[i].time_ns);
}
END_TEST

static void *stop_soon(void *collector) {
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    collector_stop(collector);
    return NULL;
}

START_TEST(stops_when_asked) {
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < 5; i++)
        write_frame(BEGIN_S + (int64_t)500 * i, 0, "udp");
    end_file();
    struct collector_options options = quick();
    options.speed = 0.001;
    begin_run(&run);
    struct collector *collector =
        collector_open_files(&options, (const char *const[]){written[0]}, 1, run.ring,
                             &run.counters, run.error, sizeof run.error);
    ck_assert_ptr_nonnull(collector);
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_soon, collector);
    finish_run(&run, collector);
    pthread_join(stopper, NULL);
    end_run(&run, collector);
    ck_assert(run.succeeded);
    ck_assert_uint_eq(run.records[run.count - 1].kind, RECORD_END);
    ck_assert_uint_lt(run.flow_packets, 5);
}
END_TEST

START_TEST(stops_in_a_silent_pipe) {
    int ends[2], saved = dup(STDIN_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    begin_file(0, DLT_EN10MB);
    write_frame(BEGIN_S, 0, "udp");
    end_file();
    char block[1000];
    int file = open(written[0], O_RDONLY);
    ssize_t got = read(file, block, sizeof block);
    ck_assert_int_eq(write(ends[1], block, (size_t)got), got);
    close(file);
    struct collector_options options = quick();
    begin_run(&run);
    struct collector *collector =
        collector_open_files(&options, (const char *const[]){"-"}, 1, run.ring,
                             &run.counters, run.error, sizeof run.error);
    ck_assert_ptr_nonnull(collector);
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_soon, collector);
    finish_run(&run, collector);
    pthread_join(stopper, NULL);
    end_run(&run, collector);
    ck_assert(run.succeeded);
    ck_assert_uint_eq(counted(&run.counters.sources_cut), 0);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(gives_up_with_its_ring) {
    begin_file(0, DLT_EN10MB);
    for (unsigned i = 0; i < 500; i++)
        write_frame(BEGIN_S + i, 0, "udp");
    end_file();
    memset(&run, 0, sizeof run);
    struct collector_options options = quick();
    struct ring *ring = ring_create(8, sizeof(struct record));
    struct collector *collector =
        collector_open_files(&options, (const char *const[]){written[0]}, 1, ring,
                             &run.counters, run.error, sizeof run.error);
    ring_cancel(ring);
    ck_assert(collector_run(collector, run.error, sizeof run.error));
    ck_assert_uint_lt(counted(&run.counters.packets), 500);
    collector_close(collector);
    ring_destroy(ring);
}
END_TEST

START_TEST(interface_that_is_none) {
    struct collector_options options = quick();
    struct ring *ring = ring_create(8, sizeof(struct record));
    ck_assert_ptr_null(collector_open_interface(
        &options, "no-such-if0", ring, &run.counters, run.error, sizeof run.error));
    ck_assert_ptr_nonnull(strstr(run.error, "no-such-if0"));
    ring_destroy(ring);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("collector");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, ticks_follow_the_packets);
    tcase_add_test(files, late_packets_count_in_the_open_window);
    tcase_add_test(files, steps_are_discontinuities);
    tcase_add_test(files, centuries_cost_no_more_than_their_packets);
    tcase_add_test(files, files_are_one_stretch_of_time);
    tcase_add_test(files, cut_file_is_read_up_to_the_cut);
    tcase_add_test(files, what_is_no_capture_is_named);
    tcase_add_test(files, file_that_goes_bad_meanwhile);
    tcase_add_test(files, filter_chooses);
    tcase_add_test(files, standard_input);
    tcase_add_test(files, frames_are_counted_apart);
    tcase_add_test(files, dns_is_counted);
    tcase_add_test(files, pace_is_kept_and_broken_off);
    tcase_add_test(files, stops_when_asked);
    tcase_add_test(files, stops_in_a_silent_pipe);
    tcase_add_test(files, gives_up_with_its_ring);
    tcase_add_test(files, interface_that_is_none);
    suite_add_tcase(suite, files);
    return suite_run(suite);
}

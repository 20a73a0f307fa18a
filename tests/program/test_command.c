#include "engine/program/command.h"
#include "engine/program/progress.h"
#include "engine/snapshot.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct command command;
static char error[256];

/* The words after "wary", separated by blanks. */
static bool parse(const char *words) {
    static char copy[512];
    static char *argv[32];
    int argc = 0;
    argv[argc++] = "wary";
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return command_parse(argc, argv, &command, error, sizeof error);
}

START_TEST(run_takes_interfaces) {
    ck_assert(
        parse("run -c a.conf -i eth1 --interface eth2 --state /s --listen [::1]:9"));
    ck_assert_int_eq(command.verb, COMMAND_RUN);
    ck_assert_uint_eq(command.interface_count, 2);
    ck_assert_str_eq(command.interfaces[1], "eth2");
    ck_assert_str_eq(command.config_path, "a.conf");
    ck_assert_str_eq(command.state_dir, "/s");
    ck_assert_str_eq(command.listen, "[::1]:9");
}
END_TEST

START_TEST(replay_takes_files_in_order) {
    ck_assert(parse("replay b.pcap --timeline t.csv - --speed 2.5 --serve a.pcap"));
    ck_assert_int_eq(command.verb, COMMAND_REPLAY);
    ck_assert_uint_eq(command.file_count, 3);
    ck_assert_str_eq(command.files[0], "b.pcap");
    ck_assert_str_eq(command.files[1], "-");
    ck_assert_str_eq(command.files[2], "a.pcap");
    ck_assert_double_eq(command.speed, 2.5);
    ck_assert(command.serve);
    ck_assert_str_eq(command.timeline_path, "t.csv");
    ck_assert_ptr_null(command.findings_path);
    ck_assert(parse("replay --speed max a.pcap"));
    ck_assert_double_eq(command.speed, 0);
}
END_TEST

START_TEST(evaluate_takes_budgets_and_families) {
    ck_assert(
        parse("evaluate --budget 0.5/day --without novelty --without shape --json "
              "--events e.json a.pcap"));
    ck_assert_double_eq(command.budget_per_week, 3.5);
    ck_assert_uint_eq(command.families_off, 1U << FAMILY_NOVELTY | 1U << FAMILY_SHAPE);
    ck_assert(command.json);
    ck_assert(parse("evaluate --budget 2/week --suite d"));
    ck_assert_double_eq(command.budget_per_week, 2);
    ck_assert_str_eq(command.suite_dir, "d");
}
END_TEST

START_TEST(help_and_version) {
    ck_assert(parse("--version"));
    ck_assert_int_eq(command.verb, COMMAND_VERSION);
    ck_assert(parse("--help"));
    ck_assert_int_eq(command.verb, COMMAND_HELP);
    ck_assert_int_eq(command.about, -1);
    ck_assert(parse("replay --nonsense-comes-later --help") == false);
    ck_assert(parse("replay --help"));
    ck_assert_int_eq(command.verb, COMMAND_HELP);
    ck_assert_int_eq(command.about, COMMAND_REPLAY);
}
END_TEST

static const char *const faults[][2] = {
    {"", "wary: no command (see wary --help)"},
    {"watch", "wary: unknown command 'watch' (see wary --help)"},
    {"run",
     "wary run: no interface (-i) and no directory (--watch) (see wary run --help)"},
    {"run -i a b.pcap",
     "wary run: takes no files: wary replay does (see wary run --help)"},
    {"replay", "wary replay: no capture file (see wary replay --help)"},
    {"replay a --speed", "wary replay: --speed wants a value"},
    {"replay a --speed 0", "wary replay: --speed does not take '0'"},
    {"replay a --speed -1", "wary replay: --speed does not take '-1'"},
    {"replay a --speed inf", "wary replay: --speed does not take 'inf'"},
    {"replay a --speed 2x", "wary replay: --speed does not take '2x'"},
    {"replay -i a b", "wary replay: unknown option -i (see wary replay --help)"},
    {"replay --interface a b",
     "wary replay: unknown option --interface (see wary replay --help)"},
    {"evaluate --budget 1 --suite d", "wary evaluate: --budget does not take '1'"},
    {"evaluate --budget 0/week --suite d",
     "wary evaluate: --budget does not take '0/week'"},
    {"evaluate --suite d a.pcap",
     "wary evaluate: --suite takes no files (see wary evaluate --help)"},
    {"evaluate --events e",
     "wary evaluate: no capture file (see wary evaluate --help)"},
    {"check-config a b",
     "wary check-config: one file, please (see wary check-config --help)"},
    {"check-config --defaults a",
     "wary check-config: one file, please (see wary check-config --help)"},
};

START_TEST(faults_are_named) {
    ck_assert_msg(!parse(faults[_i][0]), "taken: %s", faults[_i][0]);
    ck_assert_str_eq(error, faults[_i][1]);
}
END_TEST

START_TEST(too_many_interfaces) {
    static char *argv[COMMAND_INTERFACES + 4] = {"wary", "run"};
    for (int i = 0; i <= COMMAND_INTERFACES; i++)
        argv[2 + i] = "-ia";
    ck_assert(
        !command_parse(COMMAND_INTERFACES + 3, argv, &command, error, sizeof error));
    ck_assert_str_eq(error, "wary run: --interface does not take 'a'");
}
END_TEST

START_TEST(help_names_each_option) {
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    command_help(COMMAND_REPLAY, out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "-c, --config FILE"));
    ck_assert_ptr_nonnull(strstr(text, "--speed max|N"));
    ck_assert_ptr_null(strstr(text, "--interface"));
}
END_TEST

START_TEST(progress_lines) {
    char text[96];
    struct progress_moment before = {.clock_s = 10, .packets = 1000};
    struct progress_moment now = {.clock_s = 12,
                                  .packets = 5000,
                                  .capture_time_ns = 1770113730500000000,
                                  .bytes_read = 430,
                                  .bytes_total = 1000};
    progress_format(&before, &now, text, sizeof text);
    ck_assert_str_eq(text, "43 %, 2026-02-03 10:15:30 UTC, 2000 packets/s");
    now.bytes_read = 5000; /* a file that grew */
    progress_format(&before, &now, text, sizeof text);
    ck_assert_str_eq(text, "100 %, 2026-02-03 10:15:30 UTC, 2000 packets/s");
    now.bytes_total = now.capture_time_ns = 0;
    progress_format(&now, &now, text, sizeof text);
    ck_assert_str_eq(text, "0 packets/s");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("command");
    TCase *core = tcase_create("core");
    tcase_add_test(core, run_takes_interfaces);
    tcase_add_test(core, replay_takes_files_in_order);
    tcase_add_test(core, evaluate_takes_budgets_and_families);
    tcase_add_test(core, help_and_version);
    tcase_add_loop_test(core, faults_are_named, 0, sizeof faults / sizeof faults[0]);
    tcase_add_test(core, too_many_interfaces);
    tcase_add_test(core, help_names_each_option);
    tcase_add_test(core, progress_lines);
    suite_add_tcase(suite, core);
    return suite_run(suite);
}

#include "collectors/flow.h"
#include "engine/state.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A site for half a day, and the same half day with a flood that is larger than every table:
   it is found, memory stays within what the caps come to, and those who have nothing to do
   with it have the same rows at the same times. */

enum { FLOWS = 2000, DPI_FLOWS = 256, DEVICES = 64, SITE_DEVICES = 14 };
enum { PATH = 512, ROWS_MOST = 1 << 20 };
/* Who sends the flood, whom it hits, the gateway; and one that had not learnt enough to be
   protected when invented devices filled the table. */
enum { CONCERNED = 4 };

static const struct {
    const char *attack;
    const char *findings[3]; /* any of them */
} floods[] = {
    {"syn-flood-spoofed", {"address_spoofing", "flood", "under_attack"}},
    {"mac-flood", {"mac_flood"}},
    {"flow-flood", {"flood"}},
    {"peer-flood", {"scan", "fan_out"}},
};
enum { FLOODS = sizeof floods / sizeof *floods };

static char scratch[64];

static const char *in_scratch(const char *name) {
    static char paths[8][PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH, "%s/%s", scratch, name);
    return path;
}

/* Run a program of the build to its end; returns its peak memory in bytes. */
static uint64_t run(const char *const arguments[]) {
    char program[PATH];
    snprintf(program, sizeof program, "%s/%s", getenv("BUILD_DIR"), arguments[0]);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execv(program, (char *const *)arguments);
        _exit(127);
    }
    int status;
    struct rusage usage;
    ck_assert_int_eq(wait4(child, &status, 0, &usage), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", program);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static void simulate(const char *capture, const char *attack) {
    char plan[64], devices[16];
    snprintf(plan, sizeof plan, "%s@0+11:00:4", attack ? attack : "");
    snprintf(devices, sizeof devices, "%d", SITE_DEVICES);
    const char *arguments[] = {
        "traffic", "--site", "home", "--days", "0.5",   "--devices",
        devices,   "--seed", "5",    "--out",  capture, attack ? "--attack" : NULL,
        plan,      NULL};
    run(arguments);
}

static uint64_t replay(const char *capture, const char *timeline,
                       const char *findings) {
    const char *arguments[] = {"wary",       "replay", "-c",         in_scratch("conf"),
                               "--timeline", timeline, "--findings", findings,
                               capture,      NULL};
    return run(arguments);
}

static void setup(void) {
    strcpy(scratch, "/tmp/wary-flood-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    FILE *conf = fopen(in_scratch("conf"), "w");
    ck_assert_ptr_nonnull(conf);
    fprintf(conf, "capture { flows = %d dpi_flows = %d }\nengine { devices = %d }\n",
            FLOWS, DPI_FLOWS, DEVICES);
    fclose(conf);
    simulate(in_scratch("calm.pcap"), NULL);
    replay(in_scratch("calm.pcap"), in_scratch("calm.csv"), in_scratch("calm.ndjson"));
}

static void teardown(void) {
    static const char *const names[] = {
        "conf",      "calm.pcap",    "calm.events.json",
        "calm.csv",  "calm.ndjson",  "flood.pcap",
        "flood.csv", "flood.ndjson", "flood.events.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_scratch(names[i]));
    rmdir(scratch);
}

/* --- rows by device --- */

struct rows {
    char *text; /* the file, cut into lines */
    char **lines;
    size_t count;
};

static const char *device_of(const char *line) {
    return strchr(line, ',') + 1;
}

static int compare_lines(const void *a, const void *b) {
    const char *x = device_of(*(char *const *)a), *y = device_of(*(char *const *)b);
    size_t m = strcspn(x, ","), n = strcspn(y, ",");
    int order = strncmp(x, y, m < n ? m : n);
    if (order == 0)
        order = (m > n) - (m < n);
    return order ? order : strcmp(*(char *const *)a, *(char *const *)b);
}

static struct rows read_rows(const char *path) {
    struct rows rows = {.lines = calloc(ROWS_MOST, sizeof(char *))};
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    rows.text = malloc(size + 1);
    ck_assert_uint_eq(fread(rows.text, 1, size, file), size);
    rows.text[size] = '\0';
    fclose(file);
    char *rest = rows.text;
    strsep(&rest, "\n"); /* the header */
    for (char *line; (line = strsep(&rest, "\n"));)
        if (line[0] && rows.count < ROWS_MOST)
            rows.lines[rows.count++] = line;
    qsort(rows.lines, rows.count, sizeof *rows.lines, compare_lines);
    return rows;
}

static void free_rows(struct rows *rows) {
    free(rows->lines);
    free(rows->text);
}

static size_t end_of_device(const struct rows *rows, size_t from) {
    size_t length = strcspn(device_of(rows->lines[from]), ",") + 1, at = from;
    while (at < rows->count && strncmp(device_of(rows->lines[at]),
                                       device_of(rows->lines[from]), length) == 0)
        at++;
    return at;
}

/* Rows agree but for what the pool of all devices adds to each one's statistics: those who
   attack, or are attacked, do not teach it meanwhile. */
static bool agree(const char *a, const char *b) {
    enum { ANOMALY = 4, RISK = 5, COLUMNS = 9 };
    for (unsigned column = 0; column < COLUMNS; column++) {
        size_t m = strcspn(a, ","), n = strcspn(b, ",");
        bool is_number = column == ANOMALY || column == RISK;
        double near = column == ANOMALY ? 1 : 0.5;
        if (is_number ? fabs(atof(a) - atof(b)) > near
                      : m != n || strncmp(a, b, m) != 0)
            return false;
        a += m + (a[m] != 0);
        b += n + (b[n] != 0);
    }
    return true;
}

/* Whether the device whose rows are `from` … `to` - 1 has the same ones among the others. */
static bool has_same(const struct rows *rows, size_t from, size_t to,
                     const struct rows *others) {
    size_t length = strcspn(device_of(rows->lines[from]), ",") + 1, at = 0;
    while (at < others->count && strncmp(device_of(others->lines[at]),
                                         device_of(rows->lines[from]), length) != 0)
        at++;
    if (at == others->count || end_of_device(others, at) - at != to - from)
        return false;
    for (size_t i = from; i < to; i++, at++)
        if (!agree(rows->lines[i], others->lines[at])) {
            printf("%s\n%s\n", rows->lines[i], others->lines[at]);
            return false;
        }
    return true;
}

/* --- */

static bool is_found(const char *path, const char *const kinds[3]) {
    char line[4096], wanted[64];
    bool found = false;
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file))
        for (unsigned i = 0; i < 3 && kinds[i]; i++) {
            snprintf(wanted, sizeof wanted, "\"kind\":\"%s\"", kinds[i]);
            found |= strstr(line, wanted) != NULL;
        }
    fclose(file);
    return found;
}

/* What the program is without its tables (libraries, nDPI's automata, rings, stacks), and
   what each place of a table comes to: its keys, its hash slots and what is kept beside. */
static uint64_t bound(void) {
    const uint64_t base = 96 << 20, beside = 512, dpi_state = 4096;
    return base + FLOWS * (sizeof(struct flow) + sizeof(struct flow_facts) + beside) +
           DPI_FLOWS * dpi_state +
           DEVICES * (sizeof(struct device) + sizeof(struct open_window) + beside);
}

START_TEST(a_flood_costs_others_nothing) {
    simulate(in_scratch("flood.pcap"), floods[_i].attack);
    uint64_t peak = replay(in_scratch("flood.pcap"), in_scratch("flood.csv"),
                           in_scratch("flood.ndjson"));
    printf("%s: peak memory %.1f MB, bound %.1f MB\n", floods[_i].attack,
           (double)peak / 1e6, (double)bound() / 1e6);
    const char *sanitized = getenv("SANITIZED");
    if (!sanitized || !sanitized[0])
        ck_assert_uint_le(peak, bound());
    ck_assert_msg(is_found(in_scratch("flood.ndjson"), floods[_i].findings),
                  "%s is not found", floods[_i].attack);

    struct rows calm = read_rows(in_scratch("calm.csv"));
    struct rows flood = read_rows(in_scratch("flood.csv"));
    unsigned devices = 0, same = 0;
    for (size_t from = 0, to; from < calm.count; from = to) {
        to = end_of_device(&calm, from);
        devices++;
        bool is_same = has_same(&calm, from, to, &flood);
        same += is_same;
        if (!is_same)
            printf("%s: concerned: %.17s\n", floods[_i].attack,
                   device_of(calm.lines[from]));
    }
    ck_assert_uint_ge(devices, SITE_DEVICES - 2);
    ck_assert_uint_le(devices - same, CONCERNED);
    free_rows(&calm);
    free_rows(&flood);
}
END_TEST

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    Suite *suite = suite_create("flood");
    TCase *all = tcase_create("flood");
    tcase_set_timeout(all, 0);
    tcase_add_unchecked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, a_flood_costs_others_nothing, 0, FLOODS);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

#include "tests/suite.h"
#include "tests/web/site.h"

#include <signal.h>
#include <sys/resource.h>

#include "engine/engine.h"
#include "engine/store/store_policy.h"

/* What is served out of the store: history, findings and decisions from before the start, and
   how the store itself is. */

static char directory[64];
static struct store *store;
static const uint64_t now_s = 1770113730;

static void open_site(void) {
    char error[256] = "";
    store = store_open(directory, error, sizeof error);
    ck_assert_msg(store != NULL, "%s", error);
    site_board = board_create();
    site_options = web_defaults;
    site_options.port = 0;
    site_options.version = "1.2.3";
    site_options.store = store;
    static const struct web_capture captures[] = {{"eth0", 0, &site_counters[0]}};
    site_web = web_start(&site_options, site_board, captures, 1, error, sizeof error);
    ck_assert_msg(site_web != NULL, "%s", error);
    site_client = client_open(web_port(site_web));
    board_put_device(site_board, 0, site_view("02:00:00:00:00:01", "", 10));
    site_publish(1);
}

static void close_site(void) {
    site_close();
    store_close(store);
}

static void start(void) {
    const char *where = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%.40s/wary-XXXXXX", where ? where : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    open_site();
}

static void stop(void) {
    char command[128];
    close_site();
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    ck_assert_int_eq(system(command), 0);
}

static void put_row(uint64_t time_s, double risk, enum risk_level level) {
    struct engine_sink sink = store_sink(store);
    sink.window(sink.context, &(struct window_row){.end_s = time_s,
                                                   .device = "02:00:00:00:00:01",
                                                   .risk = risk,
                                                   .anomaly = risk / 10,
                                                   .level = level});
}

static void put_findings(uint64_t first, uint64_t last) {
    struct engine_sink sink = store_sink(store);
    for (uint64_t id = first; id <= last; id++) {
        struct finding finding = {.id = id,
                                  .time_ns = (now_s + id) * UINT64_C(1000000000),
                                  .device = "02:00:00:00:00:01",
                                  .kind = id % 2 ? "scan" : "flood"};
        sink.finding(sink.context, &finding);
    }
}

static bool nothing(struct store_sql *sql, void *context) {
    (void)sql, (void)context;
    return true;
}

/* All that was handed over is written. */
static void settle(void) {
    ck_assert(store_read(store, nothing, NULL));
}

static const cJSON *points_of(cJSON *json) {
    return json_at(json, "points");
}

START_TEST(history_for_a_chart) {
    put_row(now_s - 600, 20, LEVEL_LOW);
    put_row(now_s - 300, 87, LEVEL_CRITICAL);
    put_row(now_s - 240, 30, LEVEL_MEDIUM);
    settle();
    struct answer answer =
        site_get("/v1/devices/02:00:00:00:00:01/history?step=60&from=1770113000");
    ck_assert_int_eq(answer.status, 200);
    cJSON *json = answer_json(&answer);
    ck_assert_str_eq(json_text_at(json, "device"), "02:00:00:00:00:01");
    ck_assert(json_number_at(json, "step_s") == 60);
    int count = cJSON_GetArraySize(points_of(json));
    ck_assert_int_eq(count, 11); /* since it was known, up to now */
    const cJSON *first = cJSON_GetArrayItem(points_of(json), 0);
    ck_assert_str_eq(json_text_at(first, "time"), "2026-02-03T10:05:00.000Z");
    ck_assert(json_number_at(first, "score") == 20);
    ck_assert_str_eq(json_text_at(first, "level"), "LOW");
    double highest = 0;
    for (int i = 0; i < count; i++) {
        const cJSON *point = cJSON_GetArrayItem(points_of(json), i);
        double score = json_number_at(point, "score");
        highest = score > highest ? score : highest;
    }
    ck_assert(highest == 87);
    ck_assert(json_number_at(cJSON_GetArrayItem(points_of(json), count - 1), "score") ==
              30);
    cJSON_Delete(json);
    /* The default: a day. */
    answer = site_get("/v1/devices/02:00:00:00:00:01/history");
    json = answer_json(&answer);
    ck_assert(json_number_at(json, "step_s") == 300);
    cJSON_Delete(json);
}
END_TEST

START_TEST(wrong_questions_about_history) {
    static const struct {
        const char *query, *parameter;
    } wrong[] = {{"from=yesterday", "from"}, {"to=x", "to"},
                 {"step=0", "step"},         {"step=1", "step"},
                 {"step=-5", "step"},        {"from=1770113730&to=1770113700", "from"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char target[160];
        snprintf(target, sizeof target, "/v1/devices/02:00:00:00:00:01/history?%s",
                 wrong[i].query);
        struct answer answer = site_get(target);
        site_problem(&answer, 400, "parameter", wrong[i].parameter);
    }
    struct answer answer = site_get("/v1/devices/02:00:00:00:00:99/history");
    site_problem(&answer, 404, NULL, NULL);
}
END_TEST

/* All of them once and in order, though the newest are in memory and the rest is not. */
START_TEST(findings_lead_on_into_the_store) {
    put_findings(1, 40);
    settle();
    for (uint64_t id = 31; id <= 40; id++)
        board_put_finding(site_board,
                          &(struct finding){.id = id,
                                            .time_ns = (now_s + id) * 1000000000,
                                            .device = "02:00:00:00:00:01",
                                            .kind = id % 2 ? "scan" : "flood"});
    site_publish(1);
    static const char *const filters[] = {"", "&kind=scan",
                                          "&device=02:00:00:00:00:01"};
    for (unsigned f = 0; f < 3; f++) {
        char target[160], cursor[32] = "";
        double expected = f == 1 ? 39 : 40;
        unsigned seen = 0;
        do {
            snprintf(target, sizeof target, "/v1/findings?limit=7%s%s%s", filters[f],
                     cursor[0] ? "&cursor=" : "", cursor);
            struct answer answer = site_get(target);
            ck_assert_int_eq(answer.status, 200);
            cJSON *json = answer_json(&answer);
            const cJSON *finding;
            cJSON_ArrayForEach(finding, json_at(json, "findings")) {
                ck_assert(json_number_at(finding, "id") == expected);
                expected -= f == 1 ? 2 : 1;
                seen++;
            }
            const cJSON *next = json_at(json, "next_cursor");
            snprintf(cursor, sizeof cursor, "%s",
                     cJSON_IsString(next) ? next->valuestring : "");
            cJSON_Delete(json);
        } while (cursor[0]);
        ck_assert_uint_eq(seen, f == 1 ? 20 : 40);
    }
}
END_TEST

static void ask(const char *target, const char *body) {
    char request[600];
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nHost: localhost\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             target, strlen(body), body);
    client_say(site_client, request);
    struct answer answer = client_take(site_client, false);
    ck_assert_int_eq(answer.status, 200);
}

static void decide(unsigned number) {
    char body[256];
    snprintf(body, sizeof body,
             "{\"subject\":{\"type\":\"device\",\"id\":\"02:00:00:00:00:01\"},"
             "\"action\":{\"name\":\"connect\"},"
             "\"resource\":{\"type\":\"service\",\"id\":\"number-%u\"}}",
             number);
    ask("/access/v1/evaluation", body);
}

START_TEST(decisions_of_every_api_are_kept) {
    static const struct {
        const char *api, *target, *body, *resource;
        int count;
    } apis[] = {
        {"evaluations", "/access/v1/evaluations",
         "{\"subject\":{\"type\":\"device\",\"id\":\"02:00:00:00:00:01\"},"
         "\"action\":{\"name\":\"a\"},\"evaluations\":["
         "{\"resource\":{\"type\":\"b\",\"id\":\"one\"}},"
         "{\"resource\":{\"type\":\"b\",\"id\":\"two\"}}]}",
         "two", 2},
        {"authz", "/authz/lamps/1", "", "/lamps/1", 1},
        {"broker", "/authz/mosquitto", "{\"username\":\"x\",\"acc\":2,\"topic\":\"t\"}",
         "t", 1},
    };
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
        ask(apis[i].target, apis[i].body);
    close_site();
    open_site();
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        char target[64];
        snprintf(target, sizeof target, "/v1/audit?api=%s", apis[i].api);
        struct answer answer = site_get(target);
        cJSON *json = answer_json(&answer);
        const cJSON *decisions = json_at(json, "decisions");
        ck_assert_int_eq(cJSON_GetArraySize(decisions), apis[i].count);
        ck_assert_str_eq(json_text_at(decisions->child, "resource"), apis[i].resource);
        ck_assert_str_eq(json_text_at(decisions->child, "decision"), "permit");
        cJSON_Delete(json);
    }
}
END_TEST

/* After a new start they are there, and are counted on. */
START_TEST(decisions_outlive_the_program) {
    for (unsigned i = 1; i <= 6; i++)
        decide(i);
    close_site();
    open_site();
    for (unsigned i = 7; i <= 9; i++)
        decide(i);
    settle();
    char cursor[32] = "";
    double expected = 9;
    do {
        char target[128];
        snprintf(target, sizeof target,
                 "/v1/audit?limit=4&api=evaluation&decision=permit%s%s",
                 cursor[0] ? "&cursor=" : "", cursor);
        struct answer answer = site_get(target);
        ck_assert_int_eq(answer.status, 200);
        cJSON *json = answer_json(&answer);
        const cJSON *decision;
        cJSON_ArrayForEach(decision, json_at(json, "decisions")) {
            char resource[64];
            snprintf(resource, sizeof resource, "number-%.0f", expected);
            ck_assert_str_eq(json_text_at(decision, "resource"), resource);
            ck_assert(json_number_at(decision, "seq") == expected);
            expected--;
        }
        const cJSON *next = json_at(json, "next_cursor");
        cursor[0] = '\0';
        if (cJSON_IsString(next))
            snprintf(cursor, sizeof cursor, "%s", next->valuestring);
        cJSON_Delete(json);
    } while (cursor[0]);
    ck_assert(expected == 0);
    struct answer answer = site_get("/v1/audit?decision=deny");
    cJSON *json = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(json, "decisions")), 0);
    cJSON_Delete(json);
}
END_TEST

static void hold(uint64_t number, uint64_t from_s, uint64_t to_s) {
    struct engine_sink sink = store_sink(store);
    struct tenancy tenancy = {.from_ns = from_s * 1000000000,
                              .to_ns = to_s * 1000000000};
    address_parse("10.0.0.7", &tenancy.ip);
    snprintf(tenancy.device, sizeof tenancy.device, "02:00:00:00:00:0%u",
             (unsigned)number);
    sink.tenancy(sink.context, number, &tenancy);
}

static void expect_held(uint64_t at_s, int status) {
    char target[96];
    snprintf(target, sizeof target, "/v1/devices/10.0.0.7/risk?at=%llu",
             (unsigned long long)at_s);
    struct answer answer = site_get(target);
    ck_assert_int_eq(answer.status, status);
    if (status == 200)
        ck_assert_ptr_nonnull(strstr(answer.body, "\"02:00:00:00:00:01\""));
}

/* Longer ago than the engine remembers. */
START_TEST(an_address_of_long_ago) {
    hold(1, now_s - 9000, 0);
    hold(1, now_s - 9000, now_s - 8000);
    hold(2, now_s - 8000, now_s - 7000); /* is not on the board */
    hold(1, now_s - 9000, now_s - 8000);
    settle();
    expect_held(now_s - 9001, 404);
    expect_held(now_s - 9000, 200);
    expect_held(now_s - 8001, 200);
    expect_held(now_s - 7500, 404);
    expect_held(now_s - 100, 404);
    hold(3, now_s - 60, 0);
    hold(1, now_s - 50, 0);
    settle();
    expect_held(now_s, 200);
}
END_TEST

/* --- policies --- */

static struct answer put_policy(const char *policy) {
    return client_post(site_client, "PUT", "/v1/policy",
                       "Content-Type: application/json\r\n", policy);
}

/* The revisions that are listed from `cursor` on, 0 from the newest; to be deleted. */
static cJSON *revisions(unsigned cursor) {
    char target[64];
    snprintf(target, sizeof target, "/v1/policy/revisions%s%.0u",
             cursor ? "?cursor=" : "", cursor);
    struct answer answer = site_get(target);
    ck_assert_int_eq(answer.status, 200);
    return answer_json(&answer);
}

static const char *text_of(const cJSON *list, int i, const char *name) {
    return json_text_at(cJSON_GetArrayItem(json_at(list, "revisions"), i), name);
}

/* Each that was in force, over restarts; and what it read like. */
START_TEST(policies_are_kept) {
    static const char policy[] =
        "{\"description\": \"of a Tuesday\",\n \"rules\": [{\"name\": \"none\","
        " \"then\": \"deny\"}]}";
    ck_assert_int_eq(put_policy(policy).status, 200);
    ck_assert_int_eq(put_policy(policy).status, 200); /* is no new one */
    ck_assert_int_eq(put_policy("{\"rules\": 7}").status, 400);
    close_site();
    open_site(); /* and begins with the built-in one again */
    close_site();
    open_site();
    cJSON *list = revisions(0);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(list, "revisions")), 3);
    static const char *const origins[] = {"start", "put", "start"};
    char revision[64], target[128];
    for (int i = 0; i < 3; i++) {
        snprintf(revision, sizeof revision, "%s", text_of(list, i, "revision"));
        ck_assert_int_eq(revision[0], '3' - i);
        ck_assert_str_eq(text_of(list, i, "origin"), origins[i]);
        ck_assert_uint_gt(strlen(text_of(list, i, "time")), 20);
    }
    ck_assert(cJSON_IsNull(json_at(list, "next_cursor")));
    snprintf(revision, sizeof revision, "%s", text_of(list, 1, "revision"));
    cJSON_Delete(list);
    const char *const names[] = {"2", revision};
    for (size_t i = 0; i < 2; i++) {
        snprintf(target, sizeof target, "/v1/policy/revisions/%s", names[i]);
        struct answer answer = site_get(target);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_ptr_nonnull(strstr(answer.body, policy));
        cJSON *json = answer_json(&answer);
        ck_assert_str_eq(json_text_at(json, "revision"), revision);
        ck_assert(json_number_at(json, "rules") == 1);
        ck_assert(json_number_at(json, "bytes") == (double)(sizeof policy - 1));
        cJSON_Delete(json);
    }
    static const char *const nothing_there[] = {"4", "0", "-1", "x", "99999999999999"};
    for (size_t i = 0; i < sizeof nothing_there / sizeof *nothing_there; i++) {
        snprintf(target, sizeof target, "/v1/policy/revisions/%s", nothing_there[i]);
        struct answer answer = site_get(target);
        site_problem(&answer, 404, NULL, NULL);
    }
    list = revisions(2);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(list, "revisions")), 1);
    cJSON_Delete(list);
    struct answer answer = site_get("/v1/policy/revisions?cursor=x");
    site_problem(&answer, 400, "parameter", "cursor");
}
END_TEST

START_TEST(a_policy_that_cannot_be_kept_is_refused) {
    struct rlimit before, full = {.rlim_cur = 4096};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &full);
    struct answer answer = put_policy("{\"rules\": [], \"default\": \"deny\"}");
    site_problem(&answer, 503, NULL, NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    answer = site_get("/v1/policy");
    ck_assert_ptr_nonnull(strstr(answer.body, "\"revision\":\"1-"));
    ck_assert_int_eq(put_policy("{\"rules\": [], \"default\": \"deny\"}").status, 200);
    cJSON *list = revisions(0);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(list, "revisions")), 2);
    cJSON_Delete(list);
}
END_TEST

static bool count_policies(struct store_sql *sql, void *context) {
    *(int64_t *)context =
        store_sql_ask(sql, store_sql_ready(sql, "SELECT count(*) FROM policies"), -1);
    return true;
}

START_TEST(old_policies_go) {
    int64_t count = 0;
    for (unsigned number = 2; number < 6; number++)
        ck_assert(store_policy_keep(store, &(struct store_policy){.number = number,
                                                                  .revision = "?",
                                                                  .origin = "put",
                                                                  .principal = "",
                                                                  .text = "{}"}));
    ck_assert(
        store_policy_keep(store, &(struct store_policy){.number = STORE_POLICIES + 3,
                                                        .revision = "?",
                                                        .origin = "put",
                                                        .principal = "",
                                                        .text = "{}"}));
    ck_assert(store_read(store, count_policies, &count));
    ck_assert_int_eq(count, 3); /* 4, 5 and the last */
}
END_TEST

START_TEST(a_full_disk_is_told) {
    struct rlimit before, full = {.rlim_cur = 4096};
    struct answer answer = site_get("/readyz");
    ck_assert_int_eq(answer.status, 200);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &full);
    put_findings(1, 2000);
    settle();
    answer = site_get("/readyz");
    site_problem(&answer, 503, "reason", "store");
    answer = site_get("/metrics");
    ck_assert_ptr_nonnull(strstr(answer.body, "\nwary_store_failing 1\n"));
    answer = site_get("/v1/status");
    ck_assert_ptr_nonnull(strstr(answer.body, "\"store\":{\"state\":\"failing\""));
    setrlimit(RLIMIT_FSIZE, &before);
    put_findings(2001, 2010);
    settle();
    answer = site_get("/readyz");
    ck_assert_int_eq(answer.status, 200);
    answer = site_get("/metrics");
    ck_assert_ptr_nonnull(strstr(answer.body, "\nwary_store_failing 0\n"));
    ck_assert_ptr_nonnull(strstr(answer.body, "\nwary_store_lost_total 2000\n"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("kept");
    TCase *tcase = tcase_create("kept");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, history_for_a_chart);
    tcase_add_test(tcase, wrong_questions_about_history);
    tcase_add_test(tcase, findings_lead_on_into_the_store);
    tcase_add_test(tcase, decisions_outlive_the_program);
    tcase_add_test(tcase, decisions_of_every_api_are_kept);
    tcase_add_test(tcase, an_address_of_long_ago);
    tcase_add_test(tcase, policies_are_kept);
    tcase_add_test(tcase, a_policy_that_cannot_be_kept_is_refused);
    tcase_add_test(tcase, old_policies_go);
    tcase_add_test(tcase, a_full_disk_is_told);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}

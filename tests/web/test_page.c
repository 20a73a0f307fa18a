#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/asset.h"
#include "web/request.h"

/* The page as the server writes it, its files, and what it asks for its first look. */

static const uint64_t second_ns = 1000000000, hour_ns = 3600 * UINT64_C(1000000000);

static void put_finding(const char *device, uint64_t id, uint64_t ago_ns,
                        enum risk_level level) {
    struct finding finding = {
        .id = id, .kind = "scan", .level = level, .time_ns = site_now_ns - ago_ns};
    snprintf(finding.device, sizeof finding.device, "%s", device);
    board_put_finding(site_board, &finding);
}

static void open_site(void) {
    site_open();
    struct device_view *view = site_view("02:00:00:aa:bb:cc", "camera-1", 87.9);
    view->first_seen_ns = site_now_ns - 100 * hour_ns;
    static struct top_entry peers[] = {{"10.9.8.7", 1000, 0}, {"example.net", 500, 0}};
    view->top_peers = peers;
    view->top_peer_count = 2;
    site_add_factor(view, "segmentation", 80, "10.9.8.7", "reached for the till");
    site_add_factor(view, "segmentation", 7, "10.9.8.8", "reached for the safe");
    board_put_device(site_board, 0, view);
    view = site_view("02:00:00:00:00:03", "till", 5);
    view->first_seen_ns = view->since_ns = site_now_ns - 60 * second_ns;
    view->state = STATE_LEARNING;
    view->level = LEVEL_UNKNOWN;
    board_put_device(site_board, 1, view);
    view = site_view("10.9.8.7", "", 12);
    view->first_seen_ns = view->since_ns = site_now_ns - 100 * hour_ns;
    view->last_seen_ns = site_now_ns - 1200 * second_ns;
    view->state = STATE_STALE;
    view->address_count = 1;
    address_parse("10.9.8.7", &view->addresses[0]);
    board_put_device(site_board, 2, view);
    view = site_view("02:00:00:00:00:04", "idle", 0);
    view->first_seen_ns = view->since_ns = site_now_ns - 100 * hour_ns;
    view->last_seen_ns = site_now_ns - 50 * hour_ns;
    view->state = STATE_STALE;
    board_put_device(site_board, 3, view);
    /* Oldest first: one too old; one alarm of three, up to HIGH; another of the same device
       hours later; one below MEDIUM; one of another device. */
    put_finding("02:00:00:aa:bb:cc", 1, 200 * hour_ns, LEVEL_CRITICAL);
    put_finding("02:00:00:aa:bb:cc", 2, 50 * hour_ns, LEVEL_MEDIUM);
    put_finding("02:00:00:aa:bb:cc", 3, 50 * hour_ns - 3000 * second_ns, LEVEL_HIGH);
    put_finding("02:00:00:aa:bb:cc", 4, 50 * hour_ns - 6000 * second_ns, LEVEL_MEDIUM);
    put_finding("02:00:00:00:00:03", 5, 49 * hour_ns, LEVEL_LOW);
    put_finding("02:00:00:00:00:03", 6, 48 * hour_ns, LEVEL_UNKNOWN);
    put_finding("02:00:00:aa:bb:cc", 7, 20 * hour_ns, LEVEL_MEDIUM);
    put_finding("10.9.8.7", 8, 1800 * second_ns, LEVEL_MEDIUM);
    site_publish(4);
}

START_TEST(the_page_lists_the_devices) {
    static const char *const targets[] = {"/", "/?live=0"};
    for (size_t i = 0; i < 2; i++) {
        struct answer page = site_get(targets[i]);
        ck_assert_int_eq(page.status, 200);
        ck_assert_str_eq(answer_header(&page, "Content-Type"),
                         "text/html; charset=utf-8");
        const char *first = strstr(page.body, "data-device=\"02:00:00:aa:bb:cc\"");
        const char *second = strstr(page.body, "data-device=\"10.9.8.7\"");
        ck_assert_ptr_nonnull(first);
        ck_assert(first < second); /* the riskiest first */
        ck_assert_ptr_nonnull(strstr(page.body, "data-level=\"CRITICAL\""));
        ck_assert_ptr_nonnull(strstr(page.body, "reached for the till"));
        ck_assert_int_eq(strstr(page.body, "src=\"/page.js\"") != NULL,
                         asset_script.plain_bytes > 0);
    }
}
END_TEST

/* CSP of the API's contract: nothing from elsewhere, nothing inline, in nobody's frame. */
START_TEST(the_page_is_closed_to_others) {
    struct answer page = site_get("/");
    const char *policy = answer_header(&page, "Content-Security-Policy");
    static const char *const parts[] = {"default-src 'none'", "script-src 'self'",
                                        "style-src 'self'",   "connect-src 'self'",
                                        "form-action 'none'", "frame-ancestors 'none'"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_ptr_nonnull(strstr(policy, parts[i]));
    ck_assert_ptr_null(strstr(policy, "unsafe"));
    ck_assert_ptr_null(strstr(page.body, "<style"));
    ck_assert_ptr_null(strstr(page.body, "style="));
    ck_assert_ptr_null(strstr(page.body, "<script>"));
}
END_TEST

START_TEST(its_files_go_packed_to_who_takes_them) {
    static const char *const targets[] = {"/page.js", "/page.css"};
    static const char *const types[] = {"text/javascript; charset=utf-8",
                                        "text/css; charset=utf-8"};
    const struct asset *const assets[] = {&asset_script, &asset_style};
    for (size_t i = 0; i < 2; i++) {
        if (!assets[i]->plain_bytes) { /* built without node */
            struct answer none = site_get(targets[i]);
            site_problem(&none, 404, NULL, NULL);
            continue;
        }
        struct answer plain = site_get(targets[i]);
        ck_assert_int_eq(plain.status, 200);
        ck_assert_str_eq(answer_header(&plain, "Content-Type"), types[i]);
        ck_assert_str_eq(answer_header(&plain, "Content-Encoding"), "");
        ck_assert_str_eq(answer_header(&plain, "Vary"), "Accept-Encoding");
        ck_assert_uint_eq(plain.length, assets[i]->plain_bytes);
        ck_assert_mem_eq(plain.body, assets[i]->plain, plain.length);
        char tag[64], condition[128];
        snprintf(tag, sizeof tag, "%.60s", answer_header(&plain, "ETag"));
        struct answer packed =
            client_ask(site_client, "GET", targets[i], "Accept-Encoding: br, gzip\r\n");
        ck_assert_str_eq(answer_header(&packed, "Content-Encoding"), "gzip");
        ck_assert_mem_eq(packed.body, "\x1f\x8b", 2);
        ck_assert_uint_lt(packed.length, plain.length / 2);
        ck_assert_str_ne(answer_header(&packed, "ETag"), tag);
        snprintf(condition, sizeof condition,
                 "Accept-Encoding: gzip\r\nIf-None-Match: %.60s\r\n",
                 answer_header(&packed, "ETag"));
        ck_assert_int_eq(client_ask(site_client, "GET", targets[i], condition).status,
                         304);
    }
}
END_TEST

START_TEST(gzip_is_taken_or_refused) {
    static const struct {
        const char *accept;
        bool takes;
    } cases[] = {{NULL, false},
                 {"", false},
                 {"gzip", true},
                 {"GZIP", true},
                 {"br, gzip;q=0.5", true},
                 {"deflate , gzip ; q=1", true},
                 {"gzip;q=0", false},
                 {"gzip; q=0.000, br", false},
                 {"gzip;q=0.001", true},
                 {"x-gzip, gzippy", false},
                 {"br;q=0, gzip", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(request_accepts_gzip(cases[i].accept) == cases[i].takes, "%s",
                      cases[i].accept ? cases[i].accept : "(none)");
}
END_TEST

START_TEST(the_overview_counts) {
    struct answer answer = site_get("/v1/overview");
    ck_assert_int_eq(answer.status, 200);
    cJSON *overview = answer_json(&answer);
    const cJSON *bins = json_at(overview, "distribution");
    ck_assert_int_eq(cJSON_GetArraySize(bins), 20);
    static const int expected[20] = {[0] = 1, [1] = 1, [2] = 1, [17] = 1};
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(cJSON_GetArrayItem(bins, i)->valueint, expected[i]);
    const cJSON *matrix = json_at(overview, "matrix");
    ck_assert(json_number_at(json_at(matrix, "CRITICAL"), "active") == 1);
    ck_assert(json_number_at(json_at(matrix, "UNKNOWN"), "learning") == 1);
    ck_assert(json_number_at(json_at(matrix, "LOW"), "stale") == 2);
    const cJSON *hour = json_at(overview, "hour");
    ck_assert(json_number_at(hour, "findings") == 1);
    ck_assert(json_number_at(hour, "devices_new") == 1);
    ck_assert(json_number_at(hour, "devices_changed") == 3);
    static const char *const changes[][2] = {{"02:00:00:aa:bb:cc", "level"},
                                             {"02:00:00:00:00:03", "new"},
                                             {"10.9.8.7", "silent"}};
    const cJSON *list = json_at(hour, "changes");
    ck_assert_int_eq(cJSON_GetArraySize(list), 3);
    for (int i = 0; i < 3; i++) {
        const cJSON *change = cJSON_GetArrayItem(list, i);
        ck_assert_str_eq(json_text_at(change, "device"), changes[i][0]);
        ck_assert_str_eq(json_text_at(change, "what"), changes[i][1]);
    }
    cJSON_Delete(overview);
}
END_TEST

/* Of thirty that changed the twenty that matter most: at risk first, then the latest. */
START_TEST(changes_are_bounded) {
    for (uint32_t i = 0; i < 30; i++) {
        char id[32];
        snprintf(id, sizeof id, "02:00:00:00:01:%02x", i);
        struct device_view *view = site_view(id, "", i == 3 ? 50 : 1);
        view->since_ns = site_now_ns - (i + 100) * second_ns;
        board_put_device(site_board, 10 + i, view);
    }
    site_publish(34);
    struct answer answer = site_get("/v1/overview");
    cJSON *overview = answer_json(&answer);
    const cJSON *list = json_at(json_at(overview, "hour"), "changes");
    ck_assert_int_eq(cJSON_GetArraySize(list), 20);
    static const char *const first[] = {"02:00:00:aa:bb:cc", "02:00:00:00:01:03",
                                        "02:00:00:00:00:03", "02:00:00:00:01:00"};
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(json_text_at(cJSON_GetArrayItem(list, i), "device"), first[i]);
    ck_assert_str_eq(json_text_at(cJSON_GetArrayItem(list, 19), "device"),
                     "02:00:00:00:01:11");
    cJSON_Delete(overview);
}
END_TEST

START_TEST(alarms_are_episodes) {
    struct answer answer = site_get("/v1/overview");
    cJSON *overview = answer_json(&answer);
    const cJSON *budget = json_at(overview, "budget");
    ck_assert(json_number_at(json_at(budget, "medium"), "alarms") == 3);
    ck_assert(json_number_at(json_at(budget, "medium"), "budget") == 4);
    ck_assert(json_number_at(json_at(budget, "high"), "alarms") == 1);
    ck_assert(json_number_at(json_at(budget, "high"), "budget") < 0.1);
    ck_assert(cJSON_IsTrue(json_at(budget, "complete")));
    cJSON_Delete(overview);
}
END_TEST

START_TEST(the_map_tells_who_speaks_with_whom) {
    struct answer answer = site_get("/v1/map");
    ck_assert_int_eq(answer.status, 200);
    cJSON *map = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(map, "devices")), 4);
    ck_assert(cJSON_IsFalse(json_at(map, "truncated")));
    const cJSON *edges = json_at(map, "edges");
    ck_assert_int_eq(cJSON_GetArraySize(edges), 3);
    const cJSON *edge = cJSON_GetArrayItem(edges, 0);
    ck_assert_str_eq(json_text_at(edge, "from"), "02:00:00:aa:bb:cc");
    ck_assert_str_eq(json_text_at(edge, "to"), "10.9.8.7");
    ck_assert(cJSON_IsTrue(json_at(edge, "violation")));
    ck_assert_str_eq(json_text_at(edge, "text"), "reached for the till");
    edge = cJSON_GetArrayItem(edges, 1);
    ck_assert(cJSON_IsNull(json_at(edge, "to")));
    ck_assert_str_eq(json_text_at(edge, "peer"), "example.net");
    ck_assert(cJSON_IsFalse(json_at(edge, "violation")));
    edge = cJSON_GetArrayItem(edges, 2); /* in vain, and all the same */
    ck_assert_str_eq(json_text_at(edge, "peer"), "10.9.8.8");
    ck_assert(cJSON_IsTrue(json_at(edge, "violation")));
    cJSON_Delete(map);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("page");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, site_close);
    tcase_add_test(tests, the_page_lists_the_devices);
    tcase_add_test(tests, the_page_is_closed_to_others);
    tcase_add_test(tests, its_files_go_packed_to_who_takes_them);
    tcase_add_test(tests, gzip_is_taken_or_refused);
    tcase_add_test(tests, the_overview_counts);
    tcase_add_test(tests, changes_are_bounded);
    tcase_add_test(tests, alarms_are_episodes);
    tcase_add_test(tests, the_map_tells_who_speaks_with_whom);
    Suite *suite = suite_create("page");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include "tests/suite.h"
#include "tests/web/site.h"

#include "web/walk.h"

enum { DEVICES = 1000 };

static uint64_t random_state;

static unsigned draw(unsigned below) {
    random_state = random_state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(random_state >> 33) % below;
}

static void put(uint32_t slot, double score) {
    char id[DEVICE_ID_BYTES], name[DEVICE_NAME_BYTES];
    snprintf(id, sizeof id, "02:00:00:00:%02x:%02x", slot >> 8, slot & 255);
    snprintf(name, sizeof name, "%s-%u", slot % 2 ? "lamp" : "Camera", slot);
    struct device_view *view = site_view(id, slot % 10 ? name : "", score);
    snprintf(view->group, sizeof view->group, "%s",
             slot % 2 ? "light & sound" : "cameras");
    snprintf(view->vendor, sizeof view->vendor, "vendor %u", slot % 7);
    view->state = slot % 3 ? STATE_ACTIVE : STATE_STALE;
    view->last_seen_ns = site_now_ns - slot * 7919U % DEVICES * UINT64_C(1000000000);
    view->address_count = 1;
    view->addresses[0] =
        (struct address){{10, 0, (uint8_t)(slot >> 8), (uint8_t)slot}, 4};
    board_put_device(site_board, slot, view);
}

static void open_site(void) {
    site_open();
    random_state = 3;
    for (uint32_t slot = 0; slot < DEVICES; slot++)
        put(slot, draw(1000) / 10.0);
    site_publish(DEVICES);
}

static uint32_t slot_of(const char *id) {
    unsigned high, low;
    ck_assert_int_eq(sscanf(id, "02:00:00:00:%02x:%02x", &high, &low), 2);
    return high << 8 | low;
}

/* Follow the pages, as the cursors or as the links say, shaking the scores between
   them; count how often each device came. */
static unsigned walk(const char *first, bool by_link, bool shake,
                     unsigned seen[DEVICES]) {
    char target[1200];
    unsigned pages = 0;
    memset(seen, 0, DEVICES * sizeof *seen);
    snprintf(target, sizeof target, "%s", first);
    while (target[0]) {
        struct answer answer = site_get(target);
        ck_assert_int_eq(answer.status, 200);
        cJSON *page = answer_json(&answer);
        const cJSON *device, *next = json_at(page, "next_cursor");
        cJSON_ArrayForEach(device, json_at(page, "devices"))
            seen[slot_of(json_text_at(device, "id"))]++;
        target[0] = '\0';
        if (by_link)
            sscanf(answer_header(&answer, "Link"), "<%1023[^>]>; rel=\"next\"", target);
        else if (cJSON_IsString(next))
            snprintf(target, sizeof target, "%s&cursor=%s", first, next->valuestring);
        cJSON_Delete(page);
        pages++;
        if (!shake)
            continue;
        for (unsigned i = 0; i < 300; i++)
            put(draw(DEVICES), draw(1000) / 10.0);
        site_publish(DEVICES);
    }
    return pages;
}

START_TEST(a_walk_meets_each_device_once_while_scores_change) {
    static const char *const targets[] = {
        "/v1/devices?limit=37", "/v1/devices?limit=64&sort=risk",
        "/v1/devices?limit=100&sort=last_seen", "/v1/devices?limit=333&sort=name",
        "/v1/devices?limit=90&sort=id"};
    static const unsigned pages[] = {28, 16, 10, 4, 12};
    unsigned seen[DEVICES];
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        for (int by_link = 0; by_link < 2; by_link++) {
            ck_assert_uint_eq(walk(targets[i], by_link, true, seen), pages[i]);
            for (unsigned slot = 0; slot < DEVICES; slot++)
                ck_assert_uint_eq(seen[slot], 1);
        }
}
END_TEST

START_TEST(who_left_is_left_out) {
    struct answer answer = site_get("/v1/devices?limit=10&sort=id");
    ck_assert_int_eq(answer.status, 200);
    char target[1200] = "";
    sscanf(answer_header(&answer, "Link"), "<%1023[^>]>", target);
    for (uint32_t slot = 10; slot < 990; slot++)
        board_put_device(site_board, slot, NULL);
    site_publish(20);
    answer = site_get(target);
    cJSON *page = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(page, "devices")), 10);
    ck_assert_str_eq(
        json_text_at(cJSON_GetArrayItem(json_at(page, "devices"), 0), "id"),
        "02:00:00:00:03:de");
    ck_assert(cJSON_IsNull(json_at(page, "next_cursor")));
    cJSON_Delete(page);
}
END_TEST

START_TEST(who_no_longer_passes_is_left_out) {
    struct answer answer = site_get("/v1/devices?limit=10&level=HIGH");
    char target[1200] = "";
    sscanf(answer_header(&answer, "Link"), "<%1023[^>]>", target);
    for (uint32_t slot = 0; slot < DEVICES; slot++)
        put(slot, slot == 500 ? 70 : 0);
    site_publish(DEVICES);
    answer = site_get(target);
    cJSON *page = answer_json(&answer);
    ck_assert_int_le(cJSON_GetArraySize(json_at(page, "devices")), 1);
    ck_assert(cJSON_IsNull(json_at(page, "next_cursor")));
    cJSON_Delete(page);
}
END_TEST

START_TEST(every_order) {
    static const struct {
        const char *target, *member;
        int direction;
    } orders[] = {{"/v1/devices?limit=1000", "score", -1},
                  {"/v1/devices?limit=1000&sort=risk", "score", -1},
                  {"/v1/devices?limit=1000&sort=id", "id", 1},
                  {"/v1/devices?limit=1000&sort=last_seen", "last_seen", -1},
                  {"/v1/devices?limit=1000&sort=name", "name", 1}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct answer answer = site_get(orders[i].target);
        cJSON *page = answer_json(&answer);
        const cJSON *last = NULL, *device, *list = json_at(page, "devices");
        ck_assert_int_eq(cJSON_GetArraySize(list), DEVICES);
        cJSON_ArrayForEach(device, list) {
            const cJSON *value = json_at(device, orders[i].member);
            if (last && cJSON_IsNumber(value))
                ck_assert(last->valuedouble >= value->valuedouble);
            else if (last && value->valuestring[0]) /* the nameless come last */
                ck_assert_int_ge(strcasecmp(value->valuestring, last->valuestring) *
                                     orders[i].direction,
                                 0);
            else if (last)
                ck_assert_str_eq(orders[i].member, "name");
            if (!last || cJSON_IsNumber(value) || value->valuestring[0])
                last = value;
        }
        cJSON_Delete(page);
    }
}
END_TEST

/* How many pass, found by looking at all of them. */
static unsigned count(const char *query, bool (*passes)(uint32_t, double)) {
    char target[256];
    unsigned expected = 0, seen[DEVICES], found = 0;
    const struct snapshot *snapshot = board_acquire(site_board);
    for (uint32_t slot = 0; slot < DEVICES; slot++)
        expected += passes(slot, snapshot_device(snapshot, slot)->score);
    board_release(snapshot);
    snprintf(target, sizeof target, "/v1/devices?limit=50&%s", query);
    walk(target, false, false, seen);
    for (uint32_t slot = 0; slot < DEVICES; slot++)
        found += seen[slot];
    ck_assert_msg(found == expected, "%s: %u, not %u", query, found, expected);
    return found;
}

static bool is_high(uint32_t slot, double score) {
    (void)slot;
    return score >= 60 && score < 80;
}
static bool is_not_low(uint32_t slot, double score) {
    (void)slot;
    return score >= 30;
}
static bool is_stale_light(uint32_t slot, double score) {
    (void)score;
    return slot % 3 == 0 && slot % 2;
}
static bool has_vendor_3(uint32_t slot, double score) {
    (void)score;
    return slot % 7 == 3;
}
static bool is_in_10_0_2(uint32_t slot, double score) {
    (void)score;
    return slot >> 8 == 2;
}
static bool is_camera(uint32_t slot, double score) {
    (void)score;
    return slot % 2 == 0;
}

START_TEST(filters) {
    ck_assert_uint_gt(count("level=HIGH", is_high), 50);
    count("level=high&sort=name", is_high);
    count("level=medium,HIGH,Critical", is_not_low);
    count("state=stale&group=light+%26%20sound", is_stale_light);
    count("q=VENDOR+3", has_vendor_3);
    count("q=10.0.2.", is_in_10_0_2);
    count("q=camera", is_camera); /* by group where the name is missing */
}
END_TEST

START_TEST(a_cursor_belongs_to_its_query) {
    struct answer answer = site_get("/v1/devices?limit=10&level=HIGH");
    cJSON *page = answer_json(&answer);
    char target[256];
    const char *cursor = json_text_at(page, "next_cursor");
    snprintf(target, sizeof target, "/v1/devices?level=LOW&cursor=%s", cursor);
    answer = site_get(target);
    site_problem(&answer, 400, "parameter", "cursor");
    snprintf(target, sizeof target, "/v1/devices?cursor=%llu",
             strtoull(cursor, NULL, 10) + 1); /* inside an id */
    answer = site_get(target);
    site_problem(&answer, 410, "parameter", "cursor");
    cJSON_Delete(page);
}
END_TEST

START_TEST(asking_again_is_the_same_answer) {
    struct answer answer = site_get("/v1/devices?limit=10");
    char etag[1024];
    snprintf(etag, sizeof etag, "%s", answer_header(&answer, "ETag"));
    for (unsigned i = 0; i < 3 * WALKS; i++) {
        answer = site_get("/v1/devices?limit=10");
        ck_assert_str_eq(answer_header(&answer, "ETag"), etag);
    }
}
END_TEST

START_TEST(old_walks_make_room) {
    struct answer answer = site_get("/v1/devices?limit=10&sort=id");
    char first[1200] = "", target[64];
    sscanf(answer_header(&answer, "Link"), "<%1023[^>]>", first);
    for (unsigned i = 0; i < WALKS - 1; i++) {
        snprintf(target, sizeof target, "/v1/devices?limit=%u", i + 11);
        answer = site_get(target);
        ck_assert_int_eq(site_get(first).status, 200); /* in use, so it stays */
    }
    for (unsigned i = 0; i < WALKS; i++) {
        snprintf(target, sizeof target, "/v1/devices?limit=%u", i + 111);
        answer = site_get(target);
    }
    answer = site_get(first);
    site_problem(&answer, 410, NULL, NULL);
}
END_TEST

/* --- by all that is known, and as a table --- */

static void put_known(void) {
    struct device_view *view = site_view("02:00:00:00:00:00", "=1+1", 10);
    view->type = "camera";
    view->certificate_subject = "CN=door, O=\"Plant\"";
    view->certificate_serial = "0a1B2c";
    snprintf(view->zone, sizeof view->zone, "guests");
    snprintf(view->vendor, sizeof view->vendor, "A \"quoted\", vendor");
    view->identity_confidence = 0.2;
    board_put_device(site_board, 0, view);
    view = site_view("02:00:00:00:00:01", "0a1b2c3d4e5f", 5);
    view->certificate_serial = "0a1b2c3d4e5f";
    view->certificate_subject = "twin";
    board_put_device(site_board, 1, view);
    view = site_view("02:00:00:00:00:02", "twin", 5);
    board_put_device(site_board, 2, view);
    site_publish(DEVICES);
}

static void expect_only(const char *target, const char *id) {
    struct answer answer = site_get(target);
    ck_assert_msg(answer.status == 200, "%s: %d", target, answer.status);
    cJSON *page = answer_json(&answer);
    const cJSON *devices = json_at(page, "devices");
    ck_assert_int_eq(cJSON_GetArraySize(devices), 1);
    ck_assert_str_eq(json_text_at(cJSON_GetArrayItem(devices, 0), "id"), id);
    cJSON_Delete(page);
}

START_TEST(lists_go_by_all_that_is_known) {
    put_known();
    expect_only("/v1/devices?type=camera", "02:00:00:00:00:00");
    expect_only("/v1/devices?zone=guests", "02:00:00:00:00:00");
    expect_only("/v1/devices?vendor=QUOTED", "02:00:00:00:00:00");
    expect_only("/v1/devices?vendor=QUOTED&type=camera&zone=guests&level=low",
                "02:00:00:00:00:00");
    static const char *const sorts[] = {"trust",  "zone",  "type",
                                        "vendor", "group", "first_seen"};
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        char target[64];
        unsigned seen[DEVICES];
        snprintf(target, sizeof target, "/v1/devices?limit=250&sort=%s", sorts[i]);
        walk(target, false, false, seen);
        for (unsigned k = 0; k < DEVICES; k++)
            ck_assert_uint_eq(seen[k], 1);
    }
    static const char *const firsts[] = {"zone", "type", "vendor"};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        char target[64];
        snprintf(target, sizeof target, "/v1/devices?limit=1&sort=%s", firsts[i]);
        struct answer answer = site_get(target);
        cJSON *page = answer_json(&answer);
        ck_assert_str_eq(
            json_text_at(cJSON_GetArrayItem(json_at(page, "devices"), 0), "id"),
            "02:00:00:00:00:00");
        cJSON_Delete(page);
    }
    /* the least trusted first, by score or by identity */
    struct answer answer = site_get("/v1/devices?limit=1000&sort=trust");
    cJSON *page = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(page, "devices")), DEVICES);
    cJSON_Delete(page);
}
END_TEST

START_TEST(a_certificate_is_an_identity) {
    put_known();
    static const struct {
        const char *name;
        int status;
        const char *id;
    } cases[] = {
        {"CN=door,%20O=%22Plant%22", 200, "02:00:00:00:00:00"},
        {"cn=door,%20O=%22Plant%22", 404, NULL},
        {"0A1b2C", 200, "02:00:00:00:00:00"},
        {"0a:1B:2c", 200, "02:00:00:00:00:00"}, /* as OpenSSL writes it */
        {"0a:1B:2", 404, NULL},
        {"0a1b2c3d4e5f", 200, "02:00:00:00:00:01"}, /* though it reads like a MAC */
        {"twin", 409, NULL}, /* the subject of one, the name of another */
        {"0a1b2d", 404, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[128];
        snprintf(target, sizeof target, "/v1/devices/%s", cases[i].name);
        struct answer answer = site_get(target);
        ck_assert_msg(answer.status == cases[i].status, "%s: %d", target,
                      answer.status);
        if (!cases[i].id)
            continue;
        cJSON *device = answer_json(&answer);
        ck_assert_str_eq(json_text_at(device, "id"), cases[i].id);
        cJSON_Delete(device);
    }
    struct answer answer = site_get("/v1/devices/twin");
    cJSON *problem = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(problem, "candidates")), 2);
    cJSON_Delete(problem);
}
END_TEST

START_TEST(an_address_may_be_asked_for_in_the_past) {
    struct tenancy tenancy = {.from_ns = site_now_ns - 1000 * UINT64_C(1000000000),
                              .to_ns = site_now_ns - 500 * UINT64_C(1000000000)};
    address_parse("10.0.0.7", &tenancy.ip);
    snprintf(tenancy.device, sizeof tenancy.device, "02:00:00:00:00:09");
    board_put_tenancy(site_board, 3, &tenancy);
    site_publish(DEVICES);
    static const struct {
        const char *target, *id;
        int status;
    } cases[] = {
        {"/v1/devices/10.0.0.7", "02:00:00:00:00:07", 200},
        {"/v1/devices/10.0.0.7?at=2026-02-03T10:00:00Z", "02:00:00:00:00:09", 200},
        {"/v1/devices/10.0.0.7?at=1770112800", "02:00:00:00:00:09", 200},
        {"/v1/devices/10.0.0.7?at=2026-02-03T10:10:00Z", NULL, 404},
        {"/v1/devices/10.0.0.7/risk?at=2026-02-03T09:00:00Z", NULL, 404},
        {"/v1/devices/10.0.0.7?at=yesterday", NULL, 400},
        {"/v1/devices/02:00:00:00:00:07?at=5", "02:00:00:00:00:07", 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = site_get(cases[i].target);
        ck_assert_msg(answer.status == cases[i].status, "%s: %d", cases[i].target,
                      answer.status);
        if (!cases[i].id)
            continue;
        cJSON *device = answer_json(&answer);
        ck_assert_str_eq(json_text_at(device, "id"), cases[i].id);
        cJSON_Delete(device);
    }
}
END_TEST

START_TEST(a_table_is_whole_and_holds_no_formula) {
    put_known();
    struct answer answer = site_get("/v1/devices?format=csv&limit=5");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer_header(&answer, "Content-Type"),
                     "text/csv; charset=utf-8; header=present");
    unsigned lines = 0;
    for (const char *at = answer.body; (at = strstr(at, "\r\n")); at += 2)
        lines++;
    ck_assert_uint_eq(lines, DEVICES + 1);
    ck_assert_ptr_nonnull(strstr(answer.body, "id,mac,addresses,name,vendor,type,"));
    ck_assert_ptr_nonnull(strstr(
        answer.body, "\"02:00:00:00:00:00\",\"02:00:00:00:00:00\",\"\",\"'=1+1\","
                     "\"A \"\"quoted\"\", vendor\",\"camera\",\"\",\"guests\",\"\","
                     "\"active\",\"LOW\",10,20,0.93,0.2,"));
    char etag[1088];
    snprintf(etag, sizeof etag, "If-None-Match: %s\r\n",
             answer_header(&answer, "ETag"));
    answer = client_ask(site_client, "GET", "/v1/devices?format=csv", etag);
    ck_assert_int_eq(answer.status, 304);
    answer = client_ask(site_client, "GET", "/v1/devices?type=camera",
                        "Accept: text/csv\r\n");
    ck_assert_str_eq(answer_header(&answer, "Content-Disposition"),
                     "attachment; filename=\"devices.csv\"");
    answer = client_ask(site_client, "GET", "/v1/devices?format=json&limit=1",
                        "Accept: text/csv\r\n");
    ck_assert_str_eq(answer_header(&answer, "Content-Type"), "application/json");
    answer = site_get("/v1/devices?format=xml");
    site_problem(&answer, 400, "parameter", "format");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("list");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, site_close);
    tcase_add_test(tests, a_walk_meets_each_device_once_while_scores_change);
    tcase_add_test(tests, who_left_is_left_out);
    tcase_add_test(tests, who_no_longer_passes_is_left_out);
    tcase_add_test(tests, every_order);
    tcase_add_test(tests, filters);
    tcase_add_test(tests, a_cursor_belongs_to_its_query);
    tcase_add_test(tests, asking_again_is_the_same_answer);
    tcase_add_test(tests, lists_go_by_all_that_is_known);
    tcase_add_test(tests, a_certificate_is_an_identity);
    tcase_add_test(tests, an_address_may_be_asked_for_in_the_past);
    tcase_add_test(tests, a_table_is_whole_and_holds_no_formula);
    tcase_add_test(tests, old_walks_make_room);
    Suite *suite = suite_create("list");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include "tests/suite.h"
#include "tests/web/site.h"

static const char *const devices[] = {"02:00:00:aa:bb:cc", "02:00:00:00:00:02",
                                      "02:00:00:00:00:03", "10.9.8.7"};

static void open_site(void) {
    site_open();
    struct device_view *view = site_view(devices[0], "Camera-1", 87.9);
    view->address_count = 1;
    address_parse("192.0.2.1", &view->addresses[0]);
    view->bytes = (UINT64_C(1) << 53) + 1;
    view->packets = UINT64_C(1) << 53;
    view->vantage = (struct vantage){.kind = TUNNEL_VXLAN, .depth = 1, .id = 42};
    address_parse("10.1.1.1", &view->vantage.ip[0]);
    address_parse("10.1.1.2", &view->vantage.ip[1]);
    view->top_peer_count = 1;
    static struct top_entry peers[] = {{"example.net", 1000, 0}};
    view->top_peers = peers;
    site_add_factor(view, "scan", 62.4, "198.51.100.0/24",
                    "reached 41 addresses in a minute; usually 3");
    for (unsigned i = 0; i < 6; i++)
        site_add_factor(view, "volume", 4.25, "", "sent more than usual");
    board_put_device(site_board, 0, view);
    view = site_view(devices[1], "twin", 12);
    view->level = LEVEL_UNKNOWN;
    view->state = STATE_LEARNING;
    board_put_device(site_board, 1, view);
    board_put_device(site_board, 2, site_view(devices[2], "twin", 45));
    view = site_view(devices[3], "", 5);
    view->state = STATE_STALE;
    view->address_count = 1;
    address_parse("10.9.8.7", &view->addresses[0]);
    board_put_device(site_board, 3, view);
    struct finding finding = {
        .time_ns = site_now_ns, .kind = "scan", .level = LEVEL_HIGH};
    for (finding.id = 1; finding.id <= 10; finding.id++) {
        finding.kind = finding.id % 2 ? "scan" : "flood";
        finding.level = finding.id % 5 ? LEVEL_HIGH : LEVEL_CRITICAL;
        finding.time_ns = site_now_ns + finding.id * UINT64_C(1000000000);
        snprintf(finding.device, sizeof finding.device, "%s", devices[finding.id % 3]);
        board_put_finding(site_board, &finding);
    }
    site_publish(4);
}

START_TEST(risk_has_the_shape_of_the_contract) {
    struct answer answer = site_get("/v1/devices/02:00:00:aa:bb:cc/risk");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer_header(&answer, "Content-Type"), "application/json");
    ck_assert_str_eq(answer_header(&answer, "Cache-Control"), "private, max-age=1");
    ck_assert_uint_le(answer.length, 2048);
    cJSON *risk = answer_json(&answer);
    static const char *const members[] = {"device",    "score", "level",  "confidence",
                                          "state",     "mode",  "trust",  "computed_at",
                                          "max_age_s", "since", "factors"};
    ck_assert_int_eq(cJSON_GetArraySize(risk), sizeof members / sizeof *members);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        ck_assert_str_eq(cJSON_GetArrayItem(risk, (int)i)->string, members[i]);
    ck_assert_str_eq(json_text_at(risk, "device"), devices[0]);
    ck_assert(json_number_at(risk, "score") == 87);
    ck_assert(json_number_at(risk, "trust") == 13);
    ck_assert(json_number_at(risk, "confidence") == 0.93);
    ck_assert_str_eq(json_text_at(risk, "level"), "CRITICAL");
    ck_assert_str_eq(json_text_at(risk, "state"), "active");
    ck_assert_str_eq(json_text_at(risk, "mode"), "enforce");
    ck_assert_str_eq(json_text_at(risk, "computed_at"), "2026-02-03T10:15:30.250Z");
    ck_assert_str_eq(json_text_at(risk, "since"), "2026-02-03T10:14:10.250Z");
    ck_assert(json_number_at(risk, "max_age_s") == web_defaults.max_age_s);
    const cJSON *factors = json_at(risk, "factors");
    ck_assert_int_eq(cJSON_GetArraySize(factors), 5);
    const cJSON *factor = cJSON_GetArrayItem(factors, 0);
    ck_assert_str_eq(json_text_at(factor, "kind"), "scan");
    ck_assert_str_eq(json_text_at(factor, "family"), "invariant");
    ck_assert_str_eq(json_text_at(factor, "unit"), "addresses/min");
    ck_assert_str_eq(json_text_at(factor, "peer"), "198.51.100.0/24");
    ck_assert_str_eq(json_text_at(factor, "text"),
                     "reached 41 addresses in a minute; usually 3");
    ck_assert(json_number_at(factor, "observed") == 41);
    cJSON_Delete(risk);
}
END_TEST

START_TEST(a_device_is_found_by_what_it_is_called) {
    static const char *const names[] = {"02:00:00:aa:bb:cc",
                                        "02-00-00-AA-BB-CC",
                                        "0200.00aa.bbcc",
                                        "020000aabbcc",
                                        "02%3a00%3A00%3aaa%3abb%3acc",
                                        "192.0.2.1",
                                        "camera-1",
                                        "%43amera-1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char target[128];
        snprintf(target, sizeof target, "/v1/devices/%s", names[i]);
        struct answer answer = site_get(target);
        ck_assert_msg(answer.status == 200, "%s: %d", target, answer.status);
        cJSON *device = answer_json(&answer);
        ck_assert_str_eq(json_text_at(device, "id"), devices[0]);
        cJSON_Delete(device);
    }
}
END_TEST

START_TEST(everything_known_of_a_device) {
    struct answer answer = site_get("/v1/devices/camera-1");
    cJSON *device = answer_json(&answer);
    ck_assert_str_eq(json_text_at(device, "name"), "Camera-1");
    ck_assert_str_eq(json_text_at(device, "mac"), devices[0]);
    ck_assert_str_eq(cJSON_GetArrayItem(json_at(device, "addresses"), 0)->valuestring,
                     "192.0.2.1");
    /* beyond 2^53 a number would be rounded by most readers */
    ck_assert_str_eq(json_text_at(device, "bytes"), "9007199254740993");
    ck_assert(json_number_at(device, "packets") == 9007199254740992);
    ck_assert(json_number_at(json_at(device, "maturity"), "rhythm") == 0);
    const cJSON *vantage = json_at(device, "vantage");
    ck_assert_str_eq(json_text_at(vantage, "tunnel"), "vxlan");
    ck_assert_str_eq(json_text_at(vantage, "source"), "10.1.1.1");
    ck_assert_str_eq(json_text_at(vantage, "destination"), "10.1.1.2");
    ck_assert(json_number_at(vantage, "id") == 42);
    const cJSON *peer = cJSON_GetArrayItem(json_at(device, "top_peers"), 0);
    ck_assert_str_eq(json_text_at(peer, "name"), "example.net");
    const cJSON *factors = json_at(device, "factors"), *factor;
    ck_assert_int_eq(cJSON_GetArraySize(factors), 7);
    double sum = 0, last = 100;
    cJSON_ArrayForEach(factor, factors) {
        double points = json_number_at(factor, "contribution");
        ck_assert(points <= last);
        sum += last = points;
    }
    ck_assert(sum == json_number_at(device, "score"));
    cJSON_Delete(device);

    answer = site_get("/v1/devices/10.9.8.7");
    device = answer_json(&answer);
    ck_assert(cJSON_IsNull(json_at(device, "mac")));
    ck_assert_str_eq(json_text_at(device, "state"), "stale");
    ck_assert(cJSON_IsNull(json_at(device, "vantage")));
    cJSON_Delete(device);
    answer = site_get("/v1/devices/02:00:00:00:00:02");
    device = answer_json(&answer);
    ck_assert_str_eq(json_text_at(device, "state"), "learning");
    ck_assert_str_eq(json_text_at(device, "level"), "UNKNOWN");
    cJSON_Delete(device);
}
END_TEST

START_TEST(nobody_and_too_many) {
    static const char *const unknown[] = {"/v1/devices/02:00:00:00:00:99",
                                          "/v1/devices/nobody/risk",
                                          "/v1/devices/%20",
                                          "/v1/devices/a%2fb",
                                          "/v1/devices/",
                                          "/v1/devices//risk",
                                          "/v1/devices/camera-1/",
                                          "/v1/devices/camera-1/risk/",
                                          "/v1/devices/camera-1/risk/more",
                                          "/v2",
                                          "//",
                                          "/v1/devicesx",
                                          "/%76%31/devices",
                                          "/.."};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct answer answer = site_get(unknown[i]);
        ck_assert_msg(answer.status == 404, "%s: %d", unknown[i], answer.status);
        site_problem(&answer, 404, NULL, NULL);
    }
    static const char *const malformed[] = {
        "%", "%4", "%zz", "%00", "%0d%0aX-Evil:1", "%ff", "%c3", "a%1"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        char target[128];
        snprintf(target, sizeof target, "/v1/devices/%s/risk", malformed[i]);
        struct answer answer = site_get(target);
        ck_assert_msg(answer.status == 400, "%s: %d", target, answer.status);
        ck_assert_str_eq(answer_header(&answer, "X-Evil"), "");
    }
    struct answer answer = site_get("/v1/devices/Twin/risk");
    site_problem(&answer, 409, NULL, NULL);
    cJSON *problem = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(problem, "candidates")), 2);
    ck_assert(json_number_at(problem, "count") == 2);
    cJSON_Delete(problem);
}
END_TEST

START_TEST(other_methods_are_told_what_is_allowed) {
    static const char *const methods[] = {"POST",  "PUT",     "DELETE",
                                          "PATCH", "OPTIONS", "BREW"};
    static const char *const targets[] = {"/v1/devices", "/v1/devices/camera-1/risk",
                                          "/", "/metrics"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        for (size_t k = 0; k < sizeof targets / sizeof *targets; k++) {
            struct answer answer = client_ask(site_client, methods[i], targets[k],
                                              "Content-Length: 0\r\n");
            site_problem(&answer, 405, NULL, NULL);
            ck_assert_str_eq(answer_header(&answer, "Allow"), "GET, HEAD");
        }
    struct answer answer = client_ask(site_client, "POST", "/no/such", "");
    site_problem(&answer, 404, NULL, NULL);
}
END_TEST

START_TEST(head_is_get_without_a_body) {
    static const char *const targets[] = {"/v1/devices",
                                          "/v1/devices/camera-1",
                                          "/v1/devices/camera-1/risk",
                                          "/v1/findings",
                                          "/v1/status",
                                          "/v1/overview",
                                          "/v1/map",
                                          "/livez",
                                          "/readyz",
                                          "/",
                                          "/page.css",
                                          "/page.js",
                                          "/v1/devices/nobody"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct answer get = site_get(targets[i]);
        size_t length = get.length;
        struct answer head = client_ask(site_client, "HEAD", targets[i], "");
        ck_assert_int_eq(head.status, get.status);
        ck_assert_uint_eq(strtoul(answer_header(&head, "Content-Length"), NULL, 10),
                          length);
        char etag[1024];
        snprintf(etag, sizeof etag, "%s", answer_header(&get, "ETag"));
        ck_assert_str_eq(answer_header(&head, "ETag"), etag);
    }
}
END_TEST

START_TEST(an_unchanged_answer_is_not_sent_again) {
    static const char *const targets[] = {"/v1/devices", "/v1/devices?limit=2",
                                          "/v1/devices/camera-1", "/v1/findings", "/"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct answer answer = site_get(targets[i]);
        char etag[1024], headers[1200];
        snprintf(etag, sizeof etag, "%s", answer_header(&answer, "ETag"));
        ck_assert(etag[0] == '"'); /* strong */
        static const char *const formats[] = {"If-None-Match: %s\r\n",
                                              "If-None-Match: \"a,b\", W/%s\r\n",
                                              "If-None-Match: *%.0s\r\n"};
        for (size_t k = 0; k < sizeof formats / sizeof *formats; k++) {
            snprintf(headers, sizeof headers, formats[k], etag);
            answer = client_ask(site_client, "GET", targets[i], headers);
            ck_assert_int_eq(answer.status, 304);
            ck_assert_str_eq(answer_header(&answer, "ETag"), etag);
        }
        answer = client_ask(site_client, "GET", targets[i],
                            "If-None-Match: \"0000000000000000\", \"\", nonsense\r\n");
        ck_assert_int_eq(answer.status, 200);
    }
    struct answer answer = site_get("/v1/devices");
    char headers[1200];
    snprintf(headers, sizeof headers, "If-None-Match: %s\r\n",
             answer_header(&answer, "ETag"));
    board_put_device(site_board, 2, site_view(devices[2], "twin", 46));
    site_publish(4);
    answer = client_ask(site_client, "GET", "/v1/devices", headers);
    ck_assert_int_eq(answer.status, 200);
}
END_TEST

/* Ids of the findings, as "10 9 8". */
static const char *finding_ids(const char *target, int status) {
    static char ids[256];
    ids[0] = '\0';
    struct answer answer = site_get(target);
    ck_assert_msg(answer.status == status, "%s: %d", target, answer.status);
    cJSON *json = answer_json(&answer);
    const cJSON *finding;
    cJSON_ArrayForEach(finding, cJSON_GetObjectItem(json, "findings")) {
        size_t used = strlen(ids);
        snprintf(ids + used, sizeof ids - used, "%s%g", used ? " " : "",
                 json_number_at(finding, "id"));
    }
    cJSON_Delete(json);
    return ids;
}

START_TEST(findings_are_filtered_and_paged) {
    ck_assert_str_eq(finding_ids("/v1/findings", 200), "10 9 8 7 6 5 4 3 2 1");
    ck_assert_str_eq(finding_ids("/v1/findings?kind=scan", 200), "9 7 5 3 1");
    ck_assert_str_eq(finding_ids("/v1/findings?kind=&level=critical", 200), "10 5");
    ck_assert_str_eq(finding_ids("/v1/findings?level=LOW,CRITICAL", 200), "10 5");
    ck_assert_str_eq(finding_ids("/v1/findings?device=0200.00AA.BBCC", 200), "9 6 3");
    ck_assert_str_eq(finding_ids("/v1/findings?device=CAMERA-1&kind=flood", 200), "6");
    ck_assert_str_eq(finding_ids("/v1/findings?device=nobody", 200), "");
    ck_assert_str_eq(finding_ids("/v1/findings?since=2026-02-03T10:15:38.25Z", 200),
                     "10 9 8");
    ck_assert_str_eq(
        finding_ids("/v1/findings?since=2026-02-03T11:15:38.25%2B01:00", 200),
        "10 9 8");
    ck_assert_str_eq(finding_ids("/v1/findings?since=1770113740", 200), "10");
    ck_assert_str_eq(finding_ids("/v1/findings?limit=2", 200), "10 9");
    ck_assert_str_eq(finding_ids("/v1/findings?limit=2&cursor=9", 200), "8 7");
    finding_ids("/v1/findings?device=twin", 409);
    struct answer answer = site_get("/v1/findings?limit=3");
    cJSON *page = answer_json(&answer);
    ck_assert_str_eq(json_text_at(page, "next_cursor"), "8");
    ck_assert_str_eq(answer_header(&answer, "Link"),
                     "</v1/findings?limit=3&cursor=8>; rel=\"next\"");
    cJSON_Delete(page);
    answer = site_get("/v1/findings?limit=3&cursor=4");
    page = answer_json(&answer);
    ck_assert(cJSON_IsNull(json_at(page, "next_cursor")));
    ck_assert_str_eq(answer_header(&answer, "Link"), "");
    cJSON_Delete(page);
}
END_TEST

START_TEST(a_bad_parameter_is_named) {
    static const struct {
        const char *target, *parameter;
    } bad[] = {
        {"/v1/devices?limit=0", "limit"},
        {"/v1/devices?limit=1001", "limit"},
        {"/v1/devices?limit=-1", "limit"},
        {"/v1/devices?limit=1e2", "limit"},
        {"/v1/devices?limit=99999999999999999999999", "limit"},
        {"/v1/devices?limit=5&limit=6", "limit"},
        {"/v1/devices?limit=%zz", "limit"},
        {"/v1/devices?level=SEVERE", "level"},
        {"/v1/devices?level=LOW,", NULL},
        {"/v1/devices?state=asleep", "state"},
        {"/v1/devices?sort=colour", "sort"},
        {"/v1/devices?sort=risk,name", "sort"},
        {"/v1/devices?q=%ff", "q"},
        {"/v1/devices?group=%0a", "group"},
        {"/v1/devices?cursor=abc", "cursor"},
        {"/v1/findings?since=yesterday", "since"},
        {"/v1/findings?since=2026-13-03T10:15:30Z", "since"},
        {"/v1/findings?since=2026-02-03T10:15:30", "since"},
        {"/v1/findings?device=%c0%80", "device"},
        {"/v1/findings?cursor=-5", "cursor"},
        {"/v1/devices?unknown=1&l%69mit=7", NULL},
        {"/v1/devices?&&=&limit=&level", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        /* What nobody has heard of is not described. */
        client_witness = bad[i].parameter ? site_witness : NULL;
        struct answer answer = site_get(bad[i].target);
        if (bad[i].parameter)
            site_problem(&answer, 400, "parameter", bad[i].parameter);
        else
            ck_assert_msg(answer.status == 200, "%s: %d", bad[i].target, answer.status);
    }
    /* a cursor of nobody's: the list is gone */
    struct answer answer = site_get("/v1/devices?cursor=4294967297");
    site_problem(&answer, 410, "parameter", "cursor");
}
END_TEST

START_TEST(status_tells_what_is_known) {
    atomic_store(&site_counters[0].packets, 10);
    atomic_store(&site_counters[1].packets, UINT64_C(1) << 60);
    atomic_store(&site_counters[1].kernel_drops, 3);
    atomic_store(&site_counters[0].kernel_drops, 4);
    struct answer answer = site_get("/v1/status");
    cJSON *status = answer_json(&answer);
    ck_assert_str_eq(json_text_at(status, "version"), "1.2.3");
    ck_assert_str_eq(json_text_at(status, "now"), "2026-02-03T10:15:30.250Z");
    ck_assert(cJSON_IsTrue(json_at(status, "ready")));
    const cJSON *capture = json_at(status, "capture");
    ck_assert_str_eq(json_text_at(capture, "packets"), "1152921504606846986");
    ck_assert(json_number_at(json_at(capture, "drops"), "kernel") == 7);
    const cJSON *interfaces = json_at(capture, "interfaces");
    ck_assert_int_eq(cJSON_GetArraySize(interfaces), 2);
    ck_assert_str_eq(json_text_at(cJSON_GetArrayItem(interfaces, 1), "name"),
                     "eth1\"?\\");
    ck_assert(json_number_at(json_at(json_at(status, "tables"), "devices"), "used") ==
              4);
    ck_assert(json_number_at(json_at(status, "windows"), "closed") == 17);
    cJSON_Delete(status);
}
END_TEST

START_TEST(ready_only_when_the_capture_was_read) {
    struct answer answer = site_get("/livez");
    ck_assert_int_eq(answer.status, 200);
    answer = site_get("/readyz");
    ck_assert_int_eq(answer.status, 200);
    board_publish(site_board, &(struct engine_status){.replaying = true});
    answer = site_get("/readyz");
    site_problem(&answer, 503, "reason", "replaying");
    ck_assert_ptr_nonnull(strstr(answer.body, "replaying"));
    answer = site_get("/livez");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "ok\n");
}
END_TEST

START_TEST(names_from_the_network_are_only_text) {
    static const char hostile[] = "</td><script>alert('\"&')</script>\\\xff\x01\x7f";
    struct device_view *view = site_view("02:00:00:00:00:66", hostile, 99);
    snprintf(view->vendor, sizeof view->vendor, "%s", "x\r\nSet-Cookie: a=b");
    site_add_factor(view, "scan", 99, hostile, hostile);
    board_put_device(site_board, 4, view);
    view = site_view("\"><img src=x>@zone", "no MAC at all", 98);
    board_put_device(site_board, 5, view);
    site_publish(6);
    static const char *const targets[] = {"/v1/devices",
                                          "/v1/devices/02:00:00:00:00:66",
                                          "/v1/devices/02:00:00:00:00:66/risk"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct answer answer = site_get(targets[i]);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_str_eq(answer_header(&answer, "Set-Cookie"), "");
        ck_assert_str_eq(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
        cJSON_Delete(answer_json(&answer));
    }
    struct answer page = site_get("/");
    ck_assert_int_eq(page.status, 200);
    ck_assert_ptr_null(strstr(page.body, "<script>"));
    ck_assert_ptr_null(strstr(page.body, "<img"));
    ck_assert_ptr_nonnull(
        strstr(page.body, "&lt;/td&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)"));
}
END_TEST

/* The text format 0.0.4: each metric announced once, all its samples behind it. */
START_TEST(metrics_keep_to_the_format) {
    atomic_store(&site_counters[0].interface_drops, 5);
    atomic_store(&site_counters[0].capture_time_ns, site_now_ns);
    site_get("/v1/status");
    site_get("/v1/devices/camera-1/risk");
    struct answer answer = site_get("/metrics");
    ck_assert_str_eq(answer_header(&answer, "Content-Type"),
                     "text/plain; version=0.0.4; charset=utf-8");
    static const char *const samples[] = {
        "\nwary_build_info{version=\"1.2.3\"} 1\n",
        "\nwary_packets_total{interface=\"eth0\",queue=\"0\"} 0\n",
        "\nwary_packets_total{interface=\"eth1\\\"\\n\\\\\",queue=\"0\"} 0\n",
        "\nwary_dropped_packets_total{interface=\"eth0\",queue=\"0\",reason="
        "\"interface\"} 5\n",
        "\nwary_capture_time_seconds{interface=\"eth0\",queue=\"0\"} "
        "1770113730.250000000\n",
        "\nwary_devices{state=\"active\"} 0\n",
        "\nwary_findings_total{kind=\"flood\",level=\"HIGH\"} 4\n",
        "\nwary_http_requests_total{code=\"200\"} 2\n",
        "\nwary_http_request_duration_seconds_count{route=\"/v1/devices/{id}/risk\"} "
        "1\n",
        "\nwary_http_request_duration_seconds_bucket{route=\"/v1/status\",le=\"+Inf\"} "
        "1\n",
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        ck_assert_msg(strstr(answer.body, samples[i]) != NULL, "no %s", samples[i]);
    ck_assert_ptr_null(strstr(answer.body, devices[0])); /* no device is a label */

    char announced[100][64], name[64] = "";
    size_t count = 0;
    for (char *rest = NULL, *line = strtok_r(answer.body, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (sscanf(line, "# TYPE %63s", name) == 1) {
            for (size_t i = 0; i < count; i++)
                ck_assert_str_ne(announced[i], name);
            memcpy(announced[count++], name, sizeof name);
        } else if (line[0] != '#') {
            ck_assert_msg(strncmp(line, name, strlen(name)) == 0, "%s: %s", name, line);
        }
    }
    ck_assert_uint_gt(count, 20);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("api");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, site_close);
    tcase_add_test(tests, risk_has_the_shape_of_the_contract);
    tcase_add_test(tests, a_device_is_found_by_what_it_is_called);
    tcase_add_test(tests, everything_known_of_a_device);
    tcase_add_test(tests, nobody_and_too_many);
    tcase_add_test(tests, other_methods_are_told_what_is_allowed);
    tcase_add_test(tests, head_is_get_without_a_body);
    tcase_add_test(tests, an_unchanged_answer_is_not_sent_again);
    tcase_add_test(tests, findings_are_filtered_and_paged);
    tcase_add_test(tests, a_bad_parameter_is_named);
    tcase_add_test(tests, status_tells_what_is_known);
    tcase_add_test(tests, ready_only_when_the_capture_was_read);
    tcase_add_test(tests, names_from_the_network_are_only_text);
    tcase_add_test(tests, metrics_keep_to_the_format);
    Suite *suite = suite_create("api");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

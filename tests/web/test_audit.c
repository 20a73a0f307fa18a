#include "tests/suite.h"
#include "tests/web/deciding.h"
#include "web/audit.h"

START_TEST(every_decision_is_a_line) {
    begin(NULL, MODE_ENFORCE);
    struct answer answer = client_post(
        site_client, "POST", "/access/v1/evaluation",
        "Content-Type: application/json\r\nX-Request-ID: r-7\r\nAuthorization: Bearer "
        "secret\r\n",
        "{\"subject\":{\"type\":\"device\",\"id\":\"" RISKY "\"},\"action\":{\"name\":"
        "\"a\\nb\"},\"resource\":{\"type\":\"t\",\"id\":\"1\",\"properties\":{\"p\":"
        "\"hush\"}}}");
    ck_assert_int_eq(answer.status, 200);
    answer = client_ask(site_client, "GET", "/authz/x", "X-Real-IP: 192.0.2.1\r\n");
    ck_assert_int_eq(answer.status, 403);
    answer = site_post("/v1/policy/reload", "");
    ck_assert_int_eq(answer.status, 200);
    char lines[4096];
    FILE *file = fopen(audit_path, "r");
    size_t length = fread(lines, 1, sizeof lines - 1, file);
    fclose(file);
    lines[length] = '\0';
    ck_assert_ptr_eq(strstr(lines, "secret"), NULL);
    ck_assert_ptr_eq(strstr(lines, "hush"), NULL);
    static const struct {
        const char *api, *decision, *request_id, *subject;
    } expected[] = {{"evaluation", "deny", "r-7", "device:" RISKY},
                    {"authz", "deny", NULL, "device:" RISKY},
                    {"order", NULL, NULL, NULL}};
    char *line = lines;
    for (int i = 0; i < 3; i++) {
        char *stop = strchr(line, '\n');
        ck_assert_ptr_ne(stop, NULL);
        *stop = '\0';
        cJSON *entry = cJSON_Parse(line);
        ck_assert_msg(entry != NULL, "%s", line);
        ck_assert(json_number_at(entry, "seq") == i + 1);
        ck_assert_str_eq(json_text_at(entry, "api"), expected[i].api);
        ck_assert_str_eq(json_text_at(entry, "remote"), "127.0.0.1");
        ck_assert_str_ne(json_text_at(entry, "ts"), "");
        if (expected[i].decision) {
            ck_assert_str_eq(json_text_at(entry, "decision"), expected[i].decision);
            ck_assert_str_eq(json_text_at(entry, "subject"), expected[i].subject);
            ck_assert(json_number_at(entry, "score") == 87);
            ck_assert_str_ne(json_text_at(entry, "policy"), "");
        }
        if (expected[i].request_id)
            ck_assert_str_eq(json_text_at(entry, "request_id"), expected[i].request_id);
        cJSON_Delete(entry);
        line = stop + 1;
    }
    ck_assert_str_eq(line, "");
    end();
}
END_TEST

START_TEST(a_moved_audit_file_is_begun_anew) {
    begin(NULL, MODE_ENFORCE);
    char moved[80], error[256];
    snprintf(moved, sizeof moved, "%s.1", audit_path);
    decide(device(CALM), "low");
    ck_assert_int_eq(rename(audit_path, moved), 0);
    ck_assert(web_reload(site_web, error, sizeof error));
    decide(device(CALM), "low");
    FILE *file = fopen(audit_path, "r");
    ck_assert_ptr_ne(file, NULL);
    ck_assert_int_eq(fgetc(file), '{');
    fclose(file);
    unlink(moved);
    end();
}
END_TEST

START_TEST(the_last_decisions_are_listed_newest_first) {
    begin(NULL, MODE_ENFORCE);
    for (int i = 0; i < 7; i++)
        decide(device(i % 2 ? RISKY : CALM), "low");
    unsigned pages = 0, entries = 0;
    double last = 1e9;
    char target[128] = "/v1/audit?limit=3";
    for (; target[0]; pages++) {
        struct answer answer = site_get(target);
        ck_assert_int_eq(answer.status, 200);
        cJSON *reply = answer_json(&answer);
        const cJSON *next = json_at(reply, "next_cursor"), *entry;
        cJSON_ArrayForEach(entry, json_at(reply, "decisions")) {
            ck_assert(json_number_at(entry, "seq") < last);
            last = json_number_at(entry, "seq");
            entries++;
        }
        target[0] = '\0';
        if (cJSON_IsString(next))
            snprintf(target, sizeof target, "/v1/audit?limit=3&cursor=%s",
                     next->valuestring);
        cJSON_Delete(reply);
    }
    ck_assert_uint_eq(pages, 3);
    ck_assert_uint_eq(entries, 7);
    struct answer answer = site_get("/v1/audit?decision=deny&device=" RISKY);
    cJSON *reply = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(reply, "decisions")), 3);
    cJSON_Delete(reply);
    /* the device by any identity, and the link goes on with the same filter */
    answer = site_get("/v1/audit?limit=1&device=192.0.2.1&decision=deny");
    reply = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(reply, "decisions")), 1);
    snprintf(
        target, sizeof target,
        "</v1/audit?limit=1&device=192.0.2.1&decision=deny&cursor=%s>; rel=\"next\"",
        json_text_at(reply, "next_cursor"));
    ck_assert_str_eq(answer_header(&answer, "Link"), target);
    cJSON_Delete(reply);
    char again[1100];
    snprintf(again, sizeof again, "If-None-Match: %s\r\n",
             answer_header(&answer, "ETag"));
    answer = client_ask(site_client, "GET",
                        "/v1/audit?limit=1&device=camera-1&decision=deny", again);
    ck_assert_int_eq(answer.status, 304);
    answer = site_get("/v1/audit?decision=maybe");
    site_problem(&answer, 400, "parameter", "decision");
    answer = site_get("/v1/audit?limit=0");
    site_problem(&answer, 400, "parameter", "limit");
    end();
}
END_TEST

START_TEST(what_has_no_effect_fills_no_audit) {
    static const char asked[] =
        "{'subject':{'type':'device','id':'" CALM "'},'action':{'name':'a'},"
        "'resource':{'type':'t','id':'1'}}";
    begin(NULL, MODE_ENFORCE);
    ck_assert_int_eq(site_post("/v1/policy/test", asked).status, 200);
    ck_assert_int_eq(site_post("/access/v1/search/subject", asked).status, 200);
    site_post("/v1/nothing", "{}");
    site_post("/v1/status", "{}");
    struct answer answer = site_get("/v1/audit");
    ck_assert_str_eq(answer.body, "{\"decisions\":[],\"next_cursor\":null}");
    end();
}
END_TEST

START_TEST(the_ring_forgets_the_oldest) {
    static struct audit audit;
    char error[128];
    const struct request request = {.method = "GET", .path = "/"};
    ck_assert(audit_open(&audit, "", NULL, NULL, error, sizeof error));
    for (unsigned i = 0; i < AUDIT_ENTRIES + 10; i++)
        audit_commit(&audit, audit_begin(&audit, "order", &request));
    ck_assert_uint_eq(audit.seq, AUDIT_ENTRIES + 10);
    ck_assert_uint_eq(audit.entries[audit.seq % AUDIT_ENTRIES].seq, audit.seq);
    audit_close(&audit);
    ck_assert(!audit_open(&audit, "/nowhere/at/all", NULL, NULL, error, sizeof error));
    ck_assert_str_eq(error, "/nowhere/at/all: No such file or directory");
    char cut[6];
    audit_copy(cut, sizeof cut, "aaaaé");
    ck_assert_str_eq(cut, "aaaa");
    audit_copy(cut, sizeof cut, "aaaé");
    ck_assert_str_eq(cut, "aaaé");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("audit");
    TCase *all = tcase_create("all");
    tcase_add_test(all, every_decision_is_a_line);
    tcase_add_test(all, a_moved_audit_file_is_begun_anew);
    tcase_add_test(all, the_last_decisions_are_listed_newest_first);
    tcase_add_test(all, what_has_no_effect_fills_no_audit);
    tcase_add_test(all, the_ring_forgets_the_oldest);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

#include "engine/inbox.h"
#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/told.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* What is told over HTTP: checked to the member, taken whole or not at all, and answered when
   the engine has. A thread stands in for the engine. */

static const char *const devices[] = {"02:00:00:00:00:01", "02:00:00:00:00:02",
                                      "02:00:00:00:00:03"};
static struct inbox *inbox;
static pthread_t engine;
static _Atomic bool engine_over, engine_waits, engine_rests;
static _Atomic enum outcome engine_says;
static struct message taken[1024];
static _Atomic unsigned taken_count;

static void *take(void *argument) {
    (void)argument;
    struct message message;
    while (!atomic_load(&engine_over)) {
        bool waits = atomic_load(&engine_waits);
        atomic_store(&engine_rests, waits);
        if (waits || !inbox_take(inbox, &message))
            continue;
        taken[atomic_fetch_add(&taken_count, 1) % 1024] = message;
        inbox_answer(inbox, &message, atomic_load(&engine_says));
    }
    return NULL;
}

/* From here on the engine takes nothing, until it is told not to wait any more. */
static void hold_engine(void) {
    atomic_store(&engine_waits, true);
    while (!atomic_load(&engine_rests))
        sched_yield();
}

static void open_site(void) {
    char error[256];
    site_open();
    web_stop(site_web);
    client_close(site_client);
    inbox = inbox_create(16);
    site_options.inbox = inbox;
    site_web = web_start(&site_options, site_board, NULL, 0, error, sizeof error);
    ck_assert_msg(site_web != NULL, "%s", error);
    site_client = client_open(web_port(site_web));
    for (uint32_t i = 0; i < 3; i++)
        board_put_device(site_board, i, site_view(devices[i], i ? "twin" : "one", 10));
    struct finding finding = {.id = 7, .kind = "scan", .peer = "192.0.2.9"};
    snprintf(finding.device, sizeof finding.device, "%s", devices[0]);
    board_put_finding(site_board, &finding);
    site_publish(3);
    atomic_store(&taken_count, 0);
    atomic_store(&engine_over, false);
    atomic_store(&engine_waits, false);
    atomic_store(&engine_rests, false);
    atomic_store(&engine_says, OUTCOME_APPLIED);
    pthread_create(&engine, NULL, take, NULL);
}

static void close_site(void) {
    site_close();
    atomic_store(&engine_over, true);
    pthread_join(engine, NULL);
    inbox_destroy(inbox);
}

static const char json[] = "Content-Type: application/json\r\n";

static void say(struct client *client, const char *method, const char *target,
                const char *headers, const char *body) {
    char request[32768];
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n%s", method,
             target, headers, strlen(body), body);
    client_say(client, request);
}

static struct answer post(const char *target, const char *body) {
    say(site_client, "POST", target, json, body);
    return client_take(site_client, false);
}

static const char facts_target[] = "/v1/devices/one/facts";
#define FACT(kind, value) "{\"kind\":\"" kind "\",\"source\":\"s\",\"value\":" value "}"

START_TEST(each_kind_of_fact_arrives) {
    static const char *const facts[] = {
        FACT("attestation", "{\"method\":\"puf\",\"result\":\"pass\",\"strength\":0.5,"
                            "\"age_s\":60,\"max_age_s\":3600}"),
        FACT("certificate", "{\"subject\":\"CN=a\",\"serial\":\"0a\",\"issuer\":\"ca\","
                            "\"not_after\":\"2027-01-01T00:00:00Z\",\"revoked\":true}"),
        FACT("firmware", "{\"version\":\"1\",\"hash\":\"sha256:00\","
                         "\"update\":{\"version\":\"2\",\"until\":1770120000}}"),
        FACT("posture", "{\"compliant\":false,\"text\":\"no patches\"}"),
        FACT("vulnerability", "{\"id\":\"CVE-1\",\"cvss\":9.8,\"epss\":0.5,"
                              "\"kev\":true,\"fixed\":false}"),
        FACT("enrolment", "{\"enrolled\":true,\"provider\":\"idp\"}"),
        FACT("token", "{\"problem\":\"replayed\",\"count\":3}"),
        FACT("owner", "{\"name\":\"plant\",\"contact\":null}"),
    };
    for (unsigned i = 0; i < POSTING_KINDS; i++) {
        struct answer answer = post(facts_target, facts[i]);
        ck_assert_msg(answer.status == 200, "%s: %s", facts[i], answer.body);
        cJSON *reply = answer_json(&answer);
        ck_assert(json_number_at(reply, "accepted") == 1);
        ck_assert_str_eq(json_text_at(reply, "device"), devices[0]);
        ck_assert(json_number_at(reply, "score") == 10);
        cJSON_Delete(reply);
        ck_assert_uint_eq(atomic_load(&taken_count), i + 1);
        ck_assert_int_eq(taken[i].kind, MESSAGE_FACT);
        ck_assert_int_eq(taken[i].fact.kind, i);
        ck_assert_str_eq(taken[i].fact.source, "s");
        ck_assert_str_eq(taken[i].device, devices[0]);
        ck_assert_uint_eq(taken[i].time_ns, site_now_ns);
    }
    uint32_t now_s = (uint32_t)(site_now_ns / 1000000000);
    ck_assert(taken[0].fact.attestation.passed);
    ck_assert_uint_eq(taken[0].fact.attestation.measured_s, now_s - 60);
    ck_assert(taken[0].fact.attestation.strength == 0.5f);
    ck_assert(taken[1].fact.certificate.revoked);
    ck_assert_uint_eq(taken[1].fact.certificate.not_after_s, 1798761600);
    ck_assert_str_eq(taken[2].fact.firmware.update, "2");
    ck_assert_uint_eq(taken[2].fact.firmware.update_until_s, 1770120000);
    ck_assert(taken[3].fact.posture.score == 0);
    ck_assert(taken[4].fact.vulnerability.exploited);
    ck_assert_str_eq(taken[4].place, "fact vulnerability CVE-1");
    ck_assert_uint_eq(taken[6].fact.token.count, 3);
    ck_assert_uint_gt(taken[6].fact.expires_s, now_s);
    ck_assert_str_eq(taken[7].place, "fact owner");
}
END_TEST

START_TEST(what_is_wrong_is_named_and_nothing_is_taken) {
    static const struct {
        const char *body, *pointer;
    } bad[] = {
        {"1", ""},
        {"[]", ""},
        {"[1]", "/0"},
        {"{}", "/kind"},
        {"{\"kind\":\"x\",\"source\":\"s\",\"value\":{}}", "/kind"},
        {"{\"kind\":\"owner\",\"value\":{\"name\":\"a\"}}", "/source"},
        {"{\"kind\":\"owner\",\"source\":\"\",\"value\":{\"name\":\"a\"}}", "/source"},
        {"{\"kind\":\"owner\",\"source\":\"s\"}", "/value"},
        {"{\"kind\":\"owner\",\"source\":\"s\",\"value\":1}", "/value"},
        {FACT("owner", "{}"), "/value/name"},
        {FACT("owner", "{\"name\":\"a\\nb\"}"), "/value/name"},
        {FACT("owner", "{\"name\":\"a\",\"more/or~less\":1}"), "/value/more~1or~0less"},
        {FACT("owner", "{\"name\":\"a\",\"name\":\"b\"}"), "/value/name"},
        {"{\"kind\":\"owner\",\"source\":\"s\",\"value\":{\"name\":\"a\"},\"x\":1}",
         "/x"},
        {"{\"kind\":\"owner\",\"source\":\"s\",\"value\":{\"name\":\"a\"},"
         "\"expires\":\"soon\"}",
         "/expires"},
        {"{\"kind\":\"owner\",\"source\":\"s\",\"value\":{\"name\":\"a\"},"
         "\"expires\":\"2020-01-01T00:00:00Z\"}",
         "/expires"},
        {FACT("attestation", "{\"method\":\"tpm2.0\",\"result\":\"perhaps\"}"),
         "/value/result"},
        {FACT("attestation",
              "{\"method\":\"tpm2.0\",\"result\":\"pass\",\"age_s\":-1}"),
         "/value/age_s"},
        {FACT("certificate", "{\"revoked\":true}"), "/value/subject"},
        {FACT("certificate", "{\"serial\":\"1\",\"revoked\":1}"), "/value/revoked"},
        {FACT("firmware", "{}"), "/value/version"},
        {FACT("firmware", "{\"update\":{}}"), "/value/update/version"},
        {FACT("firmware", "{\"update\":{\"version\":\"1\",\"until\":1}}"),
         "/value/update/until"},
        {FACT("posture", "{}"), "/value/compliant"},
        {FACT("posture", "{\"score\":1.5}"), "/value/score"},
        {FACT("vulnerability", "{\"id\":\"a\",\"cvss\":11}"), "/value/cvss"},
        {FACT("token", "{\"problem\":\"lost\"}"), "/value/problem"},
        {FACT("enrolment", "{\"enrolled\":\"yes\"}"), "/value/enrolled"},
        {"[" FACT("owner", "{\"name\":\"a\"}") "," FACT("owner", "{\"name\":1}") "]",
         "/1/value/name"},
        {"[" FACT("owner", "{\"name\":\"a\"}") ",]", "/1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer answer = post(facts_target, bad[i].body);
        ck_assert_msg(answer.status == 400, "%s: %d %s", bad[i].body, answer.status,
                      answer.body);
        site_problem(&answer, 400, "pointer", bad[i].pointer);
    }
    say(site_client, "POST", facts_target, "", "{}");
    struct answer answer = client_take(site_client, false);
    site_problem(&answer, 415, NULL, NULL);
    answer = post("/v1/devices/nobody/facts", "{}");
    site_problem(&answer, 404, NULL, NULL);
    answer = post("/v1/devices/twin/facts", "{}");
    site_problem(&answer, 409, NULL, NULL);
    answer = post("/v1/facts", "[{\"device\":\"twin\"}]");
    site_problem(&answer, 409, "pointer", "/0/device");
    answer = post("/v1/facts", "[{\"device\":\"nobody\"}]");
    site_problem(&answer, 404, "pointer", "/0/device");
    answer = post("/v1/facts", "[{\"kind\":\"owner\"}]");
    site_problem(&answer, 400, "pointer", "/0/device");
    answer = post("/v1/facts", "{}");
    site_problem(&answer, 400, "pointer", "");
    answer = client_ask(site_client, "GET", facts_target, "");
    site_problem(&answer, 405, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "Allow"), "POST");
    answer = client_ask(site_client, "DELETE", "/v1/devices/one", "");
    ck_assert_str_eq(answer_header(&answer, "Allow"), "GET, HEAD, PUT");
    ck_assert_uint_eq(atomic_load(&taken_count), 0);
}
END_TEST

START_TEST(many_at_once_are_taken_whole_or_not_at_all) {
    char body[16384] = "[";
    for (unsigned i = 0; i < 16; i++)
        sprintf(body + strlen(body),
                "%s{\"device\":\"%s\",\"kind\":\"owner\",\"source\":\"s\","
                "\"value\":{\"name\":\"n%u\"}}",
                i ? "," : "", devices[i % 3], i);
    char *end = body + strlen(body);
    strcpy(end, "]");
    struct answer answer = post("/v1/facts", body);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "{\"accepted\":16}");
    ck_assert_uint_eq(atomic_load(&taken_count), 16);
    ck_assert_str_eq(taken[15].fact.owner.name, "n15");
    ck_assert_str_eq(taken[4].device, devices[1]);
    /* one more than fits the inbox */
    sprintf(end, ",{\"device\":\"one\",\"kind\":\"owner\",\"source\":\"s\","
                 "\"value\":{\"name\":\"n\"}}]");
    answer = post("/v1/facts", body);
    site_problem(&answer, 503, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "Retry-After"), "1");
    ck_assert_uint_eq(atomic_load(&taken_count), 16);
    char *many = malloc(65536);
    strcpy(many, "[1");
    for (unsigned i = 0; i < 512; i++)
        strcat(many, ",1");
    strcat(many, "]");
    answer = post("/v1/facts", many);
    site_problem(&answer, 413, NULL, NULL);
    free(many);
}
END_TEST

START_TEST(verdicts_maintenance_and_settings) {
    struct answer answer = post("/v1/devices/one/verdict",
                                "{\"finding\":7,\"verdict\":\"benign\",\"by\":\"me\"}");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_int_eq(taken[0].kind, MESSAGE_VERDICT);
    ck_assert_int_eq(taken[0].verdict.verdict, VERDICT_BENIGN);
    ck_assert_str_eq(taken[0].verdict.kind, "scan");
    ck_assert_str_eq(taken[0].verdict.peer, "192.0.2.9");
    answer = post("/v1/devices/one/relearn",
                  "{\"reason\":\"new pump\",\"until\":\"2026-02-04T10:00:00Z\"}");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(taken[1].relearn.until_s, 1770199200);
    say(site_client, "PUT", "/v1/devices/one", json,
        "{\"name\":\"a\",\"criticality\":\"low\"}");
    answer = client_take(site_client, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(atomic_load(&taken_count), 4);
    ck_assert_int_eq(taken[2].setting.which, SETTING_NAME);
    ck_assert_str_eq(taken[2].setting.label, "a");
    ck_assert_str_eq(taken[2].place, "setting name");
    ck_assert_int_eq(taken[3].setting.which, SETTING_CRITICALITY);
    ck_assert_int_eq(taken[3].setting.criticality, CRITICALITY_LOW);
    say(site_client, "PUT", "/v1/devices/one", json, "{\"group\":\"\"}");
    answer = client_take(site_client, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_int_eq(taken[4].setting.which, SETTING_GROUP);
    ck_assert_str_eq(taken[4].setting.label, "");
    static const struct {
        const char *method, *target, *body, *pointer;
    } bad[] = {
        {"POST", "verdict", "{\"finding\":8,\"verdict\":\"benign\",\"by\":\"me\"}",
         "/finding"},
        {"POST", "verdict", "{\"finding\":7.5,\"verdict\":\"benign\",\"by\":\"me\"}",
         "/finding"},
        {"POST", "verdict", "{\"finding\":-1,\"verdict\":\"benign\",\"by\":\"me\"}",
         "/finding"},
        {"POST", "verdict", "{\"finding\":7,\"verdict\":\"good\",\"by\":\"me\"}",
         "/verdict"},
        {"POST", "verdict", "{\"finding\":7,\"verdict\":\"benign\"}", "/by"},
        {"POST", "relearn", "{\"reason\":\"r\",\"until\":\"2026-02-11T10:15:31Z\"}",
         "/until"},
        {"POST", "relearn", "{\"reason\":\"r\",\"until\":\"2026-02-03T10:15:00Z\"}",
         "/until"},
        {"POST", "relearn", "{\"until\":\"2026-02-04T10:00:00Z\"}", "/reason"},
        {"PUT", "", "{\"name\":1}", "/name"},
        {"PUT", "", "{\"criticality\":\"huge\"}", "/criticality"},
        {"PUT", "", "{\"zone\":\"cameras\"}", "/zone"},
        {"PUT", "", "{\"Name\":\"a\"}", "/Name"},
        {"PUT", "", "{\"name\":\"a\",\"more\":1}", "/more"},
        {"PUT", "", "{}", ""},
        {"PUT", "", "[]", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char target[64];
        snprintf(target, sizeof target, "/v1/devices/one%s%s",
                 bad[i].target[0] ? "/" : "", bad[i].target);
        say(site_client, bad[i].method, target, json, bad[i].body);
        answer = client_take(site_client, false);
        site_problem(&answer, 400, "pointer", bad[i].pointer);
    }
    /* of another device */
    answer = post("/v1/devices/02:00:00:00:00:02/verdict",
                  "{\"finding\":7,\"verdict\":\"benign\",\"by\":\"me\"}");
    site_problem(&answer, 400, "pointer", "/finding");
    ck_assert_uint_eq(atomic_load(&taken_count), 5);
}
END_TEST

START_TEST(what_cannot_be_applied_is_not_acknowledged) {
    static const enum outcome bad[] = {OUTCOME_UNKNOWN, OUTCOME_FAILED, OUTCOME_CLOSED};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        atomic_store(&engine_says, bad[i]);
        struct answer answer = post(facts_target, FACT("owner", "{\"name\":\"a\"}"));
        site_problem(&answer, 503, NULL, NULL);
    }
    site_options.inbox = NULL;
    char error[256];
    struct web *deaf =
        web_start(&site_options, site_board, NULL, 0, error, sizeof error);
    struct client *client = client_open(web_port(deaf));
    say(client, "POST", facts_target, json, FACT("owner", "{\"name\":\"a\"}"));
    struct answer answer = client_take(client, false);
    site_problem(&answer, 503, NULL, NULL);
    client_close(client);
    web_stop(deaf);
}
END_TEST

START_TEST(who_waits_for_the_engine_holds_nobody_up) {
    enum { WAITING = 8 };
    struct client *waiting[WAITING];
    hold_engine();
    for (unsigned i = 0; i < WAITING; i++) {
        waiting[i] = client_open(web_port(site_web));
        say(waiting[i], "POST", facts_target, json, FACT("owner", "{\"name\":\"a\"}"));
    }
    for (unsigned i = 0; i < 100; i++)
        ck_assert_int_eq(site_get("/v1/devices/one/risk").status, 200);
    /* some do not wait for the answer */
    for (unsigned i = 0; i < WAITING; i += 2)
        client_close(waiting[i]);
    atomic_store(&engine_waits, false);
    for (unsigned i = 1; i < WAITING; i += 2) {
        ck_assert_int_eq(client_take(waiting[i], false).status, 200);
        say(waiting[i], "GET", "/livez", "", ""); /* the connection goes on */
        ck_assert_int_eq(client_take(waiting[i], false).status, 200);
        client_close(waiting[i]);
    }
    ck_assert_int_eq(site_get("/v1/devices/one/risk").status, 200);
}
END_TEST

START_TEST(it_stops_while_somebody_waits) {
    char error[256];
    hold_engine();
    say(site_client, "POST", facts_target, json, FACT("owner", "{\"name\":\"a\"}"));
    struct client *other = client_open(web_port(site_web));
    say(other, "GET", "/livez", "", ""); /* so that the first is being answered */
    ck_assert_int_eq(client_take(other, false).status, 200);
    client_close(other);
    web_stop(site_web);
    ck_assert_uint_eq(atomic_load(&taken_count), 0);
    site_options.inbox = NULL;
    site_web = web_start(&site_options, site_board, NULL, 0, error, sizeof error);
}
END_TEST

START_TEST(what_is_kept_can_be_read_again) {
    static const struct {
        const char *place, *text;
        bool good;
    } kept[] = {
        {"fact owner", FACT("owner", "{\"name\":\"a\"}"), true},
        {"relearn", "{\"reason\":\"r\",\"until\":1770199200}", true},
        {"setting name", "{\"name\":\"a\"}", true},
        {"verdict 7",
         "{\"finding\":7,\"verdict\":\"malicious\",\"by\":\"me\","
         "\"finding_kind\":\"scan\"}",
         true},
        {"verdict 7", "{\"finding\":7,\"verdict\":\"malicious\",\"by\":\"me\"}", false},
        {"fact owner", "{", false},
        {"fact owner", "{\"kind\":\"owner\"}", false},
        {"nonsense", "{}", false},
    };
    const struct told told = {.zones = NULL};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct message message;
        bool good =
            told_again(kept[i].place, kept[i].text, site_now_ns, &told, &message);
        ck_assert_msg(good == kept[i].good, "%s %s", kept[i].place, kept[i].text);
        if (good)
            ck_assert_uint_eq(message.time_ns, site_now_ns);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("post");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, close_site);
    tcase_add_test(tests, each_kind_of_fact_arrives);
    tcase_add_test(tests, what_is_wrong_is_named_and_nothing_is_taken);
    tcase_add_test(tests, many_at_once_are_taken_whole_or_not_at_all);
    tcase_add_test(tests, verdicts_maintenance_and_settings);
    tcase_add_test(tests, what_cannot_be_applied_is_not_acknowledged);
    tcase_add_test(tests, who_waits_for_the_engine_holds_nobody_up);
    tcase_add_test(tests, it_stops_while_somebody_waits);
    tcase_add_test(tests, what_is_kept_can_be_read_again);
    Suite *suite = suite_create("post");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

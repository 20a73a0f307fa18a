#include "engine/inbox.h"
#include "engine/portrait.h"
#include "tests/suite.h"
#include "tests/web/site.h"

#include <pthread.h>
#include <stdatomic.h>

/* GET baseline: asked of the engine, for which a thread stands in. */

static struct inbox *inbox;
static pthread_t engine;
static _Atomic bool engine_over;
static _Atomic enum outcome engine_says;

static void *answer(void *argument) {
    (void)argument;
    struct message message;
    while (!atomic_load(&engine_over)) {
        if (!inbox_take(inbox, &message))
            continue;
        ck_assert_int_eq(message.kind, MESSAGE_LOOK);
        message.look->windows = 1234;
        message.look->feature_count = 1;
        message.look->features[0].name = "packets sent";
        message.look->features[0].mean = 2.5;
        message.look->features[0].high = 7;
        message.look->week[6][23] = 9;
        message.look->kinds[0].name = "peers";
        message.look->beat_count = 1;
        message.look->beats[0].gap_s = 60;
        for (unsigned i = 1; i < PORTRAIT_KINDS; i++)
            message.look->kinds[i].name = "others";
        inbox_answer(inbox, &message, atomic_load(&engine_says));
    }
    return NULL;
}

static void open_site(void) {
    site_begin();
    inbox = inbox_create(16);
    site_options.inbox = inbox;
    site_start();
    board_put_device(site_board, 0, site_view("02:00:00:00:00:01", "one", 10));
    site_publish(1);
    atomic_store(&engine_over, false);
    atomic_store(&engine_says, OUTCOME_APPLIED);
    pthread_create(&engine, NULL, answer, NULL);
}

static void close_site(void) {
    site_close();
    atomic_store(&engine_over, true);
    pthread_join(engine, NULL);
    inbox_destroy(inbox);
}

START_TEST(what_the_engine_says_is_told) {
    for (unsigned i = 0; i < 3; i++) { /* over one connection */
        struct answer reply = site_get("/v1/devices/one/baseline");
        ck_assert_int_eq(reply.status, 200);
        cJSON *baseline = answer_json(&reply);
        ck_assert(json_number_at(baseline, "windows") == 1234);
        const cJSON *feature = cJSON_GetArrayItem(json_at(baseline, "features"), 0);
        ck_assert_str_eq(json_text_at(feature, "name"), "packets sent");
        ck_assert(json_number_at(feature, "mean") == 2.5);
        ck_assert_int_eq(cJSON_GetArraySize(json_at(baseline, "histograms")), 2);
        const cJSON *hours = json_at(baseline, "hours");
        ck_assert_int_eq(cJSON_GetArraySize(hours), 7);
        const cJSON *sunday = cJSON_GetArrayItem(hours, 6);
        ck_assert_int_eq(cJSON_GetArraySize(sunday), 24);
        ck_assert(cJSON_GetArrayItem(sunday, 23)->valuedouble == 9);
        const cJSON *beat = cJSON_GetArrayItem(json_at(baseline, "heartbeats"), 0);
        ck_assert(json_number_at(beat, "period_s") == 60);
        cJSON_Delete(baseline);
    }
}
END_TEST

START_TEST(nobody_is_told_so) {
    struct answer reply = site_get("/v1/devices/nobody/baseline");
    site_problem(&reply, 404, NULL, NULL);
    atomic_store(&engine_says, OUTCOME_UNKNOWN);
    reply = site_get("/v1/devices/one/baseline");
    site_problem(&reply, 503, NULL, NULL);
    ck_assert_str_eq(answer_header(&reply, "Retry-After"), "1");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("baseline");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, close_site);
    tcase_add_test(tests, what_the_engine_says_is_told);
    tcase_add_test(tests, nobody_is_told_so);
    Suite *suite = suite_create("baseline");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}

#include "tests/suite.h"
#include "tests/web/deciding.h"

#include <time.h>

START_TEST(the_resource_sets_the_limit) {
    begin(NULL, MODE_ENFORCE);
    ck_assert(!decide(device(RISKY), "low"));
    ck_assert(decide(device(MILD), "medium"));
    ck_assert(!decide(device(MILD), "high"));
    ck_assert(decide(device(CALM), "high"));
    ck_assert(decide(device(YOUNG), "medium"));
    ck_assert(!decide(device(YOUNG), "high"));
    ck_assert(!decide(device(GONE), "high"));
    ck_assert(decide(device("02:00:00:ff:ff:ff"), "medium"));
    ck_assert(!decide(device("02:00:00:ff:ff:ff"), "high"));
    /* by any of its names, and as what a user sits at */
    ck_assert(!decide(device("192.0.2.1"), "low"));
    ck_assert(!decide(device("CAMERA-1"), "low"));
    ck_assert(!decide("{'type':'user','id':'alice','properties':{'ip_address':"
                      "'192.0.2.1'}}",
                      "low"));
    ck_assert(!decide(
        "{'type':'user','id':'alice','properties':{'device_id':'" RISKY "'}}", "low"));
    ck_assert(
        decide("{'type':'user','id':'alice','properties':{'device_id':7}}", "low"));
    end();
}
END_TEST

START_TEST(an_answer_says_why) {
    begin(NULL, MODE_ENFORCE);
    cJSON *reply = evaluate(device(RISKY), "high");
    const cJSON *context = json_at(reply, "context");
    ck_assert_str_eq(json_text_at(json_at(context, "reason_admin"), "403"),
                     "score 87 at or above the limit 30 of resource class high");
    ck_assert_str_eq(json_text_at(json_at(context, "reason_user"), "403"),
                     "Device is restricted");
    const cJSON *risk = json_at(context, "risk"), *policy = json_at(context, "policy");
    ck_assert(json_number_at(risk, "score") == 87);
    ck_assert_str_eq(json_text_at(risk, "level"), "CRITICAL");
    ck_assert_str_eq(json_text_at(risk, "state"), "active");
    ck_assert_str_eq(json_text_at(risk, "device"), RISKY);
    ck_assert(json_number_at(risk, "max_age_s") == site_options.max_age_s);
    ck_assert_str_eq(json_text_at(policy, "rule"), "default");
    ck_assert_str_eq(json_text_at(policy, "mode"), "enforce");
    ck_assert_int_eq(strncmp(json_text_at(policy, "revision"), "1-", 2), 0);
    cJSON_Delete(reply);
    reply = evaluate(device("unheard-of"), "low");
    ck_assert(!cJSON_HasObjectItem(json_at(reply, "context"), "risk"));
    cJSON_Delete(reply);
    end();
}
END_TEST

START_TEST(an_engine_that_stopped_has_no_say) {
    begin(NULL, MODE_ENFORCE);
    struct engine_status status = {
        .now_ns = site_now_ns, .live = true, .is_clocked = true, .devices = 5};
    board_publish(site_board, &status); /* long ago */
    ck_assert(decide(device(CALM), "medium"));
    ck_assert(!decide(device(CALM), "high"));
    ck_assert(!decide(device(RISKY), "medium")); /* what was known last still counts */
    status.now_ns = (uint64_t)time(NULL) * 1000000000;
    board_publish(site_board, &status);
    ck_assert(decide(device(CALM), "high"));
    end();
}
END_TEST

START_TEST(shadow_permits_and_remembers) {
    begin(NULL, MODE_SHADOW);
    ck_assert(decide(device(RISKY), "high"));
    ck_assert(decide(device(CALM), "high"));
    struct answer answer = site_get("/v1/audit?decision=deny");
    cJSON *reply = answer_json(&answer);
    const cJSON *entries = json_at(reply, "decisions"), *entry = entries->child;
    ck_assert_int_eq(cJSON_GetArraySize(entries), 1);
    ck_assert_str_eq(json_text_at(entry, "decision"), "permit");
    ck_assert_str_eq(json_text_at(entry, "would"), "deny");
    ck_assert_str_eq(json_text_at(entry, "mode"), "shadow");
    cJSON_Delete(reply);
    answer = site_get("/metrics");
    ck_assert_ptr_ne(strstr(answer.body, "wary_decisions_total{api=\"evaluation\","
                                         "decision=\"permit\"} 2\n"),
                     NULL);
    ck_assert_ptr_ne(strstr(answer.body, "wary_decisions_total{api=\"evaluation\","
                                         "decision=\"would_deny\"} 1\n"),
                     NULL);
    end();
}
END_TEST

START_TEST(each_zone_has_its_mode) {
    static struct zone_set zones;
    char error[ZONE_ERROR_BYTES];
    uint8_t cameras;
    zone_init(&zones);
    ck_assert(zone_add(&zones, "cameras", &cameras, error));
    begin(NULL, MODE_ENFORCE);
    site_close();
    site_begin();
    site_options.zones = &zones;
    site_options.zone_modes[cameras] = MODE_LEARN + 1;
    site_start();
    put_devices();
    ck_assert(decide(device(MILD), "high"));   /* of zone cameras */
    ck_assert(!decide(device(RISKY), "high")); /* of none */
    struct answer answer = site_get("/v1/devices/" MILD "/risk");
    ck_assert_ptr_ne(strstr(answer.body, "\"mode\":\"learn\""), NULL);
    answer = site_get("/v1/devices/" RISKY "/risk");
    ck_assert_ptr_ne(strstr(answer.body, "\"mode\":\"enforce\""), NULL);
    end();
}
END_TEST

/* The rules of the working group's To-do application: roles decide, and editors change what
   they own; neither names nor properties are known to the program. */
START_TEST(a_policy_nobody_has_seen) {
    static const char policy[] =
        "{'rules':["
        "{'name':'read','when':{'action.name':['can_read_user','can_read_todos']},"
        "'then':'permit'},"
        "{'name':'create','when':{'action.name':'can_create_todo','any':["
        "{'subject.properties.roles':{'contains':'admin'}},"
        "{'subject.properties.roles':{'contains':'editor'}}]},'then':'permit'},"
        "{'name':'evil','when':{'action.name':{'in':['can_update_todo','can_delete_"
        "todo']},"
        "'subject.properties.roles':{'contains':'evil_genius'}},'then':'permit'},"
        "{'name':'own','when':{'action.name':['can_update_todo','can_delete_todo'],"
        "'subject.properties.roles':{'contains':'editor'},'resource.properties.ownerID'"
        ":"
        "{'is':{'attribute':'subject.properties.email'}}},'then':'permit'},"
        "{'name':'admin','when':{'action.name':'can_delete_todo',"
        "'subject.properties.roles':{'contains':'admin'}},'then':'permit'}],"
        "'default':'deny'}";
    static const struct {
        const char *role, *email, *action, *owner;
        bool permitted;
    } cases[] = {
        {"viewer", "b@x", "can_read_todos", "r@x", true},
        {"viewer", "b@x", "can_create_todo", "b@x", false},
        {"editor", "m@x", "can_create_todo", "m@x", true},
        {"editor", "m@x", "can_update_todo", "m@x", true},
        {"editor", "m@x", "can_update_todo", "r@x", false},
        {"editor", "m@x", "can_delete_todo", "r@x", false},
        {"admin", "r@x", "can_delete_todo", "m@x", true},
        {"admin", "r@x", "can_update_todo", "m@x", false},
        {"evil_genius", "k@x", "can_update_todo", "m@x", true},
    };
    begin(policy, MODE_ENFORCE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[640];
        snprintf(body, sizeof body,
                 "{'subject':{'type':'user','id':'x','properties':{'roles':['%s'],"
                 "'email':'%s'}},'action':{'name':'%s'},'resource':{'type':'todo',"
                 "'id':'1','properties':{'ownerID':'%s'}}}",
                 cases[i].role, cases[i].email, cases[i].action, cases[i].owner);
        cJSON *reply = post("/access/v1/evaluation", body, 200);
        ck_assert_msg(cJSON_IsTrue(json_at(reply, "decision")) == cases[i].permitted,
                      "%s", body);
        cJSON_Delete(reply);
    }
    end();
}
END_TEST

START_TEST(bad_questions_are_refused_by_name) {
    static const struct {
        const char *body, *pointer;
    } bad[] = {
        {"[]", ""},
        {"", ""},
        {"{}", "/subject"},
        {"{'subject':{'type':'a','id':'b'}}", "/action"},
        {"{'subject':{'type':'a','id':'b','properties':[]},'action':{'name':'c'},"
         "'resource':{'type':'d','id':'e'}}",
         "/subject/properties"},
        {"{'subject':{'type':'a','id':'b'},'action':{'name':'c'},'resource':{'type':'d'"
         ","
         "'id':7}}",
         "/resource/id"},
        {"{'subject':{'type':'a','id':'b'},'action':{'name':'c'},'resource':{'type':'d'"
         ","
         "'id':'e'},'context':[]}",
         "/context"},
        {"{'subject':{'type':'a','id':'b','id':'c'}}", "/subject/id"},
    };
    begin(NULL, MODE_ENFORCE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer answer = site_post("/access/v1/evaluation", bad[i].body);
        site_problem(&answer, 400, "pointer", bad[i].pointer);
    }
    struct answer answer = client_post(site_client, "POST", "/access/v1/evaluation",
                                       "Content-Type: text/plain\r\n", "{}");
    site_problem(&answer, 400, NULL, NULL);
    answer = site_get("/access/v1/evaluation");
    site_problem(&answer, 405, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "Allow"), "POST");
    end();
}
END_TEST

START_TEST(defaults_are_replaced_whole_unless_incomplete) {
    static const char policy[] =
        "{'rules':[{'name':'a','when':{'resource.type':'t','resource.properties.p':1,"
        "'subject.properties.role':'admin'},'then':'permit'}],'default':'deny'}";
    static const struct {
        const char *defaults, *item;
        const char *decision; /* or what is wrong */
    } cases[] = {
        {"'resource':{'type':'t','id':'1','properties':{'p':1}}", "{}", "true"},
        {"'resource':{'type':'t','id':'1','properties':{'p':1}}",
         "{'resource':{'type':'t','id':'2'}}", "false"},
        {"'resource':{'type':'t','id':'1','properties':{'p':1}}",
         "{'resource':{'id':'2'}}", "/resource/type is missing"},
        {"'resource':{'type':'t','properties':{'p':1}}", "{'resource':{'id':'2'}}",
         "true"},
        {"'resource':{'type':'t','properties':{'p':1}}",
         "{'resource':{'id':'2','properties':{}}}", "false"},
        {"'resource':{'type':'t'}", "{}", "/resource/id is missing"},
        {"'resource':{'type':'t','id':'1','properties':{'p':1}}",
         "{'subject':{'type':'user','id':'other'}}", "false"},
        {"'x':1", "7", " is no object"},
        {"'x':1", "{'resource':7}", "/resource is no object"},
    };
    begin(policy, MODE_ENFORCE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[640];
        snprintf(body, sizeof body,
                 "{'subject':{'type':'user','id':'u','properties':{'role':'admin'}},"
                 "'action':{'name':'a'},%s,'evaluations':[%s]}",
                 cases[i].defaults, cases[i].item);
        cJSON *reply = post("/access/v1/evaluations", body, 200);
        const cJSON *item = json_at(reply, "evaluations")->child;
        const cJSON *error = cJSON_GetObjectItem(json_at(item, "context"), "error");
        bool permitted = cJSON_IsTrue(json_at(item, "decision"));
        ck_assert_str_eq(error       ? json_text_at(error, "message")
                         : permitted ? "true"
                                     : "false",
                         cases[i].decision);
        ck_assert(!error || json_number_at(error, "status") == 400);
        cJSON_Delete(reply);
    }
    end();
}
END_TEST

START_TEST(a_long_batch_keeps_its_order) {
    enum { ITEMS = 1000 };
    static char body[ITEMS * 128];
    begin(NULL, MODE_ENFORCE);
    char *out =
        body + sprintf(body, "{'action':{'name':'a'},'resource':{'type':'t','id':"
                             "'1'},'evaluations':[");
    for (int i = 0; i < ITEMS; i++)
        out += sprintf(out, "%s{'subject':{'type':'device','id':'%s'}}", i ? "," : "",
                       i % 3 ? CALM : RISKY);
    strcpy(out, "]}");
    cJSON *reply = post("/access/v1/evaluations", body, 200);
    const cJSON *item = json_at(reply, "evaluations")->child;
    for (int i = 0; i < ITEMS; i++, item = item->next)
        ck_assert_int_eq(cJSON_IsTrue(json_at(item, "decision")), i % 3 != 0);
    ck_assert_ptr_null(item);
    cJSON_Delete(reply);
    end();
}
END_TEST

/* --- search --- */

static const char *results_of(const char *target, const char *body) {
    static char text[2048];
    cJSON *reply = post(target, body, 200), *result;
    text[0] = '\0';
    cJSON_ArrayForEach(result, json_at(reply, "results")) {
        const cJSON *id = cJSON_GetObjectItem(result, "id");
        ck_assert_int_eq(cJSON_GetArraySize(result), id ? 2 : 1);
        strcat(strcat(text, id ? id->valuestring : json_text_at(result, "name")), " ");
    }
    strcat(text, json_text_at(json_at(reply, "page"), "next_token"));
    cJSON_Delete(reply);
    return text;
}

START_TEST(devices_are_found_as_subjects) {
    begin(NULL, MODE_ENFORCE);
    const char *who = "{'subject':{'type':'device'},'action':{'name':'connect'},"
                      "'resource':{'type':'service','id':'tcp/443','properties':{"
                      "'criticality':'high'}}}";
    ck_assert_str_eq(results_of("/access/v1/search/subject", who), CALM " ");
    who = "{'subject':{'type':'device','id':'ignored'},'action':{'name':'connect'},"
          "'resource':{'type':'service','id':'tcp/443'}}";
    ck_assert_str_eq(results_of("/access/v1/search/subject", who),
                     MILD " " CALM " " YOUNG " " GONE " ");
    who = "{'subject':{'type':'spaceship'},'action':{'name':'connect'},'resource':{"
          "'type':'service','id':'tcp/443'}}";
    ck_assert_str_eq(results_of("/access/v1/search/subject", who), "");
    end();
}
END_TEST

START_TEST(pages_follow_each_other_while_devices_go) {
    begin(NULL, MODE_ENFORCE);
    static const char query[] =
        "{'subject':{'type':'device'},'action':{'name':'connect'},'resource':{'type':"
        "'service','id':'tcp/443'},'page':{'limit':2,'token':'%s'}}";
    char body[512], token[128];
    snprintf(body, sizeof body, query, "");
    const char *found = results_of("/access/v1/search/subject", body);
    ck_assert_int_eq(strncmp(found, MILD " " CALM " ", 36), 0);
    snprintf(token, sizeof token, "%s", found + 36);
    ck_assert_str_ne(token, "");
    board_put_device(site_board, 2, NULL); /* the last one shown */
    site_publish(4);
    snprintf(body, sizeof body, query, token);
    ck_assert_str_eq(results_of("/access/v1/search/subject", body), YOUNG " " GONE " ");
    snprintf(
        body, sizeof body,
        "{'subject':{'type':'device'},'action':{'name':'other'},'resource':{'type':"
        "'service','id':'tcp/443'},'page':{'token':'%s'}}",
        token);
    struct answer answer = site_post("/access/v1/search/subject", body);
    site_problem(&answer, 400, "pointer", "/page/token");
    snprintf(body, sizeof body, query, "x");
    answer = site_post("/access/v1/search/subject", body);
    site_problem(&answer, 400, "pointer", "/page/token");
    end();
}
END_TEST

START_TEST(entities_of_the_policy_are_searched_page_by_page) {
    begin(
        "{'entities':{'subjects':[{'type':'user','id':'ann','properties':{'team':1}},"
        "{'type':'robot','id':'r2'},{'type':'user','id':'bob'}],'resources':["
        "{'type':'doc','id':'d1','properties':{'open':true}},{'type':'doc','id':'d2'},"
        "{'type':'doc','id':'d3','properties':{'open':true}}],'actions':["
        "{'name':'read'},{'name':'write'}]},'rules':["
        "{'name':'r','when':{'action.name':'read','resource.properties.open':true},"
        "'then':'permit'},{'name':'w','when':{'action.name':'write',"
        "'subject.properties.team':1},'then':'permit'}],'default':'deny'}",
        MODE_ENFORCE);
    const char *found =
        results_of("/access/v1/search/resource",
                   "{'subject':{'type':'user','id':'bob'},'action':{'name':'read'},"
                   "'resource':{'type':'doc'},'page':{'limit':1}}");
    ck_assert_int_eq(strncmp(found, "d1 ", 3), 0);
    char body[256];
    snprintf(body, sizeof body,
             "{'subject':{'type':'user','id':'bob'},'action':{'name':'read'},"
             "'resource':{'type':'doc'},'page':{'token':'%s'}}",
             found + 3);
    ck_assert_str_eq(results_of("/access/v1/search/resource", body), "d3 ");
    ck_assert_str_eq(results_of("/access/v1/search/subject",
                                "{'subject':{'type':'user'},'action':{'name':'write'},"
                                "'resource':{'type':'doc','id':'d2'}}"),
                     "ann ");
    ck_assert_str_eq(results_of("/access/v1/search/subject",
                                "{'subject':{'type':'user'},'action':{'name':'write'},"
                                "'resource':{'type':'doc','id':'d4'}}"),
                     "");
    ck_assert_str_eq(results_of("/access/v1/search/action",
                                "{'subject':{'type':'user','id':'ann','properties':{"
                                "'team':1}},'resource':{'type':'doc','id':'d1',"
                                "'properties':{'open':true}},'action':{}}"),
                     "read write ");
    /* Whoever is named without properties has those of the entry; and none of it otherwise. */
    ck_assert_str_eq(results_of("/access/v1/search/action",
                                "{'subject':{'type':'user','id':'ann'},'resource':{"
                                "'type':'doc','id':'d1'}}"),
                     "read write ");
    ck_assert_str_eq(results_of("/access/v1/search/action",
                                "{'subject':{'type':'user','id':'ann','properties':{}},"
                                "'resource':{'type':'doc','id':'d1'}}"),
                     "read ");
    cJSON *reply = post("/access/v1/evaluation",
                        "{'subject':{'type':'user','id':'ann'},'action':{'name':"
                        "'write'},'resource':{'type':'doc','id':'d1'}}",
                        200);
    ck_assert(cJSON_IsFalse(json_at(reply, "decision")));
    cJSON_Delete(reply);
    ck_assert_str_eq(results_of("/access/v1/search/action",
                                "{'subject':{'type':'user','id':'eve','properties':{"
                                "'team':1}},'resource':{'type':'doc','id':'d1'}}"),
                     "");
    end();
}
END_TEST

/* --- discovery --- */

START_TEST(discovery_tells_where_it_is) {
    begin(NULL, MODE_ENFORCE);
    struct answer answer = site_get("/.well-known/authzen-configuration");
    cJSON *reply = answer_json(&answer);
    ck_assert_str_eq(json_text_at(reply, "policy_decision_point"), "http://localhost");
    ck_assert_str_eq(json_text_at(reply, "search_action_endpoint"),
                     "http://localhost/access/v1/search/action");
    ck_assert_int_eq(cJSON_GetArraySize(reply), 6);
    cJSON_Delete(reply);
    client_say(site_client, "GET /.well-known/authzen-configuration HTTP/1.1\r\n"
                            "Host: a\"b\r\n\r\n");
    answer = client_take(site_client, false);
    site_problem(&answer, 400, NULL, NULL);
    end();
    begin(NULL, MODE_ENFORCE);
    site_close();
    site_begin();
    strcpy(site_options.public_url, "https://pdp.example");
    site_start();
    answer = site_get("/.well-known/authzen-configuration");
    reply = answer_json(&answer);
    ck_assert_str_eq(json_text_at(reply, "policy_decision_point"),
                     "https://pdp.example");
    ck_assert_str_eq(json_text_at(reply, "access_evaluation_endpoint"),
                     "https://pdp.example/access/v1/evaluation");
    cJSON_Delete(reply);
    end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("authzen");
    TCase *all = tcase_create("all");
    tcase_add_test(all, the_resource_sets_the_limit);
    tcase_add_test(all, an_answer_says_why);
    tcase_add_test(all, an_engine_that_stopped_has_no_say);
    tcase_add_test(all, shadow_permits_and_remembers);
    tcase_add_test(all, each_zone_has_its_mode);
    tcase_add_test(all, a_policy_nobody_has_seen);
    tcase_add_test(all, bad_questions_are_refused_by_name);
    tcase_add_test(all, defaults_are_replaced_whole_unless_incomplete);
    tcase_add_test(all, a_long_batch_keeps_its_order);
    tcase_add_test(all, devices_are_found_as_subjects);
    tcase_add_test(all, pages_follow_each_other_while_devices_go);
    tcase_add_test(all, entities_of_the_policy_are_searched_page_by_page);
    tcase_add_test(all, discovery_tells_where_it_is);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

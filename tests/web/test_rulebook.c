#include "tests/suite.h"
#include "tests/web/deciding.h"

START_TEST(a_policy_is_replaced_whole_or_not_at_all) {
    begin("{'rules':[{'name':'a','then':'deny'}]}", MODE_ENFORCE);
    ck_assert(!decide(device(CALM), "low"));
    write_policy("{'rules':[{'name':'b','then':'permit'}]}");
    cJSON *reply = post("/v1/policy/reload", "", 200);
    ck_assert_int_eq(strncmp(json_text_at(reply, "revision"), "2-", 2), 0);
    cJSON_Delete(reply);
    ck_assert(decide(device(RISKY), "low"));
    write_policy("{'rules':[{'name':'b','then':'maybe'}]}");
    struct answer answer = site_post("/v1/policy/reload", "");
    site_problem(&answer, 409, NULL, NULL);
    ck_assert_ptr_ne(strstr(answer.body, "/rules/0/then: "), NULL);
    ck_assert(decide(device(RISKY), "low"));
    char error[512];
    ck_assert(!web_reload(site_web, error, sizeof error));
    ck_assert_ptr_ne(strstr(error, policy_path), NULL);
    answer = client_post(site_client, "PUT", "/v1/policy",
                         "Content-Type: application/json\r\n",
                         "{\"rules\":[{\"name\":\"c\",\"then\":\"deny\"}]}");
    ck_assert_int_eq(answer.status, 200);
    ck_assert(!decide(device(CALM), "low"));
    answer = client_post(site_client, "PUT", "/v1/policy",
                         "Content-Type: application/json\r\n", "{\"rules\":[{}]}");
    site_problem(&answer, 400, "pointer", "/rules/0/name");
    answer = site_get("/v1/policy");
    reply = answer_json(&answer);
    ck_assert_str_eq(
        json_text_at(json_at(json_at(reply, "policy"), "rules")->child, "name"), "c");
    cJSON_Delete(reply);
    write_policy("{'rules':[]}");
    ck_assert(web_reload(site_web, error, sizeof error));
    ck_assert(decide(device(CALM), "low"));
    end();
}
END_TEST

START_TEST(a_test_tells_and_changes_nothing) {
    begin("{'rules':[{'name':'a','when':{'action.name':'x'},'then':'deny'},"
          "{'name':'b','then':{'limit':50}},{'name':'c','then':'deny'}]}",
          MODE_ENFORCE);
    static const char ask[] =
        "{'subject':{'type':'device','id':'" MILD "'},'action':{'name':'y'},"
        "'resource':{'type':'t','id':'1'}%s}";
    char body[512];
    snprintf(body, sizeof body, ask, "");
    cJSON *reply = post("/v1/policy/test", body, 200);
    ck_assert(cJSON_IsTrue(json_at(reply, "decision")));
    ck_assert_str_eq(json_text_at(reply, "device"), MILD);
    const cJSON *rules = json_at(reply, "rules");
    ck_assert_int_eq(cJSON_GetArraySize(rules), 2);
    ck_assert(cJSON_IsFalse(json_at(rules->child, "matches")));
    ck_assert(cJSON_IsTrue(json_at(rules->child->next, "matches")));
    cJSON_Delete(reply);
    snprintf(body, sizeof body, ask,
             ",'policy':{'rules':[{'name':'z','then':'deny'}]}");
    reply = post("/v1/policy/test", body, 200);
    ck_assert(cJSON_IsFalse(json_at(reply, "decision")));
    cJSON_Delete(reply);
    snprintf(body, sizeof body, ask, ",'policy':{'rules':7}");
    struct answer answer = site_post("/v1/policy/test", body);
    site_problem(&answer, 400, "pointer", "/rules");
    answer = site_get("/v1/audit?api=evaluation");
    ck_assert_ptr_ne(strstr(answer.body, "\"decisions\":[]"), NULL);
    ck_assert(decide(device(MILD), "low"));
    end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rulebook");
    TCase *all = tcase_create("all");
    tcase_add_test(all, a_policy_is_replaced_whole_or_not_at_all);
    tcase_add_test(all, a_test_tells_and_changes_nothing);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

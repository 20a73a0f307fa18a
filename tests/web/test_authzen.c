#include "tests/web/site.h"
#include "web/audit.h"

#include <cjson/cJSON.h>
#include <time.h>
#include <unistd.h>

#define RISKY "02:00:00:00:00:01" /* score 87 */
#define MILD  "02:00:00:00:00:02" /* 45 */
#define CALM  "02:00:00:00:00:03" /* 5 */
#define YOUNG "02:00:00:00:00:04" /* learning, 5 */
#define GONE  "02:00:00:00:00:05" /* stale, 5 */

static char policy_path[64], audit_path[64];

static void put(uint32_t slot, const char *id, const char *name, double score,
                enum device_state state, const char *address) {
    struct device_view *view = site_view(id, name, score);
    view->state = state;
    if (state == STATE_LEARNING)
        view->level = LEVEL_UNKNOWN;
    view->address_count = address_parse(address, &view->addresses[0]);
    snprintf(view->zone, sizeof view->zone, "%s", slot % 2 ? "cameras" : "");
    board_put_device(site_board, slot, view);
}

static void put_devices(void) {
    put(0, RISKY, "camera-1", 87, STATE_ACTIVE, "192.0.2.1");
    put(1, MILD, "camera-2", 45, STATE_ACTIVE, "192.0.2.2");
    put(2, CALM, "plug-1", 5, STATE_ACTIVE, "192.0.2.3");
    put(3, YOUNG, "plug-2", 5, STATE_LEARNING, "192.0.2.4");
    put(4, GONE, "plug-3", 5, STATE_STALE, "192.0.2.5");
    site_publish(5);
}

static void write_policy(const char *text) {
    FILE *file = fopen(policy_path, "w");
    for (const char *c = text; *c; c++)
        fputc(*c == '\'' ? '"' : *c, file);
    fclose(file);
}

/* With a policy (NULL: the built-in one) in a mode. */
static void begin(const char *policy, enum policy_mode mode) {
    snprintf(policy_path, sizeof policy_path, "/tmp/wary-policy-%d", (int)getpid());
    snprintf(audit_path, sizeof audit_path, "/tmp/wary-audit-%d", (int)getpid());
    site_begin();
    site_options.mode = mode;
    strcpy(site_options.audit_path, audit_path);
    if (policy) {
        write_policy(policy);
        strcpy(site_options.policy_path, policy_path);
    }
    site_start();
    put_devices();
}

static void end(void) {
    site_close();
    unlink(policy_path);
    unlink(audit_path);
}

static cJSON *post(const char *target, const char *body, int status) {
    struct answer answer = site_post(target, body);
    ck_assert_msg(answer.status == status, "%s: %d %s", body, answer.status,
                  answer.body);
    return answer_json(&answer);
}

static cJSON *evaluate(const char *subject, const char *criticality) {
    char body[512];
    snprintf(body, sizeof body,
             "{'subject':%s,'action':{'name':'connect'},'resource':{'type':'service',"
             "'id':'tcp/443','properties':{'criticality':'%s'}}}",
             subject, criticality);
    return post("/access/v1/evaluation", body, 200);
}

static bool decide(const char *subject, const char *criticality) {
    cJSON *reply = evaluate(subject, criticality);
    const cJSON *decision = json_at(reply, "decision");
    ck_assert(cJSON_IsBool(decision));
    bool permitted = cJSON_IsTrue(decision);
    cJSON_Delete(reply);
    return permitted;
}

static const char *device(const char *id) {
    static char text[128];
    snprintf(text, sizeof text, "{'type':'device','id':'%s'}", id);
    return text;
}

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
    ck_assert_str_eq(results_of("/access/v1/search/action",
                                "{'subject':{'type':'user','id':'eve','properties':{"
                                "'team':1}},'resource':{'type':'doc','id':'d1'}}"),
                     "");
    end();
}
END_TEST

/* --- the policy --- */

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

/* --- audit --- */

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
        if (cJSON_IsNumber(next))
            snprintf(target, sizeof target, "/v1/audit?limit=3&cursor=%.0f",
                     next->valuedouble);
        cJSON_Delete(reply);
    }
    ck_assert_uint_eq(pages, 3);
    ck_assert_uint_eq(entries, 7);
    struct answer answer = site_get("/v1/audit?decision=deny&device=" RISKY);
    cJSON *reply = answer_json(&answer);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(reply, "decisions")), 3);
    cJSON_Delete(reply);
    answer = site_get("/v1/audit?decision=maybe");
    site_problem(&answer, 400, "parameter", "decision");
    answer = site_get("/v1/audit?limit=0");
    site_problem(&answer, 400, "parameter", "limit");
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
    tcase_add_test(all, a_policy_is_replaced_whole_or_not_at_all);
    tcase_add_test(all, a_test_tells_and_changes_nothing);
    tcase_add_test(all, every_decision_is_a_line);
    tcase_add_test(all, a_moved_audit_file_is_begun_anew);
    tcase_add_test(all, the_last_decisions_are_listed_newest_first);
    tcase_add_test(all, the_ring_forgets_the_oldest);
    tcase_add_test(all, discovery_tells_where_it_is);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#include "tests/policy/quoted.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>

static struct device_view *device(void) {
    static union {
        struct device_view view;
        char bytes[sizeof(struct device_view) + 2 * sizeof(struct factor)];
    } room;
    struct device_view *view = &room.view;
    memset(&room, 0, sizeof room);
    strcpy(view->id, "02:00:00:aa:bb:cc");
    strcpy(view->zone, "cameras");
    strcpy(view->group, "camera");
    view->vlan = 12;
    view->address_count = 2;
    address_parse("fe80::1", &view->addresses[0]);
    address_parse("10.1.2.3", &view->addresses[1]);
    view->state = STATE_ACTIVE;
    view->level = LEVEL_MEDIUM;
    view->score = 45.5;
    view->confidence = 0.75;
    view->factor_count = 1;
    view->factors[0].kind = "scan";
    static const struct fact facts[] = {
        {.kind = "attestation", .value = "failed", .expires_ns = 50},
        {.kind = "attestation", .value = "passed"},
        {.kind = "cvss", .value = "7.5"},
        {.kind = "managed", .value = "true"},
        {.kind = "owner", .value = "b@x"},
        {.kind = "owner", .value = "a@x"},
        {.kind = "keeper", .value = "a@x", .expires_ns = 50},
    };
    view->facts = facts;
    view->fact_count = sizeof facts / sizeof *facts;
    view->type = "camera";
    return view;
}

/* A request out of { subject, action, resource, context }, whose device is device(). */
struct asked {
    cJSON *json;
    struct policy_request request;
};

static struct policy_entity entity(const cJSON *json, const char *key) {
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(json, "type"),
                *id = cJSON_GetObjectItemCaseSensitive(json, key);
    return (struct policy_entity){type ? type->valuestring : "",
                                  id ? id->valuestring : "",
                                  cJSON_GetObjectItemCaseSensitive(json, "properties")};
}

static struct asked ask(const char *text) {
    char *quoted = unquoted(text);
    struct asked asked = {.json = cJSON_Parse(quoted)};
    free(quoted);
    ck_assert_msg(asked.json != NULL, "%s", text);
    struct policy_entity action =
        entity(cJSON_GetObjectItemCaseSensitive(asked.json, "action"), "name");
    asked.request = (struct policy_request){
        .subject =
            entity(cJSON_GetObjectItemCaseSensitive(asked.json, "subject"), "id"),
        .resource =
            entity(cJSON_GetObjectItemCaseSensitive(asked.json, "resource"), "id"),
        .action = action.id,
        .action_properties = action.properties,
        .context = cJSON_GetObjectItemCaseSensitive(asked.json, "context"),
        .device = device(),
        .now_ns = 50,
    };
    return asked;
}

static const char request_text[] =
    "{'subject':{'type':'user','id':'alice','properties':{'role':'admin','age':42,"
    "'email':'a@x','on':true,'none':null,'roles':['viewer','editor'],'deep':{'a.b':{'c'"
    ":1}},"
    "'ip':'10.9.8.7'}},"
    "'action':{'name':'read','properties':{'soft':false}},"
    "'resource':{'type':'todo','id':'7','properties':{'owner':'a@x','min':40,"
    "'members':['bob','alice'],'criticality':'high'}},"
    "'context':{'time':'2026-02-03T10:00:00Z','ips':['192.0.2.1','10.0.0.1'],'most':"
    "'MEDIUM','levels':['LOW','MEDIUM'],'is':{'x':[1,{'y':null}],'z':'a'},'was':{'z':"
    "'a','x':[1.0,{'y':null}]},'other':{'x':[1,{'y':null}],'zz':'a'},'group':['viewer',"
    "'editor','owner'],'nets':['172.16.0.0/12','10.0.0.0/8',7],'nothing':[]}}";

/* --- conditions --- */

START_TEST(conditions_hold_or_not) {
    static const struct {
        const char *when;
        bool holds;
    } cases[] = {
        {"{}", true},
        {"{'subject.type':'user','subject.id':'alice'}", true},
        {"{'subject.type':'user','subject.id':'bob'}", false},
        {"{'action.name':'read','resource.type':'todo','resource.id':'7'}", true},
        {"{'subject.properties.role':'admin'}", true},
        {"{'subject.properties.role':'Admin'}", false},
        {"{'subject.properties.age':42}", true},
        {"{'subject.properties.age':'42'}", false},
        {"{'subject.properties.on':true,'action.properties.soft':false}", true},
        {"{'subject.properties.on':1}", false},
        {"{'subject.properties.none':null}", true},
        {"{'subject.properties.absent':null}", false},
        {"{'subject.properties.absent':{'exists':false}}", true},
        {"{'subject.properties.none':{'exists':true}}", true},
        {"{'subject.properties.roles':{'exists':false}}", false},
        {"{'subject.properties.role':['root','admin']}", true},
        {"{'subject.properties.role':{'in':['root','user']}}", false},
        {"{'subject.properties.roles':{'contains':'editor'}}", true},
        {"{'subject.properties.roles':{'contains':'admin'}}", false},
        {"{'subject.properties.roles':'editor'}", false},
        {"{'subject.properties.role':{'contains':'admin'}}", false},
        {"{'subject.properties.age':{'at_least':42,'below':43}}", true},
        {"{'subject.properties.age':{'above':42}}", false},
        {"{'subject.properties.age':{'at_most':41.9}}", false},
        {"{'subject.properties.age':{'above':'41'}}", false},
        {"{'context.time':{'at_least':'2026-02-03','below':'2026-02-04'}}", true},
        {"{'context.time':{'at_least':'2026-02-03T11:00:00+01:00'}}", true},
        {"{'context.time':{'above':'2026-02-03T11:00:00+01:00'}}", false},
        {"{'context.time':{'above':'2026-02-03T09:59:59.5Z'}}", true},
        {"{'context.time':{'below':'2026-02-03T10:01Z'}}", true},
        {"{'context.time':{'below':'2026-02-03T10:00-07:00'}}", true},
        {"{'context.time':{'below':20270101}}", false},
        {"{'context.is':{'is':{'attribute':'context.was'}}}", true},
        {"{'context.is':{'is':{'attribute':'context.other'}}}", false},
        {"{'context.ips':{'is':{'attribute':'subject.properties.roles'}}}", false},
        {"{'context.group':{'is':{'attribute':'subject.properties.roles'}}}", false},
        {"{'subject.properties.roles':{'is':{'attribute':'subject.properties.roles'}}}",
         true},
        {"{'context.ips.1':'10.0.0.1'}", true},
        {"{'/context/is/x/1/y':null}", true},
        {"{'context.ips.2':{'exists':true}}", false},
        {"{'context.ips.01':{'exists':true}}", false},
        {"{'context.ips.-1':{'exists':true}}", false},
        {"{'context.a.b.c.d.e.f.g.h.i.j.k.l':{'exists':false}}", true},
        {"{'device.level':{'at_most':{'attribute':'context.most'}}}", true},
        {"{'device.level':{'below':{'attribute':'context.most'}}}", false},
        {"{'device.level':{'at_most':{'attribute':'context.time'}}}", false},
        {"{'device.level':{'in':{'attribute':'context.levels'}}}", true},
        {"{'context.levels':{'contains':{'attribute':'device.level'}}}", true},
        {"{'context.most':{'is':{'attribute':'device.level'}}}", true},
        {"{'subject.id':{'prefix':'al','suffix':'ice'}}", true},
        {"{'subject.id':{'prefix':'alice and more'}}", false},
        {"{'subject.id':{'suffix':['x','ce']}}", true},
        {"{'subject.id':{'prefix':['x','y']}}", false},
        {"{'subject.properties.age':{'prefix':'4'}}", false},
        {"{'subject.properties.ip':{'network':'10.0.0.0/8'}}", true},
        {"{'subject.properties.ip':{'network':['192.0.2.0/24','10.9.8.7']}}", true},
        {"{'subject.properties.ip':{'network':'10.9.8.6/32'}}", false},
        {"{'subject.id':{'network':'0.0.0.0/0'}}", false},
        {"{'context.ips':{'network':'10.0.0.0/8'}}", true},
        {"{'device.addresses':{'network':'10.1.0.0/16'}}", true},
        {"{'device.addresses':{'network':'10.2.0.0/16'}}", false},
        {"{'device.addresses':{'contains':'FE80::1'}}", true},
        {"{'device.addresses':{'contains':'10.1.2.4'}}", false},
        {"{'resource.properties.owner':{'is':{'attribute':'subject.properties.email'}}"
         "}",
         true},
        {"{'resource.properties.owner':{'is':{'attribute':'subject.id'}}}", false},
        {"{'resource.properties.nobody':{'is':{'attribute':'subject.properties.absent'}"
         "}}",
         false},
        {"{'subject.id':{'in':{'attribute':'resource.properties.members'}}}", true},
        {"{'resource.properties.members':{'contains':{'attribute':'subject.id'}}}",
         true},
        {"{'subject.properties.age':{'above':{'attribute':'resource.properties.min'}}}",
         true},
        {"{'subject.properties.age':{'below':{'attribute':'resource.properties.min'}}}",
         false},
        {"{'subject.id':{'prefix':{'attribute':'subject.properties.roles'}}}", false},
        {"{'/subject/properties/deep/a.b/c':1}", true},
        {"{'/subject/properties/deep/a~1b/c':1}", false},
        {"{'subject.id':{'not':'bob'}}", true},
        {"{'subject.id':{'not':{'prefix':'al'}}}", false},
        {"{'subject.properties.absent':{'not':'bob'}}", true},
        {"{'not':{'subject.id':'bob'}}", true},
        {"{'any':[{'subject.id':'bob'},{'subject.id':'alice'}]}", true},
        {"{'any':[{'subject.id':'bob'},{'subject.id':'eve'}]}", false},
        {"{'all':[{'subject.id':'alice'},{'any':[{'not':{'action.name':'read'}}]}]}",
         false},
        {"{'all':[{'subject.id':'alice'}],'subject.type':'robot'}", false},
        {"{'device.known':true,'device.zone':'cameras','device.group':'camera'}", true},
        {"{'device.vlan':{'at_least':10,'at_most':19}}", true},
        {"{'device.level':'MEDIUM'}", true},
        {"{'device.level':{'at_least':'LOW','below':'HIGH'}}", true},
        {"{'device.level':{'above':'MEDIUM'}}", false},
        {"{'device.level':['HIGH','CRITICAL']}", false},
        {"{'device.level':{'not':['HIGH','CRITICAL']}}", true},
        {"{'device.score':{'above':45},'device.trust':{'below':55}}", true},
        {"{'device.tier':3}", true},
        {"{'device.state':['active','stale']}", true},
        {"{'device.confidence':{'at_least':0.75}}", true},
        {"{'device.factors':{'contains':'scan'}}", true},
        {"{'device.factors':{'contains':'flood'}}", false},
        {"{'device.name':{'exists':true}}", false},
        {"{'device.facts.attestation':'passed'}", true},
        {"{'device.facts.attestation':'failed'}", false}, /* that has expired */
        {"{'device.facts.attestation':{'not':'failed'}}", true},
        {"{'device.facts.attestation':['none','passed']}", true},
        {"{'device.facts.attestation':{'exists':true,'prefix':'pass'}}", true},
        {"{'device.facts.revoked':{'exists':false}}", true},
        {"{'device.facts.revoked':'yes'}", false},
        {"{'device.facts.cvss':{'at_least':7}}", true},
        {"{'device.facts.cvss':{'above':7.5}}", false},
        {"{'device.facts.cvss':'7.5'}", true},
        {"{'device.facts.managed':true}", true},
        {"{'device.facts.managed':false}", false},
        /* on the right, too, and of several one must pass */
        {"{'subject.properties.email':{'is':{'attribute':'device.facts.owner'}}}",
         true},
        {"{'subject.properties.email':{'in':{'attribute':'device.facts.owner'}}}",
         true},
        {"{'subject.properties.role':{'is':{'attribute':'device.facts.owner'}}}",
         false},
        {"{'subject.properties.email':{'is':{'attribute':'device.facts.keeper'}}}",
         false},
        {"{'subject.properties.email':{'prefix':{'attribute':'device.facts.owner'}}}",
         true},
        {"{'subject.properties.age':{'above':{'attribute':'device.facts.cvss'}}}",
         true},
        {"{'subject.properties.age':{'below':{'attribute':'device.facts.cvss'}}}",
         false},
        {"{'device.facts.owner':{'is':{'attribute':'device.facts.owner'}}}", true},
        {"{'device.facts.owner':{'is':{'attribute':'device.facts.cvss'}}}", false},
        {"{'device.facts.owner':{'contains':'a@x'}}", true},
        {"{'device.facts.owner':{'contains':'c@x'}}", false},
        {"{'device.facts.absent':{'is':{'attribute':'device.facts.absent'}}}", false},
        {"{'subject.properties.ip':{'network':{'attribute':'context.nets'}}}", true},
        {"{'subject.properties.ip':{'network':{'attribute':'context.nets.0'}}}", false},
        {"{'subject.properties.ip':{'network':{'attribute':'context.nets.1'}}}", true},
        {"{'context.ips':{'network':{'attribute':'context.nets'}}}", true},
        {"{'device.addresses':{'network':{'attribute':'context.nets'}}}", true},
        {"{'subject.properties.ip':{'network':{'attribute':'context.no'}}}", false},
        {"{'subject.properties.ip':{'network':{'attribute':'subject.id'}}}", false},
        {"{'subject.properties.roles':{'is':['viewer','editor']}}", true},
        {"{'subject.properties.roles':{'is':['editor','viewer']}}", false},
        {"{'context.nothing':{'is':[]}}", true},
        {"{'subject.properties.roles':{'is':[]}}", false},
        {"{'device.type':'camera','device.criticality':'normal'}", true},
        {"{'device.router':false}", true},
        {"{'device.id':{'prefix':'02:00:00'}}", true},
    };
    struct asked asked = ask(request_text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{'rules':[{'name':'it','when':%s,'then':'permit'}],'default':'deny'}",
                 cases[i].when);
        struct policy *policy = must_make(text);
        struct policy_decision decision = policy_decide(policy, &asked.request);
        ck_assert_msg(decision.permitted == cases[i].holds, "%s", cases[i].when);
        ck_assert_str_eq(decision.rule, cases[i].holds ? "it" : "default");
        policy_release(policy);
    }
    asked.request.now_ns = 49;
    struct policy *policy = must_make("{'rules':[{'name':'a','when':{"
                                      "'device.facts.attestation':'failed'},"
                                      "'then':'permit'}],'default':'deny'}");
    ck_assert(policy_decide(policy, &asked.request).permitted);
    policy_release(policy);
    cJSON_Delete(asked.json);
}
END_TEST

START_TEST(without_a_device_only_its_absence_is_known) {
    struct asked asked = ask(request_text);
    asked.request.device = NULL;
    struct policy *policy = must_make(
        "{'rules':[{'name':'a','when':{'any':[{'device.score':{'at_least':0}},"
        "{'device.addresses':{'network':'0.0.0.0/"
        "0'}},{'device.factors':{'contains':'scan'}},"
        "{'device.level':'LOW'},{'device.id':{'exists':true}},{'device.known':true}]},"
        "'then':'permit'}],'default':'deny'}");
    ck_assert(!policy_decide(policy, &asked.request).permitted);
    policy_release(policy);
    cJSON_Delete(asked.json);
}
END_TEST

START_TEST(the_first_rule_that_matches_decides) {
    struct asked asked = ask(request_text);
    struct policy *policy = must_make(
        "{'rules':[{'name':'a','when':{'subject.id':'bob'},'then':'permit'},"
        "{'name':'b','when':{'subject.id':'alice'},'then':'deny','reason':'no'},"
        "{'name':'c','then':'permit'}]}");
    struct policy_decision decision = policy_decide(policy, &asked.request);
    ck_assert(!decision.permitted);
    ck_assert_str_eq(decision.rule, "b");
    ck_assert_str_eq(decision.told, "no");
    char reason[POLICY_REASON_BYTES];
    policy_explain(&decision, &asked.request, reason);
    ck_assert_str_eq(reason, "rule b denies");
    ck_assert_uint_eq(policy_rule_count(policy), 3);
    policy_release(policy);
    cJSON_Delete(asked.json);
}
END_TEST

/* --- risk --- */

static struct policy_decision decide(const char *policy_text, const char *criticality,
                                     enum risk_level level, double score,
                                     enum device_state state) {
    char text[256];
    snprintf(text, sizeof text,
             "{'subject':{'type':'device','id':'d'},'action':{'name':'connect'},"
             "'resource':{'type':'service','id':'tcp/443','properties':{%s%s%s}}}",
             criticality ? "'criticality':'" : "", criticality ? criticality : "",
             criticality ? "'" : "");
    struct asked asked = ask(text);
    struct device_view *view = device();
    view->level = level;
    view->score = score;
    view->state = state;
    struct policy *policy =
        policy_text ? must_make(policy_text) : policy_create_default(&bounds, 1);
    struct policy_decision decision = policy_decide(policy, &asked.request);
    char reason[POLICY_REASON_BYTES];
    policy_explain(&decision, &asked.request, reason);
    ck_assert_str_ne(reason, "");
    policy_release(policy);
    cJSON_Delete(asked.json);
    return decision;
}

START_TEST(one_device_and_two_resources_are_two_decisions) {
    static const struct {
        const char *criticality;
        enum risk_level level;
        double score;
        enum device_state state;
        bool permitted;
    } cases[] = {
        {NULL, LEVEL_LOW, 29, STATE_ACTIVE, true},
        {NULL, LEVEL_MEDIUM, 45, STATE_ACTIVE, true},
        {NULL, LEVEL_HIGH, 60, STATE_ACTIVE, false},
        {NULL, LEVEL_CRITICAL, 87, STATE_ACTIVE, false},
        {"low", LEVEL_HIGH, 61, STATE_ACTIVE, false},
        {"medium", LEVEL_MEDIUM, 59.9, STATE_ACTIVE, true},
        {"high", LEVEL_LOW, 29, STATE_ACTIVE, true},
        {"high", LEVEL_MEDIUM, 45, STATE_ACTIVE, false},
        {"HIGH", LEVEL_MEDIUM, 45, STATE_ACTIVE, false},
        {"critical", LEVEL_MEDIUM, 30, STATE_ACTIVE, false},
        {"never heard of", LEVEL_MEDIUM, 45, STATE_ACTIVE, false},
        /* hysteresis, and a level that has not followed yet */
        {NULL, LEVEL_HIGH, 57, STATE_ACTIVE, false},
        {NULL, LEVEL_MEDIUM, 60, STATE_ACTIVE, false},
        {NULL, LEVEL_LOW, NAN, STATE_ACTIVE, false},
        /* the level first, then the class's word for the state */
        {NULL, LEVEL_UNKNOWN, 5, STATE_LEARNING, true},
        {"high", LEVEL_UNKNOWN, 5, STATE_LEARNING, false},
        {NULL, LEVEL_HIGH, 70, STATE_LEARNING, false},
        {NULL, LEVEL_LOW, 5, STATE_STALE, true},
        {"high", LEVEL_LOW, 5, STATE_STALE, false},
        {NULL, LEVEL_CRITICAL, 85, STATE_STALE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(decide(NULL, cases[i].criticality, cases[i].level, cases[i].score,
                             cases[i].state)
                              .permitted == cases[i].permitted,
                      "case %zu", i);
}
END_TEST

START_TEST(reasons_name_the_limit) {
    struct asked asked = ask("{'resource':{'properties':{'criticality':'high'}}}");
    struct device_view *view = device();
    struct policy *policy = policy_create_default(&bounds, 1);
    char reason[POLICY_REASON_BYTES];
    struct policy_decision decision;
    view->score = 87.9;
    view->level = LEVEL_CRITICAL;
    decision = policy_decide(policy, &asked.request);
    policy_explain(&decision, &asked.request, reason);
    ck_assert_str_eq(reason,
                     "score 87 at or above the limit 30 of resource class high");
    ck_assert(decision.why == WHY_RISK && decision.level == LEVEL_MEDIUM);
    view->score = 28;
    view->level = LEVEL_MEDIUM;
    decision = policy_decide(policy, &asked.request);
    policy_explain(&decision, &asked.request, reason);
    ck_assert_str_eq(reason, "level MEDIUM still at or above the limit MEDIUM of "
                             "resource class high, with score 28");
    view->level = LEVEL_LOW;
    decision = policy_decide(policy, &asked.request);
    policy_explain(&decision, &asked.request, reason);
    ck_assert_str_eq(reason, "score 28 below the limit 30 of resource class high");
    view->state = STATE_STALE;
    decision = policy_decide(policy, &asked.request);
    policy_explain(&decision, &asked.request, reason);
    ck_assert_str_eq(
        reason, "resource class high denies a device that was not heard of lately");
    asked.request.device = NULL;
    decision = policy_decide(policy, &asked.request);
    ck_assert(!decision.permitted && decision.gap == GAP_UNKNOWN);
    asked.request.blind = true;
    decision = policy_decide(policy, &asked.request);
    ck_assert(!decision.permitted && decision.gap == GAP_BLIND);
    policy_release(policy);
    cJSON_Delete(asked.json);
}
END_TEST

START_TEST(a_rule_sets_a_limit) {
    static const char text[] =
        "{'classes':{'valves':{'limit':12.5,'learning':'deny','stale':'deny'},"
        "'LOW':{'limit':'CRITICAL','stale':'deny'}},'rules':["
        "{'name':'a','when':{'resource.properties.criticality':'a'},'then':{'limit':50}"
        "},"
        "{'name':'b','when':{'resource.properties.criticality':'b'},'then':{'limit':'"
        "HIGH',"
        "'class':'valves'}},"
        "{'name':'c','when':{'resource.properties.criticality':'c'},'then':{'class':"
        "'valves'}},"
        "{'name':'d','when':{'resource.properties.criticality':'d'},'then':'risk'},"
        "{'name':'e','when':{'resource.properties.criticality':'e'},'then':{'limit':0}}"
        "],"
        "'default':'risk'}";
    static const struct {
        const char *criticality;
        double score;
        enum device_state state;
        bool permitted;
    } cases[] = {
        {"a", 49, STATE_ACTIVE, true},       {"a", 50, STATE_ACTIVE, false},
        {"a", 0, STATE_STALE, false}, /* there is no class "a": the strict one's word */
        {"b", 59, STATE_ACTIVE, true},       {"b", 60, STATE_ACTIVE, false},
        {"b", 0, STATE_LEARNING, false},     {"c", 12, STATE_ACTIVE, true},
        {"c", 12.5, STATE_ACTIVE, false},    {"d", 31, STATE_ACTIVE, false},
        {"valves", 13, STATE_ACTIVE, false}, {"low", 79, STATE_ACTIVE, true},
        {"low", 80, STATE_ACTIVE, false},    {"low", 0, STATE_STALE, false},
        {"low", 0, STATE_LEARNING, true},    {"e", 0, STATE_ACTIVE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum risk_level level = cases[i].score >= 80   ? LEVEL_CRITICAL
                                : cases[i].score >= 60 ? LEVEL_HIGH
                                : cases[i].score >= 30 ? LEVEL_MEDIUM
                                                       : LEVEL_LOW;
        struct policy_decision decision =
            decide(text, cases[i].criticality, level, cases[i].score, cases[i].state);
        ck_assert_msg(decision.permitted == cases[i].permitted, "case %zu", i);
    }
}
END_TEST

START_TEST(modes_have_names) {
    enum policy_mode mode = MODE_LEARN;
    ck_assert(policy_mode_parse("shadow", &mode) && mode == MODE_SHADOW);
    ck_assert(!policy_mode_parse("Shadow", &mode) && mode == MODE_SHADOW);
    ck_assert_str_eq(policy_mode_name(MODE_ENFORCE), "enforce");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("policy");
    TCase *all = tcase_create("all");
    tcase_add_test(all, conditions_hold_or_not);
    tcase_add_test(all, without_a_device_only_its_absence_is_known);
    tcase_add_test(all, the_first_rule_that_matches_decides);
    tcase_add_test(all, one_device_and_two_resources_are_two_decisions);
    tcase_add_test(all, reasons_name_the_limit);
    tcase_add_test(all, a_rule_sets_a_limit);
    tcase_add_test(all, modes_have_names);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

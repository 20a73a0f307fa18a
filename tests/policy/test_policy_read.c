#include "tests/policy/quoted.h"
#include "tests/suite.h"

#include <stdio.h>
#include <unistd.h>

START_TEST(mistakes_are_told_with_their_place) {
    static const struct {
        const char *text, *mistake;
    } cases[] = {
        {"", "line 1, column 1: this is not JSON"},
        {"{'rules':[],\n  'x' 1}", "line 2, column 7: this is not JSON"},
        {"{'rules':[]} []", "line 1, column 14: this is not JSON"},
        {"[]", "an object is wanted"},
        {"{}", "/rules: a list of rules is wanted"},
        {"{'rules':{}}", "/rules: a list of rules is wanted"},
        {"{'rules':[],'rules':[]}", "/rules: given twice"},
        {"{'rules':[],'role':1}", "/role: there is no such member"},
        {"{'rules':[],'default':'allow'}",
         "/default: is none of \"permit\", \"deny\", \"risk\" or {\"limit\": …, "
         "\"class\": …}"},
        {"{'rules':[1]}", "/rules/0: an object is wanted"},
        {"{'rules':[{'then':'permit'}]}",
         "/rules/0/name: a text of 1 to 63 bytes is wanted"},
        {"{'rules':[{'name':'a','then':'deny'},{'name':'a','then':'deny'}]}",
         "/rules/1/name: 'a' is another rule's name"},
        {"{'rules':[{'name':'default','then':'deny'}]}",
         "/rules/0/name: 'default' is another rule's name"},
        {"{'rules':[{'name':'a','then':'deny','if':{}}]}",
         "/rules/0/if: there is no such member"},
        {"{'rules':[{'name':'a'}]}",
         "/rules/0/then: is none of \"permit\", \"deny\", \"risk\" or {\"limit\": …, "
         "\"class\": …}"},
        {"{'rules':[{'name':'a','then':{'limit':'SEVERE'}}]}",
         "/rules/0/then/limit: is none of MEDIUM, HIGH, CRITICAL or a score of 0 to "
         "101"},
        {"{'rules':[{'name':'a','then':{'limit':200}}]}",
         "/rules/0/then/limit: is none of MEDIUM, HIGH, CRITICAL or a score of 0 to "
         "101"},
        {"{'rules':[{'name':'a','then':{'class':'x'}}]}",
         "/rules/0/then/class: there is no class 'x'"},
        {"{'rules':[{'name':'a','when':[],'then':'deny'}]}",
         "/rules/0/when: an object is wanted"},
        {"{'rules':[{'name':'a','when':{'user.id':1},'then':'deny'}]}",
         "/rules/0/when/user.id: 'user.id' is no attribute: see subject.id, "
         "subject.properties.NAME, context.NAME, device.score …"},
        {"{'rules':[{'name':'a','when':{'subject.properties':1},'then':'deny'}]}",
         "/rules/0/when/subject.properties: 'subject.properties' is no attribute: see "
         "subject.id, subject.properties.NAME, context.NAME, device.score …"},
        {"{'rules':[{'name':'a','when':{'subject.id':7},'then':'deny'}]}",
         "/rules/0/when/subject.id: a text is wanted"},
        {"{'rules':[{'name':'a','when':{'device.score':'7'},'then':'deny'}]}",
         "/rules/0/when/device.score: a number is wanted"},
        {"{'rules':[{'name':'a','when':{'device.level':'high'},'then':'deny'}]}",
         "/rules/0/when/device.level: is none of LOW, MEDIUM, HIGH, CRITICAL"},
        {"{'rules':[{'name':'a','when':{'device.state':['active','dead']},'then':'deny'"
         "}]}",
         "/rules/0/when/device.state/1: is none of learning, active, stale"},
        {"{'rules':[{'name':'a','when':{'device.addresses':'10.0.0.1'},'then':'deny'}]"
         "}",
         "/rules/0/when/device.addresses: device.addresses cannot be compared by 'is'"},
        {"{'rules':[{'name':'a','when':{'subject.id':{'like':'x'}},'then':'deny'}]}",
         "/rules/0/when/subject.id/like: there is no such operator"},
        {"{'rules':[{'name':'a','when':{'subject.id':{}},'then':'deny'}]}",
         "/rules/0/when/subject.id: no operator"},
        {"{'rules':[{'name':'a','when':{'subject.id':[]},'then':'deny'}]}",
         "/rules/0/when/subject.id: a list that is not empty is wanted"},
        {"{'rules':[{'name':'a','when':{'any':{}},'then':'deny'}]}",
         "/rules/0/when/any: a list of conditions is wanted"},
        {"{'rules':[{'name':'a','when':{'any':[{},{'not':1}]},'then':'deny'}]}",
         "/rules/0/when/any/1/not: an object is wanted"},
        {"{'rules':[{'name':'a','when':{'context.a/b':{'network':['10.0.0.0/8','x']}},"
         "'then':'deny'}]}",
         "/rules/0/when/context.a~1b/network: 'x' is not a network such as 10.0.0.0/8"},
        {"{'rules':[{'name':'a','when':{'context.a':{'is':{'attr':1}}},'then':'deny'}]"
         "}",
         "/rules/0/when/context.a/is/attr: there is no such member"},
        {"{'rules':[{'name':'a','when':{'context.a':{'is':{}}},'then':'deny'}]}",
         "/rules/0/when/context.a/is: {\"attribute\": NAME} is wanted"},
        {"{'rules':[{'name':'a','when':{'context.a':{'below':true}},'then':'deny'}]}",
         "/rules/0/when/context.a/below: a number or a text is wanted"},
        {"{'rules':[{'name':'a','when':{'context.a':{'exists':1}},'then':'deny'}]}",
         "/rules/0/when/context.a/exists: true or false is wanted"},
        {"{'rules':[],'classes':{'a':{'limit':'LOW'}}}",
         "/classes/a/limit: is none of MEDIUM, HIGH, CRITICAL or a score of 0 to 101"},
        {"{'rules':[],'classes':{'a':{'stale':true}}}",
         "/classes/a/stale: is neither \"permit\" nor \"deny\""},
        {"{'rules':[],'classes':{'a':{'dead':'deny'}}}",
         "/classes/a/dead: there is no such member"},
        {"{'rules':[],'entities':{'subjects':[{'id':'a'}]}}",
         "/entities/subjects/0/type: a text is wanted"},
        {"{'rules':[],'entities':{'actions':[{'name':'a','type':'b'}]}}",
         "/entities/actions/0/type: there is no such member"},
        {"{'rules':[],'entities':{'resources':[{'type':'a','id':'b','properties':[]}]}"
         "}",
         "/entities/resources/0/properties: an object is wanted"},
        {"{'rules':[],'entities':{'resources':[{'type':'a','id':'b','properties':"
         "{'x':{'y':1,'y':2}}}]}}",
         "/entities/resources/0/properties/x/y: given twice"},
        {"{'rules':[],'description':'a\\u0000b'}",
         "line 1, column 29: this is not JSON"},
        {"{'rules':[],'description':'\xff'}",
         "/description: a text is too long or not UTF-8 without controls"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mistake mistake;
        struct policy *policy = make(cases[i].text, &mistake);
        ck_assert_msg(!policy, "%s", cases[i].text);
        ck_assert_str_eq(mistake.text, cases[i].mistake);
    }
}
END_TEST

START_TEST(depth_is_bounded) {
    char when[4096] = "";
    struct mistake mistake;
    for (unsigned deep = 1; deep < 40; deep++) {
        char text[4096 + 128] = "", *end = when;
        for (unsigned i = 0; i < deep; i++)
            end = stpcpy(end, "{'not':");
        end = stpcpy(end, "{}");
        for (unsigned i = 0; i < deep; i++)
            end = stpcpy(end, "}");
        snprintf(text, sizeof text, "{'rules':[{'name':'a','when':%s,'then':'deny'}]}",
                 when);
        struct policy *policy = make(text, &mistake);
        ck_assert_msg((policy != NULL) == (deep < 15), "%u", deep);
        if (!policy)
            ck_assert_ptr_ne(strstr(mistake.text, "nested too deeply"), NULL);
        policy_release(policy);
    }
}
END_TEST

START_TEST(entities_and_revision_are_kept) {
    static const char text[] =
        "{'rules':[],'entities':{'subjects':[{'type':'user','id':'bob','properties':"
        "{'role':'admin'}}],'resources':[{'type':'record','id':'1'},{'type':'record','"
        "id':"
        "'2'}],'actions':[{'name':'read'}]}}";
    struct policy *policy = must_make(text), *other = must_make("{'rules':[] }");
    ck_assert_uint_eq(policy_subject_count(policy), 1);
    ck_assert_uint_eq(policy_resource_count(policy), 2);
    ck_assert_uint_eq(policy_action_count(policy), 1);
    ck_assert_str_eq(policy_subject(policy, 0)->id, "bob");
    ck_assert_str_eq(policy_resource(policy, 1)->id, "2");
    ck_assert_str_eq(policy_action(policy, 0)->id, "read");
    ck_assert(cJSON_HasObjectItem(policy_subject(policy, 0)->properties, "role"));
    ck_assert_ptr_eq(strchr(policy_revision(policy), '-'), policy_revision(policy) + 1);
    ck_assert_str_ne(policy_revision(policy), policy_revision(other));
    ck_assert_ptr_eq(policy_retain(policy), policy);
    policy_release(policy);
    ck_assert_str_eq(policy_action(policy, 0)->id, "read");
    policy_release(policy);
    policy_release(other);
}
END_TEST

START_TEST(files_are_read_or_refused_by_name) {
    char path[] = "/tmp/policyXXXXXX";
    struct mistake mistake;
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, "{\"rules\":[]}", 12), 12);
    struct policy *policy = policy_read(path, &bounds, 7, &mistake);
    ck_assert_msg(policy != NULL, "%s", mistake.text);
    ck_assert_int_eq(strncmp(policy_revision(policy), "7-", 2), 0);
    ck_assert_str_eq(policy_text(policy), "{\"rules\":[]}");
    policy_release(policy);
    ck_assert_int_eq(write(file, "x", 1), 1);
    close(file);
    ck_assert_ptr_eq(policy_read(path, &bounds, 1, &mistake), NULL);
    ck_assert_int_eq(strncmp(mistake.text, path, strlen(path)), 0);
    ck_assert_ptr_ne(strstr(mistake.text, ": line 1, column 13: this is not JSON"),
                     NULL);
    unlink(path);
    ck_assert_ptr_eq(policy_read(path, &bounds, 1, &mistake), NULL);
    ck_assert_ptr_ne(strstr(mistake.text, ": No such file or directory"), NULL);
    ck_assert_ptr_eq(policy_read("/tmp", &bounds, 1, &mistake), NULL);
    ck_assert_str_eq(mistake.text, "/tmp: Is a directory");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("policy_read");
    TCase *all = tcase_create("all");
    tcase_add_test(all, mistakes_are_told_with_their_place);
    tcase_add_test(all, depth_is_bounded);
    tcase_add_test(all, entities_and_revision_are_kept);
    tcase_add_test(all, files_are_read_or_refused_by_name);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

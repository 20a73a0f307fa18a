/* OpenID's conformance vectors for AuthZEN: each request must be answered as its
   vector says, by a policy that is made of the rules the vectors assume. */
#include "tests/suite.h"
#include "tests/web/site.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <unistd.h>

static const char token[] = "the-token-of-the-enforcement-point";

static cJSON *fixture, *vectors;
static char policy_path[] = "/tmp/wary-vectors-policy-XXXXXX";
static char tokens_path[] = "/tmp/wary-vectors-tokens-XXXXXX";

static cJSON *read_json(const char *name) {
    const char *shared = getenv("WARY_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/data/authzen/%s",
             shared ? shared : SOURCE_DIR "/../shared", name);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    return cJSON_ParseWithLength(text, length);
}

/* --- the fixture's rules, which are sentences, as a policy --- */

static cJSON *constant(const char *word) {
    return strcmp(word, "true") == 0    ? cJSON_CreateTrue()
           : strcmp(word, "false") == 0 ? cJSON_CreateFalse()
                                        : cJSON_CreateString(word);
}

/* "action = write", "subject is alice or bob" */
static void add_condition(cJSON *when, char *sentence) {
    char *is = strstr(sentence, " is "), *equals = strstr(sentence, " = ");
    char *end = is ? is : equals;
    ck_assert_msg(end != NULL, "%s", sentence);
    char *value = end + (is ? 4 : 3);
    *end = '\0';
    char name[128];
    snprintf(name, sizeof name, "%s%s", sentence,
             strcmp(sentence, "action") == 0 ? ".name"
             : strchr(sentence, '.')         ? ""
                                             : ".id");
    char *other = strstr(value, " or ");
    if (!other) {
        cJSON_AddItemToObject(when, name, constant(value));
        return;
    }
    cJSON *list = cJSON_AddArrayToObject(when, name);
    for (; other; value = other + 4, other = strstr(value, " or ")) {
        *other = '\0';
        cJSON_AddItemToArray(list, constant(value));
    }
    cJSON_AddItemToArray(list, constant(value));
}

/* The next of several that are joined by "and" or "with". */
static char *split(char *sentence) {
    char *and = strstr(sentence, " and "), *with = strstr(sentence, " with ");
    char *end = !and || (with && with < and) ? with : and;
    if (!end)
        return NULL;
    char *next = end + (end == with ? 6 : 5);
    *end = '\0';
    return next;
}

static void add_rule(cJSON *rules, const char *sentence, int number) {
    char text[512], name[32];
    snprintf(text, sizeof text, "%s", sentence);
    char *rest = strchr(text, ':');
    ck_assert_ptr_ne(rest, NULL);
    *rest++ = '\0';
    rest += strspn(rest, " ");
    snprintf(name, sizeof name, "rule %d", number);
    cJSON *rule = cJSON_CreateObject();
    cJSON_AddStringToObject(rule, "name", name);
    if (strcmp(rest, "everything else") != 0) {
        cJSON *when = cJSON_AddObjectToObject(rule, "when");
        for (char *next; rest; rest = next) {
            next = split(rest);
            add_condition(when, rest);
        }
    }
    cJSON_AddStringToObject(rule, "then", text);
    cJSON_AddItemToArray(rules, rule);
}

static char *make_policy(void) {
    cJSON *policy = cJSON_CreateObject(), *sentence;
    cJSON *entities = cJSON_AddObjectToObject(policy, "entities");
    static const char *const kinds[] = {"subjects", "resources", "actions"};
    for (size_t i = 0; i < 3; i++)
        cJSON_AddItemToObject(entities, kinds[i],
                              cJSON_Duplicate(json_at(fixture, kinds[i]), true));
    cJSON *rules = cJSON_AddArrayToObject(policy, "rules");
    int number = 0;
    cJSON_ArrayForEach(sentence, json_at(fixture, "rules, first match"))
        add_rule(rules, sentence->valuestring, ++number);
    char *text = cJSON_Print(policy);
    cJSON_Delete(policy);
    return text;
}

static void write_file(char *path, const char *text) {
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static void write_token(void) {
    unsigned char hash[32];
    char line[256] = "pep decide ";
    gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), hash);
    for (size_t i = 0; i < sizeof hash; i++)
        sprintf(line + strlen(line), "%02x", hash[i]);
    write_file(tokens_path, strcat(line, "\n"));
}

static void open_site(void) {
    char *policy = make_policy();
    write_file(policy_path, policy);
    free(policy);
    write_token();
    site_begin();
    snprintf(site_options.policy_path, sizeof site_options.policy_path, "%s",
             policy_path);
    snprintf(site_options.tokens_path, sizeof site_options.tokens_path, "%s",
             tokens_path);
    site_start();
}

static void close_site(void) {
    site_close();
    unlink(policy_path);
    unlink(tokens_path);
}

/* --- asking --- */

static bool contains(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

static struct answer ask(const cJSON *vector, const char *body) {
    const cJSON *type = json_at(vector, "content_type");
    const char *test = json_text_at(vector, "test");
    char headers[512], target[64];
    snprintf(headers, sizeof headers, "Content-Type: %s\r\nX-Request-ID: a-1\r\n%s%s%s",
             cJSON_IsString(type) ? type->valuestring : "application/json",
             contains(test, "missing-credentials") ? "" : "Authorization: Bearer ",
             contains(test, "missing-credentials")   ? ""
             : contains(test, "invalid-credentials") ? "no-such-token"
                                                     : token,
             contains(test, "missing-credentials") ? "" : "\r\n");
    snprintf(target, sizeof target, "/access/v1/%s", json_text_at(vector, "api"));
    return client_post(site_client, json_text_at(vector, "method"), target, headers,
                       body);
}

static bool holds(const cJSON *results, const cJSON *wanted) {
    const cJSON *result;
    cJSON_ArrayForEach(result,
                       results) if (cJSON_Compare(result, wanted, true)) return true;
    return false;
}

/* The results of all pages. */
static cJSON *all_results(const cJSON *vector, const cJSON *first) {
    cJSON *all = cJSON_CreateArray(), *request, *result;
    cJSON *reply = cJSON_Duplicate(first, true);
    for (unsigned pages = 0; pages < 100; pages++) {
        cJSON_ArrayForEach(result, json_at(reply, "results"))
            cJSON_AddItemToArray(all, cJSON_Duplicate(result, true));
        const char *next = json_text_at(json_at(reply, "page"), "next_token");
        if (!*next)
            break;
        request = cJSON_Duplicate(json_at(vector, "request"), true);
        cJSON *page = cJSON_GetObjectItem(request, "page");
        cJSON_AddStringToObject(page ? page : cJSON_AddObjectToObject(request, "page"),
                                "token", next);
        char *body = cJSON_Print(request);
        struct answer answer = ask(vector, body);
        cJSON_Delete(reply);
        reply = answer_json(&answer);
        free(body);
        cJSON_Delete(request);
    }
    cJSON_Delete(reply);
    return all;
}

static void check_body(const cJSON *vector, const struct answer *answer) {
    const char *test = json_text_at(vector, "test");
    const cJSON *expected = json_at(vector, "expected"), *wanted;
    cJSON *reply = answer_json(answer);
    const cJSON *decision = cJSON_GetObjectItem(expected, "decision");
    const cJSON *list = cJSON_GetObjectItem(expected, "evaluations");
    const cJSON *results = cJSON_GetObjectItem(expected, "results");
    if (decision) {
        ck_assert_msg(cJSON_Compare(decision, json_at(reply, "decision"), true), "%s",
                      test);
        ck_assert(!cJSON_HasObjectItem(reply, "evaluations"));
    }
    if (list) {
        const cJSON *items = json_at(reply, "evaluations");
        ck_assert(!cJSON_HasObjectItem(reply, "decision"));
        ck_assert_msg(cJSON_GetArraySize(items) == cJSON_GetArraySize(list), "%s",
                      test);
        for (int i = 0; i < cJSON_GetArraySize(list); i++)
            ck_assert_msg(
                cJSON_Compare(json_at(cJSON_GetArrayItem(items, i), "decision"),
                              json_at(cJSON_GetArrayItem(list, i), "decision"), true),
                "%s, item %d", test, i);
    }
    if (results) {
        cJSON *all = all_results(vector, reply);
        ck_assert_msg((cJSON_GetArraySize(results) == 0) ==
                          (cJSON_GetArraySize(all) == 0),
                      "%s: %d results", test, cJSON_GetArraySize(all));
        cJSON_ArrayForEach(wanted, results)
            ck_assert_msg(holds(all, wanted), "%s", test);
        cJSON_Delete(all);
    }
    ck_assert_msg(decision || list || results || cJSON_IsNull(expected), "%s", test);
    cJSON_Delete(reply);
}

static bool is_acceptable(const cJSON *vector, int status) {
    const cJSON *expected = json_at(vector, "expected_status"), *other;
    if (cJSON_IsNumber(expected))
        return expected->valuedouble == status;
    cJSON_ArrayForEach(other,
                       json_at(vector, "acceptable_status")) if (other->valuedouble ==
                                                                 status) return true;
    return false;
}

START_TEST(every_vector_is_answered_as_it_says) {
    int count = 0;
    const cJSON *vector;
    cJSON_ArrayForEach(vector, json_at(vectors, "vectors")) {
        const cJSON *raw = json_at(vector, "raw_body");
        char *body = cJSON_IsString(raw) ? strdup(raw->valuestring)
                                         : cJSON_Print(json_at(vector, "request"));
        struct answer answer = ask(vector, body);
        free(body);
        ck_assert_msg(is_acceptable(vector, answer.status), "%s: %d, %s",
                      json_text_at(vector, "test"), answer.status, answer.body);
        ck_assert_str_eq(answer_header(&answer, "X-Request-ID"), "a-1");
        if (answer.status == 200) {
            ck_assert_str_eq(answer_header(&answer, "Content-Type"),
                             "application/json");
            check_body(vector, &answer);
        }
        if (answer.status == 401)
            ck_assert_str_ne(answer_header(&answer, "WWW-Authenticate"), "");
        count++;
    }
    ck_assert_int_eq(count, 127);
}
END_TEST

int main(void) {
    fixture = read_json("fixture.json");
    vectors = read_json("vectors.json");
    if (!fixture || !vectors) {
        puts("SKIPPED: no conformance vectors at ../shared/data/authzen");
        return 77;
    }
    Suite *suite = suite_create("vectors");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, open_site, close_site);
    tcase_add_test(all, every_vector_is_answered_as_it_says);
    suite_add_tcase(suite, all);
    int status = suite_run(suite);
    cJSON_Delete(fixture);
    cJSON_Delete(vectors);
    return status;
}

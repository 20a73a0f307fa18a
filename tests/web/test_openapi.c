/* The API's description names every route, and nothing else. */
#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/route.h"
#include "web/service.h"

#include <ctype.h>

static cJSON *document;

static void open_site(void) {
    site_open();
    struct answer answer = site_get("/openapi.json");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer_header(&answer, "Content-Type"), "application/json");
    ck_assert_str_ne(answer_header(&answer, "ETag"), "");
    document = answer_json(&answer);
}

static void close_site(void) {
    cJSON_Delete(document);
    site_close();
}

START_TEST(each_route_is_described) {
    size_t count;
    const struct route *routes = service_routes(&count);
    for (size_t i = 0; i < count; i++) {
        char path[128], method[16];
        snprintf(path, sizeof path, "%s", routes[i].pattern);
        char *star = strchr(path, '*');
        if (star)
            strcpy(star, "{rest}");
        snprintf(method, sizeof method, "%s",
                 routes[i].method ? routes[i].method : "GET");
        for (char *c = method; *c; c++)
            *c = (char)tolower(*c);
        const cJSON *item =
            cJSON_GetObjectItemCaseSensitive(json_at(document, "paths"), path);
        ck_assert_msg(item != NULL, "%s is not described", path);
        ck_assert_msg(cJSON_GetObjectItem(item, method) != NULL,
                      "%s %s is not described", method, path);
    }
}
END_TEST

START_TEST(each_description_has_a_route) {
    size_t count;
    const struct route *routes = service_routes(&count);
    const cJSON *item, *operation;
    cJSON_ArrayForEach(item, json_at(document, "paths")) {
        char path[128];
        snprintf(path, sizeof path, "%s", item->string);
        for (char *brace; (brace = strchr(path, '{'));)
            memmove(brace + 1, strchr(path, '}') + 1,
                    strlen(strchr(path, '}') + 1) + 1),
                *brace = 'x';
        cJSON_ArrayForEach(operation, item) {
            char method[16];
            size_t length = strlen(operation->string);
            for (size_t i = 0; i <= length; i++)
                method[i] = (char)toupper(operation->string[i]);
            struct text buffer = {0};
            struct request request = {.method = method, .path = path};
            struct reply reply;
            reply_init(&reply, &buffer);
            ck_assert_msg(route_find(routes, count, &request, &reply) != NULL,
                          "%s %s is not served", method, item->string);
            reply_end(&reply, &buffer);
            text_free(&buffer);
        }
    }
}
END_TEST

/* The value that a reference names. */
static const cJSON *resolve(const char *reference) {
    char path[128];
    const cJSON *at = document;
    ck_assert_int_eq(strncmp(reference, "#/", 2), 0);
    snprintf(path, sizeof path, "%s", reference + 2);
    char *rest = NULL;
    for (char *name = strtok_r(path, "/", &rest); name && at;
         name = strtok_r(NULL, "/", &rest))
        at = cJSON_GetObjectItemCaseSensitive(at, name);
    return at;
}

static void check_references(const cJSON *json) {
    const cJSON *child;
    if (json->string && strcmp(json->string, "$ref") == 0)
        ck_assert_msg(resolve(json->valuestring) != NULL, "%s is nowhere",
                      json->valuestring);
    cJSON_ArrayForEach(child, json) check_references(child);
}

START_TEST(what_is_referred_to_is_there) {
    check_references(document);
    ck_assert_str_eq(json_text_at(document, "openapi"), "3.1.0");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("openapi");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, open_site, close_site);
    tcase_add_test(all, each_route_is_described);
    tcase_add_test(all, each_description_has_a_route);
    tcase_add_test(all, what_is_referred_to_is_there);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

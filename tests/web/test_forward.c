#include "tests/suite.h"
#include "tests/web/site.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <unistd.h>

#define RISKY "02:00:00:00:00:01" /* score 87, 192.0.2.1 */
#define MILD  "02:00:00:00:00:02" /* 45, 192.0.2.2, 2001:db8::2 */
#define CALM  "02:00:00:00:00:03" /* 5, 192.0.2.3 */

static char policy_path[64], tokens_path[64];

static void put(uint32_t slot, const char *id, const char *name, double score,
                const char *address, const char *other) {
    struct device_view *view = site_view(id, name, score);
    view->address_count = address_parse(address, &view->addresses[0]);
    view->address_count += address_parse(other, &view->addresses[1]);
    board_put_device(site_board, slot, view);
}

/* The caller, who is always on loopback, is listed or not. */
static void begin(const char *policy, bool listed) {
    static struct prefix elsewhere;
    snprintf(policy_path, sizeof policy_path, "/tmp/wary-forward-%d", (int)getpid());
    snprintf(tokens_path, sizeof tokens_path, "/tmp/wary-tokens-%d", (int)getpid());
    site_begin();
    if (policy) {
        FILE *file = fopen(policy_path, "w");
        for (const char *c = policy; *c; c++)
            fputc(*c == '\'' ? '"' : *c, file);
        fclose(file);
        strcpy(site_options.policy_path, policy_path);
    }
    if (!listed) {
        prefix_parse("203.0.113.0/24", &elsewhere);
        site_options.peps = &elsewhere;
        site_options.pep_count = 1;
    }
    site_start();
    put(0, RISKY, "camera-1", 87, "192.0.2.1", "");
    put(1, MILD, "camera-2", 45, "192.0.2.2", "2001:db8::2");
    put(2, CALM, "plug-1", 5, "192.0.2.3", "");
    site_publish(3);
}

static void end(void) {
    site_close();
    unlink(policy_path);
    unlink(tokens_path);
}

static int ask(const char *method, const char *target, const char *headers) {
    struct answer answer = client_ask(site_client, method, target, headers);
    ck_assert_msg(answer.status == 200 || answer.status == 403, "%s %s: %d", target,
                  headers, answer.status);
    ck_assert_uint_eq(answer.length, 0);
    return answer.status;
}

START_TEST(who_asks_is_found_by_the_headers_of_each_proxy) {
    static const struct {
        const char *proxy, *headers;
        int status;
    } cases[] = {
        {"nginx", "X-Real-IP: 192.0.2.1\r\nX-Original-URI: /a?b\r\n", 403},
        {"nginx", "X-Real-IP: 192.0.2.3\r\nX-Original-URI: /a?b\r\n", 200},
        {"HAProxy",
         "X-Forwarded-For: 192.0.2.3\r\nX-Forwarded-Uri: /a\r\nX-Forwarded-Host: h\r\n"
         "X-Resource-Criticality: high\r\n",
         200},
        {"Traefik",
         "X-Forwarded-For: 192.0.2.2\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: "
         "https\r\nX-Forwarded-Host: h\r\nX-Forwarded-Uri: /a\r\nX-Real-Ip: "
         "192.0.2.2\r\nX-Resource-Criticality: high\r\n",
         403},
        {"Envoy",
         "x-forwarded-for: 198.51.100.9, 192.0.2.1\r\nx-envoy-internal: true\r\n"
         "x-forwarded-proto: http\r\ncontent-length: 0\r\n",
         403},
        /* what a client wrote before the proxy did is not believed */
        {"Envoy", "X-Forwarded-For: 192.0.2.3, 192.0.2.1\r\n", 403},
        {"Envoy", "X-Forwarded-For: 192.0.2.3\r\nX-Forwarded-For: 192.0.2.1\r\n", 403},
        {"Envoy", "X-Forwarded-For: rubbish, 192.0.2.1\r\n", 403},
        /* but other listed proxies are passed over */
        {"two", "X-Forwarded-For: 192.0.2.1 , 127.0.0.1\r\n", 403},
        {"two, a header each",
         "X-Forwarded-For: 192.0.2.3\r\nX-Forwarded-For: 192.0.2.1\r\n"
         "X-Forwarded-For: 127.0.0.1\r\n",
         403},
        {"with a port", "X-Forwarded-For: 192.0.2.1:4711\r\n", 403},
        {"with a port", "X-Real-IP: [::ffff:192.0.2.1]:4711\r\n", 403},
        {"with no port",
         "X-Forwarded-For: 192.0.2.3:x\r\nX-Resource-Criticality: high\r\n", 403},
        {"brackets", "X-Real-IP: [192.0.2.3\r\nX-Resource-Criticality: high\r\n", 403},
        {"IPv4 in IPv6", "X-Forwarded-For: ::ffff:192.0.2.1\r\n", 403},
        {"IPv6", "X-Forwarded-For: 2001:db8::2\r\nX-Resource-Criticality: high\r\n",
         403},
        {"certificate", "X-Client-Cert-San: camera-1\r\nX-Real-IP: 192.0.2.3\r\n", 403},
        {"certificate", "X-Client-Cert-Serial: nobody\r\nX-Real-IP: 192.0.2.1\r\n",
         403},
        /* nobody known: what the class says */
        {"unknown", "X-Real-IP: 198.51.100.1\r\n", 200},
        {"unknown", "X-Real-IP: 198.51.100.1\r\nX-Resource-Criticality: high\r\n", 403},
        {"rubbish", "X-Real-IP: none\r\nX-Resource-Criticality: high\r\n", 403},
        {"nobody", "", 200},
        {"nobody", "X-Resource-Criticality: high\r\n", 403},
        {"nobody", "X-Resource-Criticality: what?\r\n", 403},
        {"nobody", "X-Forwarded-For: ,\r\nX-Resource-Criticality: high\r\n", 403},
    };
    begin(NULL, true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(ask("GET", "/authz", cases[i].headers) == cases[i].status,
                      "%s: %s", cases[i].proxy, cases[i].headers);
    struct answer answer =
        client_ask(site_client, "GET", "/authz", "X-Real-IP: 192.0.2.1\r\n");
    ck_assert_str_eq(answer_header(&answer, "X-Risk-Score"), "87");
    ck_assert_str_eq(answer_header(&answer, "X-Risk-Level"), "CRITICAL");
    ck_assert_str_eq(answer_header(&answer, "X-Device-Id"), RISKY);
    end();
}
END_TEST

START_TEST(headers_of_others_are_not_believed) {
    begin(
        "{'rules':[{'name':'a','when':{'resource.properties.path':'/secret'},'then':"
        "'deny'},{'name':'b','when':{'resource.properties.criticality':'high'},'then':"
        "'deny'}]}",
        false);
    ck_assert_int_eq(ask("GET", "/authz", "X-Real-IP: 192.0.2.1\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz", "X-Forwarded-For: 192.0.2.1\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz", "X-Client-Cert-San: camera-1\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz", "X-Original-URI: /secret\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz", "X-Resource-Criticality: high\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz/secret", ""), 403);
    struct answer answer = client_post(site_client, "POST", "/authz/emqx",
                                       "Content-Type: application/json\r\n",
                                       "{\"peerhost\":\"192.0.2.3\"}");
    ck_assert_str_eq(answer.body, "{\"result\":\"deny\"}");
    end();
}
END_TEST

START_TEST(the_original_request_is_action_and_resource) {
    begin("{'rules':["
          "{'name':'host','when':{'resource.properties.host':'admin.example'},'then':"
          "'deny'},"
          "{'name':'method','when':{'action.name':'DELETE'},'then':'deny'},"
          "{'name':'path','when':{'resource.type':'http','resource.id':{'prefix':"
          "'/valves/'}},'then':'deny'}],'default':'permit'}",
          true);
    ck_assert_int_eq(ask("GET", "/authz", "X-Original-URI: /lamps/1\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz", "X-Original-URI: /valves/1?x=1\r\n"), 403);
    ck_assert_int_eq(ask("GET", "/authz", "X-Original-URI: /lamps/../v%61lves//1\r\n"),
                     403);
    ck_assert_int_eq(ask("GET", "/authz", "X-Forwarded-Uri: /valves/1\r\n"), 403);
    ck_assert_int_eq(
        ask("GET", "/authz", "X-Original-URI: https://h.example/valves/1\r\n"), 403);
    ck_assert_int_eq(ask("GET", "/authz/valves/1", ""), 403); /* Envoy's prefix */
    ck_assert_int_eq(ask("GET", "/authz", "X-Forwarded-Host: admin.example\r\n"), 403);
    ck_assert_int_eq(ask("GET", "/authz", "X-Forwarded-Method: DELETE\r\n"), 403);
    ck_assert_int_eq(ask("GET", "/authz", "X-Original-Method: DELETE\r\n"), 403);
    ck_assert_int_eq(ask("DELETE", "/authz/x", ""), 403);
    ck_assert_int_eq(ask("GET", "/authz", "X-Original-URI: no path at all\r\n"), 200);
    end();
}
END_TEST

START_TEST(nothing_else_is_ever_answered) {
    static const char *const methods[] = {"GET",    "HEAD",     "POST",  "PUT",
                                          "DELETE", "OPTIONS",  "PATCH", "BREW",
                                          "TRACE",  "PROPFIND", "get"};
    static const char *const targets[] = {"/authz",     "/authz/",     "/authz/a/b?c",
                                          "/authz/%",   "/authz/%00",  "/authz?x",
                                          "/authz/emq", "/authz//..//"};
    begin(NULL, true);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
            ask(methods[m], targets[t], "");
    static char large[200001];
    memset(large, 'x', sizeof large - 1);
    struct answer answer = client_post(site_client, "POST", "/authz/a", "", large);
    ck_assert_int_eq(answer.status, 200);
    answer = client_post(site_client, "POST", "/authz/mosquitto", "", large);
    ck_assert_int_eq(answer.status, 403);
    ck_assert_int_eq(ask("GET", "/authz", "If-None-Match: *\r\n"), 200);
    char uri[6200] = "X-Original-URI: /";
    memset(uri + strlen(uri), 'a', 6000);
    strcat(uri, "\r\n");
    ck_assert_int_eq(ask("GET", "/authz", uri), 200);
    end();
}
END_TEST

START_TEST(a_caller_without_its_token_is_told_so) {
    unsigned char hash[32];
    begin(NULL, false);
    site_close();
    FILE *file = fopen(tokens_path, "w");
    gnutls_hash_fast(GNUTLS_DIG_SHA256, "word", 4, hash);
    fputs("# of the door\n\npep decide ", file);
    for (size_t i = 0; i < sizeof hash; i++)
        fprintf(file, "%02x", hash[i]);
    fputs("\n", file);
    fclose(file);
    strcpy(site_options.tokens_path, tokens_path);
    site_start();
    struct answer answer = client_ask(site_client, "GET", "/authz", "");
    ck_assert_int_eq(answer.status, 401);
    ck_assert_str_eq(answer_header(&answer, "WWW-Authenticate"),
                     "Bearer realm=\"wary\"");
    ck_assert_uint_eq(answer.length, 0);
    ck_assert_int_eq(ask("GET", "/authz", "Authorization: Bearer word\r\n"), 200);
    ck_assert_int_eq(ask("GET", "/authz", "Authorization: bearer word\r\n"), 200);
    answer =
        client_ask(site_client, "GET", "/v1/devices", "Authorization: Bearer word\r\n");
    site_problem(&answer, 403, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "WWW-Authenticate"),
                     "Bearer realm=\"wary\", error=\"insufficient_scope\"");
    answer =
        client_ask(site_client, "GET", "/v1/devices", "Authorization: Basic word\r\n");
    site_problem(&answer, 401, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "WWW-Authenticate"),
                     "Bearer realm=\"wary\"");
    answer =
        client_ask(site_client, "GET", "/v1/devices", "Authorization: Bearer w\r\n");
    site_problem(&answer, 401, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "WWW-Authenticate"),
                     "Bearer realm=\"wary\", error=\"invalid_token\"");
    answer = client_ask(site_client, "GET", "/livez", "");
    ck_assert_int_eq(answer.status, 200);
    end();
}
END_TEST

/* --- brokers --- */

static const char *emqx(const char *body) {
    struct answer answer = site_post("/authz/emqx", body);
    ck_assert_int_eq(answer.status, 200);
    return answer.body;
}

START_TEST(emqx_gets_its_words) {
    begin(
        "{'rules':[{'name':'a','when':{'action.name':'publish','resource.type':'mqtt',"
        "'resource.id':{'prefix':'valves/"
        "'},'device.score':{'above':30}},'then':'deny'}]}",
        true);
    ck_assert_str_eq(emqx("{'clientid':'c1','username':'u','password':'p','peerhost':"
                          "'192.0.2.1'}"),
                     "{\"result\":\"deny\"}");
    ck_assert_str_eq(emqx("{'clientid':'c1','username':'u','peerhost':'192.0.2.3'}"),
                     "{\"result\":\"allow\"}");
    ck_assert_str_eq(emqx("{'clientid':'c1','peerhost':'192.0.2.2','action':'publish',"
                          "'topic':'valves/1'}"),
                     "{\"result\":\"deny\"}");
    ck_assert_str_eq(
        emqx("{'clientid':'c1','peerhost':'192.0.2.2','action':'subscribe',"
             "'topic':'valves/1'}"),
        "{\"result\":\"allow\"}");
    ck_assert_str_eq(emqx("{'clientid':'c1','peerhost':'198.51.100.7'}"),
                     "{\"result\":\"ignore\"}");
    /* no client becomes another by its name, where the broker saw its address */
    ck_assert_str_eq(emqx("{'clientid':'plug-1','peerhost':'192.0.2.1'}"),
                     "{\"result\":\"deny\"}");
    ck_assert_str_eq(emqx("{'clientid':"), "{\"result\":\"deny\"}");
    end();
}
END_TEST

static int mosquitto(const char *part, const char *type, const char *body) {
    char target[64], header[128];
    snprintf(target, sizeof target, "/authz/mosquitto%s", part);
    snprintf(header, sizeof header, "Content-Type: %s\r\n", type);
    return client_post(site_client, "POST", target, header, body).status;
}

START_TEST(mosquitto_gets_its_numbers) {
    static const char json[] = "application/json",
                      form[] = "application/x-www-form-urlencoded";
    begin(
        "{'rules':[{'name':'a','when':{'action.name':'publish','resource.id':{'prefix':"
        "'valves/'}},'then':'deny'}]}",
        true);
    ck_assert_int_eq(mosquitto("/user", json,
                               "{\"username\":\"u\",\"password\":\"p\","
                               "\"clientid\":\"plug-1\"}"),
                     200);
    ck_assert_int_eq(mosquitto("/user", json,
                               "{\"username\":\"u\",\"clientid\":"
                               "\"camera-1\"}"),
                     403);
    ck_assert_int_eq(
        mosquitto("/user", form, "username=u&password=p&clientid=camera-1"), 403);
    ck_assert_int_eq(mosquitto("/acl", form,
                               "username=plug-1&clientid=c&topic=valves%2F1"
                               "&acc=2"),
                     403);
    ck_assert_int_eq(mosquitto("/acl", form,
                               "username=plug-1&clientid=c&topic=valves%2F1"
                               "&acc=1"),
                     200);
    ck_assert_int_eq(mosquitto("/acl", json,
                               "{\"username\":\"plug-1\",\"clientid\":\"c\","
                               "\"topic\":\"valves/1\",\"acc\":3}"),
                     403);
    ck_assert_int_eq(mosquitto("", form, "username=plug-1"), 200);
    ck_assert_int_eq(mosquitto("/superuser", form, "username=plug-1"), 403);
    ck_assert_int_eq(mosquitto("/user", form, "username=a&username=b"), 403);
    ck_assert_int_eq(mosquitto("/user", form, ""), 403);
    end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("forward");
    TCase *all = tcase_create("all");
    tcase_add_test(all, who_asks_is_found_by_the_headers_of_each_proxy);
    tcase_add_test(all, headers_of_others_are_not_believed);
    tcase_add_test(all, the_original_request_is_action_and_resource);
    tcase_add_test(all, nothing_else_is_ever_answered);
    tcase_add_test(all, a_caller_without_its_token_is_told_so);
    tcase_add_test(all, emqx_gets_its_words);
    tcase_add_test(all, mosquitto_gets_its_numbers);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

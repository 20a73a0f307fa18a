#ifndef TESTS_WEB_DECIDING_H
#define TESTS_WEB_DECIDING_H

#include "tests/web/site.h"

#include <cjson/cJSON.h>
#include <unistd.h>

/* A site of five devices that decides, by a policy and with an audit file of its own. */

#define RISKY "02:00:00:00:00:01" /* score 87 */
#define MILD  "02:00:00:00:00:02" /* 45 */
#define CALM  "02:00:00:00:00:03" /* 5 */
#define YOUNG "02:00:00:00:00:04" /* learning, 5 */
#define GONE  "02:00:00:00:00:05" /* stale, 5 */

static char policy_path[64], audit_path[64];

static inline void put(uint32_t slot, const char *id, const char *name, double score,
                       enum device_state state, const char *address) {
    struct device_view *view = site_view(id, name, score);
    view->state = state;
    if (state == STATE_LEARNING)
        view->level = LEVEL_UNKNOWN;
    view->address_count = address_parse(address, &view->addresses[0]);
    snprintf(view->zone, sizeof view->zone, "%s", slot % 2 ? "cameras" : "");
    board_put_device(site_board, slot, view);
}

static inline void put_devices(void) {
    put(0, RISKY, "camera-1", 87, STATE_ACTIVE, "192.0.2.1");
    put(1, MILD, "camera-2", 45, STATE_ACTIVE, "192.0.2.2");
    put(2, CALM, "plug-1", 5, STATE_ACTIVE, "192.0.2.3");
    put(3, YOUNG, "plug-2", 5, STATE_LEARNING, "192.0.2.4");
    put(4, GONE, "plug-3", 5, STATE_STALE, "192.0.2.5");
    site_publish(5);
}

static inline void write_policy(const char *text) {
    FILE *file = fopen(policy_path, "w");
    for (const char *c = text; *c; c++)
        fputc(*c == '\'' ? '"' : *c, file);
    fclose(file);
}

/* With a policy (NULL: the built-in one) in a mode. */
static inline void begin(const char *policy, enum policy_mode mode) {
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

static inline void end(void) {
    site_close();
    unlink(policy_path);
    unlink(audit_path);
}

static inline cJSON *post(const char *target, const char *body, int status) {
    struct answer answer = site_post(target, body);
    ck_assert_msg(answer.status == status, "%s: %d %s", body, answer.status,
                  answer.body);
    return answer_json(&answer);
}

static inline cJSON *evaluate(const char *subject, const char *criticality) {
    char body[512];
    snprintf(body, sizeof body,
             "{'subject':%s,'action':{'name':'connect'},'resource':{'type':'service',"
             "'id':'tcp/443','properties':{'criticality':'%s'}}}",
             subject, criticality);
    return post("/access/v1/evaluation", body, 200);
}

static inline bool decide(const char *subject, const char *criticality) {
    cJSON *reply = evaluate(subject, criticality);
    const cJSON *decision = json_at(reply, "decision");
    ck_assert(cJSON_IsBool(decision));
    bool permitted = cJSON_IsTrue(decision);
    cJSON_Delete(reply);
    return permitted;
}

static inline const char *device(const char *id) {
    static char text[128];
    snprintf(text, sizeof text, "{'type':'device','id':'%s'}", id);
    return text;
}

#endif

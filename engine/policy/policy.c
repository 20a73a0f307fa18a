#include "engine/policy/policy.h"

#include "engine/policy/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const mode_names[MODE_COUNT] = {
    [MODE_LEARN] = "learn", [MODE_SHADOW] = "shadow", [MODE_ENFORCE] = "enforce"};

const char *policy_mode_name(enum policy_mode mode) {
    return (unsigned)mode < MODE_COUNT ? mode_names[mode] : "unknown";
}

bool policy_mode_parse(const char *name, enum policy_mode *mode) {
    for (unsigned i = 0; i < MODE_COUNT; i++)
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (enum policy_mode)i;
            return true;
        }
    return false;
}

struct policy *policy_retain(const struct policy *shared) {
    struct policy *policy = (struct policy *)shared;
    atomic_fetch_add_explicit(&policy->references, 1, memory_order_relaxed);
    return policy;
}

void policy_release(struct policy *policy) {
    if (!policy ||
        atomic_fetch_sub_explicit(&policy->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < policy->rule_count; i++)
        condition_free(policy->rules[i].condition);
    free(policy->rules);
    free(policy->subjects.items);
    free(policy->resources.items);
    free(policy->actions.items);
    cJSON_Delete(policy->document);
    free(policy->text);
    free(policy);
}

const char *policy_revision(const struct policy *policy) {
    return policy->revision;
}

void policy_renumber(struct policy *policy, unsigned number) {
    char hash[POLICY_REVISION_BYTES];
    snprintf(hash, sizeof hash, "%s", strchr(policy->revision, '-') + 1);
    snprintf(policy->revision, sizeof policy->revision, "%u-%.16s", number, hash);
}

bool policy_is_same(const struct policy *policy, const char *revision) {
    const char *hash = strchr(revision, '-');
    return hash && strcmp(hash, strchr(policy->revision, '-')) == 0;
}

const char *policy_text(const struct policy *policy) {
    return policy->text;
}

size_t policy_rule_count(const struct policy *policy) {
    return policy->rule_count;
}

const char *policy_rule_name(const struct policy *policy, size_t i) {
    return policy->rules[i].name;
}

bool policy_rule_matches(const struct policy *policy, size_t i,
                         const struct policy_request *request) {
    const struct condition *condition = policy->rules[i].condition;
    return !condition || condition_holds(condition, request);
}

size_t policy_subject_count(const struct policy *policy) {
    return policy->subjects.count;
}

size_t policy_resource_count(const struct policy *policy) {
    return policy->resources.count;
}

size_t policy_action_count(const struct policy *policy) {
    return policy->actions.count;
}

const struct policy_entity *policy_subject(const struct policy *policy, size_t i) {
    return &policy->subjects.items[i];
}

const struct policy_entity *policy_resource(const struct policy *policy, size_t i) {
    return &policy->resources.items[i];
}

const struct policy_entity *policy_action(const struct policy *policy, size_t i) {
    return &policy->actions.items[i];
}

const struct policy_class *rules_find_class(const struct policy *policy,
                                            const char *name) {
    for (size_t i = 0; i < policy->class_count; i++)
        if (strcasecmp(policy->classes[i].name, name) == 0)
            return &policy->classes[i];
    return NULL;
}

/* --- deciding --- */

static const struct policy_class *asked_class(const struct policy *policy,
                                              const struct policy_request *request) {
    const cJSON *asked =
        cJSON_GetObjectItemCaseSensitive(request->resource.properties, "criticality");
    if (!asked)
        return &policy->classes[CLASS_USUAL];
    const struct policy_class *class =
        cJSON_IsString(asked) ? rules_find_class(policy, asked->valuestring) : NULL;
    return class ? class : &policy->classes[CLASS_STRICT];
}

static enum policy_gap find_gap(const struct policy_request *request) {
    if (request->blind)
        return GAP_BLIND;
    if (!request->device)
        return GAP_UNKNOWN;
    return request->device->state == STATE_LEARNING ? GAP_LEARNING
           : request->device->state == STATE_STALE  ? GAP_STALE
                                                    : GAP_NONE;
}

static double level_score(const struct policy_bounds *bounds, enum risk_level level) {
    return level == LEVEL_MEDIUM     ? bounds->medium
           : level == LEVEL_HIGH     ? bounds->high
           : level == LEVEL_CRITICAL ? bounds->critical
                                     : 0;
}

static void hold_against_limit(const struct policy *policy,
                               const struct policy_request *request,
                               const struct rule_effect *effect,
                               struct policy_decision *decision) {
    const struct policy_class *class =
        effect->class ? effect->class : asked_class(policy, request);
    const struct device_view *device = request->device;
    decision->level = effect->has_limit ? effect->level : class->level;
    decision->limit = decision->level != LEVEL_UNKNOWN
                          ? level_score(&policy->bounds, decision->level)
                      : effect->has_limit ? effect->score
                                          : class->score;
    decision->class_name = class->name;
    decision->gap = find_gap(request);
    /* Hysteresis keeps a level when the score has fallen below its bound. Not "≥ the limit":
       NaN is no reason to permit. */
    bool reached = device && (!(device->score < decision->limit) ||
                              (decision->level != LEVEL_UNKNOWN &&
                               value_level(device->level) >= (double)decision->level));
    bool asked = decision->gap != GAP_NONE && !reached;
    decision->why = asked ? WHY_STATE : WHY_RISK;
    decision->permitted = asked ? class->permits[decision->gap] : !reached;
}

struct policy_decision policy_decide(const struct policy *policy,
                                     const struct policy_request *request) {
    struct policy_decision decision = {
        .rule = "default", .class_name = "", .level = LEVEL_UNKNOWN};
    const struct rule_effect *effect = &policy->fallback;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (!policy_rule_matches(policy, i, request))
            continue;
        decision.rule = rule->name;
        decision.told = rule->told;
        effect = &rule->effect;
        break;
    }
    if (effect->kind == EFFECT_RISK)
        hold_against_limit(policy, request, effect, &decision);
    else
        decision.permitted = effect->kind == EFFECT_PERMIT;
    return decision;
}

/* Names are short, so the sentence fits; and it is written for each decision, so it is not
   printf that writes it. */
static char *put_number(char *out, double number) {
    unsigned whole = number >= 0 && number < 1000 ? (unsigned)number : 0;
    if ((double)whole < number || (double)whole > number)
        return out + sprintf(out, "%g", number);
    if (whole >= 100)
        *out++ = (char)('0' + whole / 100);
    if (whole >= 10)
        *out++ = (char)('0' + whole / 10 % 10);
    *out++ = (char)('0' + whole % 10);
    *out = '\0';
    return out;
}

static char *put_limit(char *out, const struct policy_decision *decision,
                       const struct device_view *device) {
    int score = device->score > 0 ? (int)device->score : 0;
    bool lingers = !decision->permitted && device->score < decision->limit;
    if (lingers) {
        out = stpcpy(out, "level ");
        out = stpcpy(out, risk_level_name(device->level));
        out = stpcpy(out, " still at or above the limit ");
        out = stpcpy(out, risk_level_name(decision->level));
    } else {
        out = put_number(stpcpy(out, "score "), score);
        out = stpcpy(out, decision->permitted ? " below the limit "
                                              : " at or above the limit ");
        out = put_number(out, decision->limit);
    }
    out = stpcpy(stpcpy(out, " of resource class "), decision->class_name);
    return lingers ? put_number(stpcpy(out, ", with score "), score) : out;
}

void policy_explain(const struct policy_decision *decision,
                    const struct policy_request *request,
                    char text[POLICY_REASON_BYTES]) {
    static const char *const gaps[GAP_COUNT] = {
        [GAP_NONE] = "",
        [GAP_LEARNING] = " a device that is still learning",
        [GAP_STALE] = " a device that was not heard of lately",
        [GAP_UNKNOWN] = " a device that was never heard of",
        [GAP_BLIND] = " what cannot be judged now",
    };
    const char *verb = decision->permitted ? " permits" : " denies";
    if (decision->why == WHY_RISK) {
        put_limit(text, decision, request->device);
        return;
    }
    bool by_rule = decision->why == WHY_RULE;
    char *out = stpcpy(text, by_rule ? "rule " : "resource class ");
    out = stpcpy(out, by_rule ? decision->rule : decision->class_name);
    stpcpy(stpcpy(out, verb), gaps[decision->gap]);
}

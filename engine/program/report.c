#include "engine/program/report.h"

#include "engine/base/address.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 16, NAME_WIDTH_MOST = 48, NAME_BYTES = 128 };

/* All that is known of one entry. */
struct findings {
    struct jury_overview overview;
    struct jury_verdict medium, budget, fresh;
};

static struct findings find(const struct report *report, const struct jury *jury) {
    double per_day = report->budget_per_week / 7;
    return (struct findings){
        .overview = jury_overview(jury),
        .medium = jury_judge(jury, TALLY_RISK, report->medium),
        .budget = jury_judge_budget(jury, TALLY_RISK, per_day),
        .fresh = jury_judge_budget(jury, TALLY_ANOMALY, per_day),
    };
}

/* Both or NULL; `fresh` has those that a window alone detects, at the budget. */
static struct jury_kind *find_kinds(const struct report *report,
                                    const struct jury *jury, double fresh_threshold,
                                    size_t *count, struct jury_kind **fresh) {
    *count = jury_kinds(jury, TALLY_RISK, report->medium, NULL, 0);
    struct jury_kind *kinds = calloc(2 * *count + 1, sizeof *kinds);
    if (!kinds)
        return NULL;
    *fresh = kinds + *count;
    jury_kinds(jury, TALLY_RISK, report->medium, kinds, *count);
    jury_kinds(jury, TALLY_ANOMALY, isnan(fresh_threshold) ? INFINITY : fresh_threshold,
               *fresh, *count);
    return kinds;
}

/* --- tables --- */

/* A number right-aligned in `width`, a dash where there is none. */
static void cell(FILE *out, double number, int width, int decimals) {
    if (isnan(number))
        fprintf(out, " %*s", width, "-");
    else
        fprintf(out, " %*.*f", width, decimals, number);
}

static int wider(int width, const char *name) {
    int length = (int)strnlen(name, NAME_WIDTH_MOST);
    return length > width ? length : width;
}

static void name_cell(FILE *out, const char *name, int width) {
    char clean[NAME_BYTES];
    text_copy_untrusted(clean, sizeof clean, name, strlen(name));
    fprintf(out, "%-*s", width, clean);
}

static void print_entry(const struct report *report, const struct report_entry *entry,
                        int width, FILE *out) {
    struct findings f = find(report, entry->jury);
    name_cell(out, entry->name, width);
    cell(out, (double)f.overview.devices, 7, 0);
    cell(out, f.overview.quiet_days, 8, 3);
    cell(out, (double)f.overview.events, 6, 0);
    cell(out, f.overview.auc, 6, 4);
    fputs(" |", out);
    cell(out, f.medium.recall, 6, 4);
    cell(out, f.medium.ttd_s, 6, 1);
    cell(out, f.medium.false_alarms, 5, 0);
    cell(out, f.medium.false_alarms_day, 7, 3);
    cell(out, f.medium.trapped, 5, 0);
    fputs(" |", out);
    cell(out, f.budget.threshold, 7, 3);
    cell(out, f.budget.recall, 6, 4);
    cell(out, f.budget.ttd_s, 6, 1);
    fputs(" |", out);
    cell(out, f.fresh.threshold, 7, 3);
    cell(out, f.fresh.recall, 6, 4);
    cell(out, f.fresh.ttd_s, 6, 1);
    putc('\n', out);
}

static void print_heads(const struct report *report, int width, FILE *out) {
    char medium[40], budget[40];
    snprintf(medium, sizeof medium, "risk from %g on", report->medium);
    snprintf(budget, sizeof budget, "%g a device-week", report->budget_per_week);
    fprintf(out, "%-*s %7s %8s %6s %6s | %-33s | %-21s | %s\n", width, "", "", "quiet",
            "", "", medium, budget, "and fresh");
    fprintf(out,
            "%-*s %7s %8s %6s %6s | %6s %6s %5s %7s %5s | %7s %6s %6s | %7s %6s %6s\n",
            width, "capture", "devices", "days", "events", "AUC", "recall", "ttd s",
            "false", "a day", "traps", "from", "recall", "ttd s", "from", "recall",
            "ttd s");
}

static void print_families(const size_t by[FAMILY_COUNT], FILE *out) {
    const char *before = "  ";
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        if (by[f]) {
            fprintf(out, "%s%s %zu", before, family_name((enum family)f), by[f]);
            before = ", ";
        }
}

static bool print_kinds(const struct report *report, FILE *out) {
    const struct jury *jury = report->pooled.jury;
    struct jury_verdict at_budget =
        jury_judge_budget(jury, TALLY_ANOMALY, report->budget_per_week / 7);
    struct jury_kind *fresh;
    size_t count;
    struct jury_kind *kinds =
        find_kinds(report, jury, at_budget.threshold, &count, &fresh);
    if (!kinds)
        return false;
    int width = NAME_WIDTH;
    for (size_t i = 0; i < count; i++)
        width = wider(width, kinds[i].what);
    if (count)
        fprintf(out, "\n%-*s %7s %8s %6s %6s  %s\n", width, "kind of event", "events",
                "detected", "ttd s", "fresh", "mostly by");
    for (size_t i = 0; i < count; i++) {
        name_cell(out, kinds[i].what, width);
        cell(out, (double)kinds[i].events, 7, 0);
        cell(out, (double)kinds[i].detected, 8, 0);
        cell(out, kinds[i].ttd_s, 6, 1);
        cell(out, isnan(at_budget.threshold) ? NAN : (double)fresh[i].detected, 6, 0);
        print_families(kinds[i].by, out);
        putc('\n', out);
    }
    free(kinds);
    return true;
}

bool report_print_tables(const struct report *report, FILE *out) {
    int width = NAME_WIDTH;
    for (size_t i = 0; i < report->capture_count; i++)
        width = wider(width, report->captures[i].name);
    print_heads(report, width, out);
    for (size_t i = 0; i < report->capture_count; i++)
        print_entry(report, &report->captures[i], width, out);
    if (report->capture_count > 1)
        print_entry(report, &report->pooled, width, out);
    return print_kinds(report, out) && fflush(out) == 0 && !ferror(out);
}

/* --- JSON; cJSON prints null for NAN --- */

static bool add_verdict(cJSON *object, const struct jury_verdict *verdict) {
    return cJSON_AddNumberToObject(object, "threshold", verdict->threshold) &&
           cJSON_AddNumberToObject(object, "recall", verdict->recall) &&
           cJSON_AddNumberToObject(object, "ttd", verdict->ttd_s) &&
           cJSON_AddNumberToObject(object, "fa", verdict->false_alarms) &&
           cJSON_AddNumberToObject(object, "trap", verdict->trapped) &&
           cJSON_AddNumberToObject(object, "fa_day", verdict->false_alarms_day);
}

static bool add_nested_verdict(cJSON *object, const char *name,
                               const struct jury_verdict *verdict) {
    cJSON *nested = cJSON_AddObjectToObject(object, name);
    return nested && add_verdict(nested, verdict);
}

static bool add_overview(cJSON *object, const struct jury_overview *overview) {
    return cJSON_AddNumberToObject(object, "devices", (double)overview->devices) &&
           cJSON_AddNumberToObject(object, "quiet_device_days", overview->quiet_days) &&
           cJSON_AddNumberToObject(object, "windows", (double)overview->windows) &&
           cJSON_AddNumberToObject(object, "events", (double)overview->events) &&
           cJSON_AddNumberToObject(object, "traps", (double)overview->traps) &&
           cJSON_AddNumberToObject(object, "auc", overview->auc) &&
           cJSON_AddNumberToObject(object, "worst_quiet", overview->worst_quiet);
}

static bool add_kinds(cJSON *object, const struct report *report,
                      const struct jury *jury, double fresh_threshold) {
    struct jury_kind *fresh;
    size_t count;
    struct jury_kind *kinds = find_kinds(report, jury, fresh_threshold, &count, &fresh);
    cJSON *list = kinds ? cJSON_AddArrayToObject(object, "kinds") : NULL;
    bool added = list;
    for (size_t i = 0; added && i < count; i++) {
        cJSON *kind = cJSON_CreateObject();
        double found = isnan(fresh_threshold) ? NAN : (double)fresh[i].detected;
        added = cJSON_AddItemToArray(list, kind) &&
                cJSON_AddStringToObject(kind, "what", kinds[i].what) &&
                cJSON_AddNumberToObject(kind, "events", (double)kinds[i].events) &&
                cJSON_AddNumberToObject(kind, "detected", (double)kinds[i].detected) &&
                cJSON_AddNumberToObject(kind, "ttd", kinds[i].ttd_s) &&
                cJSON_AddNumberToObject(kind, "fresh", found);
        cJSON *by = added ? cJSON_AddObjectToObject(kind, "by") : NULL;
        added = by;
        for (unsigned f = 0; added && f < FAMILY_COUNT; f++)
            added = !kinds[i].by[f] ||
                    cJSON_AddNumberToObject(by, family_name((enum family)f),
                                            (double)kinds[i].by[f]);
    }
    free(kinds);
    return added;
}

static bool add_entry(cJSON *object, const struct report *report,
                      const struct report_entry *entry) {
    struct findings f = find(report, entry->jury);
    return cJSON_AddStringToObject(object, "name", entry->name) &&
           add_overview(object, &f.overview) && add_verdict(object, &f.medium) &&
           add_nested_verdict(object, "budget", &f.budget) &&
           add_nested_verdict(object, "fresh", &f.fresh) &&
           add_kinds(object, report, entry->jury, f.fresh.threshold);
}

static bool build(const struct report *report, cJSON *line) {
    bool built =
        cJSON_AddNumberToObject(line, "medium", report->medium) &&
        cJSON_AddNumberToObject(line, "budget_per_week", report->budget_per_week);
    cJSON *captures = built ? cJSON_AddArrayToObject(line, "captures") : NULL;
    built = captures;
    for (size_t i = 0; built && i < report->capture_count; i++) {
        cJSON *entry = cJSON_CreateObject();
        built = cJSON_AddItemToArray(captures, entry) &&
                add_entry(entry, report, &report->captures[i]);
    }
    cJSON *pooled = built ? cJSON_AddObjectToObject(line, "pooled") : NULL;
    return pooled && add_entry(pooled, report, &report->pooled);
}

bool report_print_json(const struct report *report, FILE *out) {
    cJSON *line = cJSON_CreateObject();
    char *text = line && build(report, line) ? cJSON_PrintUnformatted(line) : NULL;
    bool printed = text && fprintf(out, "%s\n", text) >= 0 && fflush(out) == 0;
    cJSON_free(text);
    cJSON_Delete(line);
    return printed;
}

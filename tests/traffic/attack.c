#include "tests/traffic/attack.h"

#include "tests/traffic/attacks.h"
#include "tests/traffic/site.h"

#include <stdarg.h>
#include <string.h>

enum { MINUTE_US = 60000000 };

const char attacks_anybody[] = "*";

/* In the order in which they are listed. */
static const struct attack_kind *const tables[] = {
    attacks_scan,  attacks_local, attacks_identity, attacks_channel, attacks_flood,
    attacks_login, attacks_order, attacks_steer,    attacks_benign,
};

const struct attack_kind *attack_kind(size_t number) {
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct attack_kind *kind = tables[i]; kind->name; kind++)
            if (number-- == 0)
                return kind;
    return NULL;
}

const char *attack_name(const struct attack_kind *kind) {
    return kind->name;
}

bool attack_lasts(const struct attack_kind *kind) {
    return kind->minutes == 0;
}

void attack_list(FILE *file) {
    const struct attack_kind *kind;
    for (size_t i = 0; (kind = attack_kind(i)) != NULL; i++)
        fprintf(file, "%-18s %s%s\n", kind->name, kind->benign ? "(benign) " : "",
                kind->help);
}

bool attack_parse(const char *text, struct attack_plan *plan, char *error,
                  size_t error_bytes) {
    unsigned day, hour, minute, minutes = 0;
    int used = 0, more = 0;
    char name[32];
    memset(plan, 0, sizeof *plan);
    if (sscanf(text, "%31[^@]@%u+%u:%u%n", name, &day, &hour, &minute, &used) != 4 ||
        hour > 23 || minute > 59 || day > 3650) {
        snprintf(error, error_bytes, "%s: not KIND@DAY+HH:MM[:MINUTES][/DEVICE]", text);
        return false;
    }
    if (sscanf(text + used, ":%u%n", &minutes, &more) == 1)
        used += more;
    if (text[used] == '/') {
        snprintf(plan->device, sizeof plan->device, "%s", text + used + 1);
    } else if (text[used]) {
        snprintf(error, error_bytes, "%s: '%s' is not understood", text, text + used);
        return false;
    }
    for (size_t i = 0; attack_kind(i); i++)
        if (strcmp(attack_name(attack_kind(i)), name) == 0)
            plan->kind = attack_kind(i);
    if (plan->kind == NULL) {
        snprintf(error, error_bytes, "%s: no such kind; --list names them", name);
        return false;
    }
    plan->start_us = ((uint64_t)day * 1440 + (uint64_t)hour * 60 + minute) * MINUTE_US;
    plan->length_us = (uint64_t)minutes * MINUTE_US;
    return true;
}

void attacks_describe(struct simulation *simulation, const struct attack *attack,
                      const char *format, ...) {
    struct label *label = &simulation->truth.labels[attack->label];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(label->detail, sizeof label->detail, format, arguments);
    va_end(arguments);
}

double attacks_busy_us(const struct simulation *simulation,
                       const struct attack *attack) {
    uint64_t until_us = attack->talk.time_us;
    return until_us > simulation->now_us ? (double)(until_us - simulation->now_us) : 1;
}

bool attacks_open(struct simulation *simulation, struct attack *attack, unsigned port) {
    return talk_open(&attack->talk, simulation, attack->host,
                     (struct peer){attack->victim, 0}, port, &attack->rng,
                     simulation->now_us) == TALK_OPEN;
}

static bool listed(const char *labels, const char *label) {
    size_t length = strlen(label);
    if (labels == attacks_anybody)
        return strcmp(label, "visitor") != 0;
    for (const char *at = labels; (at = strstr(at, label)) != NULL; at += length)
        if ((at == labels || at[-1] == ',') &&
            (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

struct host *attacks_choose(const struct simulation *simulation, const char *labels,
                            const struct host *other, struct rng *rng) {
    struct host *chosen = NULL;
    uint32_t count = 0;
    bool steady = false;
    for (size_t i = 1; labels && i < simulation->host_count; i++) {
        struct host *host = &simulation->hosts[i];
        bool always = host->profile->presence == PRESENCE_ALWAYS;
        if (i == (other ? other->index : 0) || host->via ||
            !listed(labels, host->profile->label) || (steady && !always))
            continue;
        if (always && !steady) {
            steady = true;
            count = 0;
        }
        if (rng_below(rng, ++count) == 0) /* each of them with the same chance */
            chosen = host;
    }
    return chosen;
}

static struct host *find_named(const struct simulation *simulation, const char *name) {
    for (size_t i = 0; i < simulation->host_count; i++)
        if (strcmp(simulation->hosts[i].name, name) == 0)
            return &simulation->hosts[i];
    return simulation_find(simulation, name, 0);
}

static void finish(struct simulation *simulation, struct attack *attack) {
    struct label *label = &simulation->truth.labels[attack->label];
    if (attack->kind->end)
        attack->kind->end(simulation, attack);
    if (simulation->now_us > label->start_us)
        label->end_us = simulation->now_us;
    if (attack->host->hold == HOLD_UP)
        attack->host->hold = HOLD_NONE;
}

static void run(struct simulation *simulation, struct task *task) {
    struct attack *attack = (struct attack *)task;
    if (attack->last || simulation->now_us >= attack->end_us) {
        finish(simulation, attack);
        return;
    }
    if (attack->step == 0 && attack->host->hold == HOLD_NONE) {
        attack->host->hold = HOLD_UP;
        if (!attack->host->up)
            behaviour_join(simulation, attack->host);
    }
    double gap_us = attack->kind->step(simulation, attack);
    attack->step++;
    attack->last = gap_us < 0;
    uint64_t next_us = simulation->now_us + 1 + (uint64_t)fabs(gap_us);
    simulation_at(simulation, next_us < attack->end_us ? next_us : attack->end_us,
                  task);
}

bool attack_plant(struct simulation *simulation, const struct attack_plan *plan,
                  unsigned number) {
    const struct attack_kind *kind = plan->kind;
    struct attack *attack = simulation_allocate(simulation, sizeof *attack);
    attack->task.run = run;
    attack->kind = kind;
    attack->rng = rng_make(simulation->seed ^ rng_hash(kind->name),
                           (uint64_t)simulation->network << 8 ^ number);
    attack->host = plan->device[0]
                       ? find_named(simulation, plan->device)
                       : attacks_choose(simulation, kind->by, NULL, &attack->rng);
    attack->start_us = simulation->start_us + plan->start_us;
    attack->end_us = simulation->end_us;
    uint64_t length_us =
        plan->length_us ? plan->length_us : (uint64_t)kind->minutes * MINUTE_US;
    if (length_us && attack->start_us + length_us < attack->end_us)
        attack->end_us = attack->start_us + length_us;
    if (attack->host == NULL || attack->start_us >= attack->end_us)
        return false;
    attack->label = simulation->truth.count;
    struct label *label = truth_add(&simulation->truth);
    label->start_us = attack->start_us;
    label->end_us = attack->end_us;
    label->benign = kind->benign;
    label->what = kind->name;
    truth_device(label, &attack->host->mac);
    attacks_describe(simulation, attack, "%s", kind->help);
    uint64_t first_us = attack->start_us;
    if (!kind->begin(simulation, attack)) {
        simulation->truth.count--;
        return false;
    }
    if (first_us > attack->start_us) /* what must happen before it */
        first_us = attack->start_us;
    simulation_at(simulation, first_us, &attack->task);
    return true;
}

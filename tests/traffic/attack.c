#include "tests/traffic/attack.h"

#include "tests/traffic/attacks.h"
#include "tests/traffic/site.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE_US = 60000000 };

static const struct attack_kind kinds[] = {
    {"address-scan", "looks who is there: a sweep over the site's addresses", 4, false,
     attacks_address_scan, "camera,plug,reader,plc"},
    {"beacon", "calls home by TLS to a peer of its own", 240, false, attacks_beacon,
     "camera,plug,reader,plc"},
};

const struct attack_kind *attack_kind(size_t number) {
    return number < sizeof kinds / sizeof kinds[0] ? &kinds[number] : NULL;
}

const char *attack_name(const struct attack_kind *kind) {
    return kind->name;
}

void attack_list(FILE *file) {
    for (size_t i = 0; attack_kind(i); i++)
        fprintf(file, "%-20s %s%s\n", kinds[i].name, kinds[i].benign ? "(benign) " : "",
                kinds[i].help);
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
    if (text[used] == '/')
        snprintf(plan->device, sizeof plan->device, "%s", text + used + 1);
    else if (text[used]) {
        snprintf(error, error_bytes, "%s: '%s' is not understood", text, text + used);
        return false;
    }
    for (size_t i = 0; attack_kind(i); i++)
        if (strcmp(kinds[i].name, name) == 0)
            plan->kind = &kinds[i];
    if (plan->kind == NULL) {
        snprintf(error, error_bytes, "%s: no such kind; --list names them", name);
        return false;
    }
    plan->start_us = ((uint64_t)day * 1440 + hour * 60 + minute) * MINUTE_US;
    plan->length_us = (uint64_t)minutes * MINUTE_US;
    return true;
}

static struct host *find_named(const struct simulation *simulation, const char *name) {
    for (size_t i = 0; i < simulation->host_count; i++)
        if (strcmp(simulation->hosts[i].name, name) == 0)
            return &simulation->hosts[i];
    return simulation_find(simulation, name, 0);
}

/* One of those that the kind is for; failing them, anybody but the gateway. */
static struct host *choose(const struct simulation *simulation, const char *labels,
                           struct rng *rng) {
    char list[128];
    struct host *found[64];
    size_t count = 0;
    snprintf(list, sizeof list, "%s", labels);
    char *rest = list;
    for (char *label; (label = strsep(&rest, ",")) != NULL;)
        for (size_t i = 1; i < simulation->host_count && count < 64; i++)
            if (strcmp(simulation->hosts[i].profile->label, label) == 0)
                found[count++] = &simulation->hosts[i];
    if (count)
        return found[rng_below(rng, (uint32_t)count)];
    return simulation->host_count > 1
               ? &simulation
                      ->hosts[1 + rng_below(rng, (uint32_t)simulation->host_count - 1)]
               : NULL;
}

bool attack_plant(struct simulation *simulation, const struct attack_plan *plan,
                  unsigned number) {
    struct attack *attack = simulation_allocate(simulation, sizeof *attack);
    attack->rng = rng_make(simulation->seed ^ rng_hash(plan->kind->name), 77 + number);
    attack->host = plan->device[0] ? find_named(simulation, plan->device)
                                   : choose(simulation, plan->kind->by, &attack->rng);
    if (attack->host == NULL)
        return false;
    attack->kind = plan->kind;
    attack->number = number;
    attack->start_us = simulation->start_us + plan->start_us;
    uint64_t length_us =
        plan->length_us ? plan->length_us : (uint64_t)plan->kind->minutes * MINUTE_US;
    attack->end_us = attack->start_us + length_us;
    if (attack->end_us > simulation->end_us)
        attack->end_us = simulation->end_us;
    if (attack->start_us >= attack->end_us)
        return false;
    attack->label = simulation->labels.count;
    struct label *label = labels_add(&simulation->labels);
    label->start_us = attack->start_us;
    label->end_us = attack->end_us;
    label->benign = plan->kind->benign;
    label_device(label, &attack->host->mac);
    attacks_describe(simulation, attack, "%s", plan->kind->help);
    plan->kind->begin(simulation, attack);
    return true;
}

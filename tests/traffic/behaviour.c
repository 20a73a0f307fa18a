#include "tests/traffic/behaviour.h"

#include "tests/traffic/verb.h"

#include <string.h>

enum { SECOND_US = 1000000, DAY_S = 86400 };

/* Comings and goings of a host, and its lease. */
struct keeper {
    struct task task;
    struct host *host;
    uint64_t renew_us, reboot_us;
    bool rebooting;
};

static void wake(struct simulation *simulation, struct actor *actor, uint64_t time_us) {
    actor->wake_us = time_us;
    simulation_at(simulation, time_us, &actor->task);
}

/* One that sleeps comes back to the network first; what it wanted to say waits for that. */
static bool still_asleep(struct simulation *simulation, struct actor *actor) {
    struct host *host = actor->host;
    uint64_t time_us = simulation->now_us;
    if (!host->profile->sleepy || !host->up || time_us < host->awake_until_us)
        return false;
    network_join(simulation, host, &time_us);
    host->awake_until_us = simulation->now_us + 30ull * SECOND_US;
    wake(simulation, actor, time_us + 200000 + rng_below(&actor->rng, 800000));
    return true;
}

static void act(struct simulation *simulation, struct task *task) {
    struct actor *actor = (struct actor *)task;
    uint64_t now_us = simulation->now_us;
    if (actor->wake_us != now_us || still_asleep(simulation, actor))
        return;
    if (actor->host->up)
        verb_act(simulation, actor);
    actor->turn++;
    uint64_t next_us =
        schedule_next(&actor->service->schedule, now_us, actor->host->key, &actor->rng);
    if (actor->service->schedule.timing == TIMING_CYCLE)
        next_us = now_us + (uint64_t)((double)(next_us - now_us) / simulation->pace);
    wake(simulation, actor, next_us);
}

struct actor *behaviour_add(struct simulation *simulation, struct host *host,
                            const struct service *service, struct host *target,
                            uint64_t from_us) {
    struct actor *actor = simulation_allocate(simulation, sizeof *actor);
    uint64_t number = 0;
    for (const struct actor *other = host->actors; other; other = other->next)
        number++;
    actor->task.run = act;
    actor->host = host;
    actor->target = target;
    actor->service = service;
    actor->rng = rng_make(host->key, 1000 + number);
    actor->next = host->actors;
    host->actors = actor;
    const struct schedule *schedule = &service->schedule;
    if (schedule->timing == TIMING_EVERY || schedule->timing == TIMING_CYCLE) {
        double phase_s = schedule->period_s * rng_uniform(&actor->rng);
        wake(simulation, actor, from_us + (uint64_t)(phase_s * SECOND_US));
    } else {
        wake(simulation, actor,
             schedule_next(schedule, from_us, host->key, &actor->rng));
    }
    return actor;
}

void behaviour_join(struct simulation *simulation, struct host *host) {
    uint64_t time_us = simulation->now_us;
    network_join(simulation, host, &time_us);
    /* What a boot brings on: connections, the time of day, presenting oneself. */
    for (struct actor *actor = host->actors; actor; actor = actor->next) {
        enum verb verb = actor->service->verb;
        if (verb_lasts(verb) || verb == VERB_NTP || verb == VERB_MDNS ||
            verb == VERB_SSDP)
            wake(simulation, actor,
                 time_us +
                     (uint64_t)(rng_lognormal(&actor->rng, 2.5, 0.8) * SECOND_US));
    }
}

void behaviour_leave(struct host *host) {
    host->up = false;
}

static void plan_reboot(struct keeper *keeper, uint64_t now_us) {
    double mean_s = keeper->host->profile->reboot_days * DAY_S;
    keeper->reboot_us =
        mean_s > 0 ? now_us + (uint64_t)(rng_exponential(&keeper->host->rng, mean_s) *
                                         SECOND_US)
                   : UINT64_MAX;
}

static void keep(struct simulation *simulation, struct task *task) {
    struct keeper *keeper = (struct keeper *)task;
    struct host *host = keeper->host;
    const struct profile *profile = host->profile;
    uint64_t now_us = simulation->now_us;
    uint64_t pause_us = (uint64_t)(rng_lognormal(&host->rng, 240, 0.3) * SECOND_US);
    if (host->hold != HOLD_NONE) {
        if (host->hold == HOLD_UP && !host->up)
            behaviour_join(simulation, host);
    } else if (profile->presence != PRESENCE_ALWAYS) {
        bool there = schedule_present(profile->presence, now_us, host->key);
        if (there && !host->up)
            behaviour_join(simulation, host);
        else if (!there && host->up && profile->presence != PRESENCE_NEVER)
            behaviour_leave(host);
    } else if (keeper->rebooting) {
        keeper->rebooting = false;
        behaviour_join(simulation, host);
    } else if (now_us >= keeper->reboot_us) {
        behaviour_leave(host);
        keeper->rebooting = true;
        plan_reboot(keeper, now_us);
        pause_us = (uint64_t)(rng_lognormal(&host->rng, 40, 0.3) * SECOND_US);
    }
    if (profile->dhcp_parameters && !profile->sleepy && !host->via && host->up &&
        now_us >= keeper->renew_us) {
        network_renew(simulation, host, now_us);
        keeper->renew_us = now_us + (uint64_t)simulation->lease_s / 2 * SECOND_US;
    }
    simulation_at(simulation, now_us + pause_us, task);
}

/* An actor for a service, or one for each host that it is for. */
static void start_service(struct simulation *simulation, struct host *host,
                          const struct service *service) {
    const char *peer = service->peer;
    if (host->via && (peer == NULL || peer[0] == '@') && service->verb != VERB_BROWSE)
        return; /* what is for neighbours does not pass the router */
    if (peer == NULL || peer[0] != '@') {
        behaviour_add(simulation, host, service, NULL, simulation->now_us);
        return;
    }
    char label[32] = "";
    strncpy(label, peer + 1, sizeof label - 1);
    size_t length = strlen(label);
    bool each = length > 0 && label[length - 1] == '*';
    if (each)
        label[length - 1] = '\0';
    if (!each) {
        struct host *target = simulation_find(simulation, label, host->key >> 8);
        if (target && target != host)
            behaviour_add(simulation, host, service, target, simulation->now_us);
        return;
    }
    for (size_t i = 0; i < simulation->host_count; i++) {
        struct host *target = &simulation->hosts[i];
        if (target != host && strcmp(target->profile->label, label) == 0)
            behaviour_add(simulation, host, service, target, simulation->now_us);
    }
}

void behaviour_become(struct simulation *simulation, struct host *host,
                      const struct profile *profile) {
    for (struct actor *actor = host->actors; actor; actor = actor->next)
        actor->wake_us = 0; /* whatever it had planned is off */
    host->actors = NULL;
    host->profile = profile;
    host->key = rng_mix(host->key);
    for (size_t i = 0; i < profile->service_count; i++)
        start_service(simulation, host, &profile->services[i]);
}

void behaviour_start(struct simulation *simulation, struct host *host) {
    struct keeper *keeper = simulation_allocate(simulation, sizeof *keeper);
    const struct profile *profile = host->profile;
    uint64_t now_us = simulation->start_us;
    keeper->task.run = keep;
    keeper->host = host;
    keeper->renew_us = now_us + (uint64_t)(rng_uniform(&host->rng) *
                                           (simulation->lease_s / 2.0) * SECOND_US);
    plan_reboot(keeper, now_us);
    host->up = schedule_present(profile->presence, now_us, host->key);
    host->boots = 1;
    simulation_at(simulation, now_us + rng_below(&host->rng, 240u * SECOND_US),
                  &keeper->task);
    for (size_t i = 0; i < profile->service_count; i++)
        start_service(simulation, host, &profile->services[i]);
}

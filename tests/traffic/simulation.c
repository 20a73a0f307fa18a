#include "tests/traffic/simulation.h"

#include "tests/traffic/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    max_align_t memory[];
};

void *simulation_allocate(struct simulation *simulation, size_t bytes) {
    struct block *block = calloc(1, sizeof *block + bytes);
    if (block == NULL) {
        fputs("traffic: out of memory\n", stderr);
        exit(1);
    }
    block->next = simulation->blocks;
    simulation->blocks = block;
    return block->memory;
}

void simulation_send(struct simulation *simulation, uint64_t time_us,
                     const uint8_t *frame, size_t length) {
    if (time_us < simulation->end_us)
        agenda_frame(&simulation->agenda, time_us, frame, length);
}

void simulation_at(struct simulation *simulation, uint64_t time_us, struct task *task) {
    if (time_us < simulation->end_us)
        agenda_task(&simulation->agenda, time_us, task);
}

/* A frame between the victims goes to the attacker instead, and from there, a little later,
   to whom it was meant for. The second copy no longer matches: its source is the attacker. */
static void divert(struct simulation *simulation, uint8_t *frame, size_t length) {
    const struct relay *relay = &simulation->relay;
    bool outward = memcmp(frame + 6, relay->victim->mac.bytes, 6) == 0 &&
                   memcmp(frame, relay->other->mac.bytes, 6) == 0;
    bool inward = memcmp(frame + 6, relay->other->mac.bytes, 6) == 0 &&
                  memcmp(frame, relay->victim->mac.bytes, 6) == 0;
    if ((!outward && !inward) || frame[12] != 0x08 || frame[13] != 0x00)
        return;
    uint8_t copy[FRAME_BYTES];
    memcpy(copy, frame, length);
    memcpy(copy + 6, relay->attacker->mac.bytes, 6);
    frame_forward(copy);
    memcpy(frame, relay->attacker->mac.bytes, 6);
    double delay_us = rng_lognormal(&simulation->relay_rng, 350, 0.4);
    simulation_send(simulation, simulation->now_us + (uint64_t)delay_us, copy, length);
}

void simulation_run(struct simulation *simulation) {
    struct entry entry;
    while (agenda_take(&simulation->agenda, &entry)) {
        simulation->now_us = entry.time_us;
        if (entry.task) {
            entry.task->run(simulation, entry.task);
            continue;
        }
        if (simulation->relay.attacker)
            divert(simulation, entry.frame, entry.length);
        simulation->sink.write(simulation->sink.context, entry.time_us, entry.frame,
                               entry.length);
        simulation->packets++;
        simulation->bytes += entry.length;
        free(entry.frame);
    }
}

void simulation_clear(struct simulation *simulation) {
    agenda_clear(&simulation->agenda);
    truth_clear(&simulation->truth);
    while (simulation->blocks) {
        struct block *block = simulation->blocks;
        simulation->blocks = block->next;
        free(block);
    }
    memset(simulation, 0, sizeof *simulation);
}

struct host *simulation_find(const struct simulation *simulation, const char *label,
                             uint64_t number) {
    size_t count = 0;
    for (size_t i = 0; i < simulation->host_count; i++)
        count += strcmp(simulation->hosts[i].profile->label, label) == 0;
    if (count == 0)
        return NULL;
    size_t wanted = number % count;
    for (size_t i = 0; i < simulation->host_count; i++)
        if (strcmp(simulation->hosts[i].profile->label, label) == 0 && wanted-- == 0)
            return &simulation->hosts[i];
    return NULL;
}

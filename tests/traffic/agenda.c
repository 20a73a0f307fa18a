#include "tests/traffic/agenda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *sure(void *memory) {
    if (memory == NULL) {
        fputs("traffic: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static int before(const struct entry *a, const struct entry *b) {
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->order < b->order;
}

static void add(struct agenda *agenda, struct entry entry) {
    if (agenda->count == agenda->capacity) {
        agenda->capacity = agenda->capacity ? 2 * agenda->capacity : 1024;
        agenda->entries =
            sure(realloc(agenda->entries, agenda->capacity * sizeof *agenda->entries));
    }
    entry.order = agenda->order++;
    size_t at = agenda->count++;
    while (at > 0 && before(&entry, &agenda->entries[(at - 1) / 2])) {
        agenda->entries[at] = agenda->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    agenda->entries[at] = entry;
}

void agenda_task(struct agenda *agenda, uint64_t time_us, struct task *task) {
    add(agenda, (struct entry){.time_us = time_us, .task = task});
}

void agenda_frame(struct agenda *agenda, uint64_t time_us, const uint8_t *frame,
                  size_t length) {
    uint8_t *copy = sure(malloc(length));
    memcpy(copy, frame, length);
    add(agenda, (struct entry){.time_us = time_us, .frame = copy, .length = length});
}

int agenda_take(struct agenda *agenda, struct entry *entry) {
    if (agenda->count == 0)
        return 0;
    *entry = agenda->entries[0];
    struct entry last = agenda->entries[--agenda->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= agenda->count)
            break;
        if (child + 1 < agenda->count &&
            before(&agenda->entries[child + 1], &agenda->entries[child]))
            child++;
        if (!before(&agenda->entries[child], &last))
            break;
        agenda->entries[at] = agenda->entries[child];
        at = child;
    }
    agenda->entries[at] = last;
    return 1;
}

void agenda_clear(struct agenda *agenda) {
    for (size_t i = 0; i < agenda->count; i++)
        free(agenda->entries[i].frame);
    free(agenda->entries);
    memset(agenda, 0, sizeof *agenda);
}

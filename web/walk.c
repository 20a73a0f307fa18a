#include "web/walk.h"

#include <stdlib.h>
#include <string.h>

static struct walk *oldest(struct walks *walks) {
    struct walk *found = &walks->entries[0];
    for (size_t i = 1; i < WALKS; i++)
        if (walks->entries[i].used_at < found->used_at)
            found = &walks->entries[i];
    return found;
}

const struct walk *walk_keep(struct walks *walks,
                             const unsigned char query[WALK_QUERY_BYTES], char *ids,
                             size_t bytes) {
    for (size_t i = 0; i < WALKS; i++) {
        struct walk *walk = &walks->entries[i];
        if (walk->serial && walk->bytes == bytes &&
            memcmp(walk->query, query, WALK_QUERY_BYTES) == 0 &&
            memcmp(walk->ids, ids, bytes) == 0) {
            free(ids);
            walk->used_at = ++walks->clock;
            return walk;
        }
    }
    struct walk *walk = oldest(walks);
    free(walk->ids);
    if (++walks->serial == 0)
        walks->serial = 1;
    *walk = (struct walk){
        .serial = walks->serial, .used_at = ++walks->clock, .ids = ids, .bytes = bytes};
    memcpy(walk->query, query, WALK_QUERY_BYTES);
    return walk;
}

uint64_t walk_cursor(const struct walk *walk, size_t offset) {
    return (uint64_t)walk->serial << 32 | offset;
}

const struct walk *walk_find(struct walks *walks, uint64_t cursor, size_t *offset) {
    *offset = cursor & UINT32_MAX;
    for (size_t i = 0; i < WALKS; i++) {
        struct walk *walk = &walks->entries[i];
        if (walk->serial == 0 || walk->serial != cursor >> 32)
            continue;
        /* A cursor is anybody's text: only the beginning of an id is a place. */
        if (*offset >= walk->bytes || (*offset > 0 && walk->ids[*offset - 1] != '\0'))
            return NULL;
        walk->used_at = ++walks->clock;
        return walk;
    }
    return NULL;
}

void walk_clear(struct walks *walks) {
    for (size_t i = 0; i < WALKS; i++)
        free(walks->entries[i].ids);
    *walks = (struct walks){0};
}

#include "engine/snapshot.h"

#include "engine/directory.h"
#include "engine/vector.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *risk_level_name(enum risk_level level) {
    static const char *const names[] = {"LOW", "MEDIUM", "HIGH", "CRITICAL", "UNKNOWN"};
    return (unsigned)level <= LEVEL_UNKNOWN ? names[level] : names[LEVEL_UNKNOWN];
}

const char *device_state_name(enum device_state state) {
    static const char *const names[] = {"learning", "active", "stale"};
    return (unsigned)state <= STATE_STALE ? names[state] : "unknown";
}

const char *family_name(enum family family) {
    static const char *const names[FAMILY_COUNT] = {
        "invariant", "volume", "shape", "novelty", "rhythm", "lasting", "fact"};
    return (unsigned)family < FAMILY_COUNT ? names[family] : "unknown";
}

struct snapshot {
    _Atomic uint32_t references;
    struct snapshot *older; /* of those that were shown; the writer's */
    struct engine_status status;
    struct vector devices;   /* struct device_view by the engine's slot */
    struct vector findings;  /* struct finding, a ring of SNAPSHOT_FINDINGS */
    struct vector tenancies; /* struct tenancy, a ring of SNAPSHOT_TENANCIES */
    uint64_t finding_total;
    struct directory *directory;
    unsigned tally_count;
    struct finding_tally tallies[FINDING_TALLIES];
};

struct board {
    pthread_mutex_t
        lock; /* of `current`, for as long as it takes to count a reference */
    struct snapshot *current;
    _Atomic bool wanted;

    /* The writer's own: `next` is the snapshot in the making. Identities that changed since its
       directory was made wait in `changed`, each once. */
    struct snapshot next;
    struct snapshot *shown; /* earlier ones, as long as somebody reads them */
    struct board_listener listener;
    uint32_t *changed;
    size_t changed_count, changed_capacity;
    uint8_t *is_changed; /* by slot */
    uint32_t is_changed_capacity;
};

/* --- readers --- */

const struct snapshot *board_acquire(struct board *board) {
    pthread_mutex_lock(&board->lock);
    struct snapshot *snapshot = board->current;
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    pthread_mutex_unlock(&board->lock);
    /* Most readers find it set: only then is the line not taken from the others. */
    if (!atomic_load_explicit(&board->wanted, memory_order_relaxed))
        atomic_store_explicit(&board->wanted, true, memory_order_relaxed);
    return snapshot;
}

static void drop(struct snapshot *snapshot) {
    vector_release(&snapshot->devices);
    vector_release(&snapshot->findings);
    vector_release(&snapshot->tenancies);
    directory_release(snapshot->directory);
}

void board_release(const struct snapshot *shared) {
    struct snapshot *snapshot = (struct snapshot *)shared;
    if (!snapshot ||
        atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) > 1)
        return;
    drop(snapshot);
    free(snapshot);
}

const struct engine_status *snapshot_status(const struct snapshot *snapshot) {
    return &snapshot->status;
}

uint32_t snapshot_device_count(const struct snapshot *snapshot) {
    return directory_count(snapshot->directory);
}

const struct device_view *snapshot_device(const struct snapshot *snapshot, uint32_t i) {
    return vector_get(&snapshot->devices, directory_slot(snapshot->directory, i));
}

uint32_t snapshot_find(const struct snapshot *snapshot, const char *text,
                       uint32_t *indices, uint32_t size) {
    return directory_find(snapshot->directory, &snapshot->devices, text, indices, size);
}

void snapshot_held(const struct snapshot *snapshot, const struct address *ip,
                   uint64_t at_ns, char *id) {
    uint64_t latest_ns = 0;
    id[0] = '\0';
    for (uint32_t i = 0; i < SNAPSHOT_TENANCIES; i++) {
        const struct tenancy *t = vector_get(&snapshot->tenancies, i);
        if (!t || !address_equal(&t->ip, ip) || t->from_ns > at_ns ||
            (t->to_ns && t->to_ns <= at_ns) || t->from_ns < latest_ns)
            continue;
        latest_ns = t->from_ns;
        memcpy(id, t->device, sizeof t->device);
    }
}

uint32_t snapshot_finding_count(const struct snapshot *snapshot) {
    return snapshot->finding_total < SNAPSHOT_FINDINGS
               ? (uint32_t)snapshot->finding_total
               : SNAPSHOT_FINDINGS;
}

const struct finding *snapshot_finding(const struct snapshot *snapshot, uint32_t i) {
    uint64_t number = snapshot->finding_total - 1 - i;
    return vector_get(&snapshot->findings, (uint32_t)(number % SNAPSHOT_FINDINGS));
}

unsigned snapshot_tallies(const struct snapshot *snapshot,
                          const struct finding_tally **tallies) {
    *tallies = snapshot->tallies;
    return snapshot->tally_count;
}

/* --- the writer --- */

/* The board is the last to hold a snapshot, for a window's end leaves tens of thousands of views
   behind: a reader that freed them would be late with its answers. */
static void retire(struct board *board, struct snapshot *snapshot) {
    snapshot->older = board->shown;
    board->shown = snapshot;
    for (struct snapshot **place = &board->shown; (snapshot = *place);) {
        if (atomic_load_explicit(&snapshot->references, memory_order_relaxed) > 1) {
            place = &snapshot->older;
            continue;
        }
        *place = snapshot->older;
        board_release(snapshot);
    }
}

struct board *board_create(void) {
    struct board *board = calloc(1, sizeof *board);
    struct snapshot *empty = calloc(1, sizeof *empty);
    if (!board || !empty || pthread_mutex_init(&board->lock, NULL) != 0) {
        free(board);
        free(empty);
        return NULL;
    }
    atomic_init(&empty->references, 1);
    /* Whoever asks before the first publication must not take the emptiness for an answer. */
    empty->status.replaying = true;
    board->current = empty;
    return board;
}

void board_destroy(struct board *board) {
    if (!board)
        return;
    retire(board, board->current);
    for (struct snapshot *snapshot; (snapshot = board->shown);) {
        board->shown = snapshot->older;
        board_release(snapshot); /* its readers' from now on */
    }
    drop(&board->next);
    pthread_mutex_destroy(&board->lock);
    free(board->changed);
    free(board->is_changed);
    free(board);
}

bool board_wanted(const struct board *board) {
    return atomic_load_explicit(&board->wanted, memory_order_relaxed);
}

/* Room for `slot` in the bitmap, and for one more in the list. */
static bool reserve_change(struct board *board, uint32_t slot) {
    if (slot / 8 >= board->is_changed_capacity) {
        uint32_t capacity = (slot / 8 + 1) * 2;
        uint8_t *grown = realloc(board->is_changed, capacity);
        if (!grown)
            return false;
        memset(grown + board->is_changed_capacity, 0,
               capacity - board->is_changed_capacity);
        board->is_changed = grown;
        board->is_changed_capacity = capacity;
    }
    if (board->changed_count == board->changed_capacity) {
        size_t capacity = board->changed_capacity * 2 + 64;
        uint32_t *grown = realloc(board->changed, capacity * sizeof *grown);
        if (!grown)
            return false;
        board->changed = grown;
        board->changed_capacity = capacity;
    }
    return true;
}

void board_listen(struct board *board, const struct board_listener *listener) {
    board->listener = *listener;
}

void board_put_device(struct board *board, uint32_t slot, struct device_view *view) {
    if (board->listener.device)
        board->listener.device(board->listener.context,
                               vector_get(&board->next.devices, slot), view);
    bool renamed =
        !directory_same_identity(vector_get(&board->next.devices, slot), view);
    if ((renamed && !reserve_change(board, slot)) ||
        !vector_set(&board->next.devices, slot, view)) {
        /* Out of memory: the device stays as it was shown until it is put again. */
        free(view);
        return;
    }
    uint8_t bit = (uint8_t)(1U << slot % 8);
    if (!renamed || board->is_changed[slot / 8] & bit)
        return;
    board->is_changed[slot / 8] |= bit;
    board->changed[board->changed_count++] = slot;
}

static void count_finding(struct snapshot *next, const struct finding *finding) {
    unsigned i = 0;
    while (i < next->tally_count && strcmp(next->tallies[i].kind, finding->kind) != 0)
        i++;
    if (i == FINDING_TALLIES)
        return;
    if (i == next->tally_count)
        next->tallies[next->tally_count++].kind = finding->kind;
    next->tallies[i].by_level[finding->level]++;
}

void board_restore_finding(struct board *board, const struct finding *finding) {
    struct snapshot *next = &board->next;
    struct finding *copy = malloc(sizeof *copy);
    if (!copy)
        return;
    *copy = *finding;
    uint32_t place = (uint32_t)(next->finding_total % SNAPSHOT_FINDINGS);
    if (vector_set(&next->findings, place, copy))
        next->finding_total++;
    else
        free(copy);
}

void board_put_tenancy(struct board *board, uint32_t place,
                       const struct tenancy *tenancy) {
    struct tenancy *copy = malloc(sizeof *copy);
    if (!copy)
        return;
    *copy = *tenancy;
    if (!vector_set(&board->next.tenancies, place, copy))
        free(copy);
}

void board_put_finding(struct board *board, const struct finding *finding) {
    if (board->listener.finding)
        board->listener.finding(board->listener.context, finding);
    board_restore_finding(board, finding);
    count_finding(&board->next, finding);
}

static bool update_directory(struct board *board) {
    struct snapshot *next = &board->next;
    if (board->changed_count == 0)
        return true;
    struct directory *made = directory_update(next->directory, &next->devices,
                                              board->changed, board->changed_count);
    if (!made)
        return false;
    board->changed_count = 0;
    memset(board->is_changed, 0, board->is_changed_capacity);
    directory_release(next->directory);
    next->directory = made;
    return true;
}

void board_publish(struct board *board, const struct engine_status *status) {
    struct snapshot *made = malloc(sizeof *made);
    /* Out of memory: the readers keep the picture that they have. */
    if (!made || !update_directory(board)) {
        free(made);
        return;
    }
    *made = board->next;
    atomic_init(&made->references, 1);
    made->status = *status;
    made->devices = vector_share(&board->next.devices);
    made->findings = vector_share(&board->next.findings);
    made->tenancies = vector_share(&board->next.tenancies);
    made->directory = directory_retain(board->next.directory);

    atomic_store_explicit(&board->wanted, false, memory_order_relaxed);
    pthread_mutex_lock(&board->lock);
    struct snapshot *old = board->current;
    board->current = made;
    pthread_mutex_unlock(&board->lock);
    retire(board, old);
}

#include "web/events.h"

#include "engine/base/precedence.h"
#include "web/http.h"
#include "web/service.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WANTED_S = 60, HEAD_BYTES = 96 };

struct event {
    uint64_t id; /* 0: free */
    char *text;  /* as it is sent */
    size_t length;
};

struct reader {
    struct events *events;
    struct reader *next;
    struct pause *pause;
    uint64_t id;    /* of the event that it is at */
    size_t offset;  /* sent of it */
    time_t spoke_s; /* when something was sent last */
    bool begun, asleep;
};

struct events {
    struct board *board;
    pthread_mutex_t lock;
    pthread_cond_t end; /* of the thread's sleep */
    pthread_t thread;
    struct event kept[EVENTS_KEPT]; /* by id */
    uint64_t next_id, first_id;
    struct reader *readers;
    unsigned reader_count, reader_limit;
    bool ended;
    _Atomic int64_t wanted_until_s; /* on the monotonic clock */
};

static time_t now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* --- under the lock --- */

static void wake(struct reader *reader) {
    if (!reader->asleep)
        return;
    reader->asleep = false;
    http_resume(reader->pause);
}

static void wake_all(struct events *events) {
    for (struct reader *reader = events->readers; reader; reader = reader->next)
        wake(reader);
}

static struct event *at(struct events *events, uint64_t id) {
    struct event *event = &events->kept[id % EVENTS_KEPT];
    return event->id == id ? event : NULL;
}

static uint64_t oldest(const struct events *events) {
    uint64_t made = events->next_id - events->first_id;
    return made > EVENTS_KEPT ? events->next_id - EVENTS_KEPT : events->first_id;
}

/* --- any thread --- */

bool events_wanted(const struct events *events) {
    return events && atomic_load_explicit(&events->wanted_until_s,
                                          memory_order_relaxed) >= now_s();
}

void events_tell(struct events *events, const char *type, const struct text *data) {
    if (data->failed || data->used > EVENTS_BYTES)
        return;
    char *text = malloc(HEAD_BYTES + data->used);
    if (!text)
        return;
    pthread_mutex_lock(&events->lock);
    struct event *event = &events->kept[events->next_id % EVENTS_KEPT];
    free(event->text);
    event->id = events->next_id++;
    int head = snprintf(text, HEAD_BYTES,
                        "id: %" PRIu64 "\nevent: %s\ndata: ", event->id, type);
    memcpy(text + head, data->bytes, data->used);
    memcpy(text + (size_t)head + data->used, "\n\n", 2);
    event->text = text;
    event->length = (size_t)head + data->used + 2;
    wake_all(events);
    pthread_mutex_unlock(&events->lock);
}

/* --- a reader, on the server's thread --- */

static size_t take_text(char *out, size_t size, const char *text, size_t length,
                        size_t *offset) {
    size_t part = length - *offset < size ? length - *offset : size;
    memcpy(out, text + *offset, part);
    *offset += part;
    return part;
}

/* As much as there is of whole events; with nothing there, it falls asleep. */
static int64_t read_some(void *context, struct pause *pause, char *out, size_t size) {
    static const char greeting[] = ": wary\nretry: 3000\n\n", comment[] = ":\n\n";
    struct reader *reader = context;
    struct events *events = reader->events;
    size_t used = 0, none = 0;
    pthread_mutex_lock(&events->lock);
    reader->pause = pause;
    bool over = events->ended || reader->id < oldest(events);
    if (!reader->begun && size >= sizeof greeting) {
        used = take_text(out, size, greeting, sizeof greeting - 1, &none);
        reader->begun = true;
    }
    while (!over && used < size && reader->id < events->next_id) {
        const struct event *event = at(events, reader->id);
        used += take_text(out + used, size - used, event->text, event->length,
                          &reader->offset);
        if (reader->offset < event->length)
            break;
        reader->id++;
        reader->offset = 0;
    }
    if (used == 0 && !over && now_s() - reader->spoke_s >= EVENTS_COMMENT_S)
        used = take_text(out, size, comment, sizeof comment - 1, &none);
    if (used) {
        reader->spoke_s = now_s();
    } else if (!over) {
        /* Under the lock: who tells something new finds it asleep, or not yet here. */
        http_pause(pause);
        reader->asleep = true;
    }
    pthread_mutex_unlock(&events->lock);
    return used ? (int64_t)used : over ? -1 : 0;
}

static void leave(void *context) {
    struct reader *reader = context;
    struct events *events = reader->events;
    pthread_mutex_lock(&events->lock);
    struct reader **link = &events->readers;
    while (*link != reader)
        link = &(*link)->next;
    *link = reader->next;
    events->reader_count--;
    pthread_mutex_unlock(&events->lock);
    free(reader);
}

/* From where on: what it saw last, if that is still known; else what comes from now on. */
static uint64_t begin_at(const struct events *events, const struct request *request) {
    const char *last = request_header(request, "Last-Event-ID");
    uint64_t id;
    if (!last || !request_parse_unsigned(last, 0, UINT64_MAX - 1, &id) ||
        id >= events->next_id || id < events->first_id)
        return events->next_id;
    return id + 1 < oldest(events) ? oldest(events) : id + 1;
}

void events_stream(struct service *service, const struct request *request,
                   struct reply *reply) {
    struct events *events = service->events;
    struct reader *reader = events ? calloc(1, sizeof *reader) : NULL;
    if (!reader) {
        reply_problem(reply, 503, "there are no events");
        return;
    }
    reader->events = events;
    reader->spoke_s = now_s();
    pthread_mutex_lock(&events->lock);
    bool taken = !events->ended && events->reader_count < events->reader_limit;
    if (taken) {
        reader->id = begin_at(events, request);
        reader->next = events->readers;
        events->readers = reader;
        events->reader_count++;
        atomic_store(&events->wanted_until_s, now_s() + WANTED_S);
    }
    pthread_mutex_unlock(&events->lock);
    if (!taken) {
        free(reader);
        reply_problem(reply, 503, "as many listen as may");
        reply_note(reply, "Retry-After", "10");
        return;
    }
    reply->content_type = "text/event-stream";
    reply->stream = (struct reply_stream){read_some, leave, reader};
}

/* --- its own thread --- */

/* Once a second: whoever was silent for long is woken, to say so. */
static void *keep_awake(void *argument) {
    struct events *events = argument;
    precedence_take(PRECEDENCE_USUAL);
    pthread_mutex_lock(&events->lock);
    while (!events->ended) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&events->end, &events->lock, &until);
        time_t now = now_s();
        for (struct reader *reader = events->readers; reader; reader = reader->next)
            if (now - reader->spoke_s >= EVENTS_COMMENT_S)
                wake(reader);
        if (events->readers) {
            atomic_store(&events->wanted_until_s, now + WANTED_S);
            board_release(board_acquire(events->board));
        }
    }
    pthread_mutex_unlock(&events->lock);
    return NULL;
}

/* Signals are for other threads. */
static bool start_thread(struct events *events) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&events->thread, NULL, keep_awake, events);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0;
}

/* At least one, were there a single connection. */
static unsigned limit_readers(unsigned connections) {
    unsigned share = (connections + 3) / 4;
    return share < EVENTS_READERS ? share : EVENTS_READERS;
}

struct events *events_start(struct board *board, uint64_t first_id,
                            unsigned connections) {
    struct events *events = calloc(1, sizeof *events);
    pthread_condattr_t attributes;
    if (!events)
        return NULL;
    events->board = board;
    events->first_id = events->next_id = first_id;
    events->reader_limit = limit_readers(connections);
    atomic_init(&events->wanted_until_s, -1);
    pthread_mutex_init(&events->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&events->end, &attributes);
    pthread_condattr_destroy(&attributes);
    if (start_thread(events))
        return events;
    events->ended = true;
    events_destroy(events);
    return NULL;
}

void events_end(struct events *events) {
    if (!events)
        return;
    pthread_mutex_lock(&events->lock);
    events->ended = true;
    wake_all(events);
    pthread_cond_signal(&events->end);
    pthread_mutex_unlock(&events->lock);
    pthread_join(events->thread, NULL);
}

void events_destroy(struct events *events) {
    if (!events)
        return;
    for (unsigned i = 0; i < EVENTS_KEPT; i++)
        free(events->kept[i].text);
    pthread_cond_destroy(&events->end);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

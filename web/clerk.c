#include "web/clerk.h"

#include "engine/base/precedence.h"
#include "web/http.h"

#include <pthread.h>
#include <stdlib.h>

/* An answer in the making: its connection's, which is paused meanwhile; as many as there are
   connections. */
struct job {
    struct request request;
    struct reply reply;
    void (*handle)(struct service *service, const struct request *request,
                   struct reply *reply);
    struct job *next;
};

struct clerk {
    struct service *service;
    struct board *board;
    pthread_t thread;
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t news;
    struct job *first, **last; /* that wait */
    bool ending;
};

static void drop_job(void *kept) {
    struct job *job = kept;
    text_free(&job->reply.body);
    free(job);
}

/* NULL: all is done, and there will be no more. */
static struct job *next_job(struct clerk *clerk, bool *ending) {
    pthread_mutex_lock(&clerk->lock);
    while (!clerk->first && !clerk->ending)
        pthread_cond_wait(&clerk->news, &clerk->lock);
    struct job *job = clerk->first;
    if (job && !(clerk->first = job->next))
        clerk->last = &clerk->first;
    *ending = clerk->ending;
    pthread_mutex_unlock(&clerk->lock);
    return job;
}

static void *work(void *context) {
    struct clerk *clerk = context;
    struct job *job;
    bool ending;
    precedence_take(PRECEDENCE_USUAL);
    while ((job = next_job(clerk, &ending))) {
        struct request *request = &job->request;
        if (ending) {
            reply_problem(&job->reply, 503, "the program ends");
        } else {
            request->snapshot = board_acquire(clerk->board);
            job->handle(clerk->service, request, &job->reply);
            board_release(request->snapshot);
            if (job->reply.validated)
                reply_validate(&job->reply, request->if_none_match);
            job->reply.validated = false;
        }
        http_resume(request->pause); /* from here on it is the server's */
    }
    return NULL;
}

struct clerk *clerk_start(struct service *service, struct board *board) {
    struct clerk *clerk = calloc(1, sizeof *clerk);
    if (!clerk)
        return NULL;
    clerk->service = service;
    clerk->board = board;
    clerk->last = &clerk->first;
    pthread_mutex_init(&clerk->lock, NULL);
    pthread_cond_init(&clerk->news, NULL);
    if (pthread_create(&clerk->thread, NULL, work, clerk) == 0)
        return clerk;
    clerk_destroy(clerk);
    return NULL;
}

void clerk_end(struct clerk *clerk) {
    if (!clerk)
        return;
    pthread_mutex_lock(&clerk->lock);
    clerk->ending = true;
    pthread_cond_signal(&clerk->news);
    pthread_mutex_unlock(&clerk->lock);
    pthread_join(clerk->thread, NULL);
}

void clerk_destroy(struct clerk *clerk) {
    if (!clerk)
        return;
    pthread_cond_destroy(&clerk->news);
    pthread_mutex_destroy(&clerk->lock);
    free(clerk);
}

/* False: it takes no more. */
static bool give(struct clerk *clerk, struct job *job) {
    pthread_mutex_lock(&clerk->lock);
    bool taken = !clerk->ending;
    if (taken) {
        http_pause(job->request.pause);
        *clerk->last = job;
        clerk->last = &job->next;
        pthread_cond_signal(&clerk->news);
    }
    pthread_mutex_unlock(&clerk->lock);
    return taken;
}

void clerk_answer(struct clerk *clerk,
                  void (*handle)(struct service *service, const struct request *request,
                                 struct reply *reply),
                  const struct request *request, struct reply *reply) {
    struct job *job = *request->kept;
    if (job) {
        /* The two bodies change places: each goes with who has the other. */
        struct text buffer = reply->body;
        *reply = job->reply;
        job->reply.body = buffer;
        return;
    }
    job = malloc(sizeof *job);
    if (!job) {
        reply_problem(reply, 503, "not enough memory");
        return;
    }
    *job = (struct job){.request = *request, .handle = handle};
    reply_init(&job->reply, &job->reply.body);
    if (!give(clerk, job)) {
        free(job);
        reply_problem(reply, 503, "the program ends");
        return;
    }
    *request->kept = job;
    *request->drop = drop_job;
    reply->later = true;
}

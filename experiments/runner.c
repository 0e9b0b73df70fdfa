#include "experiments/runner.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "controller/base/alloc.h"

struct shared {
    const struct runner *runner;
    pthread_mutex_t lock;
    size_t next, n_done;
    bool stopped;
    double started_s;
};

static double wall_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool shows_progress(const struct runner *runner)
{
    return runner->label && runner->n_tasks && isatty(STDERR_FILENO);
}

static void show_progress(const struct shared *s)
{
    double elapsed_s = wall_s() - s->started_s;
    double rate_per_s = elapsed_s > 0 ? (double)s->n_done / elapsed_s : 0;
    size_t n_left = s->runner->n_tasks - s->n_done;

    if (!shows_progress(s->runner)) {
        return;
    }
    fprintf(stderr, "\r\033[K%s: %zu of %zu trials, %.1f /s, %.0f s left", s->runner->label,
            s->n_done, s->runner->n_tasks, rate_per_s,
            rate_per_s > 0 ? (double)n_left / rate_per_s : 0);
}

/* Takes the next task; false when there is none. */
static bool take(struct shared *s, size_t *i)
{
    bool taken;

    pthread_mutex_lock(&s->lock);
    taken = !s->stopped && s->next < s->runner->n_tasks;
    if (taken) {
        *i = s->next++;
    }
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void finish(struct shared *s, size_t i)
{
    pthread_mutex_lock(&s->lock);
    s->n_done++;
    if (s->runner->done && !s->runner->done(s->runner->aux, i)) {
        s->stopped = true;
    }
    show_progress(s);
    pthread_mutex_unlock(&s->lock);
}

static void *work(void *aux)
{
    struct shared *s = aux;
    size_t i;

    while (take(s, &i)) {
        s->runner->task(s->runner->aux, i);
        finish(s, i);
    }
    return NULL;
}

bool runner_run(const struct runner *runner)
{
    struct shared s = {.runner = runner, .started_s = wall_s()};
    pthread_t *threads = xcalloc(runner->n_threads, sizeof *threads);
    unsigned n = 0;

    pthread_mutex_init(&s.lock, NULL);
    while (n < runner->n_threads && pthread_create(&threads[n], NULL, work, &s) == 0) {
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    if (shows_progress(runner)) {
        fputc('\n', stderr);
    }
    pthread_mutex_destroy(&s.lock);
    free(threads);
    return n == runner->n_threads && !s.stopped;
}

unsigned runner_n_processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

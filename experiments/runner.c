#include "experiments/runner.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "controller/base/alloc.h"

#define SHOW_S 0.1 /* Seconds between two progress lines. */
#define FEW 20     /* Trials, of which parts are shown. */

struct runner_queue {
    const struct runner *runner;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* A task is done, or there will be none. */
    size_t n_running, n_done;
    double parts; /* Of the tasks that are running. */
    bool stopped;
    double started_s, shown_s;
};

static double wall_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* --- Progress ----------------------------------------------------------------------------------- */

/* Slow work is told by the minute or by the hour, so that it is a number. */
void runner_progress(char *out, size_t size, double n_done, size_t n, double elapsed_s)
{
    double per_s = elapsed_s > 0 ? n_done / elapsed_s : 0;
    double rate = per_s >= 1 ? per_s : per_s >= 1.0 / 60 ? 60 * per_s : 3600 * per_s;
    const char *unit = per_s >= 1 ? "s" : per_s >= 1.0 / 60 ? "min" : "h";
    unsigned long left_s;

    if (!(n_done > 0)) {
        snprintf(out, size, "none done yet");
        return;
    }
    left_s = (unsigned long)(fmax(0, (double)n - n_done) / per_s + 0.5);
    if (left_s < 3600) {
        snprintf(out, size, "%.1f /%s, %lu:%02lu left", rate, unit, left_s / 60, left_s % 60);
    } else {
        snprintf(out, size, "%.1f /%s, %lu h %02lu min left", rate, unit, left_s / 3600,
                 left_s / 60 % 60);
    }
}

static bool shows_progress(const struct runner *runner)
{
    return runner->label && isatty(STDERR_FILENO);
}

static void show_progress(struct runner_queue *q)
{
    size_t n = *q->runner->n_planned;
    double now_s = wall_s();
    char text[96];

    if (!shows_progress(q->runner) || (now_s - q->shown_s < SHOW_S && q->n_done < n)) {
        return;
    }
    q->shown_s = now_s;
    double n_done = (double)q->n_done + q->parts;
    runner_progress(text, sizeof text, n_done, n, now_s - q->started_s);
    fprintf(stderr, "\r\033[K%s: %.*f of %zu trials, %s", q->runner->label, n <= FEW ? 2 : 0,
            n_done, n, text);
}

/* --- Tasks -------------------------------------------------------------------------------------- */

/* With the lock. A source that waits for nothing is at its end. */
static enum runner_next take(struct runner_queue *q, size_t *i)
{
    enum runner_next next = q->stopped ? RUNNER_END : q->runner->next(q->runner->aux, i);

    q->n_running += next == RUNNER_TASK;
    return next == RUNNER_WAIT && !q->n_running ? RUNNER_END : next;
}

enum runner_next runner_take(struct runner_queue *q, size_t *i)
{
    enum runner_next next;

    pthread_mutex_lock(&q->lock);
    next = take(q, i);
    pthread_mutex_unlock(&q->lock);
    return next;
}

static enum runner_next await(struct runner_queue *q, size_t *i)
{
    enum runner_next next;

    pthread_mutex_lock(&q->lock);
    while ((next = take(q, i)) == RUNNER_WAIT) {
        pthread_cond_wait(&q->changed, &q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return next;
}

void runner_give(struct runner_queue *q, size_t i, void *result)
{
    pthread_mutex_lock(&q->lock);
    q->n_done++;
    q->n_running--;
    if (!q->runner->done(q->runner->aux, i, result)) {
        q->stopped = true;
    }
    show_progress(q);
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void runner_tell(struct runner_queue *q, double more)
{
    pthread_mutex_lock(&q->lock);
    q->parts += more;
    if (more > 0) {
        show_progress(q);
    }
    pthread_mutex_unlock(&q->lock);
}

static void *work(void *aux)
{
    struct runner_queue *q = aux;
    size_t i;

    while (await(q, &i) == RUNNER_TASK) {
        runner_give(q, i, q->runner->task(q->runner->aux, i, q));
    }
    return NULL;
}

bool runner_run(const struct runner *runner)
{
    struct runner_queue q = {.runner = runner, .started_s = wall_s()};
    pthread_t *threads = xcalloc(runner->n_threads, sizeof *threads);
    unsigned n = 0;

    pthread_mutex_init(&q.lock, NULL);
    pthread_cond_init(&q.changed, NULL);
    while (n < runner->n_threads && pthread_create(&threads[n], NULL, work, &q) == 0) {
        n++;
    }
    if (runner->serve) {
        runner->serve(runner->aux, &q);
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    if (shows_progress(runner) && q.n_done) {
        fputc('\n', stderr);
    }
    pthread_cond_destroy(&q.changed);
    pthread_mutex_destroy(&q.lock);
    free(threads);
    return n == runner->n_threads && !q.stopped;
}

unsigned runner_n_processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

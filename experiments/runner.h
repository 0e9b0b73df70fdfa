/* Runs independent tasks on worker threads, with a progress line on a terminal.
 *
 * Workers share nothing but the index of the next task; results depend on the task alone, so they
 * are the same with any number of threads. */
#ifndef TAMBO_EXPERIMENTS_RUNNER_H
#define TAMBO_EXPERIMENTS_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

/* Does task 'i'; called on a worker thread, several at once. */
typedef void runner_task_fn(void *aux, size_t i);

/* Called after task 'i', one at a time. False: take no further tasks. */
typedef bool runner_done_fn(void *aux, size_t i);

struct runner {
    size_t n_tasks;
    unsigned n_threads; /* At least 1. */
    runner_task_fn *task;
    runner_done_fn *done; /* May be NULL. */
    void *aux;
    const char *label; /* Of the progress line; NULL: none. Only shown on a terminal. */
};

/* Returns when every task that was taken is done. False when done() asked to stop or a thread could
 * not be started. */
bool runner_run(const struct runner *runner);

/* The number of processors that this process may use. */
unsigned runner_n_processors(void);

#endif

/* Runs independent tasks on worker threads, with a progress line on a terminal.
 *
 * Workers share nothing but the source of tasks; results depend on the task alone, so they are the
 * same with any number of threads. What comes next may follow from what is done: the source may say
 * "wait" while tasks are running. Others than the threads may take tasks, too: 'serve' is called on the
 * calling thread while the workers work. */
#ifndef TAMBO_EXPERIMENTS_RUNNER_H
#define TAMBO_EXPERIMENTS_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

enum runner_next {
    RUNNER_TASK, /* There is one. */
    RUNNER_WAIT, /* None now; one that is running may bring more. */
    RUNNER_END,  /* None any more. */
};

struct runner_queue;

struct runner {
    unsigned n_threads; /* At least 1. */

    /* The next task, its number put into '*i'. Called one at a time. */
    enum runner_next (*next)(void *aux, size_t *i);

    /* Does task 'i' and returns its result; called on a worker thread, several at once. May say by
     * runner_tell() how far it is. */
    void *(*task)(void *aux, size_t i, struct runner_queue *queue);

    /* Takes the result of task 'i'; called one at a time, never together with next(). False: take no
     * further tasks. */
    bool (*done)(void *aux, size_t i, void *result);

    /* May be NULL. Takes tasks by runner_take() and gives results by runner_give() until the end. */
    void (*serve)(void *aux, struct runner_queue *queue);

    void *aux;
    const char *label; /* Of the progress line; NULL: none. Only shown on a terminal. */
    const size_t
        *n_planned; /* How many tasks there will be, as far as is known; read with next(). */
};

/* Returns when every task that was taken is done. False when done() asked to stop or a thread could
 * not be started. */
bool runner_run(const struct runner *runner);

/* For serve(): a task without waiting for one, and the result of one that was taken. */
enum runner_next runner_take(struct runner_queue *queue, size_t *i);
void runner_give(struct runner_queue *queue, size_t i, void *result);

/* For task(): 'more' of it is done, as a part of the whole, for the progress line. What a task told
 * must be taken back, by its negative, before it ends. */
void runner_tell(struct runner_queue *queue, double more);

/* The number of processors that this process may use. */
unsigned runner_n_processors(void);

/* "2.4 /s, 1:05 left" for 'n_done' of 'n', parts of tasks counted, in 'elapsed_s'. */
void runner_progress(char *out, size_t size, double n_done, size_t n, double elapsed_s);

#endif

/* Processes that share the trials of an experiment, on one machine or on many, by MPI.
 *
 * Rank 0 gives out work as texts and takes answers as texts; each other rank does one piece of work at a
 * time. MPI is only initialised in a process that mpirun (or srun, or another starter) has begun, by
 * the signs that these leave in its environment; any other process is rank 0 of 1 at no cost.
 *
 * All calls must come from the thread that opened. When another rank dies, MPI ends all of them. */
#ifndef TAMBO_EXPERIMENTS_RANKS_H
#define TAMBO_EXPERIMENTS_RANKS_H

#include <stdbool.h>

struct ranks;

struct ranks *ranks_open(void);

/* On rank 0 this ends the others' ranks_await(); on the others it waits for that. */
void ranks_close(struct ranks *ranks);

/* Was this process started by mpirun or its like? Its children must not open ranks then. */
bool ranks_by_mpi(const struct ranks *ranks);

unsigned ranks_index(const struct ranks *ranks);
unsigned ranks_n(const struct ranks *ranks);

/* --- Rank 0 ------------------------------------------------------------------------------------ */

/* Gives a piece of work to another rank, which must have none. */
void ranks_give(struct ranks *ranks, unsigned rank, const char *work);

/* An answer that has come, for free(), and in '*rank' whose; NULL when none has. */
char *ranks_poll(struct ranks *ranks, unsigned *rank);

/* Lets others work for a moment: for who found nothing to do. */
void ranks_pause(void);

/* --- The others ---------------------------------------------------------------------------------- */

/* The next piece of work, for free(); NULL at the end. */
char *ranks_await(struct ranks *ranks);
void ranks_answer(struct ranks *ranks, const char *answer);

#endif

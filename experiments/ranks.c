#include "experiments/ranks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mpi.h>

#include "controller/base/alloc.h"

#define PAUSE_NS 1000000 /* Trials take much longer than this. */

/* Kinds of messages. */
enum tag { TAG_WORK, TAG_ANSWER, TAG_END };

struct ranks {
    bool by_mpi;
    int index, n;
};

/* Open MPI's mpirun, PMIx (srun --mpi=pmix, prun) and PMI (srun --mpi=pmi2, mpiexec.hydra). */
static bool is_started_by_mpi(void)
{
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (getenv(signs[i])) {
            return true;
        }
    }
    return false;
}

struct ranks *ranks_open(void)
{
    struct ranks *r = xcalloc(1, sizeof *r);
    int provided;

    r->n = 1;
    if (is_started_by_mpi()) {
        /* Other threads run trials, only this one speaks MPI. */
        MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
        MPI_Comm_rank(MPI_COMM_WORLD, &r->index);
        MPI_Comm_size(MPI_COMM_WORLD, &r->n);
        r->by_mpi = true;
    }
    return r;
}

void ranks_close(struct ranks *r)
{
    if (r->by_mpi) {
        for (int k = 1; r->index == 0 && k < r->n; k++) {
            MPI_Send(NULL, 0, MPI_CHAR, k, TAG_END, MPI_COMM_WORLD);
        }
        MPI_Finalize();
    }
    free(r);
}

bool ranks_by_mpi(const struct ranks *r)
{
    return r->by_mpi;
}

unsigned ranks_index(const struct ranks *r)
{
    return (unsigned)r->index;
}

unsigned ranks_n(const struct ranks *r)
{
    return (unsigned)r->n;
}

void ranks_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

static void send_text(const char *text, int rank, enum tag tag)
{
    MPI_Send(text, (int)strlen(text), MPI_CHAR, rank, (int)tag, MPI_COMM_WORLD);
}

/* The text of the message that 'status' tells of. */
static char *receive(const MPI_Status *status)
{
    char *text;
    int len;

    MPI_Get_count(status, MPI_CHAR, &len);
    text = xcalloc((size_t)len + 1, 1);
    MPI_Recv(text, len, MPI_CHAR, status->MPI_SOURCE, status->MPI_TAG, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    return text;
}

void ranks_give(struct ranks *r, unsigned rank, const char *work)
{
    (void)r;
    send_text(work, (int)rank, TAG_WORK);
}

char *ranks_poll(struct ranks *r, unsigned *rank)
{
    MPI_Status status;
    int there = 0;

    if (r->by_mpi) {
        MPI_Iprobe(MPI_ANY_SOURCE, TAG_ANSWER, MPI_COMM_WORLD, &there, &status);
    }
    if (!there) {
        return NULL;
    }
    *rank = (unsigned)status.MPI_SOURCE;
    return receive(&status);
}

/* MPI_Recv would wait with a processor of its own; a rank without work leaves it to those that have. */
char *ranks_await(struct ranks *r)
{
    MPI_Status status;
    char *text;
    int there = 0;

    (void)r;
    for (;;) {
        MPI_Iprobe(0, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
        if (there) {
            break;
        }
        ranks_pause();
    }
    text = receive(&status);
    if (status.MPI_TAG == TAG_END) {
        free(text);
        return NULL;
    }
    return text;
}

void ranks_answer(struct ranks *r, const char *answer)
{
    (void)r;
    send_text(answer, 0, TAG_ANSWER);
}

/* Checkpoints of a running simulation: all memory of the process that can be written, in a file, from which
 * another process of the same program goes on as if nothing had been between.
 *
 * A simulation is a web of pointers through the network, the controller core and its apps, so it is
 * saved as a whole and comes back to the same addresses. For this the process must have been started with
 * addresses that are the same each time (checkpoint_fix_addresses()), and the program, its libraries, the
 * kernel and the limit of the stack must be the same again, also after the machine was restarted; a file that was written
 * under another of these, or is damaged, is refused before anything is touched. One thread; of open files only
 * standard output and error are there again, those of the process that goes on. Builds with sanitizers cannot do
 * it: their shadow memory is too large. */
#ifndef TAMBO_EXPERIMENTS_CHECKPOINT_H
#define TAMBO_EXPERIMENTS_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

/* Starts this program over, with the same arguments, when its addresses are random. False when that cannot be
 * done, with the reason in 'why'. Call it before anything else. */
bool checkpoint_fix_addresses(char *const argv[], char *why, size_t size);

enum checkpoint_status {
    CHECKPOINT_WRITTEN,
    CHECKPOINT_RESUMED, /* This is the process that goes on. */
    CHECKPOINT_FAILED,
};

/* Writes 'path' (by way of path.new) and returns; and returns once more in each process that resumes from it. */
enum checkpoint_status checkpoint_write(const char *path, char *why, size_t size);

/* Goes on where 'path' was written. Returns only when that cannot be done, with the reason in 'why'. */
void checkpoint_resume(const char *path, char *why, size_t size);

/* Seconds of the clock that only goes forward, less those between writing and resuming. */
double checkpoint_wall_s(void);

#endif

/* A process that will hold gigabytes in small pieces, and visits them in no order, should have them in huge pages.
 * The allocator does that when it is told in the environment, before the process begins. */
#ifndef TAMBO_EXPERIMENTS_HUGE_PAGES_H
#define TAMBO_EXPERIMENTS_HUGE_PAGES_H

/* Starts this program over with 'argv', that of main(), when the allocator has not been told anything. Returns
 * when it has, or when that cannot be done: without huge pages it is slower and no worse. Nothing may have been
 * read from standard input, or begun. */
void huge_pages_start_over(char *const argv[]);

#endif

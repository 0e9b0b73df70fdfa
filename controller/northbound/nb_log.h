/* The levels of the log, as they can be changed while it runs. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_LOG_H
#define TAMBO_NORTHBOUND_NB_LOG_H

/* The names of modules that were given a level here: the log borrows them. */
struct nb_levels;

struct nb_levels *nb_levels_new(void);
void nb_levels_free(struct nb_levels *levels);

#endif

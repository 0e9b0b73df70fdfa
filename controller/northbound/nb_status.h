/* What is counted. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_STATUS_H
#define TAMBO_NORTHBOUND_NB_STATUS_H

#include "controller/northbound/nb.h"

/* Every counter there is: those of the core, of this room, and of whoever drives both. */
void nb_each_counter(const struct nb *nb, nb_counter_fn *fn, void *aux);

#endif

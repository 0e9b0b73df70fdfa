/* Topologies by name: a DOT file, or a generator with its numbers. */
#ifndef TAMBO_EXPERIMENTS_TOPOLOGY_H
#define TAMBO_EXPERIMENTS_TOPOLOGY_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/text.h"
#include "simnet/world/topo.h"

/* What 'spec' may be, for --help and complaints. */
extern const char topology_forms[];

/* Fills the empty '*topo' from 'spec': "campus:access=20,core=4,hosts=48", "tree:depth=3,fanout=2,
 * hosts=1", "linear:switches=3,hosts=2" (what is left out has a default), or the name of a DOT file.
 * False after the complaints have been written to 'out', with file, line and column. */
bool topology_load(const char *spec, struct topo *topo, FILE *out);

/* Adds a DOT text that is made to be looked at. When there are many hosts they are not drawn;
 * their switch says how many they are. */
void topology_picture(const struct topo *topo, struct text *dot);

#endif

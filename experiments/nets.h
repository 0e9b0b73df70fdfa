/* The nets in experiments/nets, compiled in. */
#ifndef TAMBO_EXPERIMENTS_NETS_H
#define TAMBO_EXPERIMENTS_NETS_H

#include <stddef.h>

struct built_in_net {
    const char *name, *text;
};

extern const struct built_in_net built_in_nets[];
extern const size_t n_built_in_nets;

#endif

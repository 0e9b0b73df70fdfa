/* What the files of net_file.h share: net_file.c has declarations, net_page.c pages. */
#ifndef TAMBO_EXPERIMENTS_NET_READ_H
#define TAMBO_EXPERIMENTS_NET_READ_H

#include "controller/config/json_check.h"
#include "experiments/net_file.h"

/* A text, or a whole number as its text; NULL with a complaint for anything else. */
const char *net_text(struct petri_net *net, struct conf_node *node);

/* The colour set that "node" names; NULL with a complaint. */
const struct petri_type *net_colour(struct petri_net *net, struct conf_node *node);

/* Reads "pages" from the one called "top" on. */
void net_read_pages(struct net_file *f, struct conf_node *root);

#endif

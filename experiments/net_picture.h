/* Pictures of nets and of their state spaces, in the DOT language (analysis/graph.h draws them). */
#ifndef TAMBO_EXPERIMENTS_NET_PICTURE_H
#define TAMBO_EXPERIMENTS_NET_PICTURE_H

#include "analysis/text.h"
#include "models/petri/graph.h"

/* Places are ellipses with their colour sets and first tokens, transitions boxes with guards and delays; each
 * use of a page has a frame. What is too long for a label is cut and is there whole as a tooltip. */
void net_picture(struct petri_net *net, struct text *dot);

/* More markings than this make no picture that anybody can read. */
#define NET_PICTURE_MAX_MARKINGS 500

/* Markings are circles with their numbers, which have their tokens as tooltips; the first has a thick line,
 * dead ones a double line, home markings are filled. "graph" may be NULL. The space must have its arcs. */
void net_space_picture(const struct petri_space *space, const struct petri_graph *graph,
                       struct text *dot);

#endif

/* Pictures of graphs, drawn by Graphviz' dot(1) in a child process while the loop goes on.
 *
 * One picture is drawn at a time, at a lower priority than ours; a few more may wait. Graphviz is called
 * as a program and not as a library because its text layout reads the first graph after it is closed, so
 * that one process must not draw two pictures. The last picture is kept: whoever asks for the same again
 * gets it at once. */
#ifndef TAMBO_NORTHBOUND_NB_DRAW_H
#define TAMBO_NORTHBOUND_NB_DRAW_H

#include "controller/base/log.h"
#include "controller/northbound/nb.h"

#define NB_DRAW_MAX_WAITING 8
#define NB_DRAW_MAX_BYTES (16 << 20)
#define NB_DRAW_S 20 /* A picture that takes longer is given up. */

struct event_base;
struct nb_draw;

/* 'program' (borrowed) is looked up in PATH; NULL: "dot". 'log' may be NULL. */
struct nb_draw *nb_draw_new(struct event_base *base, struct log *log, const char *program);

/* Ends the child; nobody who waits is called. NULL is fine. */
void nb_draw_free(struct nb_draw *draw);

/* For struct nb_params: 'aux' is a struct nb_draw. */
nb_draw_fn nb_draw_svg;

#endif

/* Pictures of graphs: text in the DOT language, laid out and drawn by Graphviz' dot(1). */
#ifndef TAMBO_ANALYSIS_GRAPH_H
#define TAMBO_ANALYSIS_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

/* Draws the graph 'dot' into the file 'path'. 'engine' is a layout of Graphviz ("dot", "neato",
 * "twopi", ...), 'format' is "svg", "png" or "dot". False on failure, with the reason in 'error'. */
bool graph_draw(const char *dot, const char *engine, const char *format, const char *path,
                char *error, size_t size);

#endif

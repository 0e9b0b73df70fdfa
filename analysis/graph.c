#include "analysis/graph.h"

#include <stdio.h>

#include <graphviz/gvc.h>

/* Draws 'graph' with 'gvc', both made by the caller. */
static bool draw(GVC_t *gvc, graph_t *graph, const char *engine, const char *format,
                 const char *path, char *error, size_t size)
{
    bool ok;

    if (gvLayout(gvc, graph, engine) != 0) {
        snprintf(error, size, "graphviz: layout \"%s\" failed", engine);
        return false;
    }
    ok = gvRenderFilename(gvc, graph, format, path) == 0;
    if (!ok) {
        snprintf(error, size, "graphviz: cannot write %s as %s", path, format);
    }
    gvFreeLayout(gvc, graph);
    return ok;
}

bool graph_draw(const char *dot, const char *engine, const char *format, const char *path,
                char *error, size_t size)
{
    GVC_t *gvc = gvContext();
    graph_t *graph = gvc ? agmemread(dot) : NULL;
    bool ok = false;

    if (graph) {
        ok = draw(gvc, graph, engine, format, path, error, size);
        agclose(graph);
    } else {
        snprintf(error, size, "graphviz: the graph cannot be read");
    }
    if (gvc) {
        gvFreeContext(gvc);
    }
    return ok;
}

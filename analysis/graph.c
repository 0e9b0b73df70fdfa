#include "analysis/graph.h"

#include <stdio.h>
#include <string.h>

#include "analysis/tool.h"

bool graph_draw(const char *dot, const char *engine, const char *format, const char *path,
                char *error, size_t size)
{
    char layout[64], type[64];
    const char *const argv[] = {"dot", layout, type, "-o", path, NULL};

    snprintf(layout, sizeof layout, "-K%s", engine);
    snprintf(type, sizeof type, "-T%s", format);
    if (!tool_run(argv, dot, strlen(dot), error, size)) {
        size_t len = strlen(error);

        snprintf(error + len, size - len, "; %s is not drawn", path);
        return false;
    }
    return true;
}

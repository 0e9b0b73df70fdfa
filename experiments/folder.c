#include "experiments/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "controller/base/alloc.h"

static bool make_one(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

bool folder_make(const char *path)
{
    char *copy = xstrdup(path);
    bool ok = true;
    int saved;

    for (char *p = copy; ok && *p; p++) {
        if (*p == '/' && p != copy) {
            *p = '\0';
            ok = make_one(copy);
            *p = '/';
        }
    }
    ok = ok && make_one(copy);
    saved = errno;
    free(copy);
    errno = saved;
    return ok;
}

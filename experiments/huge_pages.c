#include "experiments/huge_pages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/base/alloc.h"

/* Of the GNU C library from 2.35 on; others do not know it. */
#define VARIABLE "GLIBC_TUNABLES"
#define SETTING "glibc.malloc.hugetlb=1"

void huge_pages_start_over(int argc, char *const argv[])
{
    char name[] = "tambo", **args;

    if (getenv(VARIABLE) || setenv(VARIABLE, SETTING, 1) != 0) {
        return;
    }
    args = xcalloc((size_t)argc + 2, sizeof *args);
    args[0] = name;
    memcpy(args + 1, argv, (size_t)argc * sizeof *args);
    execv("/proc/self/exe", args);
    free(args);
}

#include "experiments/huge_pages.h"

#include <stdlib.h>
#include <unistd.h>

/* Of the GNU C library from 2.35 on; others do not know it. */
#define VARIABLE "GLIBC_TUNABLES"
#define SETTING "glibc.malloc.hugetlb=1"

void huge_pages_start_over(char *const argv[])
{
    if (!getenv(VARIABLE) && setenv(VARIABLE, SETTING, 1) == 0) {
        execv("/proc/self/exe", argv);
    }
}

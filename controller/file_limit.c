#include "controller/file_limit.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

LOG_MODULE(tambod);

/* Listeners, the store, the tap, certificates while they are read, and what libevent needs. */
#define OWN_FILES 64

void file_limit_raise(struct log *log, size_t n_connections)
{
    rlim_t need = n_connections + OWN_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        LOG_WARN(log, "the limit of open files cannot be raised to %llu: %s",
                 (unsigned long long)limit.rlim_max, strerror(errno));
    } else if (limit.rlim_max < need) {
        LOG_WARN(log, "%llu files may be open, too few for channel.max_connections = %zu",
                 (unsigned long long)limit.rlim_max, n_connections);
    }
}

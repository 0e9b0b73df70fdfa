/* How many files this process may have open: every connection is one. */
#ifndef TAMBO_CONTROLLER_FILE_LIMIT_H
#define TAMBO_CONTROLLER_FILE_LIMIT_H

#include <stddef.h>

#include "controller/base/log.h"

/* Makes room for 'n_connections' next to the controller's own files: raises the soft limit to the
 * hard one when it has to. Warns when that is not enough. */
void file_limit_raise(struct log *log, size_t n_connections);

#endif

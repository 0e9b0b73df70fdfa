/* tambod: configuration, store, core and live driver put together, from start to clean stop. */
#ifndef TAMBO_CONTROLLER_DAEMON_H
#define TAMBO_CONTROLLER_DAEMON_H

#include "controller/config/config.h"

/* config_read() that also looks into the files of TLS. */
bool daemon_read_config(const char *path, struct config *out, FILE *complaints);

/* Runs until SIGTERM or SIGINT. SIGHUP reads the file 'path' again (NULL: there is none) and takes
 * over what can be changed while running. 'config' is borrowed. Returns the exit code: 0 after a
 * clean stop, 1 when it could not start; the reason is on standard error. */
int daemon_run(const char *path, const struct config *config);

#endif

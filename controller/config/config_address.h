/* Addresses to listen on, and paths of files. Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_ADDRESS_H
#define TAMBO_CONFIG_CONFIG_ADDRESS_H

#include <stdbool.h>

#include "controller/config/json_check.h"

/* True for "10.0.0.1:6653" and "[fe80::1]:6653" of less than CONFIG_ADDRESS_LEN characters. */
bool config_is_address(const char *text);

/* Into 'out' of CONFIG_PATH_LEN bytes. */
void config_read_path(struct conf_node *node, char *out);

#endif

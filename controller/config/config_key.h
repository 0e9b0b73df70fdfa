/* Keys in the configuration: texts of hexadecimal digits. */
#ifndef TAMBO_CONFIG_CONFIG_KEY_H
#define TAMBO_CONFIG_CONFIG_KEY_H

#include <jansson.h>

#include "controller/config/config.h"
#include "controller/config/json_check.h"

/* Reads 'node' (NULL: nothing is read) into '*out'; complains of what is no key. */
void config_key_read(struct conf_node *node, struct config_key *out);

/* Writes 'key' as member 'name' of 'section'. */
void config_key_print(json_t *section, const char *name, const struct config_key *key);

#endif

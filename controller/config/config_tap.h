/* The section "tap": which messages go into a capture. Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_TAP_H
#define TAMBO_CONFIG_CONFIG_TAP_H

#include <jansson.h>

#include "controller/config/config.h"
#include "controller/config/json_check.h"

struct config_tap config_tap_default(void);
void config_tap_read(struct conf_node *section, struct config_tap *out);
void config_tap_print(json_t *section, const struct config_tap *tap);
bool config_tap_same(const struct config_tap *a, const struct config_tap *b);

#endif

/* Lists of places, ports or whole switches, as apps have them: [{"switch": "1f", "port": 3}, ...].
 * Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_PLACE_H
#define TAMBO_CONFIG_CONFIG_PLACE_H

#include <jansson.h>

#include "controller/apps/place.h"
#include "controller/config/json_check.h"

/* Adds at most 'max' places of 'list' (NULL: absent) to the '*n' in 'out'. */
void config_places_read(struct conf_node *list, struct place *out, uint32_t max, uint32_t *n);
json_t *config_places_print(const struct place *places, uint32_t n);

#endif

/* The part of the section "apps.dhcp" that is no plain value: addresses, places, pools and
 * reservations. Private to this room. */
#ifndef TAMBO_CONFIG_CONFIG_DHCP_H
#define TAMBO_CONFIG_CONFIG_DHCP_H

#include <jansson.h>

#include "controller/config/json_check.h"

/* 'settings' is a struct dhcp_settings. */
void config_dhcp_read(struct conf_node *section, void *settings);
void config_dhcp_print(json_t *section, const void *settings);

#endif

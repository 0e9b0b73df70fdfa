#include "controller/config/config_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {"switch": "1f", "port": 3}, or without the port for all of them. */
static void read_place(struct conf_node *node, struct place *out)
{
    struct conf_node *dpid = conf_need(node, "switch", "a datapath id in hexadecimal");
    int64_t port;
    const char *text;

    out->port = OF_PORT_ANY;
    if (conf_as_text(dpid, &text)) {
        size_t len = strlen(text);

        if (len == 0 || len > 16 || strspn(text, "0123456789abcdefABCDEF") != len) {
            conf_complain(dpid, "expected a datapath id in hexadecimal, found \"%s\"", text);
        } else {
            out->dpid = strtoull(text, NULL, 16);
        }
    }
    if (conf_int(node, "port", 1, OF_PORT_MAX, &port)) {
        out->port = (port_no_t)port;
    }
    conf_done(node);
}

void config_places_read(struct conf_node *list, struct place *out, uint32_t max, uint32_t *n)
{
    for (struct conf_node *it = conf_first(list); it; it = conf_next(it)) {
        if (*n == max) {
            conf_complain(it, "expected at most %u places", max);
            return;
        }
        if (conf_as_object(it)) {
            read_place(it, &out[(*n)++]);
        }
    }
}

json_t *config_places_print(const struct place *places, uint32_t n)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < n; i++) {
        json_t *place = json_object();
        char dpid[17];

        snprintf(dpid, sizeof dpid, "%" PRIx64, places[i].dpid);
        json_object_set_new(place, "switch", json_string(dpid));
        if (places[i].port != OF_PORT_ANY) {
            json_object_set_new(place, "port", json_integer(places[i].port));
        }
        json_array_append_new(list, place);
    }
    return list;
}

/* What the files of /networkService share. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_NETWORK_SERVICE_H
#define TAMBO_NORTHBOUND_NB_NETWORK_SERVICE_H

#include "controller/northbound/nb_route.h"

#define NB_NS_BASE "/networkService/v1.1/tenants/{tenant}"

/* The number of a network as a text; an error answer about 'field', and 0, when it is none. */
uint16_t nb_ns_network(struct nb_call *call, const char *text, const char *field);

/* The same; 404 when there is no such network in 'app'. */
uint16_t nb_ns_known_network(struct nb_call *call, const void *app, const char *text,
                             const char *field);

/* The text at 'key' of the object at 'object' of the body: an error answer, and "", when there is none. */
const char *nb_ns_text(struct nb_call *call, const char *object, const char *key);

/* {"status": "ok"} */
void nb_ns_ok(struct nb_call *call);

#endif

/* What the two resources of the firewall share. Private to this room.
 *
 *      nb_firewall.c          /v1/firewall
 *      nb_firewall_compat.c   /wm/firewall and /wm/acl, of the original controller */
#ifndef TAMBO_NORTHBOUND_NB_FIREWALL_H
#define TAMBO_NORTHBOUND_NB_FIREWALL_H

#include "controller/apps/firewall.h"
#include "controller/northbound/nb_route.h"

#define NB_FIREWALL_PRIORITY 32768 /* When none is given. */

/* What the app has said: true when it was ERR_OK, else answers with what is wrong. 'parent' is how the match is
 * called in the body, or "". */
bool nb_firewall_result(struct nb_call *call, enum err err, const struct firewall_fault *fault,
                        const char *parent);

#endif

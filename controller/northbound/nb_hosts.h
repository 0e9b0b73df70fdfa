/* Hosts page by page. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_HOSTS_H
#define TAMBO_NORTHBOUND_NB_HOSTS_H

#include "controller/core/hosts.h"
#include "controller/northbound/nb_route.h"

/* Calls 'fn' for the first 'max' hosts behind 'after' (NULL: from the first), ascending. True when there
 * are more. Costs what is told, not what there is. */
bool nb_hosts_after(struct nb *nb, const struct eth_addr *after, size_t max, hosts_each_fn *fn,
                    void *aux);

struct ctl_event;

/* "?after=MAC" of a page: false when there is none, with an error answer when it is none. */
bool nb_hosts_page_after(struct nb_call *call, const struct nb_page *page, struct eth_addr *out);

/* A host has come or gone. */
void nb_hosts_event(struct nb *nb, const struct ctl_event *event);

#endif

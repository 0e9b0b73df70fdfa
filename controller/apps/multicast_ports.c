#include "controller/apps/multicast_ports.h"

#include <string.h>

#include "controller/base/alloc.h"

/* Where (dpid, port) is or belongs. */
static size_t ports_at(const struct ports *p, dpid_t dpid, port_no_t port)
{
    size_t i = 0;

    while (i < p->n &&
           (p->list[i].dpid < dpid || (p->list[i].dpid == dpid && p->list[i].port < port))) {
        i++;
    }
    return i;
}

struct multicast_listener *ports_find(const struct ports *p, dpid_t dpid, port_no_t port)
{
    size_t i = ports_at(p, dpid, port);

    return i < p->n && p->list[i].dpid == dpid && p->list[i].port == port ? &p->list[i] : NULL;
}

void ports_add(struct ports *p, dpid_t dpid, port_no_t port, mono_t until)
{
    size_t i = ports_at(p, dpid, port);

    p->list = xreallocarray(p->list, p->n + 1, sizeof(*p->list));
    memmove(&p->list[i + 1], &p->list[i], (p->n - i) * sizeof(*p->list));
    p->list[i] = (struct multicast_listener){dpid, port, until};
    p->n++;
}

size_t ports_expire(struct ports *p, mono_t now, mono_t *next)
{
    size_t kept = 0, n = p->n;

    for (size_t i = 0; i < n; i++) {
        if (!mono_due(p->list[i].until, now)) {
            *next = mono_min(*next, p->list[i].until);
            p->list[kept++] = p->list[i];
        }
    }
    p->n = kept;
    return n - kept;
}

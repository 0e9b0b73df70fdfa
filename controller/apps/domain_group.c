/* IP multicast groups on the trees of domains: see interest_domains.h. */
#include <string.h>

#include "controller/apps/domain.h"

#define MAX_SENDERS 256 /* Of a group; those beyond go by the controller. */

static struct domain *find(const struct domains *d, const struct ipv6_addr *group)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, &d->groups) {
        struct domain *domain = LIST_ENTRY(it, struct domain, list);

        if (!domain->removed && memcmp(&domain->group, group, sizeof(*group)) == 0) {
            return domain;
        }
    }
    return NULL;
}

static struct domain *add(struct domains *d, const struct ipv6_addr *group)
{
    struct domain *domain = xcalloc(1, sizeof(*domain));
    struct list *pos = d->groups.next;

    domain->d = d;
    domain->is_group = true;
    domain->group = *group;
    list_init(&domain->graves);
    while (pos != &d->groups &&
           memcmp(&LIST_ENTRY(pos, struct domain, list)->group, group, sizeof(*group)) < 0) {
        pos = pos->next;
    }
    list_insert_before(pos, &domain->list);
    d->n_groups++;
    return domain;
}

static void put(struct domain *domain, dpid_t dpid, enum place_kind kind, port_no_t port)
{
    domain->own = xreallocarray(domain->own, domain->n_own + 1, sizeof(*domain->own));
    domain->own[domain->n_own++] = (struct place){dpid, kind, port};
}

/* Takes away what is not sent. */
static void keep_senders(struct domain *domain)
{
    size_t n = 0;

    for (size_t i = 0; i < domain->n_own; i++) {
        if (domain->own[i].kind == PLACE_SENDER) {
            domain->own[n++] = domain->own[i];
        }
    }
    domain->n_own = n;
}

enum err interest_domains_group_set(void *state, const struct ipv6_addr *group,
                                    const struct domain_group_port *ports, size_t n)
{
    struct domains *d = state;
    struct domain *domain = find(d, group);

    if (!domain && n > 0) {
        if (d->n_groups >= d->settings.max_groups) {
            return ERR_FULL;
        }
        domain = add(d, group);
    }
    if (!domain) {
        return ERR_OK;
    }
    keep_senders(domain);
    for (size_t i = 0; i < n; i++) {
        put(domain, ports[i].dpid, PLACE_MEMBER, ports[i].port);
    }
    if (n == 0) {
        domain->n_own = 0;
        domain->removed = true;
    }
    domains_update_soon(d);
    return ERR_OK;
}

void interest_domains_group_sender(void *state, const struct ipv6_addr *group, dpid_t dpid,
                                   port_no_t port)
{
    struct domains *d = state;
    struct domain *domain = find(d, group);
    size_t n_senders = 0;

    if (!domain) {
        return;
    }
    for (size_t i = 0; i < domain->n_own; i++) {
        const struct place *at = &domain->own[i];

        if (at->dpid == dpid && at->port == port) {
            return; /* The input is on its way. */
        }
        n_senders += at->kind == PLACE_SENDER;
    }
    if (n_senders < MAX_SENDERS) {
        put(domain, dpid, PLACE_SENDER, port);
        domains_update_soon(d);
    }
}

void domain_sender_gone(struct domains *d, const struct flow_entry *flow)
{
    struct domain *domain = domain_of_tag(d, domain_cookie_tag(flow_entry_cookie(flow)));
    struct flow_spec spec;

    flow_entry_spec(flow, &spec);
    for (size_t i = 0; domain && i < domain->n_own; i++) {
        const struct place *at = &domain->own[i];

        if (at->kind == PLACE_SENDER && at->dpid == flow_entry_dpid(flow) &&
            at->port == spec.match.v.in_port) {
            domain->own[i] = domain->own[--domain->n_own];
            domains_update_soon(d);
            return;
        }
    }
}

bool interest_domains_has_port(const void *state, dpid_t dpid, port_no_t port)
{
    return domain_of_port(state, dpid, port) != NULL;
}

/* What a switch has refused, or an earlier controller has left: when domains are written anew, and what is taken
 * away. */
#include "controller/apps/domain.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"

/* --- Trying again ----------------------------------------------------------------------------- */

static mono_t first_retry(const struct list *list)
{
    mono_t first = MONO_NEVER;
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, list) {
        const struct domain *domain = LIST_ENTRY(it, struct domain, list);

        if (domain->failed && !domain->busy) {
            first = mono_min(first, domain->retry_at);
        }
    }
    return first;
}

void domains_arm_retry(struct domains *d)
{
    timer_set(ctl_timers(d->ctl), &d->retry,
              mono_min(first_retry(&d->list), first_retry(&d->groups)));
}

void domain_fail(struct domain *domain, mono_t retry_at)
{
    domain->failed = true;
    domain->retry_at = retry_at;
    domains_arm_retry(domain->d);
}

void domains_retry_now(struct domains *d)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, &d->list) {
        LIST_ENTRY(it, struct domain, list)->retry_at = ctl_now(d->ctl);
    }
    LIST_FOR_EACH (it, tmp, &d->groups) {
        LIST_ENTRY(it, struct domain, list)->retry_at = ctl_now(d->ctl);
    }
    domains_update_soon(d);
}

/* --- Entries of an earlier controller ---------------------------------------------------------- */

struct sweep {
    struct txn *txn;
};

static void sweep_one(void *aux, const struct flow_entry *entry)
{
    struct sweep *s = aux;
    struct flow_spec spec;

    if (flow_entry_is_adopted(entry)) {
        flow_entry_spec(entry, &spec);
        txn_remove(s->txn, 0, flow_entry_dpid(entry), spec.table_id, spec.priority, &spec.match);
    }
}

void domains_clean(void *aux, struct timer *timer)
{
    struct domains *d = aux;
    struct sweep s = {txn_begin(d->ctl)};
    size_t n;
    struct datapath *const *dps = datapath_all(d->ctl, &n);

    (void)timer;
    for (size_t i = 0; i < n; i++) {
        flowdb_each(d->ctl, datapath_id(dps[i]), d->id, sweep_one, &s);
    }
    txn_commit(s.txn, NULL, NULL);
}

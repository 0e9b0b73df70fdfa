/* Domains, their members, and what is stored of them in table "domains":
 *
 *      key                             value
 *      d/NAME                          (empty)
 *      m/p/DPID in hex/PORT            name of the domain
 *      m/h/MAC in hex                  name of the domain
 *      next                            the tag that is given next */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/domain.h"
#include "controller/core/ctl_api.h"

LOG_MODULE(interest_domains);

#define TABLE "domains"
#define KEY_SIZE 48

/* --- Finding ---------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    return n > 0 && n <= DOMAIN_NAME_MAX && name[n] == '\0';
}

static struct domain *find(const struct domains *d, const char *name)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, &d->list) {
        struct domain *domain = LIST_ENTRY(it, struct domain, list);

        if (!domain->removed && strcmp(domain->name, name) == 0) {
            return domain;
        }
    }
    return NULL;
}

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_member(const void *a, const void *b)
{
    const struct domain_member *x = a, *y = b;
    int order = compare(x->is_host, y->is_host);

    if (order || x->is_host) {
        return order ? order : compare(eth_addr_u64(x->mac), eth_addr_u64(y->mac));
    }
    order = compare(x->dpid, y->dpid);
    return order ? order : compare(x->port, y->port);
}

static struct domain_member *find_member(const struct domain *domain,
                                         const struct domain_member *member)
{
    return domain->n_members == 0 ? NULL
                                  : bsearch(member, domain->members, domain->n_members,
                                            sizeof(*member), by_member);
}

static bool is_member_of_any(const struct domains *d, const struct domain_member *member)
{
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, &d->list) {
        if (find_member(LIST_ENTRY(it, struct domain, list), member)) {
            return true;
        }
    }
    return false;
}

/* --- Storing ---------------------------------------------------------------------------------- */

static void member_key(const struct domain_member *m, char key[KEY_SIZE])
{
    if (m->is_host) {
        snprintf(key, KEY_SIZE, "m/h/%012llx", (unsigned long long)eth_addr_u64(m->mac));
    } else {
        snprintf(key, KEY_SIZE, "m/p/%016llx/%u", (unsigned long long)m->dpid, m->port);
    }
}

static void name_key(const char *name, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "d/%.*s", DOMAIN_NAME_MAX, name);
}

static enum err put(const struct domains *d, const char *key, const char *value)
{
    const struct store_ops *store = ctl_store(d->ctl);

    return store ? store->put(store->aux, TABLE, key, value) : ERR_OK;
}

/* What was never stored, because the store failed then, needs no removal. */
static enum err del(const struct domains *d, const char *key)
{
    const struct store_ops *store = ctl_store(d->ctl);
    enum err err = store ? store->del(store->aux, TABLE, key) : ERR_OK;

    return err == ERR_NOTFOUND ? ERR_OK : err;
}

void domains_store_tag(const struct domains *d)
{
    char value[8];
    enum err err;

    snprintf(value, sizeof(value), "%u", d->next_tag);
    err = put(d, "next", value);
    if (err) {
        LOG_WARN(ctl_log(d->ctl), "cannot store the next tag: %s", err_text(err));
    }
}

/* --- Changing --------------------------------------------------------------------------------- */

static enum err add(struct domains *d, const char *name)
{
    struct domain *domain;
    struct list *pos = d->list.next;

    if (!is_name(name)) {
        return ERR_SYNTAX;
    }
    if (find(d, name)) {
        return ERR_EXISTS;
    }
    if (d->n_domains >= d->settings.max_domains) {
        return ERR_FULL;
    }
    domain = xcalloc(1, sizeof(*domain));
    domain->d = d;
    snprintf(domain->name, sizeof(domain->name), "%s", name);
    list_init(&domain->graves);
    while (pos != &d->list && strcmp(LIST_ENTRY(pos, struct domain, list)->name, name) < 0) {
        pos = pos->next;
    }
    list_insert_before(pos, &domain->list);
    d->n_domains++;
    return ERR_OK;
}

/* There is room for one more. */
static void insert(struct domain *domain, const struct domain_member *member)
{
    size_t at = domain->n_members++;

    for (; at > 0 && by_member(&domain->members[at - 1], member) > 0; at--) {
        domain->members[at] = domain->members[at - 1];
    }
    domain->members[at] = *member;
}

static enum err join(struct domains *d, const char *name, const struct domain_member *member)
{
    struct domain *domain = find(d, name);

    if (!domain) {
        return ERR_NOTFOUND;
    }
    if (is_member_of_any(d, member)) {
        return ERR_EXISTS;
    }
    if (d->n_members >= d->settings.max_members) {
        return ERR_FULL;
    }
    domain->members =
        xreallocarray(domain->members, domain->n_members + 1, sizeof(*domain->members));
    insert(domain, member);
    d->n_members++;
    domains_update_soon(d);
    return ERR_OK;
}

static void leave(struct domain *domain, struct domain_member *at)
{
    struct domain_member *end = domain->members + domain->n_members;

    memmove(at, at + 1, (size_t)(end - at - 1) * sizeof(*at));
    domain->n_members--;
    domain->d->n_members--;
    domains_update_soon(domain->d);
}

enum err interest_domains_add(void *state, const char *name)
{
    char key[KEY_SIZE];
    enum err err = add(state, name);

    name_key(name, key);
    return err ? err : put(state, key, "");
}

enum err interest_domains_join(void *state, const char *name, const struct domain_member *member)
{
    char key[KEY_SIZE];
    enum err err = join(state, name, member);

    member_key(member, key);
    return err ? err : put(state, key, name);
}

enum err interest_domains_leave(void *state, const char *name, const struct domain_member *member)
{
    struct domain *domain = find(state, name);
    struct domain_member *at = domain ? find_member(domain, member) : NULL;
    char key[KEY_SIZE];

    if (!at) {
        return ERR_NOTFOUND;
    }
    member_key(member, key);
    leave(domain, at);
    return del(state, key);
}

enum err interest_domains_remove(void *state, const char *name)
{
    struct domain *domain = find(state, name);
    char key[KEY_SIZE];
    enum err err = ERR_OK;

    if (!domain) {
        return ERR_NOTFOUND;
    }
    while (domain->n_members > 0) {
        enum err one;

        member_key(&domain->members[domain->n_members - 1], key);
        leave(domain, &domain->members[domain->n_members - 1]);
        one = del(state, key);
        err = err ? err : one;
    }
    domain->removed = true;
    domains_update_soon(state);
    name_key(name, key);
    return err ? err : del(state, key);
}

/* --- All members at once ---------------------------------------------------------------------- */

struct wanted {
    struct domain_member *list; /* Sorted, each once. */
    size_t n;
};

static struct wanted wanted_make(const struct domain_member *members, size_t n)
{
    struct wanted w = {.list = xcalloc(n + 1, sizeof(*members))};

    if (n > 0) {
        memcpy(w.list, members, n * sizeof(*members));
        qsort(w.list, n, sizeof(*members), by_member);
    }
    for (size_t i = 0; i < n; i++) {
        if (w.n == 0 || by_member(&w.list[w.n - 1], &w.list[i]) != 0) {
            w.list[w.n++] = w.list[i];
        }
    }
    return w;
}

static bool wanted_has(const struct wanted *w, const struct domain_member *member)
{
    return w->n > 0 && bsearch(member, w->list, w->n, sizeof(*member), by_member);
}

/* 'domain' NULL: there is none yet. */
static enum err check_wanted(const struct domains *d, const struct domain *domain,
                             const struct wanted *w)
{
    size_t n_old = domain ? domain->n_members : 0;

    for (size_t i = 0; i < w->n; i++) {
        if (!(domain && find_member(domain, &w->list[i])) && is_member_of_any(d, &w->list[i])) {
            return ERR_EXISTS;
        }
    }
    return d->n_members - n_old + w->n > d->settings.max_members ? ERR_FULL : ERR_OK;
}

/* What fails is storing alone: the first error is returned when all is done. */
static enum err change_members(struct domains *d, const struct domain *domain,
                               const struct wanted *w)
{
    enum err first = ERR_OK, err;

    for (size_t i = domain->n_members; i-- > 0;) {
        struct domain_member member = domain->members[i];

        if (!wanted_has(w, &member)) {
            err = interest_domains_leave(d, domain->name, &member);
            first = first ? first : err;
        }
    }
    for (size_t i = 0; i < w->n; i++) {
        if (!find_member(domain, &w->list[i])) {
            err = interest_domains_join(d, domain->name, &w->list[i]);
            first = first ? first : err;
        }
    }
    return first;
}

enum err interest_domains_set(void *state, const char *name, const struct domain_member *members,
                              size_t n)
{
    struct wanted w = wanted_make(members, n);
    enum err err = check_wanted(state, find(state, name), &w), changed;
    struct domain *domain = NULL;

    if (!err) {
        err = find(state, name) ? ERR_OK : interest_domains_add(state, name);
        domain = find(state, name);
    }
    if (domain) { /* Perhaps without being stored. */
        changed = change_members(state, domain, &w);
        err = err ? err : changed;
    }
    free(w.list);
    return err;
}

/* --- Views ------------------------------------------------------------------------------------ */

void interest_domains_each(const void *state, interest_domains_each_fn *fn, void *aux)
{
    const struct domains *d = state;
    struct list *it, *tmp;

    LIST_FOR_EACH (it, tmp, &d->list) {
        const struct domain *domain = LIST_ENTRY(it, struct domain, list);
        struct domain_view view = {.name = domain->name,
                                   .members = domain->members,
                                   .n_members = domain->n_members,
                                   .tag = domain->plan.tag,
                                   .n_links = domain->plan.n_links,
                                   .is_settled = !domain->busy && !domain->failed};

        for (size_t i = 0; i < domain->plan.n_places; i = plan_switch_end(&domain->plan, i)) {
            view.n_switches++;
        }
        if (!domain->removed) {
            fn(aux, &view);
        }
    }
}

/* --- Restoring -------------------------------------------------------------------------------- */

static bool parse_member(const char *key, struct domain_member *out)
{
    unsigned long long id;
    unsigned port;
    int end = -1;

    *out = (struct domain_member){0};
    if (sscanf(key, "m/h/%12llx%n", &id, &end) == 1 && end >= 0 && key[end] == '\0') {
        out->is_host = true;
        out->mac = eth_addr_from_u64(id);
        return true;
    }
    end = -1;
    if (sscanf(key, "m/p/%16llx/%10u%n", &id, &port, &end) != 2 || end < 0 || key[end] != '\0') {
        return false;
    }
    out->dpid = id;
    out->port = port;
    return true;
}

/* Domains come before their members, for 'd' sorts before 'm'. */
static void restore(void *aux, const char *key, const char *value)
{
    struct domains *d = aux;
    struct domain_member member;
    enum err err = ERR_SYNTAX;
    unsigned tag;

    if (strncmp(key, "d/", 2) == 0) {
        err = add(d, key + 2);
    } else if (parse_member(key, &member)) {
        err = join(d, value, &member);
    } else if (strcmp(key, "next") == 0 && sscanf(value, "%4u", &tag) == 1) {
        err = ERR_OK;
        if (tag >= d->settings.tag_min && tag <= d->settings.tag_max) {
            d->next_tag = (uint16_t)tag;
        }
    }
    if (err) {
        LOG_WARN(ctl_log(d->ctl), "stored \"%.48s\" is left out: %s", key, err_text(err));
    }
}

enum err domains_load(struct domains *d)
{
    const struct store_ops *store = ctl_store(d->ctl);

    return store ? store->each(store->aux, TABLE, restore, d) : ERR_OK;
}

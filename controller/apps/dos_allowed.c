/* Hosts that are never held, in order of their addresses, kept in the store. */
#include <stdio.h>
#include <string.h>

#include "controller/apps/dos_guard_int.h"

LOG_MODULE(dos_guard);

#define TABLE "dos_allowed"

static size_t place_of(const struct dos_guard *g, struct eth_addr mac)
{
    size_t lo = 0, hi = g->n_allowed;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (eth_addr_u64(g->allowed[mid]) < eth_addr_u64(mac)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

bool dos_is_allowed(const struct dos_guard *g, struct eth_addr mac)
{
    size_t i = place_of(g, mac);

    return i < g->n_allowed && eth_addr_eq(g->allowed[i], mac);
}

static void insert(struct dos_guard *g, struct eth_addr mac)
{
    size_t i = place_of(g, mac);

    memmove(&g->allowed[i + 1], &g->allowed[i], (g->n_allowed - i) * sizeof g->allowed[0]);
    g->allowed[i] = mac;
    g->n_allowed++;
}

static void restore(void *aux, const char *key, const char *value)
{
    struct dos_guard *g = aux;
    struct eth_addr mac;
    int end = 0;

    (void)value;
    if (sscanf(key, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac.b[0], &mac.b[1], &mac.b[2],
               &mac.b[3], &mac.b[4], &mac.b[5], &end) != 6 ||
        key[end] || g->n_allowed == DOS_GUARD_MAX_ALLOWED || dos_is_allowed(g, mac)) {
        LOG_WARN(ctl_log(g->ctl), "the stored address \"%s\" is left out", key);
        return;
    }
    insert(g, mac);
}

void dos_allowed_init(struct dos_guard *g)
{
    const struct store_ops *store = ctl_store(g->ctl);

    if (store && store->each(store->aux, TABLE, restore, g)) {
        LOG_ERROR(ctl_log(g->ctl), "the stored addresses cannot be read");
    }
}

static void remember(struct dos_guard *g, struct eth_addr mac, bool is_allowed)
{
    const struct store_ops *store = ctl_store(g->ctl);
    enum err err = ERR_OK;
    char key[24];

    snprintf(key, sizeof key, ETH_FMT, ETH_ARGS(mac));
    if (store) {
        err = is_allowed ? store->put(store->aux, TABLE, key, "")
                         : store->del(store->aux, TABLE, key);
    }
    if (err) {
        LOG_ERROR(ctl_log(g->ctl), "%s is not remembered: %s", key, err_text(err));
    }
}

enum err dos_guard_allow(void *state, struct eth_addr mac)
{
    struct dos_guard *g = state;
    struct dos_host *h = dos_find(g, mac);

    if (eth_addr_is_multicast(mac) || eth_addr_is_zero(mac)) {
        return ERR_RANGE;
    }
    if (dos_is_allowed(g, mac)) {
        return ERR_EXISTS;
    }
    if (g->n_allowed == DOS_GUARD_MAX_ALLOWED) {
        return ERR_FULL;
    }
    insert(g, mac);
    remember(g, mac, true);
    if (h && h->is_held) {
        dos_let_go(g, h);
    }
    return ERR_OK;
}

enum err dos_guard_disallow(void *state, struct eth_addr mac)
{
    struct dos_guard *g = state;
    size_t i = place_of(g, mac);

    if (!dos_is_allowed(g, mac)) {
        return ERR_NOTFOUND;
    }
    g->n_allowed--;
    memmove(&g->allowed[i], &g->allowed[i + 1], (g->n_allowed - i) * sizeof g->allowed[0]);
    remember(g, mac, false);
    return ERR_OK;
}

const struct eth_addr *dos_guard_allowed(const void *state, size_t *n)
{
    const struct dos_guard *g = state;

    *n = g->n_allowed;
    return g->allowed;
}

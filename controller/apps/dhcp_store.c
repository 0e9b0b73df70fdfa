/* What is remembered of DHCP, as texts in the store's table "dhcp":
 *
 *      lease IP          POOL MAC ID(hexadecimal)
 *      used IP           POOL
 *      reserved POOL MAC IP [NAME]
 *
 * Only a change is written: renewing a lease changes nothing. */
#include <stdio.h>
#include <string.h>

#include "controller/apps/dhcp_int.h"
#include "controller/core/ctl_api.h"
#include "controller/packet/pkt_addr.h"

LOG_MODULE(dhcp);

#define TABLE "dhcp"
#define KEY_LEN 80
#define VALUE_LEN 160

static enum err failed(struct dhcp *d, enum err err)
{
    if (err) {
        d->n.store_errors++;
        LOG_LIMITED(ctl_log(d->ctl), &d->store_limit, LOG_ERROR, "cannot remember: %s",
                    err_text(err));
    }
    return err;
}

static enum err put(struct dhcp *d, const char *key, const char *value)
{
    const struct store_ops *store = ctl_store(d->ctl);

    return store ? failed(d, store->put(store->aux, TABLE, key, value)) : ERR_OK;
}

static enum err del(struct dhcp *d, const char *key)
{
    const struct store_ops *store = ctl_store(d->ctl);
    enum err err = store ? store->del(store->aux, TABLE, key) : ERR_OK;

    return err == ERR_NOTFOUND ? ERR_OK : failed(d, err);
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* An address in quarantine is nobody's. */
static void lease_key(const struct dhcp_lease *l, char key[KEY_LEN])
{
    char text[PKT_IPV4_TEXT];

    snprintf(key, KEY_LEN, "%s %s", l->id_len ? "lease" : "used", pkt_ipv4_format(l->ip, text));
}

void dhcp_store_lease(struct dhcp_lease *l)
{
    char key[KEY_LEN], value[VALUE_LEN];
    int n = snprintf(value, sizeof value, "%s", l->pool->s.name);

    if (l->is_stored) {
        return;
    }
    lease_key(l, key);
    if (l->id_len) {
        n += snprintf(value + n, sizeof value - (size_t)n, " " ETH_FMT " ", ETH_ARGS(l->mac));
    }
    for (size_t i = 0; i < l->id_len; i++) {
        n += snprintf(value + n, sizeof value - (size_t)n, "%02x", l->id[i]);
    }
    l->is_stored = put(l->dhcp, key, value) == ERR_OK;
}

void dhcp_unstore_lease(struct dhcp_lease *l)
{
    char key[KEY_LEN];

    if (l->is_stored) {
        lease_key(l, key);
        del(l->dhcp, key);
        l->is_stored = false;
    }
}

static void reservation_key(const struct dhcp_reservation *r, char key[KEY_LEN])
{
    snprintf(key, KEY_LEN, "reserved %s " ETH_FMT, r->pool, ETH_ARGS(r->mac));
}

enum err dhcp_store_reservation(struct dhcp *d, const struct dhcp_reservation *r)
{
    char key[KEY_LEN], value[VALUE_LEN], ip[PKT_IPV4_TEXT];

    reservation_key(r, key);
    snprintf(value, sizeof value, "%s%s%s", pkt_ipv4_format(r->ip, ip), r->name[0] ? " " : "",
             r->name);
    return put(d, key, value);
}

enum err dhcp_unstore_reservation(struct dhcp *d, const struct dhcp_reservation *r)
{
    char key[KEY_LEN];

    reservation_key(r, key);
    return del(d, key);
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct restoring {
    struct dhcp *d;
    unsigned n_ignored;
};

static bool parse_id(const char *text, uint8_t *id, size_t *len)
{
    unsigned byte;
    int used;

    for (*len = 0; *text && *len < DHCP_ID_LEN; text += 2, ++*len) {
        if (sscanf(text, "%2x%n", &byte, &used) != 1 || used != 2) {
            return false;
        }
        id[*len] = (uint8_t)byte;
    }
    return *text == '\0' && *len > 0;
}

static mono_t after_s(const struct dhcp *d, uint32_t s)
{
    return s == UINT32_MAX ? MONO_NEVER : mono_add(ctl_now(d->ctl), s * NS_PER_S);
}

static bool is_of(const struct dhcp_pool *pool, uint32_t ip)
{
    return pool && (ip & pool->s.mask) == pool->s.subnet && ip != pool->s.server;
}

static bool restore_lease(struct dhcp *d, const char *ip_text, const char *value)
{
    char name[DHCP_NAME_LEN], mac_text[PKT_ETH_TEXT], id_text[2 * DHCP_ID_LEN + 2];
    const struct dhcp_reserved *reserved;
    struct dhcp_pool *pool;
    struct dhcp_lease *lease;
    struct eth_addr mac;
    uint8_t id[DHCP_ID_LEN];
    size_t id_len;
    uint32_t ip;

    if (sscanf(value, "%31s %17s %67s", name, mac_text, id_text) != 3 ||
        pkt_ipv4_parse(ip_text, &ip) || pkt_eth_parse(mac_text, &mac) ||
        !parse_id(id_text, id, &id_len)) {
        return false;
    }
    pool = dhcp_pool_named(d, name);
    reserved = dhcp_reserved_ip(d, ip);
    if (reserved && !eth_addr_eq(reserved->r.mac, mac)) {
        return false;
    }
    if (!is_of(pool, ip) || dhcp_lease_at(d, ip) || dhcp_lease_of(d, pool, id, id_len)) {
        return false;
    }
    lease = dhcp_lease_new(d, pool, ip, id, id_len, mac);
    dhcp_lease_set(lease, DHCP_BOUND, after_s(d, pool->s.lease_s));
    lease->is_stored = true;
    return true;
}

static bool restore_used(struct dhcp *d, const char *ip_text, const char *value)
{
    struct dhcp_pool *pool = dhcp_pool_named(d, value);
    struct dhcp_lease *lease;
    uint32_t ip;

    if (pkt_ipv4_parse(ip_text, &ip) || !is_of(pool, ip) || dhcp_lease_at(d, ip)) {
        return false;
    }
    lease = dhcp_lease_new(d, pool, ip, (const uint8_t *)"", 0, (struct eth_addr){{0}});
    dhcp_lease_set(lease, DHCP_QUARANTINED, mono_add(ctl_now(d->ctl), d->settings.decline_ns));
    lease->is_stored = true;
    return true;
}

static bool restore_reservation(struct dhcp *d, const char *what, const char *value)
{
    struct dhcp_reservation r = {.ip = 0};
    char mac[PKT_ETH_TEXT], ip[PKT_IPV4_TEXT];

    return sscanf(what, "%31s %17s", r.pool, mac) == 2 &&
           sscanf(value, "%15s %31s", ip, r.name) >= 1 && pkt_eth_parse(mac, &r.mac) == ERR_OK &&
           pkt_ipv4_parse(ip, &r.ip) == ERR_OK && dhcp_reserve_unstored(d, &r) == ERR_OK;
}

static void restore(void *aux, const char *key, const char *value)
{
    struct restoring *r = aux;
    bool ok = false;

    if (strncmp(key, "lease ", 6) == 0) {
        ok = restore_lease(r->d, key + 6, value);
    } else if (strncmp(key, "used ", 5) == 0) {
        ok = restore_used(r->d, key + 5, value);
    } else if (strncmp(key, "reserved ", 9) == 0) {
        ok = restore_reservation(r->d, key + 9, value);
    }
    r->n_ignored += !ok;
}

void dhcp_restore(struct dhcp *d)
{
    const struct store_ops *store = ctl_store(d->ctl);
    struct restoring r = {.d = d};
    enum err err = store ? store->each(store->aux, TABLE, restore, &r) : ERR_OK;

    failed(d, err);
    if (r.n_ignored) {
        LOG_WARN(ctl_log(d->ctl), "%u lines of the store are of no pool or of no use: ignored",
                 r.n_ignored);
    }
}

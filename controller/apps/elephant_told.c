/* What an operator says: flows that are elephants, and roots. Both outlive a restart. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/elephant.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt.h"

LOG_MODULE(elephants);

#define FLOWS_TABLE "elephants"
#define ROOTS_TABLE "elephant_roots"
#define KEY_LEN 128

/* A flow without MAC addresses; it is looked at when both hosts are known. */
struct told {
    struct hmap_node node;
    struct elephant_flow flow;
    uint64_t rate_bps;
};

static struct elephant_flow without_macs(const struct elephant_flow *flow)
{
    struct elephant_flow out = *flow;

    memset(&out.eth_src, 0, sizeof out.eth_src);
    memset(&out.eth_dst, 0, sizeof out.eth_dst);
    return out;
}

static uint64_t hash_of(const struct elephant_flow *flow)
{
    return hash_fnv(HASH_FNV_INIT, flow, sizeof *flow);
}

static struct told *find(const struct elephants *e, const struct elephant_flow *flow)
{
    struct hmap_node *it = hmap_first_with(&e->told, hash_of(flow));

    while (it && memcmp(&HMAP_ENTRY(it, struct told, node)->flow, flow, sizeof *flow) != 0) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct told, node) : NULL;
}

static void add(struct elephants *e, const struct elephant_flow *flow, uint64_t rate_bps)
{
    struct told *told = xcalloc(1, sizeof *told);

    told->flow = *flow;
    told->rate_bps = rate_bps;
    hmap_insert(&e->told, &told->node, hash_of(flow));
}

/* --- Roots, ascending ------------------------------------------------------------------------- */

static size_t root_place(const struct elephants *e, dpid_t dpid)
{
    size_t i = 0;

    while (i < e->n_roots && e->roots[i] < dpid) {
        i++;
    }
    return i;
}

static bool is_root(const struct elephants *e, dpid_t dpid)
{
    size_t i = root_place(e, dpid);

    return i < e->n_roots && e->roots[i] == dpid;
}

static void root_insert(struct elephants *e, dpid_t dpid)
{
    size_t i = root_place(e, dpid);

    memmove(&e->roots[i + 1], &e->roots[i], (e->n_roots - i) * sizeof e->roots[0]);
    e->roots[i] = dpid;
    e->n_roots++;
}

/* --- The store -------------------------------------------------------------------------------- */

static void print_ip(const struct elephant_flow *flow, const struct ipv6_addr *ip, char *out)
{
    if (flow->is_ipv6) {
        inet_ntop(AF_INET6, ip->b, out, INET6_ADDRSTRLEN);
    } else {
        inet_ntop(AF_INET, ip->b + 12, out, INET6_ADDRSTRLEN);
    }
}

static void print_key(const struct elephant_flow *flow, char out[KEY_LEN])
{
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

    print_ip(flow, &flow->ip_src, src);
    print_ip(flow, &flow->ip_dst, dst);
    snprintf(out, KEY_LEN, "%s %s %u %u %u", src, dst, flow->proto, flow->sport, flow->dport);
}

static bool read_ip(const char *text, struct ipv6_addr *out, bool *is_ipv6)
{
    *is_ipv6 = strchr(text, ':') != NULL;
    return *is_ipv6 ? inet_pton(AF_INET6, text, out->b) == 1
                    : inet_pton(AF_INET, text, out->b + 12) == 1;
}

static bool read_key(const char *text, struct elephant_flow *out)
{
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    unsigned proto, sport, dport;
    bool v6_src, v6_dst;
    int end = 0;

    memset(out, 0, sizeof *out);
    if (sscanf(text, "%45s %45s %3u %5u %5u%n", src, dst, &proto, &sport, &dport, &end) != 5 ||
        text[end] || proto > UINT8_MAX || sport > UINT16_MAX || dport > UINT16_MAX ||
        !read_ip(src, &out->ip_src, &v6_src) || !read_ip(dst, &out->ip_dst, &v6_dst) ||
        v6_src != v6_dst) {
        return false;
    }
    out->is_ipv6 = v6_src;
    out->proto = (uint8_t)proto;
    out->sport = (uint16_t)sport;
    out->dport = (uint16_t)dport;
    return true;
}

static void complain(const struct elephants *e, const char *what, enum err err)
{
    LOG_ERROR(ctl_log(e->ctl), "%s is not remembered: %s", what, err_text(err));
}

static void store_put(struct elephants *e, const char *table, const char *key, const char *value)
{
    const struct store_ops *store = ctl_store(e->ctl);
    enum err err = store ? store->put(store->aux, table, key, value) : ERR_OK;

    if (err) {
        complain(e, key, err);
    }
}

static void store_del(struct elephants *e, const char *table, const char *key)
{
    const struct store_ops *store = ctl_store(e->ctl);
    enum err err = store ? store->del(store->aux, table, key) : ERR_OK;

    if (err && err != ERR_NOTFOUND) {
        LOG_ERROR(ctl_log(e->ctl), "%s cannot be forgotten: %s", key, err_text(err));
    }
}

static void restore_flow(void *aux, const char *key, const char *value)
{
    struct elephants *e = aux;
    struct elephant_flow flow;
    char *end;
    unsigned long long rate_bps = strtoull(value, &end, 10);

    if (!read_key(key, &flow) || *end || end == value || find(e, &flow) ||
        e->told.n >= e->settings.max_elephants) {
        LOG_WARN(ctl_log(e->ctl), "the stored flow \"%s\" is left out", key);
        return;
    }
    add(e, &flow, rate_bps);
}

static void restore_root(void *aux, const char *key, const char *value)
{
    struct elephants *e = aux;
    char *end;
    dpid_t dpid = strtoull(key, &end, 16);

    (void)value;
    if (*end || end == key || e->n_roots == ELEPHANTS_MAX_ROOTS || is_root(e, dpid)) {
        LOG_WARN(ctl_log(e->ctl), "the stored root \"%s\" is left out", key);
        return;
    }
    root_insert(e, dpid);
}

void told_init(struct elephants *e)
{
    const struct store_ops *store = ctl_store(e->ctl);

    hmap_init(&e->told);
    if (store && (store->each(store->aux, FLOWS_TABLE, restore_flow, e) ||
                  store->each(store->aux, ROOTS_TABLE, restore_root, e))) {
        LOG_ERROR(ctl_log(e->ctl), "the stored flows or roots cannot be read");
    }
}

void told_fini(struct elephants *e)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &e->told) {
        hmap_remove(&e->told, it);
        free(HMAP_ENTRY(it, struct told, node));
    }
    hmap_fini(&e->told);
}

/* --- Flows ------------------------------------------------------------------------------------ */

static const struct host *host_of(const struct elephants *e, const struct elephant_flow *flow,
                                  const struct ipv6_addr *ip)
{
    return flow->is_ipv6 ? hosts_find_ipv6(e->ctl, ip)
                         : hosts_find_ipv4(e->ctl, be_get32(ip->b + 12));
}

/* The flow that is meant, when it is known where its ends are; it is made an elephant. */
static struct flow *resolve(struct elephants *e, const struct told *told)
{
    const struct host *src = host_of(e, &told->flow, &told->flow.ip_src);
    const struct host *dst = host_of(e, &told->flow, &told->flow.ip_dst);
    struct elephant_flow key = told->flow;
    struct flow *flow;

    if (!src || !dst || host_dpid(src) == host_dpid(dst)) {
        return NULL;
    }
    key.eth_src = host_mac(src);
    key.eth_dst = host_mac(dst);
    flow = flow_add(e, &key);
    if (!flow || (!flow->elephant && !flow_promote(flow, true))) {
        return NULL;
    }
    flow->elephant->is_told = true;
    if (flow->rate_bps <= 0) {
        flow->rate_bps = told->rate_bps ? (double)told->rate_bps : flow_threshold_bps(flow);
    }
    return flow;
}

/* In the order of their keys, so that the ids do not depend on hashes. */
static int by_key(const void *a, const void *b)
{
    const struct told *x = *(struct told *const *)a, *y = *(struct told *const *)b;

    return memcmp(&x->flow, &y->flow, sizeof x->flow);
}

static struct told **sorted(const struct elephants *e, size_t *n)
{
    struct told **list = xcalloc(e->told.n + 1, sizeof *list);

    *n = 0;
    for (struct hmap_node *it = hmap_first(&e->told); it; it = hmap_next(&e->told, it)) {
        list[(*n)++] = HMAP_ENTRY(it, struct told, node);
    }
    qsort(list, *n, sizeof *list, by_key);
    return list;
}

void told_resolve(struct elephants *e)
{
    size_t n;
    struct told **list = sorted(e, &n);

    for (size_t i = 0; i < n; i++) {
        resolve(e, list[i]);
    }
    free(list);
}

static void forget(struct elephants *e, struct told *told)
{
    char key[KEY_LEN];

    print_key(&told->flow, key);
    store_del(e, FLOWS_TABLE, key);
    hmap_remove(&e->told, &told->node);
    free(told);
}

void told_ended(struct elephants *e, const struct flow *flow)
{
    struct elephant_flow bare = without_macs(&flow->key);
    struct told *told = find(e, &bare);

    if (told) {
        forget(e, told);
    }
}

/* --- Taking back ------------------------------------------------------------------------------ */

static bool is_about(const struct flow *flow, const struct told *told)
{
    struct elephant_flow bare = without_macs(&flow->key);

    return !flow->elephant->is_leaving && memcmp(&bare, &told->flow, sizeof bare) == 0;
}

void elephants_told_each(const void *state, elephants_told_fn *fn, void *aux)
{
    const struct elephants *e = state;
    size_t n, n_elephants;
    struct told **list = sorted(e, &n);
    struct flow **elephants = flows_elephants(e, &n_elephants);

    for (size_t i = 0; i < n; i++) {
        uint32_t id = 0;

        for (size_t k = 0; k < n_elephants && !id; k++) {
            id = is_about(elephants[k], list[i]) ? elephants[k]->elephant->id : 0;
        }
        fn(aux, &list[i]->flow, list[i]->rate_bps, id);
    }
    free(elephants);
    free(list);
}

enum err elephants_untell(void *state, const struct elephant_flow *flow)
{
    struct elephants *e = state;
    struct elephant_flow bare = without_macs(flow);
    struct told *told;
    struct flow **list;
    size_t n;

    memset(bare.pad, 0, sizeof bare.pad);
    told = find(e, &bare);
    if (!told) {
        return ERR_NOTFOUND;
    }
    list = flows_elephants(e, &n);
    for (size_t i = 0; i < n && told; i++) {
        if (is_about(list[i], told)) {
            way_release(list[i], &e->n.released_other); /* And what is told of it. */
            told = find(e, &bare);
        }
    }
    free(list);
    if (told) {
        forget(e, told);
    }
    return ERR_OK;
}

static bool is_possible(const struct elephant_flow *f)
{
    static const struct ipv6_addr zero;
    bool has_ports =
        f->proto == PKT_PROTO_TCP || f->proto == PKT_PROTO_UDP || f->proto == PKT_PROTO_SCTP;
    bool is_ipv4 = memcmp(f->ip_src.b, zero.b, 12) == 0 && memcmp(f->ip_dst.b, zero.b, 12) == 0;

    return !ipv6_addr_eq(&f->ip_src, &zero) && !ipv6_addr_eq(&f->ip_dst, &zero) &&
           !ipv6_addr_eq(&f->ip_src, &f->ip_dst) && f->is_ipv6 <= 1 && (f->is_ipv6 || is_ipv4) &&
           (has_ports || (!f->sport && !f->dport));
}

enum err elephants_tell(void *state, const struct elephant_flow *flow, uint64_t rate_bps,
                        uint32_t *id)
{
    struct elephants *e = state;
    struct elephant_flow bare = without_macs(flow);
    struct flow *found;
    char key[KEY_LEN], value[24];

    memset(bare.pad, 0, sizeof bare.pad);
    *id = 0;
    if (!is_possible(&bare)) {
        return ERR_RANGE;
    }
    if (find(e, &bare)) {
        found = resolve(e, find(e, &bare));
        *id = found ? found->elephant->id : 0;
        return ERR_EXISTS;
    }
    if (e->told.n >= e->settings.max_elephants) {
        return ERR_FULL;
    }
    add(e, &bare, rate_bps);
    e->n.told++;
    print_key(&bare, key);
    snprintf(value, sizeof value, "%llu", (unsigned long long)rate_bps);
    store_put(e, FLOWS_TABLE, key, value);
    found = resolve(e, find(e, &bare));
    if (found) {
        *id = found->elephant->id;
        graph_update(e);
        way_consider(found);
    }
    return ERR_OK;
}

/* --- Roots that are told ---------------------------------------------------------------------- */

enum err elephants_root_add(void *state, dpid_t dpid)
{
    struct elephants *e = state;
    char key[24];

    if (is_root(e, dpid)) {
        return ERR_EXISTS;
    }
    if (e->n_roots == ELEPHANTS_MAX_ROOTS) {
        return ERR_FULL;
    }
    root_insert(e, dpid);
    snprintf(key, sizeof key, DPID_FMT, DPID_ARGS(dpid));
    store_put(e, ROOTS_TABLE, key, "");
    return ERR_OK;
}

enum err elephants_root_remove(void *state, dpid_t dpid)
{
    struct elephants *e = state;
    size_t i = root_place(e, dpid);
    char key[24];

    if (!is_root(e, dpid)) {
        return ERR_NOTFOUND;
    }
    e->n_roots--;
    memmove(&e->roots[i], &e->roots[i + 1], (e->n_roots - i) * sizeof e->roots[0]);
    snprintf(key, sizeof key, DPID_FMT, DPID_ARGS(dpid));
    store_del(e, ROOTS_TABLE, key);
    return ERR_OK;
}

const dpid_t *elephants_roots(const void *state, size_t *n)
{
    const struct elephants *e = state;

    *n = e->n_roots;
    return e->roots;
}

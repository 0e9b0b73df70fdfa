#include "experiments/calibrate_collect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_msg.h"
#include "controller/packet/pkt.h"
#include "experiments/control_log.h"

#define MAX_SERVICE 2000000

/* --- Hosts and pairs ------------------------------------------------------------------------------ */

struct collector_host *collector_host(const struct collector *c, uint64_t mac)
{
    struct hmap_node *node = hmap_first_with(&c->hosts, hash_u64(mac));

    return node ? HMAP_ENTRY(node, struct collector_host, node) : NULL;
}

static void see_conn(struct collector *c, uint32_t conn)
{
    while (conn >= c->cap_at) {
        size_t cap = c->cap_at ? 2 * c->cap_at : 64;

        c->n_at = xreallocarray(c->n_at, cap, sizeof *c->n_at);
        memset(c->n_at + c->cap_at, 0, (cap - c->cap_at) * sizeof *c->n_at);
        c->cap_at = cap;
    }
    c->n_conns = conn >= c->n_conns ? conn + 1 : c->n_conns;
}

/* Where it was seen first is its switch: only edges ask for what they do not know. */
static void see_host(struct collector *c, uint32_t conn, uint64_t mac)
{
    struct collector_host *h;

    if (collector_host(c, mac)) {
        return;
    }
    if (c->n_hosts == c->cap_hosts) {
        c->cap_hosts = c->cap_hosts ? 2 * c->cap_hosts : 64;
        c->by_number = xreallocarray(c->by_number, c->cap_hosts, sizeof(struct collector_host *));
    }
    h = xcalloc(1, sizeof *h);
    h->mac = mac;
    h->conn = conn;
    h->number = (uint32_t)c->n_hosts;
    c->by_number[c->n_hosts++] = h;
    c->n_at[conn]++;
    hmap_insert(&c->hosts, &h->node, hash_u64(mac));
}

struct collector_pair *collector_pair(const struct collector *c, uint32_t conn, uint64_t dst)
{
    uint64_t hash = hash_u64(dst ^ (uint64_t)conn << 48 ^ (uint64_t)conn >> 16);

    for (struct hmap_node *n = hmap_first_with(&c->pairs, hash); n; n = hmap_next_with(n)) {
        struct collector_pair *p = HMAP_ENTRY(n, struct collector_pair, node);

        if (p->conn == conn && p->dst == dst) {
            return p;
        }
    }
    return NULL;
}

static struct collector_pair *pair_get(struct collector *c, uint32_t conn, uint64_t dst)
{
    struct collector_pair *p = collector_pair(c, conn, dst);

    if (!p) {
        p = xcalloc(1, sizeof *p);
        p->conn = conn;
        p->dst = dst;
        p->since_s = c->first_s;
        hmap_insert(&c->pairs, &p->node,
                    hash_u64(dst ^ (uint64_t)conn << 48 ^ (uint64_t)conn >> 16));
    }
    return p;
}

/* --- Messages --------------------------------------------------------------------------------------- */

static void on_miss(struct collector *c, uint32_t conn, uint64_t dst, double at_s)
{
    struct collector_pair *p;

    if (!c->begun) { /* The clock starts with the first miss, which therefore does not count. */
        c->begun = true;
        c->first_s = at_s;
        p = pair_get(c, conn, dst);
    } else {
        p = pair_get(c, conn, dst);
        if (!p->present) {
            p->n_misses++;
            c->out->n_misses++;
            p->absent_s += at_s - p->since_s;
        }
    }
    p->present = true;
    p->waits = true;
    p->asked_s = at_s;
}

static void on_packet_in(struct collector *c, const struct control_message *m,
                         const struct of_msg *msg)
{
    const struct of_packet_in *in = &msg->packet_in;
    const uint8_t *f = in->data.data;
    uint64_t src = 0, dst = 0;
    unsigned type;

    c->out->n_packet_ins++;
    if (in->data.len < 14) {
        return;
    }
    type = (unsigned)f[12] << 8 | f[13];
    for (size_t i = 0; i < 6; i++) {
        dst = dst << 8 | f[i];
        src = src << 8 | f[6 + i];
    }
    if (type == 0x88cc || type == 0x8942 || (f[6] & 1)) {
        return;
    }
    see_host(c, m->conn, src);
    if ((type == 0x0800 || type == 0x86dd) && !(f[0] & 1)) {
        on_miss(c, m->conn, dst, m->at_s);
    }
}

static void add_service(struct collector *c, double s)
{
    struct calibration *out = c->out;

    if (out->n_service == MAX_SERVICE) {
        return;
    }
    if (out->n_service == c->cap_service) {
        c->cap_service = c->cap_service ? 2 * c->cap_service : 1024;
        out->service_s = xreallocarray(out->service_s, c->cap_service, sizeof *out->service_s);
    }
    out->service_s[out->n_service++] = s;
}

static bool names_destination(const struct of_match *match)
{
    return of_match_has(match, OF_FIELD_ETH_DST) && !(match->masked & OF_BIT(ETH_DST)) &&
           !eth_addr_is_multicast(match->v.eth_dst);
}

static void on_flow_mod(struct collector *c, const struct control_message *m,
                        const struct of_msg *msg)
{
    const struct of_flow_mod *fm = &msg->flow_mod;
    struct collector_pair *p;

    if (fm->command != OF_FLOW_ADD || !fm->idle_timeout_s || !names_destination(&fm->match)) {
        return;
    }
    c->holds[fm->idle_timeout_s < CALIBRATE_HOLDS ? fm->idle_timeout_s : CALIBRATE_HOLDS - 1]++;
    p = collector_pair(c, m->conn, eth_addr_u64(fm->match.v.eth_dst));
    if (p && p->waits) {
        p->waits = false;
        add_service(c, m->at_s - fmax(p->asked_s, c->answered_s));
        c->answered_s = m->at_s;
    }
}

static void add_life(struct collector *c, double life_s, double began_s, uint32_t conn,
                     uint64_t dst)
{
    if (c->n_lives == c->cap_lives) {
        c->cap_lives = c->cap_lives ? 2 * c->cap_lives : 1024;
        c->lives_s = xreallocarray(c->lives_s, c->cap_lives, sizeof(double));
        c->lives_at_s = xreallocarray(c->lives_at_s, c->cap_lives, sizeof(double));
        c->lives_dst = xreallocarray(c->lives_dst, c->cap_lives, sizeof(uint64_t));
        c->lives_conn = xreallocarray(c->lives_conn, c->cap_lives, sizeof(uint32_t));
    }
    c->lives_s[c->n_lives] = life_s;
    c->lives_at_s[c->n_lives] = began_s;
    c->lives_dst[c->n_lives] = dst;
    c->lives_conn[c->n_lives++] = conn;
}

static void on_flow_removed(struct collector *c, const struct control_message *m,
                            const struct of_msg *msg)
{
    const struct of_flow_removed *fr = &msg->flow_removed;
    double life_s = (double)fr->duration_s + (double)fr->duration_ns * 1e-9;
    struct collector_pair *p;

    if (!fr->idle_timeout_s || !names_destination(&fr->match) || !c->begun) {
        return;
    }
    p = pair_get(c, m->conn, eth_addr_u64(fr->match.v.eth_dst));
    p->present = p->waits = false;
    p->since_s = m->at_s;
    if (fr->reason == OF_REMOVED_IDLE_TIMEOUT) {
        add_life(c, life_s, m->at_s - life_s, m->conn, p->dst);
    }
}

static void on_message(void *aux, const struct control_message *m)
{
    struct collector *c = aux;
    struct of_msg msg;

    see_conn(c, m->conn);
    c->last_s = m->at_s;
    if (of_decode(m->data, m->len, &c->arena, &msg) != OF_OK) {
        c->out->n_undecoded++;
    } else if (m->from_switch && msg.type == OF_PACKET_IN) {
        on_packet_in(c, m, &msg);
    } else if (m->from_switch && msg.type == OF_FLOW_REMOVED) {
        on_flow_removed(c, m, &msg);
    } else if (!m->from_switch && msg.type == OF_FLOW_MOD) {
        on_flow_mod(c, m, &msg);
    }
    arena_reset(&c->arena);
}

/* --- Life ------------------------------------------------------------------------------------------- */

void collector_init(struct collector *c, struct calibration *out)
{
    *c = (struct collector){.out = out};
    hmap_init(&c->hosts);
    hmap_init(&c->pairs);
}

void collector_fini(struct collector *c)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &c->pairs) {
        hmap_remove(&c->pairs, node);
        free(HMAP_ENTRY(node, struct collector_pair, node));
    }
    for (size_t i = 0; i < c->n_hosts; i++) {
        hmap_remove(&c->hosts, &c->by_number[i]->node);
        free(c->by_number[i]);
    }
    hmap_fini(&c->pairs);
    hmap_fini(&c->hosts);
    free(c->by_number);
    free(c->n_at);
    free(c->lives_s);
    free(c->lives_at_s);
    free(c->lives_dst);
    free(c->lives_conn);
    arena_fini(&c->arena);
}

bool collector_read(struct collector *c, const char *path, uint16_t port, char *error, size_t size)
{
    struct control_log_stats stats;

    return control_log_read(path, port, on_message, c, &stats, error, size);
}

#include "experiments/calibrate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/openflow/of_codec.h"
#include "controller/openflow/of_msg.h"
#include "controller/packet/pkt.h"
#include "experiments/calibrate_fit.h"
#include "experiments/control_log.h"
#include "models/fit.h"
#include "models/holding.h"

#define MAX_SERVICE 2000000
#define Z95 1.959964

struct host {
    struct hmap_node node;
    uint64_t mac;
    uint32_t number, conn; /* conn: where its switch is. */
};

/* A destination as a switch sees it. */
struct pair {
    struct hmap_node node;
    uint32_t conn;
    uint64_t dst;
    bool present; /* An entry is there, or has been asked for. */
    bool waits;   /* Asked for at: */
    double asked_s;
    double since_s;  /* No entry since; when it is not present. */
    double absent_s; /* In all. */
    uint64_t n_misses;
};

struct collector {
    struct calibration *out;
    struct arena arena;
    struct hmap hosts, pairs;
    struct host **by_number;
    size_t n_hosts, cap_hosts;
    uint32_t *n_at; /* Hosts by connection. */
    size_t cap_at;
    uint32_t n_conns;
    bool begun;
    double first_s, last_s, answered_s;
    double *lives_s, *lives_at_s;
    uint64_t *lives_dst;
    uint32_t *lives_conn;
    size_t n_lives, cap_lives;
    size_t cap_service;
    uint64_t holds[1024]; /* How often each idle time-out was asked for; the last: longer ones. */
};

/* --- Hosts and pairs ------------------------------------------------------------------------------ */

static struct host *host_of(const struct collector *c, uint64_t mac)
{
    struct hmap_node *node = hmap_first_with(&c->hosts, hash_u64(mac));

    return node ? HMAP_ENTRY(node, struct host, node) : NULL;
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
    struct host *h;

    if (host_of(c, mac)) {
        return;
    }
    if (c->n_hosts == c->cap_hosts) {
        c->cap_hosts = c->cap_hosts ? 2 * c->cap_hosts : 64;
        c->by_number = xreallocarray(c->by_number, c->cap_hosts, sizeof(struct host *));
    }
    h = xcalloc(1, sizeof *h);
    h->mac = mac;
    h->conn = conn;
    h->number = (uint32_t)c->n_hosts;
    c->by_number[c->n_hosts++] = h;
    c->n_at[conn]++;
    hmap_insert(&c->hosts, &h->node, hash_u64(mac));
}

static struct pair *pair_of(const struct collector *c, uint32_t conn, uint64_t dst)
{
    uint64_t hash = hash_u64(dst ^ (uint64_t)conn << 48 ^ (uint64_t)conn >> 16);

    for (struct hmap_node *n = hmap_first_with(&c->pairs, hash); n; n = hmap_next_with(n)) {
        struct pair *p = HMAP_ENTRY(n, struct pair, node);

        if (p->conn == conn && p->dst == dst) {
            return p;
        }
    }
    return NULL;
}

static struct pair *pair_get(struct collector *c, uint32_t conn, uint64_t dst)
{
    struct pair *p = pair_of(c, conn, dst);

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
    struct pair *p;

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
    struct pair *p;

    if (fm->command != OF_FLOW_ADD || !fm->idle_timeout_s || !names_destination(&fm->match)) {
        return;
    }
    c->holds[fm->idle_timeout_s < 1023 ? fm->idle_timeout_s : 1023]++;
    p = pair_of(c, m->conn, eth_addr_u64(fm->match.v.eth_dst));
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
    struct pair *p;

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

/* --- Rates ------------------------------------------------------------------------------------------ */

static uint32_t sources_of(const struct collector *c, uint32_t conn, const struct host *dst)
{
    return c->n_at[conn] - (dst->conn == conn);
}

/* Misses and source-seconds without an entry of each destination. */
static void count_exposure(struct collector *c, struct fit_count *counts)
{
    for (size_t d = 0; d < c->n_hosts; d++) {
        const struct host *dst = c->by_number[d];

        for (uint32_t conn = 0; conn < c->n_conns; conn++) {
            const struct pair *p = c->n_at[conn] ? pair_of(c, conn, dst->mac) : NULL;
            double absent_s = !p           ? c->last_s - c->first_s
                              : p->present ? p->absent_s
                                           : p->absent_s + c->last_s - p->since_s;

            counts[d].exposure_s += c->n_at[conn] ? absent_s * sources_of(c, conn, dst) : 0;
            counts[d].n += p && c->n_at[conn] ? (double)p->n_misses : 0;
        }
    }
}

/* The exact interval of a Poisson count (Garwood 1936). */
static struct estimate poisson_rate(double n, double exposure_s)
{
    return (struct estimate){n / exposure_s,
                             n > 0 ? gsl_cdf_chisq_Pinv(0.025, 2 * n) / 2 / exposure_s : 0,
                             gsl_cdf_chisq_Pinv(0.975, 2 * n + 2) / 2 / exposure_s};
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

static void estimate_rates(struct collector *c, const struct fit_count *counts)
{
    double n = 0, exposure_s = 0;

    c->out->rates_per_s = xcalloc(c->n_hosts + 1, sizeof(double));
    for (size_t d = 0; d < c->n_hosts; d++) {
        n += counts[d].n;
        exposure_s += counts[d].exposure_s;
        c->out->rates_per_s[d] = counts[d].exposure_s > 0 ? counts[d].n / counts[d].exposure_s : 0;
    }
    c->out->rate_per_s = poisson_rate(n, exposure_s);
    qsort(c->out->rates_per_s, c->n_hosts, sizeof(double), falling);
}

/* --- Sessions --------------------------------------------------------------------------------------- */

struct life_question {
    const struct collector *c;
    const struct fit_count *counts;
    double until_s; /* Entries that began later are left out, lest long ones be missed. */
};

static double mean_life_s(const struct life_question *q, double session_s, double *measured_s,
                          double *error_s, size_t *n)
{
    double expected = 0, sum = 0, squares = 0;

    *n = 0;
    for (size_t i = 0; i < q->c->n_lives; i++) {
        const struct host *dst = host_of(q->c, q->c->lives_dst[i]);
        struct holding_chain chain = {
            .mu_per_s = 1 / session_s, .hold_s = q->c->out->hold_s, .law = HOLD_FIXED};
        struct holding_state state;

        if (!dst || q->c->lives_at_s[i] > q->until_s) {
            continue;
        }
        chain.n_sources = sources_of(q->c, q->c->lives_conn[i], dst);
        chain.lambda_per_s = q->counts[dst->number].exposure_s > 0
                                 ? q->counts[dst->number].n / q->counts[dst->number].exposure_s
                                 : 0;
        if (model_holding_exact(&chain, &state) == MODEL_OK && state.arrivals_per_s > 0) {
            double off = q->c->lives_s[i] - state.occupancy_frac / state.arrivals_per_s;

            expected += state.occupancy_frac / state.arrivals_per_s;
            sum += q->c->lives_s[i];
            squares += off * off;
            ++*n;
        }
    }
    *measured_s = *n ? sum / (double)*n : 0;
    *error_s = *n > 1 ? sqrt(squares) / (double)*n : 0;
    return *n ? expected / (double)*n : 0;
}

/* The session that gives a mean life of 'wanted_s', which grows with it: by bisection of the logarithm. */
static double session_for(const struct life_question *q, double wanted_s)
{
    double low = 1e-3, high = 1e5, measured_s, error_s;
    size_t n;

    for (int i = 0; i < 32; i++) {
        double middle = sqrt(low * high);

        if (mean_life_s(q, middle, &measured_s, &error_s, &n) < wanted_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return sqrt(low * high);
}

static bool estimate_session(struct collector *c, const struct fit_count *counts)
{
    struct life_question q = {c, counts, INFINITY};
    double measured_s, error_s, most_s = 0;
    size_t n;

    for (size_t i = 0; i < c->n_lives; i++) {
        most_s = fmax(most_s, c->lives_s[i]);
    }
    q.until_s = c->last_s - fmin(most_s, (c->last_s - c->first_s) / 2);
    mean_life_s(&q, 1, &measured_s, &error_s, &n);
    c->out->n_lives = n;
    if (n < 30) {
        return false;
    }
    c->out->session_s.value = session_for(&q, measured_s);
    mean_life_s(&q, c->out->session_s.value, &measured_s, &error_s, &n);
    c->out->session_s.low = session_for(&q, measured_s - Z95 * error_s);
    c->out->session_s.high = session_for(&q, measured_s + Z95 * error_s);
    return true;
}

/* --- Service ---------------------------------------------------------------------------------------- */

static int rising(const void *a, const void *b)
{
    return -falling(a, b);
}

static void estimate_service(struct calibration *out)
{
    double sum = 0, squares = 0, n = (double)out->n_service, mean, cv, wide;
    struct fit fit;
    size_t n_zero = 0;

    qsort(out->service_s, out->n_service, sizeof(double), rising);
    for (size_t i = 0; i < out->n_service; i++) {
        sum += out->service_s[i];
        n_zero += !(out->service_s[i] > 0);
    }
    if (n < 30 || n_zero > out->n_service / 20) {
        return; /* Instants of one turn of a live controller are the same. */
    }
    mean = sum / n;
    for (size_t i = 0; i < out->n_service; i++) {
        squares += (out->service_s[i] - mean) * (out->service_s[i] - mean);
    }
    cv = sqrt(squares / (n - 1)) / mean;
    wide = exp(Z95 * cv / sqrt(n)); /* Of the logarithm: a rate is never negative. */
    out->service_per_s = (struct estimate){1 / mean, 1 / (mean * wide), wide / mean};
    out->service = SERVICE_IS_OTHER;
    if (cv < 0.05) {
        out->service = SERVICE_IS_CONSTANT;
    } else if (model_fit(FIT_EXPONENTIAL, out->service_s, out->n_service, &fit) == MODEL_OK) {
        struct model_result p =
            model_fit_p(FIT_EXPONENTIAL, &fit, out->service_s, out->n_service, 200, 2385);

        out->service_p_frac = p.value;
        out->service = p.value > 0.01 ? SERVICE_IS_EXPONENTIAL : SERVICE_IS_OTHER;
    }
}

/* --- All -------------------------------------------------------------------------------------------- */

static void count_network(struct collector *c)
{
    struct calibration *out = c->out;
    uint64_t most = 0;

    out->n_switches = c->n_conns;
    out->n_hosts = (uint32_t)c->n_hosts;
    for (uint32_t conn = 0; conn < c->n_conns; conn++) {
        out->n_edge += c->n_at[conn] > 0;
    }
    out->hosts_per_edge =
        out->n_edge ? (uint32_t)lround((double)c->n_hosts / (double)out->n_edge) : 0;
    out->span_s = c->last_s - c->first_s;
    for (size_t s = 0; s < 1024; s++) {
        if (c->holds[s] > most) {
            most = c->holds[s];
            out->hold_s = (double)s;
        }
    }
}

static bool estimate_all(struct collector *c, const char *path, char *error, size_t size)
{
    struct fit_count *counts = xcalloc(c->n_hosts + 1, sizeof *counts);
    bool ok = false;

    count_network(c);
    count_exposure(c, counts);
    if (c->n_hosts < 2 || c->out->n_misses < 30) {
        snprintf(error, size, "%s: %llu misses of %zu hosts are too few to say anything", path,
                 (unsigned long long)c->out->n_misses, c->n_hosts);
    } else if (c->out->hold_s == 0 || !(estimate_rates(c, counts), estimate_session(c, counts))) {
        snprintf(error, size,
                 "%s: too few entries with an idle time-out whose removal was told (%zu)", path,
                 c->n_lives);
    } else {
        ok = true;
        estimate_service(c->out);
        calibrate_popularity(counts, c->n_hosts, c->out);
    }
    free(counts);
    return ok;
}

static void collector_fini(struct collector *c)
{
    struct hmap_node *node, *next;

    HMAP_FOR_EACH (node, next, &c->pairs) {
        hmap_remove(&c->pairs, node);
        free(HMAP_ENTRY(node, struct pair, node));
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

bool calibrate(const char *path, uint16_t port, struct calibration *out, char *error, size_t size)
{
    struct collector *c = xcalloc(1, sizeof *c);
    struct control_log_stats stats;
    bool ok;

    *out = (struct calibration){0};
    c->out = out;
    hmap_init(&c->hosts);
    hmap_init(&c->pairs);
    ok = control_log_read(path, port, on_message, c, &stats, error, size) &&
         estimate_all(c, path, error, size);
    collector_fini(c);
    free(c);
    return ok;
}

void calibration_fini(struct calibration *c)
{
    free(c->service_s);
    free(c->rates_per_s);
    *c = (struct calibration){0};
}

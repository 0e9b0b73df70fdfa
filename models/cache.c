/* Tables that evict, by their characteristic time.
 *
 * LRU: an entry stays until its destination has not been used for T_c, which is a fixed holding
 * time: P_OFF = A e^(-aT), packet-ins a P_OFF (holding.h, HOLD_FIXED).
 *
 * Random: every entry is thrown out at rate 1/T_c whatever it does. While a session is ON the next
 * frame brings it back at once, which costs a packet-in; in HOLD it is gone. So P_OFF is that of
 * HOLD_EXPONENTIAL, A/(1 + aT), and packet-ins come at a P_OFF + (1 - A)/T.
 *
 * FIFO: an entry lives for T_c exactly. At the end it is idle with probability B = A (1 - e^(-gT)),
 * g = lambda + mu: the session that brought it relaxes at rate g, the others are stationary. One
 * life is T and then, if idle, OFF for the mean 1/a: packet-ins 1/(T + B/a), P_OFF their B/a.
 *
 * For sessions of no length A = 1, and random and FIFO agree: E. Gelenbe, IEEE Trans. Computers 22,
 * 1973. */
#include "models/cache.h"

#include <math.h>
#include <stddef.h>

#include "models/holding.h"
#include "models/root.h"

static const char *const NAMES[] = {
    [EVICT_LRU] = "lru",
    [EVICT_RANDOM] = "random",
    [EVICT_FIFO] = "fifo",
};
enum { N_NAMES = sizeof NAMES / sizeof NAMES[0] };

const char *eviction_name(enum eviction eviction)
{
    return (size_t)eviction < N_NAMES ? NAMES[eviction] : "unknown";
}

/* A switch and a characteristic time; the first failure of a quadrature stays in "status". */
struct cache {
    const struct popularity *popularity;
    uint32_t ports;
    enum eviction eviction;
    double n_entries;
    double t_s;
    enum model_status status;
};

/* One destination under the cache's characteristic time. */
struct entry {
    double occupancy_frac;
    double missed_per_s;   /* Sessions that begin without an entry. */
    double arrivals_per_s; /* These, and the packet-ins in mid-session. */
};

static struct holding_state chain_state(const struct cache *c, double lambda_per_s)
{
    struct holding_chain chain = {
        .n_sources = c->ports,
        .lambda_per_s = lambda_per_s,
        .mu_per_s = c->popularity->mu_per_s,
        .hold_s = c->t_s,
        .law = c->eviction == EVICT_LRU ? HOLD_FIXED : HOLD_EXPONENTIAL,
    };
    struct holding_state state;

    model_holding_exact(&chain, &state);
    return state;
}

/* T = 0 is the limit of ever shorter lives: only destinations in use have an entry then. */
static struct entry fifo_entry(const struct cache *c, double lambda_per_s)
{
    struct cache none = *c;

    none.t_s = 0;
    double idle = chain_state(&none, lambda_per_s).p_off_frac;
    double a = c->ports * lambda_per_s;
    double b = idle * -expm1(-(lambda_per_s + c->popularity->mu_per_s) * c->t_s);
    double cycle = c->t_s * a + b; /* In units of 1/a. */

    if (a == 0 || c->t_s == 0 || isinf(c->t_s)) {
        double p_off = a == 0 ? 1 : c->t_s == 0 ? idle : 0;
        return (struct entry){1 - p_off, a * p_off, a * p_off};
    }
    return (struct entry){c->t_s * a / cycle, a * (b / cycle), a / cycle};
}

static struct entry entry_of(const struct cache *c, double lambda_per_s)
{
    if (c->eviction == EVICT_FIFO) {
        return fifo_entry(c, lambda_per_s);
    }
    struct holding_state s = chain_state(c, lambda_per_s);
    struct entry entry = {s.occupancy_frac, s.arrivals_per_s, s.arrivals_per_s};

    if (c->eviction == EVICT_RANDOM && c->t_s > 0) {
        entry.arrivals_per_s += s.p_on_frac / c->t_s;
    }
    return entry;
}

static double occupancy_of(double lambda_per_s, const void *ctx)
{
    return entry_of(ctx, lambda_per_s).occupancy_frac;
}

static double missed_of(double lambda_per_s, const void *ctx)
{
    return entry_of(ctx, lambda_per_s).missed_per_s;
}

static double arrivals_of(double lambda_per_s, const void *ctx)
{
    return entry_of(ctx, lambda_per_s).arrivals_per_s;
}

/* Sessions begin at S lambda mu/(lambda + mu): each source is OFF for mu/(lambda + mu). */
static double sessions_of(double lambda_per_s, const void *ctx)
{
    const struct cache *c = ctx;
    return c->ports * (lambda_per_s / (1 + lambda_per_s / c->popularity->mu_per_s));
}

static double total(struct cache *c, model_rate_fn *fn)
{
    struct popularity_range range = model_popularity_everyone();
    struct model_result r;

    range.epsrel = 1e-10;
    r = model_popularity_expect(c->popularity, range, fn, c);
    if (r.status != MODEL_OK && c->status == MODEL_OK) {
        c->status = r.status;
    }
    return c->popularity->n_hosts * r.value;
}

/* T = z/(1 - z) sessions, z in [0, 1]. */
static double time_of_knob(const struct cache *c, double z)
{
    return z < 1 ? z / (1 - z) / c->popularity->mu_per_s : INFINITY;
}

static double entries_excess(double z, const void *ctx)
{
    struct cache c = *(const struct cache *)ctx;

    c.t_s = time_of_knob(&c, z);
    return total(&c, occupancy_of) - c.n_entries;
}

/* Sets the characteristic time. */
static enum model_status fit_time(struct cache *c)
{
    if (c->ports == 0 || !(c->n_entries > 0) || (size_t)c->eviction >= N_NAMES) {
        return MODEL_DOMAIN;
    }
    if (entries_excess(0, c) > 0) {
        return MODEL_UNSTABLE;
    }
    if (entries_excess(1, c) <= c->n_entries * 1e-9) { /* The quadrature's last digits. */
        c->t_s = INFINITY;
        return MODEL_OK;
    }
    struct model_result z = model_root_find(entries_excess, c, 0, 1, 1e-15, 1e-13);
    c->t_s = time_of_knob(c, z.value);
    return z.status;
}

enum model_status model_cache(const struct popularity *popularity, uint32_t ports, double n_entries,
                              enum eviction eviction, struct cache_state *out)
{
    struct cache c = {popularity, ports, eviction, n_entries, 0, MODEL_OK};
    enum model_status status = fit_time(&c);

    *out = (struct cache_state){0};
    if (status != MODEL_OK) {
        return status;
    }
    double missed = total(&c, missed_of);
    out->characteristic_s = c.t_s;
    out->occupancy_entries = total(&c, occupancy_of);
    out->sessions_per_s = total(&c, sessions_of);
    out->arrivals_per_s = total(&c, arrivals_of);
    out->hit_frac = out->sessions_per_s > 0 ? fmax(0, 1 - missed / out->sessions_per_s) : 1;
    return c.status;
}

enum model_status model_cache_tiers(const struct popularity *popularity, uint32_t ports,
                                    double tcam_entries, double software_entries,
                                    struct cache_tiers *out)
{
    struct cache_state tcam, both;
    enum model_status status;

    *out = (struct cache_tiers){0};
    if (!(software_entries >= 0)) {
        return MODEL_DOMAIN;
    }
    status = model_cache(popularity, ports, tcam_entries, EVICT_LRU, &tcam);
    if (status == MODEL_OK) {
        status = model_cache(popularity, ports, tcam_entries + software_entries, EVICT_LRU, &both);
    }
    if (status != MODEL_OK) {
        return status;
    }
    out->tcam_frac = tcam.hit_frac;
    out->software_frac = both.hit_frac - tcam.hit_frac;
    out->controller_frac = 1 - both.hit_frac;
    out->tcam_characteristic_s = tcam.characteristic_s;
    out->software_characteristic_s = both.characteristic_s;
    out->sessions_per_s = both.sessions_per_s;
    out->arrivals_per_s = both.arrivals_per_s;
    return MODEL_OK;
}

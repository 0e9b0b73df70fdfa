#include "simnet/ctlchan/faults.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"

enum { FAULT_KIND = 0xfa17 };

const char *const fault_kind_names[FAULT_N_KINDS] = {"link",
                                                     "fibre",
                                                     "line-card",
                                                     "switch",
                                                     "cpu",
                                                     "channel",
                                                     "delay",
                                                     "controller-stall",
                                                     "controller-restart",
                                                     "controller-cut"};

/* One target of a fault. */
struct victim {
    struct faults *faults;
    size_t spec;
    uint32_t number; /* Of a wire or a switch. */
    unsigned side;   /* Of a fibre: where it starts. */
    bool is_down;
    double down_since_s;
    struct rng *rng;
    struct sim_event change;
};

struct plan {
    struct fault_spec spec;
    struct duration up, down;
    uint32_t n_targets;
    uint64_t n_begun;
    double down_s; /* Of outages that are over. */
};

struct faults {
    struct world *world;
    struct ctlchan *cc;
    struct fault_hooks hooks;
    struct plan *plans;
    size_t n_plans;
    struct victim *victims;
    size_t n_victims;
    uint32_t *wire_holds;  /* How many faults hold each wire down, */
    uint32_t *power_holds; /* each switch without power, */
    uint32_t *cpu_holds, *cut_holds;
    uint32_t *fibre_holds;  /* Each direction of a wire, by twice its number and the side, */
    int64_t *more_delay_ns; /* and by how much messages of a switch are late. */
    uint32_t n_stalls, n_restarts, n_cut_offs;
};

/* --- What faults do ----------------------------------------------------------------------------- */

static void hold_wire(struct faults *f, uint32_t w, bool down)
{
    f->wire_holds[w] += down ? 1u : UINT32_MAX;
    wire_set_up(world_wire(f->world, w), f->wire_holds[w] == 0);
}

/* True when the first hold begins or the last one is over. */
static bool count(uint32_t *holds, bool down)
{
    *holds += down ? 1u : UINT32_MAX;
    return *holds == (down ? 1 : 0);
}

static bool is_at(const struct faults *f, uint32_t w, uint32_t sw)
{
    for (unsigned side = 0; side < 2; side++) {
        struct world_end end = world_wire_end(f->world, w, side);

        if (!end.is_host && end.number == sw) {
            return true;
        }
    }
    return false;
}

/* Wires are joined to ports in their order: port n of a switch is its n-th wire. */
static void hold_ports(struct faults *f, const struct fault_spec *spec, uint32_t sw, bool down)
{
    port_no_t port = 0;

    for (uint32_t w = 0; w < world_n_wires(f->world); w++) {
        if (!is_at(f, w, sw)) {
            continue;
        }
        port++;
        for (uint32_t i = 0; i < spec->n_ports; i++) {
            if (spec->ports[i] == port) {
                hold_wire(f, w, down);
            }
        }
    }
}

static void hold_channel(struct faults *f, uint32_t sw, bool down)
{
    if (count(&f->cut_holds[sw], down)) {
        ctlchan_set_cut(f->cc, sw, down);
    }
}

static void power(struct faults *f, uint32_t sw, bool down)
{
    bool changes = count(&f->power_holds[sw], down);

    if (changes && down) {
        hold_channel(f, sw, true);
        if (f->hooks.second) {
            ctlchan_set_cut(f->hooks.second, sw, true);
        }
        swtch_reset(world_switch(f->world, sw));
    }
    for (uint32_t w = 0; changes && w < world_n_wires(f->world); w++) {
        if (is_at(f, w, sw)) {
            hold_wire(f, w, down);
        }
    }
    if (changes && !down) {
        hold_channel(f, sw, false);
        if (f->hooks.second) {
            ctlchan_set_cut(f->hooks.second, sw, false);
        }
    }
}

static void stall_switch(struct faults *f, uint32_t sw, bool stalled)
{
    ctlchan_stall_switch(f->cc, sw, stalled);
    if (f->hooks.second) {
        ctlchan_stall_switch(f->hooks.second, sw, stalled);
    }
}

static void cut_off(struct faults *f, bool down)
{
    for (uint32_t i = 0; i < world_n_switches(f->world); i++) {
        hold_channel(f, i, down);
    }
    if (count(&f->n_cut_offs, down)) {
        ctlchan_set_cut_off(f->cc, down);
    }
}

static void stop_controller(struct faults *f, bool down)
{
    if (!count(&f->n_restarts, down)) {
        return;
    }
    if (down) {
        ctlchan_stop(f->cc);
    }
    f->hooks.restart(f->hooks.aux, !down);
}

static void strike(struct victim *v, bool down)
{
    struct faults *f = v->faults;
    const struct fault_spec *spec = &f->plans[v->spec].spec;

    switch (spec->kind) {
    case FAULT_LINK:
        hold_wire(f, v->number, down);
        break;
    case FAULT_FIBRE:
        if (count(&f->fibre_holds[2 * v->number + v->side], down)) {
            wire_set_broken(world_wire(f->world, v->number), v->side, down);
        }
        break;
    case FAULT_LINE_CARD:
        hold_ports(f, spec, v->number, down);
        break;
    case FAULT_SWITCH:
        power(f, v->number, down);
        break;
    case FAULT_CPU:
        if (count(&f->cpu_holds[v->number], down)) {
            stall_switch(f, v->number, down);
        }
        break;
    case FAULT_CHANNEL:
        hold_channel(f, v->number, down);
        break;
    case FAULT_DELAY:
        f->more_delay_ns[v->number] += (down ? 1 : -1) * ns_from_s(spec->more_delay_s);
        ctlchan_set_more_delay(f->cc, v->number, f->more_delay_ns[v->number]);
        break;
    case FAULT_STALL:
        if (count(&f->n_stalls, down)) {
            ctlchan_stall(f->cc, down);
        }
        break;
    case FAULT_RESTART:
        stop_controller(f, down);
        break;
    case FAULT_CUT_OFF:
        cut_off(f, down);
        break;
    case FAULT_N_KINDS:
        break;
    }
}

/* --- When --------------------------------------------------------------------------------------- */

static double now_s(const struct faults *f)
{
    return mono_to_s(sim_now(world_sim(f->world)));
}

/* How long it stays as it is now; infinite: for good. */
static double draw(const struct victim *v)
{
    const struct plan *plan = &v->faults->plans[v->spec];

    if (plan->spec.is_random) {
        return duration_draw(v->is_down ? &plan->down : &plan->up, v->rng);
    }
    return v->is_down ? plan->spec.for_s : (double)INFINITY;
}

static void schedule(struct victim *v, double after_s)
{
    struct sim *sim = world_sim(v->faults->world);

    if (after_s < DURATION_MAX_S) {
        sim_at(sim, &v->change, mono_add(sim_now(sim), ns_from_s(after_s)));
    }
}

static void on_change(void *aux, struct sim_event *event)
{
    struct victim *v = aux;
    struct faults *f = v->faults;
    struct plan *plan = &f->plans[v->spec];

    (void)event;
    sim_trace_u64(world_sim(f->world), (uint64_t)v->spec << 32 | v->number);
    v->is_down = !v->is_down;
    if (v->is_down) {
        v->down_since_s = now_s(f);
        plan->n_begun++;
    } else {
        plan->down_s += now_s(f) - v->down_since_s;
    }
    strike(v, v->is_down);
    if (f->hooks.told) {
        f->hooks.told(f->hooks.aux, v->spec, v->is_down);
    }
    schedule(v, draw(v));
}

/* --- Targets ------------------------------------------------------------------------------------ */

static void add_victim(struct faults *f, size_t spec, uint32_t number, unsigned side)
{
    struct victim *v;
    char name[64];

    f->victims = xreallocarray(f->victims, f->n_victims + 1, sizeof *f->victims);
    v = &f->victims[f->n_victims++];
    *v = (struct victim){.faults = f, .spec = spec, .number = number, .side = side};
    snprintf(name, sizeof name, "fault %zu of %u", spec, number);
    v->rng = sim_rng(world_sim(f->world), name);
    f->plans[spec].n_targets++;
}

static bool is_about_wires(enum fault_kind kind)
{
    return kind == FAULT_LINK || kind == FAULT_FIBRE;
}

static bool is_in_class(const struct faults *f, uint32_t w, enum fault_class of)
{
    bool trunk = !world_wire_end(f->world, w, 0).is_host && !world_wire_end(f->world, w, 1).is_host;

    return of == FAULT_ALL || (of == FAULT_TRUNKS) == trunk;
}

static const char *end_name(const struct faults *f, uint32_t w, unsigned side)
{
    struct world_end end = world_wire_end(f->world, w, side);

    return end.is_host ? endhost_name(world_host(f->world, end.number))
                       : swtch_name(world_switch(f->world, end.number));
}

static bool add_wire(struct faults *f, size_t i, char *why, size_t size)
{
    const struct fault_spec *spec = &f->plans[i].spec;

    for (uint32_t w = 0; w < world_n_wires(f->world); w++) {
        for (unsigned side = 0; side < 2; side++) {
            if (strcmp(end_name(f, w, side), spec->a) == 0 &&
                strcmp(end_name(f, w, !side), spec->b) == 0) {
                add_victim(f, i, w, side);
                return true;
            }
        }
    }
    snprintf(why, size, "fault%zu: there is no link between \"%s\" and \"%s\"", i, spec->a,
             spec->b);
    return false;
}

static bool add_switch(struct faults *f, size_t i, char *why, size_t size)
{
    const struct fault_spec *spec = &f->plans[i].spec;
    uint32_t sw = world_find_switch(f->world, spec->a);

    if (sw == world_n_switches(f->world)) {
        snprintf(why, size, "fault%zu: no switch is called \"%s\"", i, spec->a);
        return false;
    }
    add_victim(f, i, sw, 0);
    return true;
}

/* The number of a port of 'spec' that 'sw' has not; 0: it has them all. */
static port_no_t missing_port(const struct fault_spec *spec, const struct swtch *sw)
{
    for (uint32_t p = 0; p < spec->n_ports; p++) {
        if (spec->ports[p] > swtch_n_ports(sw)) {
            return spec->ports[p];
        }
    }
    return 0;
}

/* Of a line card: each switch that it is about has its ports. */
static bool check_ports(const struct faults *f, size_t i, char *why, size_t size)
{
    const struct fault_spec *spec = &f->plans[i].spec;

    for (size_t k = 0; k < f->n_victims && spec->kind == FAULT_LINE_CARD; k++) {
        if (f->victims[k].spec == i) {
            const struct swtch *sw = world_switch(f->world, f->victims[k].number);

            if (missing_port(spec, sw)) {
                snprintf(why, size, "fault%zu: switch \"%s\" has no port %u", i, swtch_name(sw),
                         missing_port(spec, sw));
                return false;
            }
        }
    }
    return true;
}

static bool find_victims(struct faults *f, size_t i, char *why, size_t size)
{
    const struct fault_spec *spec = &f->plans[i].spec;
    bool wires = is_about_wires(spec->kind);
    uint32_t n = wires ? world_n_wires(f->world) : world_n_switches(f->world);

    if (spec->kind >= FAULT_STALL) {
        add_victim(f, i, 0, 0);
        return true;
    }
    if (spec->of == FAULT_ONE) {
        return wires ? add_wire(f, i, why, size) : add_switch(f, i, why, size);
    }
    for (uint32_t k = 0; k < n; k++) {
        if (!wires || is_in_class(f, k, spec->of)) {
            add_victim(f, i, k, 0);
        }
    }
    return true;
}

/* --- Life --------------------------------------------------------------------------------------- */

static bool init_plan(struct plan *plan, const struct fault_spec *spec, size_t i, char *why,
                      size_t size)
{
    struct duration_law up = {
        .kind = spec->up_law, .mean_s = spec->mtbf_s, .shape = spec->up_shape};
    struct duration_law down = {
        .kind = spec->down_law, .mean_s = spec->mttr_s, .shape = spec->down_shape};
    const char *error = NULL, *law = "";

    plan->spec = *spec;
    if (spec->is_random) {
        law = duration_law_error(&up) ? "up_law" : "down_law";
        error = duration_law_error(duration_law_error(&up) ? &up : &down);
    }
    if (error) {
        snprintf(why, size, "fault%zu: %s: %s", i, law, error);
        return false;
    }
    if (spec->is_random) {
        duration_init(&plan->up, &up);
        duration_init(&plan->down, &down);
    }
    return true;
}

/* Victims do not move any more: their events may be scheduled. */
static void begin(struct faults *f)
{
    for (size_t k = 0; k < f->n_victims; k++) {
        struct victim *v = &f->victims[k];
        const struct fault_spec *spec = &f->plans[v->spec].spec;

        sim_event_init(&v->change, FAULT_KIND, SIM_PRIO_FAULT, on_change, v);
        schedule(v, spec->at_s + (spec->is_random ? draw(v) : 0));
    }
}

struct faults *faults_new(struct world *world, struct ctlchan *cc, const struct fault_specs *specs,
                          const struct fault_hooks *hooks, char *why, size_t size)
{
    struct faults *f = xcalloc(1, sizeof *f);
    size_t n_switches = world_n_switches(world) + 1, n_wires = world_n_wires(world) + 1;
    bool ok = true;

    f->world = world;
    f->cc = cc;
    f->hooks = *hooks;
    f->plans = xcalloc(specs->n + 1, sizeof *f->plans);
    f->wire_holds = xcalloc(n_wires, sizeof *f->wire_holds);
    f->power_holds = xcalloc(n_switches, sizeof *f->power_holds);
    f->cpu_holds = xcalloc(n_switches, sizeof *f->cpu_holds);
    f->cut_holds = xcalloc(n_switches, sizeof *f->cut_holds);
    f->fibre_holds = xcalloc(2 * n_wires, sizeof *f->fibre_holds);
    f->more_delay_ns = xcalloc(n_switches, sizeof *f->more_delay_ns);
    for (size_t i = 0; i < specs->n && ok; i++) {
        f->n_plans = i + 1;
        ok = init_plan(&f->plans[i], &specs->list[i], i, why, size) &&
             find_victims(f, i, why, size) && check_ports(f, i, why, size);
    }
    if (!ok) {
        f->n_victims = 0; /* Their events have not been made. */
        faults_free(f);
        return NULL;
    }
    begin(f);
    return f;
}

void faults_free(struct faults *f)
{
    if (!f) {
        return;
    }
    for (size_t k = 0; k < f->n_victims; k++) {
        sim_cancel(world_sim(f->world), &f->victims[k].change);
    }
    for (size_t i = 0; i < f->n_plans; i++) {
        duration_fini(&f->plans[i].up);
        duration_fini(&f->plans[i].down);
    }
    free(f->plans);
    free(f->victims);
    free(f->wire_holds);
    free(f->power_holds);
    free(f->cpu_holds);
    free(f->cut_holds);
    free(f->fibre_holds);
    free(f->more_delay_ns);
    free(f);
}

struct fault_stats faults_stats(const struct faults *f, size_t i)
{
    const struct plan *plan = &f->plans[i];
    const struct fault_spec *spec = &plan->spec;
    double from_s = spec->is_random ? spec->at_s : 0;
    struct fault_stats out = {.n_targets = plan->n_targets,
                              .n_begun = plan->n_begun,
                              .down_s = plan->down_s,
                              .watched_s = plan->n_targets * fmax(now_s(f) - from_s, 0)};

    for (size_t k = 0; k < f->n_victims; k++) {
        if (f->victims[k].spec == i && f->victims[k].is_down) {
            out.down_s += now_s(f) - f->victims[k].down_since_s;
        }
    }
    if (spec->is_random) {
        out.expected_frac = spec->mtbf_s / (spec->mtbf_s + spec->mttr_s);
    }
    return out;
}

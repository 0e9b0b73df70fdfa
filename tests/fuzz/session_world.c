#include "tests/fuzz/session_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/openflow/of_codec.h"

#define MAX_DATAPATHS 5
#define MAX_HOSTS 24
#define MAX_BYTES (UINT64_C(64) << 20) /* Of the whole program, for the input of a fuzzer. */

/* More steps at one instant than this and the core turns on the spot. */
#define MAX_RUNS 1000

/* Only there in sanitized builds. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* --- The southbound --------------------------------------------------------------------------- */

static void remember_flow(struct conn *c, const struct of_flow_mod *f)
{
    if (f->command == OF_FLOW_ADD && c->n_flows < WORLD_N_FLOWS) {
        c->flows[c->n_flows++] = *f;
    }
}

static void remember(struct conn *c, const struct of_msg *msg)
{
    c->recent[c->n_recent++ % WORLD_N_RECENT] = *msg;
    if (msg->type == OF_FLOW_MOD) {
        remember_flow(c, &msg->flow_mod);
    }
}

static void __attribute__((noreturn)) explain(enum of_err err, const struct of_msg *msg)
{
    char text[1024];

    of_msg_print(msg, text, sizeof text);
    fprintf(stderr, "a switch would refuse with %s: %s\n", of_err_name(err), text);
    abort();
}

static enum err sb_send(void *aux, void *conn, const struct of_msg *msg)
{
    struct world *w = aux;
    struct conn *c = conn;
    struct of_msg copy;
    const uint8_t *frame;
    enum of_err decoded;
    enum err err;

    assert(c->open && !c->closed && "the core sends on a closed connection");
    if (c->n_refuse) {
        c->n_refuse--;
        return c->refuse;
    }
    buf_clear(&w->wire);
    err = of_encode(msg, &w->wire);
    if (err != ERR_OK) {
        return err;
    }
    w->n_bytes_sent += w->wire.len;
    frame = arena_memdup(&w->sent, w->wire.data, w->wire.len);
    decoded = of_decode(frame, w->wire.len, &w->sent, &copy);
    if (decoded) {
        explain(decoded, msg);
    }
    remember(c, &copy);
    return ERR_OK;
}

static void sb_close(void *aux, void *conn)
{
    struct conn *c = conn;

    (void)aux;
    assert(c->open && !c->closed && "the core closes twice");
    c->closed = true;
}

static size_t sb_tx_room(void *aux, void *conn)
{
    const struct conn *c = conn;

    (void)aux;
    return c->n_refuse ? 0 : SIZE_MAX;
}

/* --- Its life --------------------------------------------------------------------------------- */

void world_init(struct world *w)
{
    struct ctl_module_use uses[APP_N_MODULES] = {{NULL, NULL}};
    struct ctl_params params = {.settings = core_settings_default(),
                                .clock = &w->clock,
                                .southbound = &w->southbound,
                                .log = &w->log,
                                .modules = uses,
                                .n_modules = APP_N_MODULES};

    memset(w, 0, sizeof *w);
    for (unsigned i = 0; i < APP_N_MODULES; i++) {
        uses[i].module = app_modules[i];
    }
    for (unsigned i = 0; i < WORLD_N_CONNS; i++) {
        w->conns[i].world = w;
        w->conns[i].version = OF_VERSION_1_3;
    }
    params.settings.max_datapaths = MAX_DATAPATHS;
    params.settings.max_hosts = MAX_HOSTS;
    w->southbound = (struct southbound){w, sb_send, sb_close, sb_tx_room};
    log_init(&w->log, &w->clock, NULL, NULL);
    w->ctl = ctl_new(&params, NULL);
    assert(w->ctl && "a module did not start");
}

void world_fini(struct world *w)
{
    ctl_free(w->ctl);
    arena_fini(&w->sent);
    arena_fini(&w->in);
    buf_fini(&w->wire);
}

void world_connect(struct conn *c)
{
    struct world *w = c->world;

    if (c->open) {
        return;
    }
    c->closed = false;
    c->n_recent = c->n_answered = c->n_flows = 0;
    c->n_refuse = 0;
    c->open = true; /* The core greets before we know the session. */
    c->session = ctl_connected(w->ctl, c, "192.0.2.7:6653");
}

void world_disconnect(struct conn *c)
{
    if (c->open) {
        ctl_disconnected(c->world->ctl, c->session);
        c->open = false;
    }
}

void world_input_bytes(struct conn *c, const uint8_t *frame, size_t len)
{
    struct world *w = c->world;
    struct of_msg msg;
    enum of_err err;

    if (!c->open || c->closed) {
        return;
    }
    arena_reset(&w->in);
    memset(&msg, 0xa5, sizeof msg); /* So that what was left unset is not 0 by chance. */
    frame = arena_memdup(&w->in, frame, len);
    err = of_decode(frame, len, &w->in, &msg);
    if (err) {
        ctl_input_bad(w->ctl, c->session, &msg, err, frame, len);
    } else {
        ctl_input(w->ctl, c->session, &msg);
    }
}

void world_input(struct conn *c, const struct of_msg *msg)
{
    struct of_msg copy = *msg;
    struct buf wire = BUF_INIT;

    copy.version = c->version;
    if (of_encode(&copy, &wire) == ERR_OK) {
        world_input_bytes(c, wire.data, wire.len);
    }
    buf_fini(&wire);
}

static void run_due(struct world *w)
{
    unsigned n = 0;

    while (mono_due(ctl_next_deadline(w->ctl), w->clock.now)) {
        ctl_run(w->ctl);
        assert(++n < MAX_RUNS && "the core turns on the spot");
    }
}

void world_advance(struct world *w, int64_t ns)
{
    mono_t end = mono_add(w->clock.now, ns);

    run_due(w);
    while (mono_due(ctl_next_deadline(w->ctl), end)) {
        w->clock.now = ctl_next_deadline(w->ctl);
        run_due(w);
    }
    w->clock.now = end;
}

/* --- What must hold ----------------------------------------------------------------------------- */

struct flow_walk {
    const struct ctl *ctl;
    dpid_t dpid;
    bool ready;
    size_t n_entries, n_confirmed;
    uint8_t table_id;
    uint16_t priority;
    bool first;
};

/* Entries come in their order, are found again by their identity, and only a switch that is ready has
 * confirmed anything since it came. */
static void check_flow(void *aux, const struct flow_entry *entry)
{
    struct flow_walk *walk = aux;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    assert(walk->first || spec.table_id > walk->table_id ||
           (spec.table_id == walk->table_id && spec.priority <= walk->priority));
    assert(flow_entry_dpid(entry) == walk->dpid);
    assert(flowdb_find(walk->ctl, walk->dpid, spec.table_id, spec.priority, &spec.match) == entry);
    walk->first = false;
    walk->table_id = spec.table_id;
    walk->priority = spec.priority;
    walk->n_entries += flow_entry_state(entry) != FLOW_DELETING;
    walk->n_confirmed += flow_entry_state(entry) == FLOW_CONFIRMED;
}

static void check_flows(const struct ctl *ctl, const struct datapath *dp)
{
    struct flow_walk walk = {.ctl = ctl, .dpid = datapath_id(dp), .first = true};
    struct flowdb_size size = flowdb_size(ctl, walk.dpid);

    flowdb_each(ctl, walk.dpid, 0, check_flow, &walk);
    assert(size.n_entries == walk.n_entries && size.n_confirmed == walk.n_confirmed);
}

static void check_ports(const struct datapath *dp)
{
    size_t n;
    const struct dp_port *ports = datapath_ports(dp, &n);

    for (size_t i = 0; i < n; i++) {
        assert(ports[i].desc.port_no >= 1 && ports[i].desc.port_no <= OF_PORT_MAX);
        assert(i == 0 || ports[i].desc.port_no > ports[i - 1].desc.port_no);
        assert(datapath_port(dp, ports[i].desc.port_no) == &ports[i]);
    }
}

static void check_counters(struct world *w)
{
    const struct ctl_counters *now = ctl_counters(w->ctl);

#define X(name) assert(now->name >= w->counters.name);
    CTL_COUNTERS(X)
#undef X
    w->counters = *now;
}

void world_check(struct world *w)
{
    size_t n;
    struct datapath *const *all = datapath_all(w->ctl, &n);

    assert(n <= MAX_DATAPATHS);
    for (size_t i = 0; i < n; i++) {
        assert(datapath_find(w->ctl, datapath_id(all[i])) == all[i]);
        check_ports(all[i]);
        check_flows(w->ctl, all[i]);
    }
    check_counters(w);
    if (__sanitizer_get_current_allocated_bytes) {
        assert(__sanitizer_get_current_allocated_bytes() < MAX_BYTES);
    }
}

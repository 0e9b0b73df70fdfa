/* The simulated control channel in both fidelities, with the script's switches in place of simulated
 * ones: this file gives ctlchan the few functions of simnet/world that it calls, and the linker
 * takes them instead of the room's. The channel has no delay and the station serves in no time, so
 * that instants are the script's own. */
#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/ctlchan/ctlchan.h"
#include "tests/system/script_run.h"

/* --- The script as a world -------------------------------------------------------------------- */

struct swtch {
    struct world *world;
    unsigned number;
    swtch_send_fn *send;
    void *send_aux;
};

struct world {
    struct run *run;
    struct sim *sim;
    struct swtch switches[SCRIPT_MAX_SWITCHES];
    struct ctlchan *channel;
    struct ctl *ctl;
    bool cutting; /* It is the script that ends a connection. */
    struct buf tx;
    struct arena arena;
};

struct sim *world_sim(struct world *w)
{
    return w->sim;
}

uint32_t world_n_switches(const struct world *w)
{
    return (uint32_t)run_of(w->run)->n_switches;
}

struct swtch *world_switch(const struct world *w, uint32_t i)
{
    return w->switches[i].world->switches + i;
}

/* No channel is in the band. */
uint32_t world_n_wires(const struct world *w)
{
    (void)w;
    return 0;
}

struct wire *world_wire(const struct world *w, uint32_t i)
{
    (void)w;
    (void)i;
    return NULL;
}

struct world_end world_wire_end(const struct world *w, uint32_t i, unsigned side)
{
    (void)w;
    (void)i;
    (void)side;
    return (struct world_end){0};
}

uint32_t world_find_switch(const struct world *w, const char *name)
{
    (void)name;
    return world_n_switches(w);
}

const char *swtch_name(const struct swtch *sw)
{
    return run_of(sw->world->run)->switches[sw->number].name;
}

uint32_t swtch_id(const struct swtch *sw)
{
    return sw->number;
}

/* A switch has one connection, which is itself. */
static struct swtch *switch_of(struct swtch_conn *conn)
{
    return (struct swtch *)conn;
}

struct swtch_conn *swtch_first_controller(struct swtch *sw)
{
    return (struct swtch_conn *)sw;
}

struct swtch_conn *swtch_add_controller(struct swtch *sw, swtch_send_fn *send, void *aux)
{
    (void)send;
    (void)aux;
    assert(false && "there is one controller");
    return (struct swtch_conn *)sw;
}

void swtch_conn_set(struct swtch_conn *conn, swtch_send_fn *send, void *aux)
{
    switch_of(conn)->send = send;
    switch_of(conn)->send_aux = aux;
}

enum of_role swtch_conn_role(const struct swtch_conn *conn)
{
    (void)conn;
    return OF_ROLE_EQUAL;
}

/* The runner says hello for the switch. */
void swtch_conn_connected(struct swtch_conn *conn)
{
    (void)conn;
}

void swtch_conn_disconnected(struct swtch_conn *conn)
{
    const struct swtch *sw = switch_of(conn);

    if (!sw->world->cutting) {
        run_closed(sw->world->run, sw->number);
    }
}

void swtch_conn_input(struct swtch_conn *conn, const struct of_msg *msg)
{
    const struct swtch *sw = switch_of(conn);
    struct buf *tx = &sw->world->tx;
    enum err err;

    buf_clear(tx);
    err = of_encode(msg, tx);
    assert(err == ERR_OK && "what was decoded can be encoded");
    (void)err;
    run_output(sw->world->run, sw->number, tx->data, tx->len);
}

void swtch_conn_input_bad(struct swtch_conn *conn, const struct of_msg *head, enum of_err err,
                          const uint8_t *frame, size_t len)
{
    (void)conn;
    (void)head;
    (void)err;
    (void)frame;
    (void)len;
    assert(false && "the controller says unsound things");
}

/* --- The driver ------------------------------------------------------------------------------- */

/* Ends the connection of switch 'sw', to be made again after 'down_ns'. */
static void cut(struct world *w, unsigned sw, int64_t down_ns)
{
    w->cutting = true;
    ctlchan_cut(w->channel, sw, down_ns);
    w->cutting = false;
}

static void settle(struct world *w)
{
    sim_run_until(w->sim, sim_now(w->sim));
}

static struct world *start(struct run *run, enum chan_fidelity fidelity)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct ctlchan_params params = {
        .fidelity = fidelity, .reconnect_ns = -1, .station.law = SERVICE_DETERMINISTIC};

    w->run = run;
    w->sim = sim_new(1);
    for (unsigned i = 0; i < SCRIPT_MAX_SWITCHES; i++) {
        w->switches[i] = (struct swtch){.world = w, .number = i};
    }
    w->channel = ctlchan_new(w, &params);
    w->ctl = run_new_core(run, ctlchan_southbound(w->channel), sim_clock(w->sim));
    ctlchan_start(w->channel, w->ctl);
    for (uint32_t i = 0; i < world_n_switches(w); i++) {
        cut(w, i, -1); /* Until the script connects it. */
    }
    settle(w);
    return w;
}

static void *start_wire(struct run *run)
{
    return start(run, CHAN_WIRE);
}

static void *start_direct(struct run *run)
{
    return start(run, CHAN_DIRECT);
}

static void stop(void *driver)
{
    struct world *w = driver;

    ctlchan_free(w->channel);
    ctl_free(w->ctl);
    sim_free(w->sim);
    buf_fini(&w->tx);
    arena_fini(&w->arena);
    free(w);
}

static void connect_switch(void *driver, unsigned sw)
{
    struct world *w = driver;

    cut(w, sw, 0);
    settle(w);
}

static void disconnect_switch(void *driver, unsigned sw)
{
    struct world *w = driver;

    cut(w, sw, -1);
    settle(w);
}

static void deliver(void *driver, unsigned sw, const uint8_t *bytes, size_t len)
{
    struct world *w = driver;
    size_t n;

    for (; of_frame_split(bytes, len, &n) == OF_FRAME_WHOLE; bytes += n, len -= n) {
        struct of_msg msg;
        enum of_err err;

        arena_reset(&w->arena);
        err = of_decode(bytes, n, &w->arena, &msg);
        assert(err == OF_OK && "simulated switches say sound things (\"except sim\")");
        (void)err;
        w->switches[sw].send(w->switches[sw].send_aux, &w->switches[sw], &msg);
    }
    settle(w);
}

static mono_t next(void *driver)
{
    return sim_next(((struct world *)driver)->sim);
}

static void advance(void *driver, mono_t now)
{
    sim_run_until(((struct world *)driver)->sim, now);
}

const struct driver driver_sim_wire = {
    .name = "sim",
    .start = start_wire,
    .stop = stop,
    .connect = connect_switch,
    .disconnect = disconnect_switch,
    .deliver = deliver,
    .next = next,
    .advance = advance,
};

const struct driver driver_sim_direct = {
    .name = "sim-direct",
    .start = start_direct,
    .stop = stop,
    .connect = connect_switch,
    .disconnect = disconnect_switch,
    .deliver = deliver,
    .next = next,
    .advance = advance,
};

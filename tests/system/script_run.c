#include "tests/system/script_run.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/base/heap.h"
#include "controller/openflow/of_codec.h"

/* From a request to its answer, and from a switch to its neighbour. */
#define ANSWER_NS(sw) (13 * NS_PER_US * ((sw) + 1))
#define LINK_NS(sw) (7 * NS_PER_US * ((sw) + 1) + 1)

/* Bytes that a switch will send to the controller. */
struct parcel {
    struct heap_node node; /* By time. */
    unsigned sw;
    unsigned generation; /* Of the connection that it belongs to. */
    struct buf bytes;
};

struct player {
    bool connected, closed, mute;
    unsigned generation;
    enum of_err refuse; /* OF_OK: nothing. */
    unsigned counts[OF_N_TYPES];
    struct buf rx;
    FILE *notes;
    char *text;
    size_t size;
};

struct run {
    const struct script *script;
    const struct driver *driver;
    void *d;
    mono_t now;
    struct heap parcels;
    struct player players[SCRIPT_MAX_SWITCHES];
    struct arena arena;
    size_t next_step;
    bool ok;
};

const struct script *run_of(const struct run *run)
{
    return run->script;
}

struct ctl *run_new_core(struct run *run, const struct southbound *southbound,
                         const struct clock *clock)
{
    struct ctl_module_use uses[APP_N_MODULES] = {{0}};
    struct ctl_params params = {.settings = core_settings_default(),
                                .clock = clock,
                                .southbound = southbound,
                                .modules = uses,
                                .n_modules = APP_N_MODULES};
    struct ctl *ctl;

    (void)run;
    params.settings.bddp = false; /* Scripts count packet-outs: they are about LLDP alone. */
    for (size_t i = 0; i < APP_N_MODULES; i++) {
        uses[i].module = app_modules[i];
    }
    ctl = ctl_new(&params, NULL);
    assert(ctl && "the apps start with their defaults");
    return ctl;
}

/* --- To the controller ------------------------------------------------------------------------ */

static void send_later(struct run *run, unsigned sw, const void *bytes, size_t len,
                       int64_t after_ns)
{
    struct parcel *p = xcalloc(1, sizeof *p);

    p->sw = sw;
    p->generation = run->players[sw].generation;
    buf_put(&p->bytes, bytes, len);
    heap_set(&run->parcels, &p->node, run->now.ns + after_ns);
}

static void say_later(struct run *run, unsigned sw, const struct of_msg *msg, int64_t after_ns)
{
    struct buf bytes = BUF_INIT;
    enum err err = of_encode(msg, &bytes);

    assert(err == ERR_OK && "scripted switches say sound things");
    (void)err;
    send_later(run, sw, bytes.data, bytes.len, after_ns);
    buf_fini(&bytes);
}

static void parcel_free(struct run *run, struct parcel *p)
{
    heap_remove(&run->parcels, &p->node);
    buf_fini(&p->bytes);
    free(p);
}

static void hand_over(struct run *run, struct parcel *p)
{
    const struct player *player = &run->players[p->sw];

    if (player->connected && player->generation == p->generation) {
        run->driver->deliver(run->d, p->sw, p->bytes.data, p->bytes.len);
    }
    parcel_free(run, p);
}

/* --- From the controller ---------------------------------------------------------------------- */

static bool is_lldp(const struct of_bytes *frame)
{
    return frame->len >= 14 && frame->data[12] == 0x88 && frame->data[13] == 0xcc;
}

/* A probe that leaves at a linked port comes in at the other end. Other frames would meet flow
 * entries there, which a scripted switch does not have, so the script says what becomes of them. */
static void carry(struct run *run, unsigned sw, const struct of_packet_out *out)
{
    if (!is_lldp(&out->data)) {
        return;
    }
    for (size_t i = 0; i < out->actions.n; i++) {
        const struct of_action *a = &out->actions.list[i];
        const struct script_port *port =
            a->type == OF_ACT_OUTPUT ? script_port(run->script, sw, a->output.port) : NULL;
        struct of_msg msg;

        if (port && port->peer >= 0 && run->players[port->peer].connected) {
            agent_packet_in(run->script, (unsigned)port->peer, port->peer_port, out->data.data,
                            out->data.len, &msg);
            say_later(run, (unsigned)port->peer, &msg, LINK_NS(sw));
        }
    }
}

static void refuse(struct run *run, unsigned sw, const struct of_msg *request, const uint8_t *frame,
                   size_t len)
{
    struct player *player = &run->players[sw];
    struct of_msg msg = {.version = request->version, .type = OF_ERROR, .xid = request->xid};

    of_err_to_wire(player->refuse, request->version, &msg.error.type, &msg.error.code);
    msg.error.data = (struct of_bytes){frame, len < 64 ? len : 64};
    player->refuse = OF_OK;
    say_later(run, sw, &msg, ANSWER_NS(sw));
}

static void react(struct run *run, unsigned sw, const uint8_t *frame, size_t len)
{
    struct player *player = &run->players[sw];
    struct of_msg msg, reply;
    enum of_err err;

    arena_reset(&run->arena);
    err = of_decode(frame, len, &run->arena, &msg);
    assert(err == OF_OK && "the controller says sound things");
    (void)err;
    player->counts[msg.type]++;
    if (player->mute || !player->connected) {
        return;
    }
    if (msg.type == OF_PACKET_OUT) {
        carry(run, sw, &msg.packet_out);
    } else if (msg.type == OF_FLOW_MOD && player->refuse != OF_OK) {
        refuse(run, sw, &msg, frame, len);
    } else if (agent_answer(run->script, sw, &msg, &run->arena, &reply)) {
        say_later(run, sw, &reply, ANSWER_NS(sw));
    }
}

static void note(struct run *run, unsigned sw, const uint8_t *frame, size_t len)
{
    FILE *notes = run->players[sw].notes;

    fprintf(notes, "%lld ", (long long)run->now.ns);
    for (size_t i = 0; i < len; i++) {
        fprintf(notes, "%02x", frame[i]);
    }
    fputc('\n', notes);
}

void run_output(struct run *run, unsigned sw, const uint8_t *bytes, size_t len)
{
    struct buf *rx = &run->players[sw].rx;
    size_t n;

    buf_put(rx, bytes, len);
    while (of_frame_split(rx->data, rx->len, &n) == OF_FRAME_WHOLE) {
        note(run, sw, rx->data, n);
        react(run, sw, rx->data, n);
        buf_consume(rx, n);
    }
}

void run_closed(struct run *run, unsigned sw)
{
    struct player *player = &run->players[sw];

    if (player->connected) {
        player->connected = false;
        player->closed = true;
        fprintf(player->notes, "%lld closed\n", (long long)run->now.ns);
    }
}

/* --- Steps ------------------------------------------------------------------------------------ */

static void greet(struct run *run, unsigned sw)
{
    struct of_msg hello = {.version = run->script->switches[sw].version, .type = OF_HELLO};

    say_later(run, sw, &hello, ANSWER_NS(sw));
}

static void connect_switch(struct run *run, unsigned sw)
{
    struct player *player = &run->players[sw];

    player->connected = true;
    player->closed = false;
    player->generation++;
    buf_clear(&player->rx);
    greet(run, sw);
    run->driver->connect(run->d, sw);
}

static void disconnect_switch(struct run *run, unsigned sw)
{
    run->players[sw].connected = false;
    run->driver->disconnect(run->d, sw);
}

static void change_port(struct run *run, const struct script_step *step)
{
    struct of_msg msg = {.version = run->script->switches[step->sw].version,
                         .type = OF_PORT_STATUS};

    msg.port_status.reason = OF_PORT_MODIFY;
    msg.port_status.port = agent_port(run->script, step->sw, step->port, step->up);
    say_later(run, step->sw, &msg, 0);
}

static void receive_frame(struct run *run, const struct script_step *step)
{
    struct of_msg msg;

    agent_packet_in(run->script, step->sw, step->port, step->bytes.data, step->bytes.len, &msg);
    say_later(run, step->sw, &msg, 0);
}

static void complain(struct run *run, const struct script_step *step, const char *what,
                     unsigned found)
{
    fprintf(stderr, "%s:%u: %s driver: expected %s of %s, found %u\n", run->script->path,
            step->line, run->driver->name, what, run->script->switches[step->sw].name, found);
    run->ok = false;
}

static void expect(struct run *run, const struct script_step *step)
{
    unsigned *count = &run->players[step->sw].counts[step->type];
    char what[64];

    if (*count != step->n) {
        snprintf(what, sizeof what, "%u %s", step->n, of_type_name(step->type));
        complain(run, step, what, *count);
    }
    *count = 0;
}

static void perform(struct run *run, const struct script_step *step)
{
    struct player *player = &run->players[step->sw];

    switch (step->verb) {
    case SCRIPT_CONNECT:
        connect_switch(run, step->sw);
        break;
    case SCRIPT_DISCONNECT:
        disconnect_switch(run, step->sw);
        break;
    case SCRIPT_SEND:
        send_later(run, step->sw, step->bytes.data, step->bytes.len, 0);
        break;
    case SCRIPT_FRAME:
        receive_frame(run, step);
        break;
    case SCRIPT_PORT:
        change_port(run, step);
        break;
    case SCRIPT_REFUSE:
        player->refuse = step->err;
        break;
    case SCRIPT_MUTE:
        player->mute = true;
        break;
    case SCRIPT_SPEAK:
        player->mute = false;
        break;
    case SCRIPT_EXPECT:
        expect(run, step);
        break;
    case SCRIPT_EXPECT_CLOSED:
        if (!player->closed) {
            complain(run, step, "the end of the connection", 0);
        }
        break;
    }
}

/* --- The loop --------------------------------------------------------------------------------- */

static mono_t next_step_at(const struct run *run)
{
    return run->next_step < run->script->n_steps ? run->script->steps[run->next_step].at
                                                 : MONO_NEVER;
}

static mono_t next_instant(struct run *run)
{
    const struct heap_node *parcel = heap_min(&run->parcels);
    mono_t next = mono_min(next_step_at(run), run->driver->next(run->d));

    return parcel ? mono_min(next, (mono_t){parcel->key}) : next;
}

/* What happens at 'now': the core's timers, then the script, then what switches have to say. */
static void do_instant(struct run *run)
{
    struct heap_node *node;

    run->driver->advance(run->d, run->now);
    while (mono_due(next_step_at(run), run->now)) {
        perform(run, &run->script->steps[run->next_step++]);
    }
    while ((node = heap_min(&run->parcels)) && node->key <= run->now.ns) {
        hand_over(run, HEAP_ENTRY(node, struct parcel, node));
    }
}

static void finish(struct run *run, char *out[])
{
    struct heap_node *node;

    run->driver->stop(run->d);
    while ((node = heap_min(&run->parcels))) {
        parcel_free(run, HEAP_ENTRY(node, struct parcel, node));
    }
    heap_fini(&run->parcels);
    arena_fini(&run->arena);
    for (size_t i = 0; i < run->script->n_switches; i++) {
        buf_fini(&run->players[i].rx);
        fclose(run->players[i].notes);
        out[i] = run->players[i].text;
    }
}

bool run_script(const struct script *script, const struct driver *driver, char *out[])
{
    struct run run = {.script = script, .driver = driver, .ok = true};

    heap_init(&run.parcels);
    for (size_t i = 0; i < script->n_switches; i++) {
        run.players[i].notes = open_memstream(&run.players[i].text, &run.players[i].size);
    }
    run.d = driver->start(&run);
    for (mono_t next; !mono_before(script->end, next = next_instant(&run));) {
        run.now = mono_before(run.now, next) ? next : run.now;
        do_instant(&run);
    }
    finish(&run, out);
    return run.ok;
}

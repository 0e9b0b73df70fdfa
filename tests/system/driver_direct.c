/* The core held in the hand: nothing but the functions of ctl.h. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "tests/system/script_run.h"

struct direct {
    struct run *run;
    struct clock clock;
    struct southbound southbound;
    struct ctl *ctl;
    struct conn {
        struct direct *d;
        unsigned sw;
        struct session *session;
        bool closing;
    } conns[SCRIPT_MAX_SWITCHES];
    struct buf tx;
    struct arena arena;
};

static enum err send_message(void *aux, void *conn, const struct of_msg *msg)
{
    struct direct *d = aux;
    struct conn *c = conn;
    enum err err;

    if (c->closing) {
        return ERR_CLOSED;
    }
    buf_clear(&d->tx);
    err = of_encode(msg, &d->tx);
    if (err == ERR_OK) {
        run_output(d->run, c->sw, d->tx.data, d->tx.len);
    }
    return err;
}

static void close_conn(void *aux, void *conn)
{
    (void)aux;
    ((struct conn *)conn)->closing = true;
}

static size_t tx_room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX;
}

static void drop(struct conn *c)
{
    struct session *session = c->session;

    c->session = NULL;
    c->closing = false;
    ctl_disconnected(c->d->ctl, session);
}

/* Timers that are due and connections that were closed, until nothing is left. */
static void settle(struct direct *d)
{
    bool again;

    do {
        again = false;
        if (mono_due(ctl_next_deadline(d->ctl), d->clock.now)) {
            ctl_run(d->ctl);
            again = true;
        }
        for (size_t i = 0; i < SCRIPT_MAX_SWITCHES; i++) {
            if (d->conns[i].closing) {
                drop(&d->conns[i]);
                run_closed(d->run, d->conns[i].sw);
                again = true;
            }
        }
    } while (again);
}

static void *start(struct run *run)
{
    struct direct *d = xcalloc(1, sizeof *d);

    d->run = run;
    d->southbound = (struct southbound){
        .aux = d, .send = send_message, .close = close_conn, .tx_room = tx_room};
    d->ctl = run_new_core(run, &d->southbound, &d->clock);
    return d;
}

static void stop(void *driver)
{
    struct direct *d = driver;

    ctl_free(d->ctl);
    buf_fini(&d->tx);
    arena_fini(&d->arena);
    free(d);
}

static void connect_switch(void *driver, unsigned sw)
{
    struct direct *d = driver;
    struct conn *c = &d->conns[sw];

    *c = (struct conn){.d = d, .sw = sw};
    c->session = ctl_connected(d->ctl, c, run_of(d->run)->switches[sw].name);
    settle(d);
}

static void disconnect_switch(void *driver, unsigned sw)
{
    struct direct *d = driver;

    if (d->conns[sw].session) {
        drop(&d->conns[sw]);
    }
    settle(d);
}

static void deliver(void *driver, unsigned sw, const uint8_t *bytes, size_t len)
{
    struct direct *d = driver;
    struct conn *c = &d->conns[sw];
    size_t n;

    for (; c->session && !c->closing && of_frame_split(bytes, len, &n) == OF_FRAME_WHOLE;
         bytes += n, len -= n) {
        struct of_msg msg;
        enum of_err err;

        arena_reset(&d->arena);
        err = of_decode(bytes, n, &d->arena, &msg);
        if (err == OF_OK) {
            ctl_input(d->ctl, c->session, &msg);
        } else {
            ctl_input_bad(d->ctl, c->session, &msg, err, bytes, n);
        }
    }
    settle(d);
}

static mono_t next(void *driver)
{
    return ctl_next_deadline(((struct direct *)driver)->ctl);
}

static void advance(void *driver, mono_t now)
{
    struct direct *d = driver;

    d->clock.now = now;
    settle(d);
}

const struct driver driver_direct = {
    .name = "direct",
    .start = start,
    .stop = stop,
    .connect = connect_switch,
    .disconnect = disconnect_switch,
    .deliver = deliver,
    .next = next,
    .advance = advance,
};

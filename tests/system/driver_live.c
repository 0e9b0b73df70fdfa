/* The live driver on bufferevent pairs, with the script's time. */
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/live/live.h"
#include "tests/system/script_run.h"

struct far_end {
    struct bufferevent *bev; /* NULL: not connected. */
    bool ended;              /* The controller's side has. */
};

struct on_live {
    struct run *run;
    mono_t now;
    struct clock clock;
    struct live *live;
    struct ctl *ctl;
    struct far_end ends[SCRIPT_MAX_SWITCHES];
};

static mono_t script_time(void *aux)
{
    return ((struct on_live *)aux)->now;
}

static void on_event(struct bufferevent *bev, short what, void *aux)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        ((struct far_end *)aux)->ended = true;
    }
}

static void hang_up(struct far_end *end)
{
    bufferevent_flush(end->bev, EV_WRITE, BEV_FINISHED);
    bufferevent_free(end->bev);
    *end = (struct far_end){0};
}

/* Takes what has come to switch 'sw'; true when there was something. */
static bool take_output(struct on_live *d, unsigned sw)
{
    struct far_end *end = &d->ends[sw];
    struct evbuffer *input = end->bev ? bufferevent_get_input(end->bev) : NULL;
    size_t n = input ? evbuffer_get_length(input) : 0;

    if (n) {
        run_output(d->run, sw, evbuffer_pullup(input, -1), n);
        evbuffer_drain(input, n);
    }
    if (end->ended) {
        hang_up(end);
        run_closed(d->run, sw);
        return true;
    }
    return n > 0;
}

/* Turns until nothing has moved for some turns: a pair needs two for a transfer. */
static void settle(struct on_live *d)
{
    for (int quiet = 0; quiet < 4; quiet++) {
        live_turn(d->live, false);
        for (unsigned sw = 0; sw < SCRIPT_MAX_SWITCHES; sw++) {
            quiet = take_output(d, sw) ? -1 : quiet;
        }
        quiet = mono_due(ctl_next_deadline(d->ctl), d->now) ? -1 : quiet;
    }
}

static void *start(struct run *run)
{
    struct on_live *d = xcalloc(1, sizeof *d);
    struct live_params params = {.clock = &d->clock, .time = script_time, .time_aux = d};

    d->run = run;
    d->live = live_new(&params);
    d->ctl = run_new_core(run, live_southbound(d->live), &d->clock);
    live_drive(d->live, d->ctl);
    return d;
}

static void stop(void *driver)
{
    struct on_live *d = driver;

    for (size_t i = 0; i < SCRIPT_MAX_SWITCHES; i++) {
        if (d->ends[i].bev) {
            bufferevent_free(d->ends[i].bev);
        }
    }
    ctl_free(d->ctl);
    live_free(d->live);
    free(d);
}

static void connect_switch(void *driver, unsigned sw)
{
    struct on_live *d = driver;
    struct bufferevent *pair[2];
    int rc = bufferevent_pair_new(live_base(d->live), BEV_OPT_DEFER_CALLBACKS, pair);

    assert(rc == 0 && "a pair needs nothing but memory");
    (void)rc;
    d->ends[sw] = (struct far_end){.bev = pair[1]};
    bufferevent_setcb(pair[1], NULL, NULL, on_event, &d->ends[sw]);
    bufferevent_enable(pair[1], EV_READ | EV_WRITE);
    live_adopt(d->live, pair[0], run_of(d->run)->switches[sw].name);
    settle(d);
}

static void disconnect_switch(void *driver, unsigned sw)
{
    struct on_live *d = driver;

    if (d->ends[sw].bev) {
        hang_up(&d->ends[sw]);
    }
    settle(d);
}

static void deliver(void *driver, unsigned sw, const uint8_t *bytes, size_t len)
{
    struct on_live *d = driver;

    if (d->ends[sw].bev) {
        bufferevent_write(d->ends[sw].bev, bytes, len);
    }
    settle(d);
}

static mono_t next(void *driver)
{
    return ctl_next_deadline(((struct on_live *)driver)->ctl);
}

static void advance(void *driver, mono_t now)
{
    struct on_live *d = driver;

    d->now = now;
    settle(d);
}

const struct driver driver_live = {
    .name = "live",
    .start = start,
    .stop = stop,
    .connect = connect_switch,
    .disconnect = disconnect_switch,
    .deliver = deliver,
    .next = next,
    .advance = advance,
};

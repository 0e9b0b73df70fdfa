/* What can happen in a run, and happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/hash.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"
#include "simnet/check/net.h"

const char *check_kind_name(enum check_kind kind)
{
    static const char *const names[CHECK_N_KINDS] = {
        [CHECK_TO_SWITCH] = "to-switch", [CHECK_TO_CORE] = "to-core", [CHECK_FRAME] = "frame",
        [CHECK_SAY] = "say",             [CHECK_FAIL] = "fail",       [CHECK_MEND] = "mend",
        [CHECK_MOVE] = "move",           [CHECK_CUT] = "cut",         [CHECK_TIME] = "time",
        [CHECK_BLOCK] = "block",
    };

    return kind < CHECK_N_KINDS ? names[kind] : "?";
}

/* --- What can happen -------------------------------------------------------------------------- */

uint32_t check_peer(const struct check_net *net, uint32_t i, uint32_t k)
{
    return (i + 1 + k % (net->n_hosts - 1)) % net->n_hosts;
}

bool check_may_talk(const struct check_net *net, uint32_t i, uint32_t j)
{
    return !net->is_blocked || i % net->params.n_networks == j % net->params.n_networks;
}

static uint32_t next_peer(const struct check_net *net, uint32_t i)
{
    return check_peer(net, i, net->hosts[i].n_said);
}

static bool can_say(const struct check_net *net, uint32_t i)
{
    const struct check_host *h = &net->hosts[i];

    if (!h->announced) {
        return true;
    }
    return h->n_said < net->params.n_frames && net->n_hosts > 1 &&
           hosts_find(net->ctl, net->hosts[next_peer(net, i)].mac);
}

static bool can_move(const struct check_net *net, uint32_t host, uint32_t sw)
{
    const struct check_end *at = net->hosts[host].end.peer;

    return net->n_moves < net->params.n_moves && net->hosts[host].announced && at &&
           at->node != sw && !net->switches[sw].ends[net->switches[sw].free_port].peer;
}

/* The next entry that expires. */
static bool can_wait(const struct check_net *net)
{
    return net->n_expiries < net->params.n_expiries &&
           mono_before(sim_next(net->sim), MONO_NEVER);
}

bool check_can(const struct check_net *net, struct check_act act)
{
    const struct check_params *p = &net->params;
    bool is_switch = act.a < net->n_switches;
    const struct check_switch *s = &net->switches[is_switch ? act.a : 0];

    switch ((enum check_kind)act.kind) {
    case CHECK_TO_SWITCH:
        return is_switch && s->to_switch.n > 0;
    case CHECK_TO_CORE:
        return is_switch && s->to_core.n > 0;
    case CHECK_FRAME:
        return is_switch && act.b >= 1 && act.b <= s->n_ports && s->ends[act.b].in.n > 0;
    case CHECK_SAY:
        return act.a < net->n_hosts && can_say(net, act.a);
    case CHECK_FAIL:
        return act.a < net->n_links && !net->links[act.a].down && net->n_failures < p->n_failures;
    case CHECK_MEND:
        return act.a < net->n_links && net->links[act.a].down;
    case CHECK_MOVE:
        return act.a < net->n_hosts && act.b < net->n_switches && can_move(net, act.a, act.b);
    case CHECK_CUT:
        return is_switch && net->n_cuts < p->n_cuts;
    case CHECK_BLOCK:
        return p->block_in_run && p->n_networks > 1 && !net->is_blocked;
    case CHECK_TIME:
        return can_wait(net);
    case CHECK_N_KINDS:
        break;
    }
    return false;
}

static void list(const struct check_net *net, struct check_act *acts, size_t *n,
                 enum check_kind kind, uint32_t n_a, uint32_t b_from, uint32_t b_to)
{
    for (uint32_t a = 0; a < n_a; a++) {
        for (uint32_t b = b_from; b <= b_to; b++) {
            struct check_act act = {(uint8_t)kind, (uint8_t)a, (uint8_t)b};

            if (*n < CHECK_MAX_ACTS && check_can(net, act)) {
                acts[(*n)++] = act;
            }
        }
    }
}

size_t check_acts(const struct check_net *net, struct check_act *acts)
{
    size_t n = 0;

    list(net, acts, &n, CHECK_TO_CORE, net->n_switches, 0, 0);
    list(net, acts, &n, CHECK_TO_SWITCH, net->n_switches, 0, 0);
    list(net, acts, &n, CHECK_FRAME, net->n_switches, 1, CHECK_MAX_PORTS);
    if (net->is_running) {
        list(net, acts, &n, CHECK_SAY, net->n_hosts, 0, 0);
        list(net, acts, &n, CHECK_FAIL, net->n_links, 0, 0);
        list(net, acts, &n, CHECK_MEND, net->n_links, 0, 0);
        list(net, acts, &n, CHECK_MOVE, net->n_hosts, 0, net->n_switches - 1);
        list(net, acts, &n, CHECK_CUT, net->n_switches, 0, 0);
        list(net, acts, &n, CHECK_BLOCK, 1, 0, 0);
        list(net, acts, &n, CHECK_TIME, 1, 0, 0);
    }
    return n;
}

/* --- What commutes ---------------------------------------------------------------------------- */

#define BIT(n) (UINT64_C(1) << (n))
#define BIT_CORE BIT(62)
#define BIT_FATE BIT(61) /* What may happen so many times in all. */
#define BIT_HOST(i) BIT(32 + (i))

/* Who acts. Each takes from queues that only he takes from, and puts at the end of others', so acts of
 * different ones do not depend on each other. */
static uint64_t actors(const struct check_net *net, struct check_act act)
{
    switch ((enum check_kind)act.kind) {
    case CHECK_TO_SWITCH:
    case CHECK_FRAME:
        return BIT(act.a);
    case CHECK_TO_CORE:
        return BIT_CORE;
    case CHECK_SAY:
        return BIT_HOST(act.a);
    case CHECK_FAIL:
    case CHECK_MEND:
        return BIT_FATE | BIT(net->links[act.a].a->node) | BIT(net->links[act.a].b->node);
    case CHECK_MOVE:
    case CHECK_CUT:
    case CHECK_BLOCK:
    case CHECK_TIME:
    case CHECK_N_KINDS:
        break;
    }
    return UINT64_MAX;
}

bool check_commute(const struct check_net *net, struct check_act x, struct check_act y)
{
    return (actors(net, x) & actors(net, y)) == 0;
}

/* --- Frames ----------------------------------------------------------------------------------- */

void check_frame(const struct check_net *net, uint32_t from, uint32_t to, uint32_t number,
                 uint16_t label, struct buf *out)
{
    const struct check_host *src = &net->hosts[from], *dst = &net->hosts[to];
    struct pkt_ends4 ends = {
        .eth_dst = dst->mac, .eth_src = src->mac, .src = src->ip, .dst = dst->ip};
    uint8_t payload[4];
    struct pkt_frame f;

    be_put32(payload, number);
    pkt_build_udp4(out, &ends, 2385, 4711, payload, sizeof payload);
    if (label && pkt_frame_init(&f, out) == ERR_OK) {
        pkt_push_vlan(&f, PKT_TYPE_VLAN);
        pkt_set_vlan_vid(&f, label);
    }
}

static void emit(struct check_host *h, const struct buf *frame)
{
    if (h->end.peer) {
        queue_push(&h->end.peer->in, frame->data, frame->len);
    }
}

static void announce(struct check_host *h)
{
    struct buf frame = BUF_INIT;

    h->announced = true;
    pkt_build_arp_request(&frame, h->mac, h->ip, h->ip);
    emit(h, &frame);
    buf_fini(&frame);
}

static void say(struct check_net *net, uint32_t i)
{
    struct check_host *h = &net->hosts[i];
    struct buf frame = BUF_INIT;

    if (!h->announced) {
        announce(h);
        return;
    }
    check_frame(net, i, next_peer(net, i), i << 8 | h->n_said, 0, &frame);
    h->n_said++;
    emit(h, &frame);
    buf_fini(&frame);
}

/* --- Messages --------------------------------------------------------------------------------- */

static void input(struct check_switch *s, bool to_switch, const struct queued *item)
{
    struct check_net *net = s->net;
    struct arena arena = ARENA_INIT;
    struct of_msg msg;

    if (of_decode(item->bytes, item->len, &arena, &msg) == OF_OK) {
        if (to_switch) {
            swtch_input(s->sw, &msg);
        } else {
            ctl_input(net->ctl, s->session, &msg);
        }
    }
    arena_fini(&arena);
}

static void note_heard(struct check_switch *s, const struct queued *item)
{
    s->heard = bytes_hash(s->heard, item->bytes, item->len, 4, 4);
    s->net->heard = bytes_hash(hash_combine(s->net->heard, swtch_id(s->sw)), item->bytes, item->len, 4, 4);
}

static void take(struct check_switch *s, bool to_switch)
{
    struct queued *item = queue_pop(to_switch ? &s->to_switch : &s->to_core);
    uint8_t type = item->len > 1 ? item->bytes[1] : 0;

    if (!to_switch) {
        note_heard(s, item);
    } else if (type == 15 || type == 29) { /* A group-mod or a meter-mod (1.3 §7.1). */
        s->groups = bytes_hash(s->groups, item->bytes, item->len, 4, 4);
    }
    input(s, to_switch, item);
    free(item);
}

static void take_frame(struct check_switch *s, uint32_t port)
{
    struct queued *item = queue_pop(&s->ends[port].in);
    struct buf frame = BUF_INIT;

    buf_put(&frame, item->bytes, item->len);
    swtch_receive(s->sw, port, &frame);
    buf_fini(&frame);
    free(item);
}

/* --- Fate ------------------------------------------------------------------------------------- */

static void set_link(struct check_net *net, uint32_t i, bool up)
{
    struct check_end *a = net->links[i].a, *b = net->links[i].b;

    net->links[i].down = !up;
    queue_clear(&a->in);
    queue_clear(&b->in);
    wire_set_up(a->wire, up);
    wire_set_up(b->wire, up);
}

static void move(struct check_net *net, uint32_t host, uint32_t sw)
{
    struct check_host *h = &net->hosts[host];
    struct check_end *old = h->end.peer, *to = &net->switches[sw].ends[net->switches[sw].free_port];

    old->peer = NULL;
    queue_clear(&old->in);
    wire_set_up(old->wire, false);
    h->end.peer = to;
    to->peer = &h->end;
    announce(h);
}

static void reconnect(struct check_switch *s)
{
    struct check_net *net = s->net;

    queue_clear(&s->to_switch);
    queue_clear(&s->to_core);
    queue_clear(&s->held);
    swtch_disconnected(s->sw);
    ctl_disconnected(net->ctl, s->session);
    s->session = NULL;
    s->closing = false;
    swtch_connected(s->sw);
    s->session = ctl_connected(net->ctl, s, swtch_name(s->sw));
}

/* Timers of the core that are due on the way fire. */
static void wait_for_expiry(struct check_net *net)
{
    mono_t end = sim_next(net->sim), next = ctl_next_deadline(net->ctl);

    net->heard = hash_combine(net->heard, (uint64_t)end.ns);
    while (mono_before(next, end)) {
        sim_run_until(net->sim, mono_before(next, sim_now(net->sim)) ? sim_now(net->sim) : next);
        ctl_run(net->ctl);
        next = ctl_next_deadline(net->ctl);
    }
    sim_run_until(net->sim, end);
}

void check_do(struct check_net *net, struct check_act act)
{
    switch ((enum check_kind)act.kind) {
    case CHECK_TO_SWITCH:
    case CHECK_TO_CORE:
        take(&net->switches[act.a], act.kind == CHECK_TO_SWITCH);
        break;
    case CHECK_FRAME:
        take_frame(&net->switches[act.a], act.b);
        break;
    case CHECK_SAY:
        say(net, act.a);
        break;
    case CHECK_FAIL:
    case CHECK_MEND:
        net->n_failures += act.kind == CHECK_FAIL;
        set_link(net, act.a, act.kind == CHECK_MEND);
        break;
    case CHECK_MOVE:
        net->n_moves++;
        move(net, act.a, act.b);
        break;
    case CHECK_CUT:
        net->n_cuts++;
        reconnect(&net->switches[act.a]);
        break;
    case CHECK_BLOCK:
        net->heard = hash_u64(net->heard);
        check_block(net);
        break;
    case CHECK_TIME:
        net->n_expiries++;
        wait_for_expiry(net);
        break;
    case CHECK_N_KINDS:
        break;
    }
    check_flush(net);
    if (mono_due(ctl_next_deadline(net->ctl), sim_now(net->sim))) {
        ctl_run(net->ctl);
    }
    for (uint32_t i = 0; i < net->n_switches; i++) {
        if (net->switches[i].closing) {
            net->n_closed++;
            reconnect(&net->switches[i]);
        }
    }
    check_flush(net);
}

bool check_is_quiet(const struct check_net *net)
{
    for (uint32_t i = 0; i < net->n_switches; i++) {
        const struct check_switch *s = &net->switches[i];

        if (s->to_switch.n > 0 || s->to_core.n > 0 || s->held.n > 0) {
            return false;
        }
        for (uint32_t p = 1; p <= s->n_ports; p++) {
            if (s->ends[p].in.n > 0) {
                return false;
            }
        }
    }
    return true;
}

bool check_is_disturbed(const struct check_net *net)
{
    return net->n_failures + net->n_moves + net->n_cuts + net->n_expiries > 0 ||
           (net->is_blocked && net->params.block_in_run);
}

/* --- Words ------------------------------------------------------------------------------------ */

static void say_message(const struct queue *q, char *out, size_t size)
{
    struct arena arena = ARENA_INIT;
    const struct queued *item;
    struct of_msg msg;

    snprintf(out, size, "a message");
    if (q->n > 0) {
        item = LIST_ENTRY(q->list.next, struct queued, list);
        if (of_decode(item->bytes, item->len, &arena, &msg) == OF_OK) {
            of_msg_print(&msg, out, size);
        }
    }
    arena_fini(&arena);
}

static const char *name_of(const struct check_net *net, uint32_t sw)
{
    return swtch_name(net->switches[sw].sw);
}

static void say_host(const struct check_net *net, uint32_t i, char *out, size_t size)
{
    if (!net->hosts[i].announced) {
        snprintf(out, size, "host %u announces itself", i + 1);
    } else {
        snprintf(out, size, "host %u sends its frame %u, to host %u", i + 1,
                 net->hosts[i].n_said + 1, next_peer(net, i) + 1);
    }
}

void check_say(const struct check_net *net, struct check_act act, char *out, size_t size)
{
    char text[400];

    switch ((enum check_kind)act.kind) {
    case CHECK_TO_SWITCH:
        say_message(&net->switches[act.a].to_switch, text, sizeof text);
        snprintf(out, size, "%s takes %s", name_of(net, act.a), text);
        break;
    case CHECK_TO_CORE:
        say_message(&net->switches[act.a].to_core, text, sizeof text);
        snprintf(out, size, "the core takes from %s: %s", name_of(net, act.a), text);
        break;
    case CHECK_FRAME:
        snprintf(out, size, "%s takes a frame at port %u", name_of(net, act.a), act.b);
        break;
    case CHECK_SAY:
        say_host(net, act.a, out, size);
        break;
    case CHECK_FAIL:
    case CHECK_MEND:
        snprintf(out, size, "the link between %s and %s goes %s",
                 name_of(net, net->links[act.a].a->node), name_of(net, net->links[act.a].b->node),
                 act.kind == CHECK_FAIL ? "down" : "up again");
        break;
    case CHECK_MOVE:
        snprintf(out, size, "host %u moves to %s and announces itself", act.a + 1,
                 name_of(net, act.b));
        break;
    case CHECK_CUT:
        snprintf(out, size, "the channel of %s is lost and comes back", name_of(net, act.a));
        break;
    case CHECK_BLOCK:
        snprintf(out, size, "the operator blocks the networks for each other");
        break;
    case CHECK_TIME:
        snprintf(out, size, "time passes until the next entry expires");
        break;
    case CHECK_N_KINDS:
        break;
    }
}

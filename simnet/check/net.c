/* Life of the network, its channels and cables. What happens in a run is in act.c. */
#include "simnet/check/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/clustering.h"
#include "controller/apps/elephants.h"
#include "controller/apps/link_costs.h"
#include "controller/apps/logical_networks.h"
#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"

#define YEAR_NS (365 * 86400 * NS_PER_S)
#define SETUP_NS (2 * NS_PER_S) /* Links are found and ports settle (edge_settle_ns). */

struct check_params check_params_default(void)
{
    return (struct check_params){.versions = 1U << OF_VERSION_1_3, .n_frames = 1, .n_quiet = 1};
}

/* --- Channels --------------------------------------------------------------------------------- */

void check_push(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg)
{
    struct check_switch *s = &net->switches[sw];
    struct buf bytes = BUF_INIT;

    if (of_encode(msg, &bytes) == ERR_OK) {
        queue_push(to_switch ? &s->to_switch : &s->to_core, bytes.data, bytes.len);
    }
    buf_fini(&bytes);
}

void check_hold(struct check_net *net, uint32_t sw, const struct of_msg *msg)
{
    struct buf bytes = BUF_INIT;

    if (of_encode(msg, &bytes) == ERR_OK) {
        queue_push(&net->switches[sw].held, bytes.data, bytes.len);
    }
    buf_fini(&bytes);
}

void check_release(struct check_net *net, uint32_t sw)
{
    queue_append(&net->switches[sw].to_switch, &net->switches[sw].held);
}

static bool tampered(struct check_net *net, uint32_t sw, bool to_switch, const struct of_msg *msg)
{
    return net->is_running && net->params.tamper && net->params.tamper(net, sw, to_switch, msg);
}

static enum err sb_send(void *aux, void *conn, const struct of_msg *msg)
{
    struct check_net *net = aux;
    struct check_switch *s = conn;
    uint32_t i = (uint32_t)(s - net->switches);

    if (s->closing) {
        return ERR_CLOSED;
    }
    if (!tampered(net, i, true, msg)) {
        check_push(net, i, true, msg);
    }
    return ERR_OK;
}

static void sb_close(void *aux, void *conn)
{
    (void)aux;
    ((struct check_switch *)conn)->closing = true;
}

static size_t sb_room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX;
}

static void on_switch_sends(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct check_switch *s = aux;
    struct check_net *net = s->net;
    uint32_t i = (uint32_t)(s - net->switches);

    (void)sw;
    if (net->probe) {
        if (msg->type == OF_PACKET_IN) {
            net->probe->n_core++;
            net->probe->core_at = i;
        }
    } else if ((s->session || msg->type == OF_HELLO) && !tampered(net, i, false, msg)) {
        check_push(net, i, false, msg);
    }
}

/* --- Cables ----------------------------------------------------------------------------------- */

static void at_host(struct check_net *net, uint32_t host, const struct buf *frame)
{
    struct pkt p;
    uint32_t number = 0;

    if (pkt_parse(frame->data, frame->len, &p) != ERR_OK || !pkt_has(&p, PKT_UDP) ||
        frame->len < p.off.l4_payload + 4) {
        return;
    }
    number = be_get32(frame->data + p.off.l4_payload);
    if (net->probe) {
        bool right = host == net->probe_to && p.n_vlans == 0;

        *(right ? &net->probe->n_right : &net->probe->n_wrong) += 1;
        return;
    }
    if (eth_addr_eq(p.eth_dst, net->hosts[host].mac) && p.n_vlans == 0) {
        net->got[number >> 8 & 15][number % CHECK_MAX_FRAMES]++;
    } else {
        net->n_strayed++;
    }
}

/* A frame has come out of a switch. */
static void on_out(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct check_end *end = node, *peer = end->peer;

    (void)parsed;
    (void)port;
    if (peer && peer->is_host) {
        at_host(end->net, peer->node, frame);
    } else if (peer) {
        queue_push(&peer->in, frame->data, frame->len);
    }
}

void check_flush(struct check_net *net)
{
    sim_run_until(net->sim, sim_now(net->sim));
}

static struct check_end *add_port(struct check_net *net, uint32_t sw)
{
    struct check_switch *s = &net->switches[sw];
    struct wire_params wire = {0};
    uint32_t port = s->n_ports + 1;
    struct check_end *end = &s->ends[port];

    *end = (struct check_end){.net = net, .node = sw, .port = port};
    queue_init(&end->in);
    end->wire = wire_new(net->sim, &net->pool, &wire, net->n_wires);
    net->wires[net->n_wires++] = end->wire;
    wire_attach(end->wire, 1, end, port, on_out, NULL);
    s->n_ports = swtch_add_port(s->sw, end->wire, 0,
                                eth_addr_from_u64(UINT64_C(0x060000000000) | sw << 16 | port));
    return end;
}

static void plug(struct check_end *a, struct check_end *b)
{
    a->peer = b;
    b->peer = a;
}

/* --- Nodes ------------------------------------------------------------------------------------ */

static void add_switch(struct check_net *net, const struct topo_node *node)
{
    uint32_t i = net->n_switches++;
    struct check_switch *s = &net->switches[i];
    struct swtch_params sp = {.name = node->name,
                              .dpid = node->dpid,
                              .versions = net->params.versions,
                              .n_tables = 1,
                              .max_entries = 4096,
                              .hold_law = HOLD_FIXED};

    s->net = net;
    s->sw = swtch_new(net->sim, &net->programs, &sp, i);
    queue_init(&s->to_switch);
    queue_init(&s->to_core);
    queue_init(&s->held);
    swtch_set_controller(s->sw, on_switch_sends, s);
}

static void add_host(struct check_net *net, const struct topo_node *node)
{
    uint32_t i = net->n_hosts++;

    net->hosts[i].mac = node->mac;
    net->hosts[i].ip = node->ip;
    net->hosts[i].end = (struct check_end){.net = net, .is_host = true, .node = i};
    queue_init(&net->hosts[i].end.in);
}

static struct check_end *end_of(struct check_net *net, const struct topo *topo,
                                const uint32_t *numbers, uint32_t node)
{
    return topo->nodes[node].kind == TOPO_HOST ? &net->hosts[numbers[node]].end
                                               : add_port(net, numbers[node]);
}

static void build(struct check_net *net, const struct topo *topo)
{
    uint32_t *numbers = xcalloc(topo->n_nodes + 1, sizeof *numbers);

    for (size_t i = 0; i < topo->n_nodes; i++) {
        bool is_host = topo->nodes[i].kind == TOPO_HOST;

        numbers[i] = is_host ? net->n_hosts : net->n_switches;
        (is_host ? add_host : add_switch)(net, &topo->nodes[i]);
    }
    for (size_t i = 0; i < topo->n_edges; i++) {
        struct check_end *a = end_of(net, topo, numbers, topo->edges[i].a);
        struct check_end *b = end_of(net, topo, numbers, topo->edges[i].b);

        plug(a, b);
        if (!a->is_host && !b->is_host) {
            net->links[net->n_links].a = a;
            net->links[net->n_links++].b = b;
        }
    }
    free(numbers);
    for (uint32_t i = 0; i < net->n_switches && net->params.n_moves; i++) {
        net->switches[i].free_port = add_port(net, i)->port;
    }
}

/* No timer of the core is to be met that only asks how things are. */
static struct core_settings quiet_core(const struct check_params *params)
{
    struct core_settings core = core_settings_default();

    core.versions |= params->versions;
    core.lldp_interval_ns = core.bddp_interval_ns = 10 * YEAR_NS;
    core.link_timeout_ns = 20 * YEAR_NS;
    core.bddp = false;
    core.echo_interval_ns = 10 * YEAR_NS;
    core.echo_timeout_ns = 20 * YEAR_NS;
    core.host_timeout_ns = 10 * YEAR_NS;
    return core;
}

static struct ctl *make_core(struct check_net *net, const char **failed)
{
    struct link_costs_settings costs = link_costs_settings_default();
    struct elephants_settings elephants = elephants_settings_default();
    struct clustering_settings clustering = clustering_settings_default();
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params cp = {.settings = quiet_core(&net->params),
                            .clock = sim_clock(net->sim),
                            .southbound = &net->southbound,
                            .modules = uses,
                            .n_modules = APP_N_MODULES};

    elephants.flow_stats = costs.port_stats = false;
    costs.period_ns = 3600 * NS_PER_S;
    clustering.hold_s = 1;
    clustering.fast_failover = net->params.fast_failover;
    for (size_t i = 0; i < APP_N_MODULES; i++) {
        const struct ctl_module *m = app_modules[i];

        uses[i].module = m;
        uses[i].settings = m == &clustering_module   ? (const void *)&clustering
                           : m == &link_costs_module ? (const void *)&costs
                           : m == &elephants_module  ? (const void *)&elephants
                                                     : NULL;
    }
    return ctl_new(&cp, failed);
}

/* --- Logical networks ------------------------------------------------------------------------- */

#define FIRST_NETWORK 2 /* 1 is always there. */

static void make_networks(struct check_net *net)
{
    void *state = ctl_module_state(net->ctl, "logical_networks");

    for (uint32_t k = 0; k < net->params.n_networks; k++) {
        char name[24];

        snprintf(name, sizeof name, "network %u", k + 1);
        networks_create(state, (uint16_t)(FIRST_NETWORK + k), name);
    }
    for (uint32_t i = 0; i < net->n_hosts && net->params.n_networks > 0; i++) {
        struct network_rule rule = {.type = NETWORK_RULE_MAC, .mac = net->hosts[i].mac};

        networks_rule_add(state, (uint16_t)(FIRST_NETWORK + i % net->params.n_networks), &rule);
    }
}

void check_block(struct check_net *net)
{
    void *state = ctl_module_state(net->ctl, "logical_networks");

    net->is_blocked = true;
    for (uint32_t a = 0; a < net->params.n_networks; a++) {
        for (uint32_t b = 0; b < a; b++) {
            networks_block(state, (uint16_t)(FIRST_NETWORK + a), (uint16_t)(FIRST_NETWORK + b));
        }
    }
}

/* --- Before the run --------------------------------------------------------------------------- */

/* Everything that waits is done, switch by switch. */
static void settle(struct check_net *net)
{
    struct check_act acts[CHECK_MAX_ACTS];

    while (!check_is_quiet(net)) {
        check_acts(net, acts);
        check_do(net, acts[0]);
    }
}

static mono_t later(mono_t a, mono_t b)
{
    return mono_before(a, b) ? b : a;
}

static void let_time_pass(struct check_net *net, int64_t ns)
{
    mono_t end = mono_add(sim_now(net->sim), ns);

    settle(net);
    while (!mono_before(end, ctl_next_deadline(net->ctl))) {
        sim_run_until(net->sim, later(ctl_next_deadline(net->ctl), sim_now(net->sim)));
        ctl_run(net->ctl);
        settle(net);
    }
    sim_run_until(net->sim, end);
}

/* Every host that was heard sends a frame to every other: the entries for that are there when the run begins. */
static void warm_up(struct check_net *net)
{
    uint32_t n = net->n_hosts - net->params.n_quiet;

    for (uint32_t k = 0; k < n * n && net->params.warm; k++) {
        struct buf frame = BUF_INIT;

        if (k / n != k % n) {
            check_frame(net, k / n, k % n, 0, 0, &frame);
            queue_push(&net->hosts[k / n].end.peer->in, frame.data, frame.len);
            settle(net);
        }
        buf_fini(&frame);
    }
    memset(net->got, 0, sizeof net->got);
}

static void begin(struct check_net *net)
{
    for (uint32_t i = 0; i < net->n_switches; i++) {
        swtch_connected(net->switches[i].sw);
        net->switches[i].session =
            ctl_connected(net->ctl, &net->switches[i], swtch_name(net->switches[i].sw));
    }
    let_time_pass(net, SETUP_NS);
    make_networks(net);
    if (net->params.n_networks > 1 && !net->params.block_in_run) {
        check_block(net);
    }
    settle(net);
    for (uint32_t i = 0; i + net->params.n_quiet < net->n_hosts; i++) {
        check_do(net, (struct check_act){CHECK_SAY, (uint8_t)i, 0});
        settle(net);
    }
    let_time_pass(net, 4 * SETUP_NS);
    warm_up(net);
    for (uint32_t i = 0; i < net->n_switches; i++) {
        net->switches[i].base_entries = table_size(swtch_table(net->switches[i].sw, 0));
    }
    net->is_running = true;
}

static const char *complaint(const struct topo *topo, const struct check_params *p)
{
    size_t n_ports[CHECK_MAX_SWITCHES + CHECK_MAX_HOSTS] = {0};

    if (topo->n_switches > CHECK_MAX_SWITCHES || topo->n_hosts > CHECK_MAX_HOSTS ||
        topo->n_edges > CHECK_MAX_LINKS || topo->n_switches == 0) {
        return "there may be 1 to 16 switches, 16 hosts and 24 links";
    }
    for (size_t i = 0; i < topo->n_edges; i++) {
        if (++n_ports[topo->edges[i].a] >= CHECK_MAX_PORTS ||
            ++n_ports[topo->edges[i].b] >= CHECK_MAX_PORTS) {
            return "a switch may have 15 links";
        }
    }
    if (p->n_networks > CHECK_MAX_HOSTS) {
        return "there may be 16 networks";
    }
    if (p->n_frames > CHECK_MAX_FRAMES || p->n_quiet > topo->n_hosts || p->versions == 0) {
        return "a host may send 8 frames, and no more hosts can be quiet than there are";
    }
    return NULL;
}

struct check_net *check_net_new(const struct topo *topo, const struct check_params *params, char *why,
                                size_t size)
{
    const char *bad = complaint(topo, params), *failed = NULL;
    struct check_net *net;

    if (bad) {
        snprintf(why, size, "%s", bad);
        return NULL;
    }
    net = xcalloc(1, sizeof *net);
    net->params = *params;
    net->sim = sim_new(1);
    programs_init(&net->programs);
    net->southbound =
        (struct southbound){.aux = net, .send = sb_send, .close = sb_close, .tx_room = sb_room};
    build(net, topo);
    net->ctl = make_core(net, &failed);
    if (!net->ctl) {
        snprintf(why, size, "the app %s does not start", failed);
        check_net_free(net);
        return NULL;
    }
    begin(net);
    return net;
}

static void free_switch(struct check_switch *s)
{
    queue_clear(&s->to_switch);
    queue_clear(&s->to_core);
    queue_clear(&s->held);
    for (uint32_t p = 1; p <= s->n_ports; p++) {
        queue_clear(&s->ends[p].in);
    }
}

void check_net_free(struct check_net *net)
{
    if (!net) {
        return;
    }
    for (uint32_t i = 0; i < net->n_switches; i++) {
        free_switch(&net->switches[i]);
        swtch_set_controller(net->switches[i].sw, NULL, NULL);
    }
    ctl_free(net->ctl);
    for (uint32_t i = 0; i < net->n_wires; i++) {
        wire_free(net->wires[i]);
    }
    for (uint32_t i = 0; i < net->n_switches; i++) {
        swtch_free(net->switches[i].sw);
    }
    frame_pool_fini(&net->pool);
    programs_fini(&net->programs);
    sim_free(net->sim);
    free(net);
}

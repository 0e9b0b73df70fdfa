/* See net.h: the controller, its channels, and time. */
#include "tests/apps/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/openflow/of_codec.h"

struct queued {
    struct list list;
    size_t len;
    uint8_t bytes[];
};

size_t net_draw(struct net *net, size_t n)
{
    net->random += UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash_u64(net->random) % n);
}

/* The network itself is broken, or the core does what no test can go on with. */
static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

static void check(struct net *net)
{
    if (net->check) {
        net->check(net, net->check_aux);
    }
}

/* --- Channels --------------------------------------------------------------------------------- */

static void enqueue(struct list *queue, const struct of_msg *msg)
{
    struct buf bytes = BUF_INIT;
    struct queued *q;
    enum err err = of_encode(msg, &bytes);

    if (err) {
        die(of_type_name(msg->type), err_text(err));
    }
    q = xcalloc(1, sizeof(*q) + bytes.len);
    q->len = bytes.len;
    memcpy(q->bytes, bytes.data, bytes.len);
    list_push_back(queue, &q->list);
    buf_fini(&bytes);
}

static void clear(struct list *queue)
{
    struct list *elem;

    while ((elem = list_pop_front(queue)) != NULL) {
        free(LIST_ENTRY(elem, struct queued, list));
    }
}

static enum err sb_send(void *aux, void *conn, const struct of_msg *msg)
{
    struct net_switch *sw = conn;

    (void)aux;
    if (sw->closing) {
        return ERR_CLOSED;
    }
    enqueue(&sw->to_switch, msg);
    return ERR_OK;
}

static void sb_close(void *aux, void *conn)
{
    (void)aux;
    ((struct net_switch *)conn)->closing = true;
}

static size_t sb_room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX;
}

void net_to_core(struct net_switch *sw, struct of_msg *msg)
{
    if (sw->session && !sw->closing) {
        msg->version = msg->version ? msg->version : sw->version;
        enqueue(&sw->to_core, msg);
    }
}

/* With NET_TRACE in the environment, all messages are printed: to see what a seed does. */
static void trace(const struct net *net, const struct net_switch *sw, bool to_core,
                  const struct of_msg *msg)
{
    char text[1024];

    if (net->trace) {
        of_msg_print(msg, text, sizeof(text));
        fprintf(stderr, "%.3f message %zu, switch %d %s %s\n",
                (double)net->clock.now.ns / (double)NS_PER_S, net->n_delivered, sw->index,
                to_core ? "says" : "gets", text);
    }
}

/* Delivers the first message of 'queue'. */
static void deliver(struct net *net, struct net_switch *sw, struct list *queue)
{
    struct queued *q = LIST_ENTRY(list_pop_front(queue), struct queued, list);
    struct arena arena = ARENA_INIT;
    struct of_msg msg;
    enum of_err err = of_decode(q->bytes, q->len, &arena, &msg);

    if (err) {
        die("cannot decode", of_err_name(err));
    }
    net->n_delivered++;
    trace(net, sw, queue == &sw->to_core, &msg);
    if (queue == &sw->to_core) {
        ctl_input(net->ctl, sw->session, &msg);
    } else {
        net_agent_input(sw, &msg);
    }
    arena_fini(&arena);
    free(q);
}

bool net_step(struct net *net)
{
    struct list *busy[2 * NET_MAX_SWITCHES];
    struct net_switch *owner[2 * NET_MAX_SWITCHES];
    size_t n = 0, pick;

    for (size_t i = 0; i < net->n_switches; i++) {
        struct net_switch *sw = net->switches[i];

        if (sw->closing) {
            net_disconnect(net, (int)i);
        }
        if (!list_is_empty(&sw->to_switch)) {
            owner[n] = sw;
            busy[n++] = &sw->to_switch;
        }
        if (!list_is_empty(&sw->to_core)) {
            owner[n] = sw;
            busy[n++] = &sw->to_core;
        }
    }
    if (n == 0) {
        return false;
    }
    pick = net_draw(net, n);
    deliver(net, owner[pick], busy[pick]);
    if (net->ctl && mono_due(ctl_next_deadline(net->ctl), net->clock.now)) {
        ctl_run(net->ctl);
    }
    check(net);
    return true;
}

void net_settle(struct net *net)
{
    size_t limit = 200000;

    while (net_step(net)) {
        if (--limit == 0) {
            die("net_settle", "messages without end");
        }
    }
}

void net_connect(struct net *net, int sw)
{
    struct net_switch *s = net->switches[sw];
    char peer[32];

    snprintf(peer, sizeof(peer), "switch-%d", sw);
    s->closing = false;
    s->session = ctl_connected(net->ctl, s, peer);
    net_agent_hello(s);
}

void net_disconnect(struct net *net, int sw)
{
    struct net_switch *s = net->switches[sw];

    clear(&s->to_switch);
    clear(&s->to_core);
    if (s->session && net->ctl) {
        ctl_disconnected(net->ctl, s->session);
    }
    s->session = NULL;
    s->closing = false;
}

/* --- Time ------------------------------------------------------------------------------------- */

static mono_t next_event(struct net *net)
{
    mono_t next = net->ctl ? ctl_next_deadline(net->ctl) : MONO_NEVER;

    for (size_t i = 0; i < net->n_switches; i++) {
        next = mono_min(next, net_agent_expire(net->switches[i]));
    }
    return next;
}

void net_advance(struct net *net, int64_t ns)
{
    mono_t end = mono_add(net->clock.now, ns);

    net_settle(net);
    while (true) {
        mono_t next = next_event(net);

        if (mono_before(end, next)) {
            break;
        }
        if (mono_before(net->clock.now, next)) {
            net->clock.now = next;
        }
        for (size_t i = 0; i < net->n_switches; i++) {
            net_agent_expire(net->switches[i]);
        }
        if (net->ctl) {
            ctl_run(net->ctl);
        }
        net_settle(net);
    }
    net->clock.now = end;
}

/* --- The store -------------------------------------------------------------------------------- */

/* Where the key is or would be: they are kept in order. */
static size_t store_at(const struct net *net, const char *table, const char *key)
{
    size_t i = 0;

    while (i < net->n_stored) {
        int order = strcmp(net->stored[i].table, table);

        order = order ? order : strcmp(net->stored[i].key, key);
        if (order >= 0) {
            break;
        }
        i++;
    }
    return i;
}

static bool store_has(const struct net *net, size_t i, const char *table, const char *key)
{
    return i < net->n_stored && strcmp(net->stored[i].table, table) == 0 &&
           strcmp(net->stored[i].key, key) == 0;
}

static enum err store_put(void *aux, const char *table, const char *key, const char *value)
{
    struct net *net = aux;
    size_t i = store_at(net, table, key);

    if (strlen(value) >= sizeof(net->stored[i].value)) {
        return ERR_RANGE;
    }
    if (!store_has(net, i, table, key)) {
        if (net->n_stored == NET_MAX_STORED) {
            return ERR_FULL;
        }
        memmove(&net->stored[i + 1], &net->stored[i],
                (net->n_stored - i) * sizeof(net->stored[0]));
        net->n_stored++;
    }
    snprintf(net->stored[i].table, sizeof(net->stored[i].table), "%s", table);
    snprintf(net->stored[i].key, sizeof(net->stored[i].key), "%s", key);
    snprintf(net->stored[i].value, sizeof(net->stored[i].value), "%s", value);
    return ERR_OK;
}

static enum err store_del(void *aux, const char *table, const char *key)
{
    struct net *net = aux;
    size_t i = store_at(net, table, key);

    if (!store_has(net, i, table, key)) {
        return ERR_NOTFOUND;
    }
    net->n_stored--;
    memmove(&net->stored[i], &net->stored[i + 1], (net->n_stored - i) * sizeof(net->stored[0]));
    return ERR_OK;
}

static enum err store_each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    struct net *net = aux;

    for (size_t i = 0; i < net->n_stored; i++) {
        if (strcmp(net->stored[i].table, table) == 0) {
            fn(fn_aux, net->stored[i].key, net->stored[i].value);
        }
    }
    return ERR_OK;
}

static bool was_told(const struct net *net, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(net->stored[k].table, net->stored[i].table) == 0) {
            return true;
        }
    }
    return false;
}

static enum err store_tables(void *aux, store_table_fn *fn, void *fn_aux)
{
    struct net *net = aux;

    for (size_t i = 0; i < net->n_stored; i++) {
        if (!was_told(net, i)) {
            fn(fn_aux, net->stored[i].table);
        }
    }
    return ERR_OK;
}

/* --- Beginning and end ------------------------------------------------------------------------ */

struct net *net_new(uint64_t seed)
{
    struct net *net = xcalloc(1, sizeof(*net));

    net->random = hash_u64(seed + 1);
    net->clock.now = (mono_t){2385 * NS_PER_MS};
    log_init(&net->log, &net->clock, getenv("NET_LOG") ? log_to_stderr : NULL, NULL);
    net->trace = getenv("NET_TRACE") != NULL;
    net->southbound = (struct southbound){.send = sb_send, .close = sb_close, .tx_room = sb_room};
    net->store = (struct store_ops){.aux = net,
                                    .put = store_put,
                                    .del = store_del,
                                    .each = store_each,
                                    .tables = store_tables};
    net->arp = arp_proxy_settings_default();
    net->circuit_tree = circuit_tree_settings_default();
    net->dhcp = dhcp_settings_default();
    net->ipv6_nd = ipv6_nd_settings_default();
    net->clustering = clustering_settings_default();
    net->forwarding = forwarding_settings_default();
    net->dos_guard = dos_guard_settings_default();
    net->link_costs = link_costs_settings_default();
    net->link_costs.port_stats = false;
    net->elephants = elephants_settings_default();
    net->elephants.flow_stats = false;
    net->interest_domains = interest_domains_settings_default();
    net->multicast = multicast_settings_default();
    net->networks = networks_settings_default();
    net->holding = holding_time_settings_default();
    net->static_flows = static_flows_settings_default();
    net->firewall = firewall_settings_default();
    net->core = core_settings_default();
    net->with_store = true;
    net->weight = 1;
    return net;
}

void net_free(struct net *net)
{
    net_stop_controller(net);
    for (size_t i = 0; i < net->n_switches; i++) {
        free(net->switches[i]);
    }
    free(net);
}

int net_add_switch(struct net *net, uint8_t version)
{
    struct net_switch *sw = xcalloc(1, sizeof(*sw));

    sw->net = net;
    sw->index = (int)net->n_switches;
    sw->dpid = (dpid_t)sw->index + 1;
    sw->version = version;
    sw->n_tables = 1;
    sw->max_entries = NET_MAX_ENTRIES;
    sw->max_groups = NET_MAX_GROUPS;
    list_init(&sw->to_switch);
    list_init(&sw->to_core);
    for (size_t p = 1; p <= NET_MAX_PORTS; p++) {
        sw->ports[p].peer_switch = sw->ports[p].host = sw->ports[p].bridge = -1;
    }
    net->switches[net->n_switches++] = sw;
    return sw->index;
}

static struct net_port *add_port(struct net *net, int sw, unsigned port)
{
    struct net_port *p = &net->switches[sw]->ports[port];

    p->exists = p->up = true;
    return p;
}

void net_add_link(struct net *net, int a, unsigned port_a, int b, unsigned port_b)
{
    struct net_port *pa = add_port(net, a, port_a), *pb = add_port(net, b, port_b);

    pa->peer_switch = b;
    pa->peer_port = port_b;
    pb->peer_switch = a;
    pb->peer_port = port_a;
}

int net_add_host(struct net *net, int sw, unsigned port)
{
    int i = (int)net->n_hosts++;

    net->hosts[i] = (struct net_host){
        .mac = eth_addr_from_u64(UINT64_C(0x020000000100) + (uint64_t)i),
        .ip = 0x0a000001 + (uint32_t)i,
        .sw = sw,
        .bridge = -1,
        .port = port,
        .answers_arp = true,
    };
    add_port(net, sw, port)->host = i;
    return i;
}

int net_add_bridge(struct net *net)
{
    return (int)net->n_bridges++;
}

static unsigned add_bridge_port(struct net *net, int bridge)
{
    struct net_bridge *b = &net->bridges[bridge];

    if (b->n_ports == NET_BRIDGE_PORTS) {
        die("net_add_bridge", "too many ports");
    }
    b->ports[b->n_ports].sw = b->ports[b->n_ports].host = -1;
    return b->n_ports++;
}

void net_add_bridge_link(struct net *net, int bridge, int sw, unsigned port)
{
    struct net_port *p = add_port(net, sw, port);

    p->bridge = bridge;
    p->bridge_port = add_bridge_port(net, bridge);
    net->bridges[bridge].ports[p->bridge_port].sw = sw;
    net->bridges[bridge].ports[p->bridge_port].port = port;
}

int net_add_bridge_host(struct net *net, int bridge)
{
    unsigned port = add_bridge_port(net, bridge);
    int i = (int)net->n_hosts++;

    net->hosts[i] = (struct net_host){
        .mac = eth_addr_from_u64(UINT64_C(0x020000000100) + (uint64_t)i),
        .ip = 0x0a000001 + (uint32_t)i,
        .sw = -1,
        .bridge = bridge,
        .port = port,
        .answers_arp = true,
    };
    net->bridges[bridge].ports[port].host = i;
    return i;
}

/* NULL: its defaults. */
static const void *app_settings(const struct net *net, const struct ctl_module *module)
{
    const struct {
        const struct ctl_module *module;
        const void *settings;
    } all[] = {
        {&arp_proxy_module, &net->arp},         {&dhcp_module, &net->dhcp},
        {&ipv6_nd_module, &net->ipv6_nd},       {&circuit_tree_module, &net->circuit_tree},
        {&holding_time_module, &net->holding},  {&static_flows_module, &net->static_flows},
        {&clustering_module, &net->clustering}, {&forwarding_module, &net->forwarding},
        {&dos_guard_module, &net->dos_guard},   {&link_costs_module, &net->link_costs},
        {&elephants_module, &net->elephants},   {&interest_domains_module, &net->interest_domains},
        {&firewall_module, &net->firewall},     {&logical_networks_module, &net->networks},
        {&multicast_module, &net->multicast},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].module == module) {
            return all[i].settings;
        }
    }
    return NULL;
}

void net_start_controller(struct net *net)
{
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params params = {
        .settings = net->core,
        .clock = &net->clock,
        .southbound = &net->southbound,
        .store = net->with_store ? &net->store : NULL,
        .log = &net->log,
        .modules = uses,
    };

    for (size_t i = 0; i < APP_N_MODULES; i++) {
        if (!net->without_clustering || app_modules[i] != &clustering_module) {
            uses[params.n_modules++] =
                (struct ctl_module_use){app_modules[i], app_settings(net, app_modules[i])};
        }
    }
    net->ctl = ctl_new(&params, NULL);
    if (!net->ctl) {
        die("controller", "it does not start");
    }
}

void net_stop_controller(struct net *net)
{
    if (!net->ctl) {
        return;
    }
    for (size_t i = 0; i < net->n_switches; i++) {
        clear(&net->switches[i]->to_switch);
        clear(&net->switches[i]->to_core);
        net->switches[i]->session = NULL;
    }
    ctl_free(net->ctl);
    net->ctl = NULL;
}

void net_start(struct net *net)
{
    net_start_controller(net);
    for (size_t i = 0; i < net->n_switches; i++) {
        net_connect(net, (int)i);
    }
    net_advance(net, NS_PER_S);
}

/* --- Changes of the cabling ------------------------------------------------------------------- */

static void set_one(struct net *net, int sw, unsigned port, bool up)
{
    struct net_port *p = &net->switches[sw]->ports[port];

    if (p->exists && p->up != up) {
        p->up = up;
        net->n_changes++;
        net_agent_port_status(net->switches[sw], port, OF_PORT_MODIFY);
    }
}

void net_port_set(struct net *net, int sw, unsigned port, bool up)
{
    const struct net_port *p = &net->switches[sw]->ports[port];

    set_one(net, sw, port, up);
    if (p->peer_switch >= 0) {
        set_one(net, p->peer_switch, p->peer_port, up);
    }
    check(net);
}

static void put_in(struct net *net, int sw, unsigned port, bool exists)
{
    struct net_port *p = &net->switches[sw]->ports[port];

    net_agent_port_status(net->switches[sw], port, exists ? OF_PORT_ADD : OF_PORT_DELETE);
    p->exists = p->up = exists;
    if (p->peer_switch >= 0) {
        set_one(net, p->peer_switch, p->peer_port, exists);
    }
    check(net);
}

void net_port_remove(struct net *net, int sw, unsigned port)
{
    put_in(net, sw, port, false);
}

void net_port_add(struct net *net, int sw, unsigned port)
{
    net->switches[sw]->ports[port].up = true;
    put_in(net, sw, port, true);
}

void net_link_mute(struct net *net, int sw, unsigned port, bool mute)
{
    struct net_port *p = &net->switches[sw]->ports[port];

    p->mute = net->switches[p->peer_switch]->ports[p->peer_port].mute = mute;
    net->n_changes++;
    check(net);
}

/* The bridge forgets whom it knew at the port. */
static void leave_bridge(struct net_bridge *b, unsigned port)
{
    b->ports[port].host = -1;
    for (size_t i = b->n_macs; i-- > 0;) {
        if (b->macs[i].port == port) {
            b->macs[i] = b->macs[--b->n_macs];
        }
    }
}

void net_host_move(struct net *net, int host, int sw, unsigned port)
{
    struct net_host *h = &net->hosts[host];

    if (h->bridge >= 0) {
        leave_bridge(&net->bridges[h->bridge], h->port);
        h->bridge = -1;
    } else if (!h->away) {
        net->switches[h->sw]->ports[h->port].host = -1;
    }
    h->away = false;
    h->sw = sw;
    h->port = port;
    add_port(net, sw, port)->host = host;
    net->n_changes++;
    net_agent_port_status(net->switches[sw], port, OF_PORT_MODIFY);
    check(net);
}

void net_host_leave(struct net *net, int host)
{
    struct net_host *h = &net->hosts[host];

    net->switches[h->sw]->ports[h->port].host = -1;
    h->away = true;
    net->n_changes++;
    set_one(net, h->sw, h->port, false);
    check(net);
}

/* See whole.h: what the operator does. */
#include "tests/apps/whole.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>


/* Whatever is asked for can be done. */
static void must(const struct whole *run, const char *what, enum err err)
{
    if (err) {
        whole_complain(run, what, (int)err, -1);
    }
}

/* --- Logical networks ------------------------------------------------------------------------- */

static uint16_t some_network(struct whole *run)
{
    uint16_t id = (uint16_t)(1 + net_draw(run->net, WHOLE_NETWORKS));

    return run->exists[id] ? id : NETWORK_DEFAULT;
}

static void random_rule(struct whole *run, struct network_rule *r)
{
    struct net *net = run->net;
    size_t host = net_draw(net, net->n_hosts), n_types = whole_has(run, WHOLE_ADDRESSES) ? 2 : 3;
    const struct net_host *h = &net->hosts[host];

    *r = (struct network_rule){.type = (enum network_rule_type)(1 + net_draw(net, n_types)),
                               .mac = h->mac,
                               .prefix_len = 128};
    if (r->type == NETWORK_RULE_PORT) {
        r->dpid = net->switches[net_draw(net, net->n_switches)]->dpid;
        r->port = (port_no_t)((net_draw(net, 2) ? 20 : 40) + host);
    }
    if (r->type == NETWORK_RULE_IP) {
        r->ip = (struct ipv6_addr){
            {[10] = 0xff, 0xff, 10, 0, (uint8_t)(h->ip >> 8), (uint8_t)h->ip}};
    }
}

void whole_change_rules(struct whole *run)
{
    size_t i = net_draw(run->net, WHOLE_MAX_RULES);
    void *lnm = whole_app(run, "logical_networks");
    struct whole_rule *new = &run->rules[run->n_rules];

    run->networks_changed = true;
    if (i < run->n_rules) {
        struct whole_rule old = run->rules[i];

        run->rules[i] = run->rules[--run->n_rules];
        must(run, "a rule stays", networks_rule_remove(lnm, old.id, &old.r));
    } else if (run->n_rules < WHOLE_MAX_RULES) {
        new->id = some_network(run);
        random_rule(run, &new->r);
        run->n_rules += networks_rule_add(lnm, new->id, &new->r) == ERR_OK;
    }
}

void whole_change_blocks(struct whole *run)
{
    uint16_t a = some_network(run), b = some_network(run);
    void *lnm = whole_app(run, "logical_networks");

    run->networks_changed = true;
    if (a == b) {
        run->isolated[a] = net_draw(run->net, 3) == 0;
        must(run, "isolation", networks_isolate(lnm, a, run->isolated[a]));
        return;
    }
    run->blocked[a][b] = run->blocked[b][a] = net_draw(run->net, 2) == 0;
    must(run, "a block",
         run->blocked[a][b] ? networks_block(lnm, a, b) : networks_unblock(lnm, a, b));
}

static void forget_network(struct whole *run, uint16_t id)
{
    size_t n = 0;

    run->exists[id] = run->isolated[id] = false;
    for (size_t i = 0; i < run->n_rules; i++) {
        if (run->rules[i].id != id) {
            run->rules[n++] = run->rules[i];
        }
    }
    run->n_rules = n;
    for (int k = 0; k <= WHOLE_NETWORKS; k++) {
        run->blocked[id][k] = run->blocked[k][id] = false;
    }
}

/* One is deleted with all that is said of it, or created. */
void whole_change_network(struct whole *run)
{
    uint16_t id = (uint16_t)(2 + net_draw(run->net, WHOLE_NETWORKS - 1));
    void *lnm = whole_app(run, "logical_networks");
    char name[2] = {(char)('a' + id), '\0'};

    run->networks_changed = true;
    if (run->exists[id]) {
        forget_network(run, id);
        must(run, "a network stays", networks_delete(lnm, id));
    } else {
        run->exists[id] = true;
        must(run, "no network", networks_create(lnm, id, name));
    }
}

/* --- Circuit roots ---------------------------------------------------------------------------- */

static struct circuit_root_key root_key(const struct net *net, int host)
{
    struct circuit_root_key key = {.family = host % 2 ? CIRCUIT_ROOT_IPV4 : CIRCUIT_ROOT_MAC};

    if (host % 2) {
        key.ipv4 = net->hosts[host].ip;
    } else {
        key.mac = net->hosts[host].mac;
    }
    return key;
}

/* A root is registered, or is none any more. */
void whole_toggle_root(struct whole *run)
{
    void *app = whole_app(run, "circuit_tree");
    struct circuit_root_key key = root_key(run->net, whole_some_host(run));

    if (circuit_tree_add(app, &key) == ERR_EXISTS) {
        must(run, "a root stays", circuit_tree_remove(app, &key));
    }
}

struct root_keys {
    struct circuit_root_key keys[64];
    size_t n;
};

static void note_root(void *aux, const struct circuit_root_view *root)
{
    struct root_keys *keys = aux;

    if (keys->n < 64) {
        keys->keys[keys->n++] = root->key;
    }
}

static void take_roots_away(struct whole *run)
{
    void *app = whole_app(run, "circuit_tree");
    struct root_keys keys = {.n = 0};

    circuit_tree_each(app, note_root, &keys);
    for (size_t i = 0; i < keys.n; i++) {
        must(run, "a root stays", circuit_tree_remove(app, &keys.keys[i]));
    }
}

/* --- Static flows ----------------------------------------------------------------------------- */

static void take_static_away(struct whole *run, int i)
{
    struct whole_static *s = &run->statics[i];
    char name[2] = {(char)('a' + i), '\0'};

    if (s->is_there) {
        s->is_there = false;
        must(run, "a static flow stays",
             static_flows_remove(whole_app(run, "static_flows"),
                                 run->net->switches[s->sw]->dpid, name));
    }
}

/* Drops what one host sends to another, where the first one is. */
static void put_static(struct whole *run, int i)
{
    struct whole_static s = {.from = whole_some_host(run), .to = whole_some_host(run)};
    const struct net *net = run->net;
    char name[2] = {(char)('a' + i), '\0'};
    struct static_flow flow = {.name = name, .is_enabled = true};

    s.sw = net->hosts[s.from].sw;
    flow.dpid = net->switches[s.sw]->dpid;
    flow.spec.priority = (uint16_t)(PRIORITY_STATIC_MIN + 2385);
    OF_MATCH_SET(&flow.spec.match, ETH_SRC, eth_src, net->hosts[s.from].mac);
    OF_MATCH_SET(&flow.spec.match, ETH_DST, eth_dst, net->hosts[s.to].mac);
    flow.spec.ins = of_apply(NULL, 0);
    s.is_there = static_flows_put(whole_app(run, "static_flows"), &flow, NULL) == ERR_OK;
    run->statics[i] = s;
}

void whole_toggle_static(struct whole *run)
{
    int i = (int)net_draw(run->net, WHOLE_STATIC);

    if (run->statics[i].is_there) {
        take_static_away(run, i);
    } else {
        put_static(run, i);
    }
}

/* --- Domains of interest ---------------------------------------------------------------------- */

static const char *domain_name(int d)
{
    static const char *const names[WHOLE_DOMAINS] = {"lab", "office", "sensors-2"};

    return names[d];
}

static void remove_domain(struct whole *run, int d)
{
    run->domains[d].is_there = false;
    run->domains[d].n_members = 0;
    must(run, "a domain stays",
         interest_domains_remove(whole_app(run, "interest_domains"), domain_name(d)));
}

static size_t find_member(const struct whole_domain *domain, const struct domain_member *m)
{
    size_t i = 0;

    while (i < domain->n_members &&
           (domain->members[i].is_host != m->is_host ||
            (m->is_host ? !eth_addr_eq(domain->members[i].mac, m->mac)
                        : domain->members[i].dpid != m->dpid || domain->members[i].port != m->port))) {
        i++;
    }
    return i;
}

/* A host and all its ports belong to one domain only, so that no two claim a port. */
static void toggle_member(struct whole *run, int host)
{
    const struct net_host *h = &run->net->hosts[host];
    int d = host % WHOLE_DOMAINS;
    struct whole_domain *domain = &run->domains[d];
    void *app = whole_app(run, "interest_domains");
    struct domain_member m = {.is_host = net_draw(run->net, 2) == 0};
    size_t i;

    if (m.is_host) {
        m.mac = h->mac;
    } else {
        m.dpid = run->net->switches[h->sw]->dpid;
        m.port = h->port;
    }
    i = find_member(domain, &m);
    if (i < domain->n_members) {
        domain->members[i] = domain->members[--domain->n_members];
        must(run, "a member stays", interest_domains_leave(app, domain_name(d), &m));
    } else if (domain->n_members < WHOLE_MAX_MEMBERS) {
        domain->members[domain->n_members++] = m;
        must(run, "no member", interest_domains_join(app, domain_name(d), &m));
    }
}

void whole_change_domain(struct whole *run)
{
    int host = whole_some_host(run), d = host % WHOLE_DOMAINS;

    if (!run->domains[d].is_there) {
        run->domains[d].is_there = true;
        must(run, "no domain",
             interest_domains_add(whole_app(run, "interest_domains"), domain_name(d)));
        toggle_member(run, host);
    } else if (net_draw(run->net, 12) == 0) {
        remove_domain(run, d);
    } else {
        toggle_member(run, host);
    }
}

/* --- The firewall ----------------------------------------------------------------------------- */

/* About TCP, which nobody sends; all rules go when the one is there. */
void whole_toggle_firewall(struct whole *run)
{
    void *app = whole_app(run, "firewall");
    struct firewall_rule rule = {.action = FIREWALL_DENY, .has_dpid = net_draw(run->net, 2)};
    uint32_t id;

    rule.dpid = 1;
    OF_MATCH_SET(&rule.match, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(&rule.match, IP_PROTO, ip_proto, 6);
    if (firewall_add(app, &rule, &id, NULL) == ERR_EXISTS) {
        firewall_clear(app, NULL, NULL);
    }
}

/* --- Elephants -------------------------------------------------------------------------------- */

/* The flow that net_send() makes. */
void whole_tell_elephant(struct whole *run)
{
    const struct net *net = run->net;
    int from = whole_some_host(run), to = whole_some_host(run);
    uint32_t src = net->hosts[from].ip, dst = net->hosts[to].ip, id;
    uint64_t rate_bps = (1 + net_draw(run->net, 8)) * 100000000;
    struct elephant_flow flow = {.proto = 17, .sport = 2385, .dport = 4711};

    for (int i = 0; i < 4; i++) {
        flow.ip_src.b[12 + i] = (uint8_t)(src >> (24 - 8 * i));
        flow.ip_dst.b[12 + i] = (uint8_t)(dst >> (24 - 8 * i));
    }
    if (elephants_tell(whole_app(run, "elephants"), &flow, rate_bps, &id) == ERR_EXISTS) {
        elephants_forget(whole_app(run, "elephants"), id); /* Unless it is leaving already. */
    }
}

/* A measuring station says what a link carries; elephants get another way when it is much. */
void whole_tell_load(struct whole *run)
{
    struct net *net = run->net;
    const struct net_switch *sw = net->switches[net_draw(net, net->n_switches)];
    port_no_t port = 1 + (port_no_t)net_draw(net, 5);

    if (sw->ports[port].exists && sw->ports[port].peer_switch >= 0) {
        link_costs_tell(whole_app(run, "link_costs"), sw->dpid, port, net_draw(net, 10) * 100000000);
    }
}

struct elephant_ids {
    uint32_t ids[64];
    size_t n;
};

static void note_elephant(void *aux, const struct elephant_info *info)
{
    struct elephant_ids *ids = aux;

    if (ids->n < 64) {
        ids->ids[ids->n++] = info->id;
    }
}

static void take_elephants_away(struct whole *run)
{
    void *app = whole_app(run, "elephants");
    struct elephant_ids ids = {.n = 0};

    elephants_each(app, note_elephant, &ids);
    for (size_t i = 0; i < ids.n; i++) {
        elephants_forget(app, ids.ids[i]);
    }
}

/* --- Everything ------------------------------------------------------------------------------- */

void whole_take_all_away(struct whole *run)
{
    for (uint16_t id = 2; id <= WHOLE_NETWORKS; id++) {
        if (run->exists[id] && whole_has(run, WHOLE_LOGICAL_NETWORKS)) {
            forget_network(run, id);
            must(run, "a network stays", networks_delete(whole_app(run, "logical_networks"), id));
        }
    }
    while (run->n_rules > 0) {
        const struct whole_rule *rule = &run->rules[--run->n_rules];

        networks_rule_remove(whole_app(run, "logical_networks"), rule->id, &rule->r);
    }
    networks_isolate(whole_app(run, "logical_networks"), NETWORK_DEFAULT, false);
    run->isolated[NETWORK_DEFAULT] = false;
    run->networks_changed = true;
    take_roots_away(run);
    for (int i = 0; i < WHOLE_STATIC; i++) {
        take_static_away(run, i);
    }
    for (int d = 0; d < WHOLE_DOMAINS; d++) {
        if (run->domains[d].is_there) {
            remove_domain(run, d);
        }
    }
    take_elephants_away(run);
    firewall_clear(whole_app(run, "firewall"), NULL, NULL);
}

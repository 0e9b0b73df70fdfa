/* Which entries a switch should have for the rules of the firewall (firewall.h). */
#include <stdlib.h>

#include "controller/apps/firewall_int.h"
#include "controller/base/alloc.h"
#include "controller/core/datapath.h"

/* --- What always passes ------------------------------------------------------------------------- */

/* As packet_class() has it (core/admission.h); 0: any. */
static const struct passing {
    uint16_t eth_type;
    uint8_t ip_proto;
    uint16_t udp_dst; /* Or the type of ICMPv6. */
} passing[FW_N_PASSING] = {
    {PKT_TYPE_LLDP, 0, 0},
    {PKT_TYPE_BDDP, 0, 0},
    {PKT_TYPE_ARP, 0, 0},
    {PKT_TYPE_IPV4, PKT_PROTO_UDP, 67},
    {PKT_TYPE_IPV4, PKT_PROTO_UDP, 68},
    {PKT_TYPE_IPV6, PKT_PROTO_UDP, 546},
    {PKT_TYPE_IPV6, PKT_PROTO_UDP, 547},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_RS},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_RA},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_NS},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_NA},
    {PKT_TYPE_IPV6, PKT_PROTO_ICMP6, PKT_ICMP6_REDIRECT},
};

static void passing_rule(const struct passing *p, struct firewall_rule *out)
{
    *out = (struct firewall_rule){.action = FIREWALL_ALLOW};
    OF_MATCH_SET(&out->match, ETH_TYPE, eth_type, p->eth_type);
    if (p->ip_proto) {
        OF_MATCH_SET(&out->match, IP_PROTO, ip_proto, p->ip_proto);
    }
    if (p->ip_proto == PKT_PROTO_UDP) {
        OF_MATCH_SET(&out->match, UDP_DST, udp_dst, p->udp_dst);
    } else if (p->ip_proto) {
        OF_MATCH_SET(&out->match, ICMPV6_TYPE, icmpv6_type, (uint8_t)p->udp_dst);
    }
}

bool fw_always_passes(const struct firewall_rule *rule)
{
    struct firewall_rule pass;
    struct fw_key key, pass_key;

    fw_key_make(rule, &key);
    for (size_t i = 0; i < FW_N_PASSING; i++) {
        passing_rule(&passing[i], &pass);
        fw_key_make(&pass, &pass_key);
        if (fw_key_covers(&pass_key, &key)) {
            return true;
        }
    }
    return false;
}

/* --- How rules meet each other ------------------------------------------------------------------ */

/* The rules that count at a switch, and what follows from their order. */
struct fw_meeting {
    struct fw_rule **rules;
    size_t n;
    uint8_t *how; /* MEETS_* of each. */
    bool passes[FW_N_PASSING];
};

enum {
    MEETS_DENIAL = 1 << 0,  /* It allows, and a later one denies some of that. */
    MEETS_PORTS = 1 << 1,   /* Its entries must be of single ports. */
    MEETS_ALLOWED = 1 << 2, /* It denies, and one before allows some of that. */
    MEETS_PASSING = 1 << 3, /* It denies some IPv6 that always passes. */
};

static bool has_any(const struct firewall_rule *rule, uint64_t fields)
{
    return (rule->match.present & fields) != 0;
}

/* Frames from other switches may look different, or have met other rules. */
static bool is_of_ports(const struct firewall_rule *rule)
{
    return rule->has_dpid || has_any(rule, OF_BIT(VLAN_VID)) ||
           (rule->match.masked & (OF_BIT(ETH_SRC) | OF_BIT(ETH_DST))) != 0;
}

/* The same of a rule that allows, for those that deny after it. */
static bool hides_at_links(const struct firewall_rule *rule)
{
    return is_of_ports(rule) || has_any(rule, OF_BIT(ETH_SRC) | OF_BIT(ETH_DST));
}

static uint8_t meet_denials(const struct fw_meeting *m, size_t i)
{
    for (size_t k = i + 1; k < m->n; k++) {
        if (m->rules[k]->is.action == FIREWALL_DENY &&
            fw_key_overlaps(&m->rules[i]->key, &m->rules[k]->key)) {
            return MEETS_DENIAL;
        }
    }
    return 0;
}

/* What one allows at any switch comes by here, too. */
static uint8_t meet_allowing(const struct firewall *f, const struct fw_rule *r)
{
    uint8_t how = 0;

    for (size_t k = 0; f->rules[k] != r; k++) {
        if (f->rules[k]->is.action == FIREWALL_ALLOW &&
            fw_key_overlaps(&r->key, &f->rules[k]->key)) {
            how |= MEETS_ALLOWED | (hides_at_links(&f->rules[k]->is) ? MEETS_PORTS : 0);
        }
    }
    return how;
}

static void meet_passing(struct fw_meeting *m)
{
    for (size_t p = 0; p < FW_N_PASSING; p++) {
        struct firewall_rule pass;
        struct fw_key key;

        passing_rule(&passing[p], &pass);
        fw_key_make(&pass, &key);
        for (size_t i = 0; i < m->n; i++) {
            if (m->rules[i]->is.action == FIREWALL_DENY &&
                fw_key_overlaps(&key, &m->rules[i]->key)) {
                m->passes[p] = true;
                m->how[i] |= passing[p].eth_type == PKT_TYPE_IPV6 ? MEETS_PASSING : 0;
            }
        }
    }
}

/* 'dpid' NULL: at a switch without rules of its own. */
static struct fw_meeting *meeting_new(const struct firewall *f, const dpid_t *dpid)
{
    struct fw_meeting *m = xcalloc(1, sizeof *m);

    m->rules = xcalloc(f->n_rules + 1, sizeof(struct fw_rule *));
    for (size_t i = 0; i < f->n_rules; i++) {
        if (!f->rules[i]->is.has_dpid || (dpid && f->rules[i]->is.dpid == *dpid)) {
            m->rules[m->n++] = f->rules[i];
        }
    }
    m->how = xcalloc(m->n + 1, 1);
    for (size_t i = 0; i < m->n; i++) {
        const struct fw_rule *r = m->rules[i];
        bool denies = r->is.action == FIREWALL_DENY;

        m->how[i] = denies ? meet_allowing(f, r) : meet_denials(m, i);
        m->how[i] |= is_of_ports(&r->is) ? MEETS_PORTS : 0;
    }
    meet_passing(m);
    return m;
}

void fw_meeting_free(struct fw_meeting *m)
{
    if (m) {
        free(m->rules);
        free(m->how);
        free(m);
    }
}

static bool has_own_rules(const struct firewall *f, dpid_t dpid)
{
    for (size_t i = 0; i < f->n_rules; i++) {
        if (f->rules[i]->is.has_dpid && f->rules[i]->is.dpid == dpid) {
            return true;
        }
    }
    return false;
}

/* --- Plans -------------------------------------------------------------------------------------- */

struct planner {
    struct fw_plan *out;
    size_t room;
    const struct datapath *dp;
    const struct fw_switch *sw;
    enum fw_form allow;
    bool is_1_0;
};

static bool is_for_hosts(const struct dp_port *port)
{
    return port->kind != PORT_LINK && port->kind != PORT_DEAD;
}

static void add(struct planner *p, uint16_t priority, enum fw_form form, uint32_t rule,
                const struct of_match *match)
{
    struct fw_plan *plan = p->out;

    if (plan->n == p->room) {
        p->room = p->room ? 2 * p->room : 16;
        plan->entries = xreallocarray(plan->entries, p->room, sizeof *plan->entries);
    }
    plan->entries[plan->n++] =
        (struct fw_entry){.priority = priority, .form = form, .rule = rule, .match = *match};
    plan->needs_second = plan->needs_second || form == FW_GO_ON;
}

/* What OpenFlow 1.0 can say of a match (1.0 §5.2.3); true when that is not all. */
static bool reduce_to_1_0(struct of_match *match)
{
    uint64_t never = OF_BIT(IPV6_SRC) | OF_BIT(IPV6_DST) | OF_BIT(ICMPV6_TYPE) |
                     OF_BIT(ICMPV6_CODE) | OF_BIT(SCTP_SRC) | OF_BIT(SCTP_DST);
    uint64_t of_ipv4 =
        OF_BIT(IP_PROTO) | OF_BIT(TCP_SRC) | OF_BIT(TCP_DST) | OF_BIT(UDP_SRC) | OF_BIT(UDP_DST);
    uint64_t exact = OF_BIT(ETH_SRC) | OF_BIT(ETH_DST) | OF_BIT(VLAN_VID);
    uint64_t before = match->present;

    match->present &= ~never & ~(match->masked & exact);
    if (!(before & OF_BIT(ETH_TYPE)) || match->v.eth_type != PKT_TYPE_IPV4) {
        match->present &= ~of_ipv4;
    }
    match->masked &= match->present;
    return match->present != before;
}

/* One entry, or one for each edge port. */
static void add_anywhere(struct planner *p, uint16_t priority, enum fw_form form, uint32_t rule,
                         const struct of_match *match, bool of_ports)
{
    struct of_match one = *match;
    size_t n;
    const struct dp_port *ports = datapath_ports(p->dp, &n);

    if (!of_ports) {
        add(p, priority, form, rule, match);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        port_no_t port = ports[i].desc.port_no;

        if (is_for_hosts(&ports[i]) &&
            (!of_match_has(match, OF_FIELD_IN_PORT) || match->v.in_port == port)) {
            OF_MATCH_SET(&one, IN_PORT, in_port, port);
            add(p, priority, form, rule, &one);
        }
    }
}

static void add_rule(struct planner *p, const struct fw_rule *rule, uint8_t how)
{
    bool denies = rule->is.action == FIREWALL_DENY;
    enum fw_form form = denies ? FW_DROP : p->allow;
    struct of_match match = rule->is.match;
    const struct fw_refusal *refusal = fw_switch_refusal(p->sw, rule->is.id);
    bool of_ports = (how & MEETS_PORTS) != 0;

    if ((!denies && !(how & MEETS_DENIAL)) || (refusal && refusal->is_final)) {
        return;
    }
    if (refusal) {
        match.present &= FW_COARSE;
        match.masked = 0;
        form = FW_ASK;
    }
    if (p->is_1_0 && reduce_to_1_0(&match)) {
        form = FW_ASK;
    }
    /* What goes on from switch to switch shall not come to the controller again, nor be denied there. */
    of_ports = of_ports || form == FW_ASK || (p->allow == FW_ASK && (how & MEETS_ALLOWED)) ||
               (p->is_1_0 && (how & MEETS_PASSING));
    add_anywhere(p, rule->slot, form, rule->is.id, &match, of_ports);
}

/* In 1.0 all of IPv6 has one entry. */
static void add_passing(struct planner *p, const bool *passes)
{
    bool has_reduced = false;

    for (size_t i = 0; i < FW_N_PASSING; i++) {
        struct firewall_rule pass;
        bool reduced;

        passing_rule(&passing[i], &pass);
        reduced = p->is_1_0 && reduce_to_1_0(&pass.match);
        if (passes[i] && !(reduced && has_reduced) && !fw_switch_refusal(p->sw, 0)) {
            add_anywhere(p, PRIORITY_FIREWALL_MAX, FW_ASK, 0, &pass.match, reduced);
            has_reduced = has_reduced || reduced;
        }
    }
}

static bool has_hosts(const struct datapath *dp)
{
    size_t n;
    const struct dp_port *ports = datapath_ports(dp, &n);

    for (size_t i = 0; i < n; i++) {
        if (is_for_hosts(&ports[i])) {
            return true;
        }
    }
    return false;
}

void fw_plan_make(struct firewall *f, const struct fw_switch *sw, const struct datapath *dp,
                  bool second, struct fw_plan *out)
{
    struct planner p = {.out = out,
                        .sw = sw,
                        .dp = dp,
                        .allow = second ? FW_GO_ON : FW_ASK,
                        .is_1_0 = datapath_version(dp) == OF_VERSION_1_0};
    dpid_t dpid = datapath_id(dp);
    struct fw_meeting *m, *own = NULL;

    *out = (struct fw_plan){0};
    if (!f->is_active || !has_hosts(dp)) {
        return;
    }
    if (has_own_rules(f, dpid)) {
        own = meeting_new(f, &dpid);
    } else if (!f->meeting) {
        f->meeting = meeting_new(f, NULL);
    }
    m = own ? own : f->meeting;
    add_passing(&p, m->passes);
    for (size_t i = 0; i < m->n; i++) {
        add_rule(&p, m->rules[i], m->how[i]);
    }
    fw_meeting_free(own);
}

void fw_plan_fini(struct fw_plan *plan)
{
    free(plan->entries);
    *plan = (struct fw_plan){0};
}

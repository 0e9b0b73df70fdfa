/* See interest_domains.h; what is where: domain.h. */
#include "controller/apps/interest_domains.h"

#include <stdlib.h>

#include "controller/apps/domain.h"
#include "controller/apps/logical_networks.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

LOG_MODULE(interest_domains);

struct interest_domains_settings interest_domains_settings_default(void)
{
    return (struct interest_domains_settings){
        .tag_min = 3072,
        .tag_max = 4094,
        .max_domains = 512,
        .max_members = 16384,
        .max_groups = 512,
        .sender_idle_s = 120,
        .dp_frames_per_s = 200,
        .dp_frames_burst = 400,
        .retry_ns = 5 * NS_PER_S,
        .adopt_hold_ns = 60 * NS_PER_S,
    };
}

struct interest_domains_counters interest_domains_counters(const void *state)
{
    const struct domains *d = state;

    return d->n;
}

/* --- Packet-ins ------------------------------------------------------------------------------- */

/* What apps answer, or bridges keep to themselves: not for the members. */
static bool is_for_apps(const struct pkt *p)
{
    if (p->eth_type == PKT_TYPE_ARP || p->eth_type == PKT_TYPE_LLDP || p->eth_type == PKT_TYPE_BDDP ||
        eth_addr_u64(p->eth_dst) >> 4 == UINT64_C(0x0180c200000)) {
        return true;
    }
    if (pkt_has(p, PKT_UDP)) {
        return p->l4.dst == 67 || p->l4.dst == 68 || p->l4.dst == 547;
    }
    return pkt_has(p, PKT_ICMP6) || (pkt_has(p, PKT_IPV4) && p->ipv4.proto == 2);
}

/* Sends the frame to the places 'begin' to 'end' of the claims, those of one switch. */
static void send_switch(struct domains *d, const struct domain *domain,
                        const struct ctl_packet *packet, size_t begin, size_t end)
{
    struct datapath *dp = datapath_find(d->ctl, d->claims[begin].dpid);
    struct of_action *out = xcalloc(end - begin, sizeof(*out));
    size_t n = 0;

    for (size_t i = begin; i < end; i++) {
        const struct place *at = &d->claims[i];

        if (d->claimants[i] == domain && (dp != packet->dp || at->port != packet->in_port) &&
            networks_may_reach(d->networks, packet, at->dpid, at->port)) {
            out[n++] = of_output(at->port);
        }
    }
    if (n > 0) {
        datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, out, n, packet->frame,
                            packet->len);
    }
    free(out);
}

static void send_to_members(struct domains *d, const struct domain *domain,
                            const struct ctl_packet *packet)
{
    if (packet->len < packet->total_len ||
        !bucket_map_take(&d->frames, datapath_id(packet->dp), ctl_now(d->ctl))) {
        d->n.frames_limited++;
        return;
    }
    d->n.frames++;
    for (size_t begin = 0, end; begin < d->n_claims; begin = end) {
        for (end = begin; end < d->n_claims && d->claims[end].dpid == d->claims[begin].dpid;) {
            end++;
        }
        send_switch(d, domain, packet, begin, end);
    }
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct domains *d = state;
    const struct pkt *pkt = packet->pkt;
    const struct domain *domain;

    if (pkt->n_vlans > 0) {
        bool ours = domain_tag_is_ours(d, pkt->vlan[0].vid);

        d->n.tagged_dropped += ours;
        return ours ? CTL_STOP : CTL_CONTINUE;
    }
    if (!eth_addr_is_multicast(pkt->eth_dst) || is_for_apps(pkt)) {
        return CTL_CONTINUE;
    }
    domain = domain_of_port(d, datapath_id(packet->dp), packet->in_port);
    if (!domain) {
        return CTL_CONTINUE;
    }
    send_to_members(d, domain, packet);
    return CTL_STOP;
}

/* --- Events ----------------------------------------------------------------------------------- */

static void fail(struct domains *d, uint16_t tag, mono_t when)
{
    struct domain *domain = domain_of_tag(d, tag);

    if (domain) {
        domain_fail(domain, when);
    }
}

static void on_change(void *aux)
{
    struct domains *d = aux;

    if (d->n_domains > 0 || d->n_groups > 0) {
        domains_update_soon(d);
    }
}

/* An entry was taken away by somebody else. */
static void on_removed(struct domains *d, const struct flow_entry *flow)
{
    uint64_t cookie = flow_entry_cookie(flow);
    struct list *it, *tmp;

    fail(d, domain_cookie_tag(cookie), ctl_now(d->ctl));
    LIST_FOR_EACH (it, tmp, &d->list) {
        struct domain *domain = LIST_ENTRY(it, struct domain, list);

        if (domain_cookie_kind(cookie) == DOMAIN_TRAP &&
            plan_has_switch(&domain->plan, flow_entry_dpid(flow))) {
            fail(d, domain->plan.tag, ctl_now(d->ctl));
        }
    }
}

/* An entry was found that this controller has not asked for. Should its tag be in use, it could lead
 * frames where they must not go. */
static void on_adopted(void *state, const struct ctl_event *event)
{
    struct domains *d = state;
    uint64_t cookie = flow_entry_cookie(event->flow);
    uint16_t tag = domain_cookie_tag(cookie);

    if (domain_cookie_kind(cookie) != DOMAIN_TRAP && tag <= DOMAIN_TAGS) {
        d->tags[tag] = TAG_DOUBTFUL;
        if (domain_cookie_kind(cookie) == DOMAIN_TREE) {
            fail(d, tag, ctl_now(d->ctl));
        }
    }
    timer_set(ctl_timers(d->ctl), &d->clean,
              mono_add(ctl_now(d->ctl), d->settings.adopt_hold_ns));
}

static void on_flow_removed(void *state, const struct ctl_event *event)
{
    if (event->reason == OF_REMOVED_IDLE_TIMEOUT) {
        domain_sender_gone(state, event->flow);
    } else {
        on_removed(state, event->flow);
    }
}

static void on_network(void *state, const struct ctl_event *event)
{
    (void)event;
    on_change(state);
}

static void on_eased(void *state, const struct ctl_event *event)
{
    (void)event;
    domains_retry_now(state);
}

static void fail_later(struct domains *d, uint16_t tag)
{
    fail(d, tag, mono_add(ctl_now(d->ctl), d->settings.retry_ns));
}

static void on_flow_failed(void *state, const struct ctl_event *event)
{
    fail_later(state, domain_cookie_tag(flow_entry_cookie(event->flow)));
}

static void on_group_failed(void *state, const struct ctl_event *event)
{
    fail_later(state, (uint16_t)(event->object_id & 0xffff));
}

/* --- Module ----------------------------------------------------------------------------------- */

static bool settings_ok(const struct interest_domains_settings *s)
{
    return s->tag_min >= 1 && s->tag_min <= s->tag_max && s->tag_max < DOMAIN_TAGS &&
           s->retry_ns > 0 && s->sender_idle_s > 0;
}

static void stop(void *state)
{
    struct domains *d = state;

    networks_on_change(d->networks, NULL, NULL);
    domains_trees_fini(d);
    bucket_map_fini(&d->frames);
    free(d);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct domains *d = xcalloc(1, sizeof(*d));
    enum err err;

    d->ctl = ctl;
    d->id = id;
    d->networks = ctl_module_state(ctl, "logical_networks");
    d->settings = settings ? *(const struct interest_domains_settings *)settings
                           : interest_domains_settings_default();
    d->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    d->next_tag = d->settings.tag_min;
    list_init(&d->list);
    list_init(&d->groups);
    bucket_map_init(&d->frames, d->settings.dp_frames_per_s, d->settings.dp_frames_burst);
    domains_trees_init(d);
    networks_on_change(d->networks, on_change, d);
    err = settings_ok(&d->settings) ? domains_load(d) : ERR_RANGE;
    if (err) {
        LOG_ERROR(ctl_log(ctl), "cannot start: %s", err_text(err));
        stop(d);
        return err;
    }
    *state = d;
    return ERR_OK;
}

const struct ctl_module interest_domains_module = {
    .name = "interest_domains",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .packets = 1u << PACKET_MULTICAST | 1u << PACKET_ADDRESS,
    .on = {[CTL_DATAPATH_UP] = on_network,
           [CTL_DATAPATH_DOWN] = on_network,
           [CTL_PORT_UP] = on_network,
           [CTL_PORT_DOWN] = on_network,
           [CTL_LINK_UP] = on_network,
           [CTL_LINK_DOWN] = on_network,
           [CTL_HOST_ADDED] = on_network,
           [CTL_HOST_MOVED] = on_network,
           [CTL_HOST_GONE] = on_network,
           [CTL_TABLE_EASED] = on_eased,
           [CTL_ROLE] = on_network,
           [CTL_FLOW_ADOPTED] = on_adopted,
           [CTL_FLOW_REMOVED] = on_flow_removed,
           [CTL_FLOW_FAILED] = on_flow_failed,
           [CTL_GROUP_FAILED] = on_group_failed},
};

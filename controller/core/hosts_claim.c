/* Claims: an address appears in a second place.
 *
 * It may have moved (a laptop, a virtual machine, an address that DHCP gave to somebody else), or it
 * may be stolen. The place where it was known is asked, by an ARP probe (RFC 5227 §1.1) or a neighbour
 * solicitation to the host that was there:
 *
 *      used elsewhere ──▶ ASKED ──host_hold_ns / 2──▶ ASKED_AGAIN ──host_hold_ns / 2──▶ it has moved
 *                           │                              │
 *                           └────────── answered ──────────┴──▶ REFUSED ──host_hold_ns──▶ forgotten
 *
 * Every frame from the old place is an answer. A host whose IP address is not known, as after a restart
 * of the core, is asked for the one that is used elsewhere with its MAC address, or only has to speak.
 * Until it is decided, frames from the new place go nowhere, but where the switch has entries;
 * a MAC address that was refused can be blocked there too (host_block_s). A place that is down cannot
 * answer: then there is no question, and one that goes down has answered none. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/flowdb.h"
#include "controller/core/txn.h"
#include "controller/packet/pkt_build.h"

LOG_MODULE(hosts);

/* Claims that one port may have under way; more are refused without a question. */
#define MAX_CLAIMS_AT_PORT 256

enum claim_state { CLAIM_ASKED, CLAIM_ASKED_AGAIN, CLAIM_REFUSED };

struct claim {
    struct claim *next; /* In host.claims. */
    struct ctl *ctl;
    struct timer timer;
    struct list at_place;
    struct attachment *place; /* Where the address was used. */
    struct host *host;        /* Who is known to have it. */
    struct host_ip *entry;    /* Which one; NULL: its MAC address. */
    struct eth_addr claimant; /* Who says to have it. */
    struct ipv6_addr said;    /* His IP address, when 'has_said'. */
    bool has_said;
    enum claim_state state;
    bool is_blocked; /* By an entry in the switch. */
};

/* --- Asking ----------------------------------------------------------------------------------- */

/* The link-local address of HOSTS_PROBE_MAC (RFC 4291, appendix A). */
static struct ipv6_addr own_ipv6(void)
{
    struct eth_addr m = HOSTS_PROBE_MAC;

    return (struct ipv6_addr){{0xfe, 0x80, 0, 0, 0, 0, 0, 0, m.b[0] ^ 2, m.b[1], m.b[2], 0xff, 0xfe,
                               m.b[3], m.b[4], m.b[5]}};
}

static void ask_ipv4(struct buf *out, struct eth_addr mac, uint32_t ip)
{
    struct pkt_arp arp = {.op = PKT_ARP_REQUEST, .sha = HOSTS_PROBE_MAC, .tpa = ip};

    pkt_build_arp(out, mac, HOSTS_PROBE_MAC, &arp);
}

static void ask_ipv6(struct buf *out, const struct ipv6_addr *ip)
{
    struct ipv6_addr own = own_ipv6();

    pkt_build_nd_ns(out, HOSTS_PROBE_MAC, &own, ip);
}

static void ask_ip(struct buf *out, struct eth_addr mac, const struct ipv6_addr *ip)
{
    uint32_t ipv4;

    if (hosts_ip_as_v4(ip, &ipv4)) {
        ask_ipv4(out, mac, ipv4);
    } else {
        ask_ipv6(out, ip);
    }
}

static void build_question(const struct claim *claim, struct buf *out)
{
    const struct host *host = claim->host;

    if (claim->entry) {
        ask_ip(out, host->mac, &claim->entry->ip);
    } else if (host->n_ipv4) {
        ask_ipv4(out, host->mac, host->ipv4[0]);
    } else if (host->n_ipv6) {
        ask_ipv6(out, &host->ipv6[0]);
    } else if (claim->has_said) {
        ask_ip(out, host->mac, &claim->said);
    }
}

static void ask(const struct claim *claim)
{
    const struct attachment *at = claim->host->at;
    struct datapath *dp = datapath_find(claim->ctl, at->dpid);
    struct of_action output = of_output(at->port);
    struct buf *frame = &claim->ctl->frame;

    buf_clear(frame);
    build_question(claim, frame);
    if (dp && frame->len && !frame->failed) {
        datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &output, 1, frame->data,
                            frame->len);
    }
}

/* --- Deciding --------------------------------------------------------------------------------- */

bool claims_place_lives(const struct ctl *ctl, const struct attachment *at)
{
    const struct datapath *dp = datapath_find(ctl, at->dpid);
    const struct dp_port *port = dp && dp->ready ? datapath_port(dp, at->port) : NULL;

    return port && (port->kind == PORT_EDGE || port->kind == PORT_UNSETTLED);
}

void claims_complain(struct ctl *ctl, uint64_t *counter, const struct host *host, const char *what,
                     dpid_t dpid, port_no_t port)
{
    ++*counter;
    LOG_LIMITED(ctl->log, &ctl->hosts.spoof_limit, LOG_WARN,
                "%s of host " ETH_FMT " at " DPID_FMT ":%u is used at " DPID_FMT ":%u: refused",
                what, ETH_ARGS(host->mac), DPID_ARGS(host->at->dpid), host->at->port,
                DPID_ARGS(dpid), port);
}

static void again_in(struct claim *claim, int64_t ns)
{
    timer_set(&claim->ctl->timers, &claim->timer, mono_add(claim->ctl->clock->now, ns));
}

/* The frames that the entry of a block matches: what the claimant sends with the address. */
static struct of_match block_match(const struct claim *claim)
{
    struct of_match match = {0};

    OF_MATCH_SET(&match, IN_PORT, in_port, claim->place->port);
    OF_MATCH_SET(&match, ETH_SRC, eth_src, claim->host->mac);
    return match;
}

/* Keeps the claimant's frames out of the switch too, where they may find entries. The entry lives as
 * long as the claim; its own time-out is for a core that is gone by then. */
static void block(struct claim *claim)
{
    struct flow_spec spec = {.priority = HOSTS_BLOCK_PRIORITY,
                             .match = block_match(claim),
                             .cookie = flow_cookie(CORE_MODULE_ID, 0),
                             .hard_timeout_s = claim->ctl->settings.host_block_s};
    struct txn *txn = txn_begin(claim->ctl);

    txn_add(txn, 0, claim->place->dpid, &spec);
    txn_commit(txn, NULL, NULL);
    claim->is_blocked = true;
}

static void unblock(struct claim *claim)
{
    struct of_match match = block_match(claim);
    struct txn *txn = txn_begin(claim->ctl);

    txn_remove(txn, 0, claim->place->dpid, 0, HOSTS_BLOCK_PRIORITY, &match);
    txn_commit(txn, NULL, NULL);
    claim->is_blocked = false;
}

/* How long a refused claim is remembered. */
static int64_t refused_ns(const struct claim *claim)
{
    int64_t hold_ns = claim->ctl->settings.host_hold_ns;
    int64_t block_ns = claim->ctl->settings.host_block_s * NS_PER_S;

    return claim->is_blocked && block_ns > hold_ns ? block_ns : hold_ns;
}

static void refuse(struct claim *claim)
{
    struct ctl *ctl = claim->ctl;
    const struct attachment *place = claim->place;

    claims_complain(ctl, claim->entry ? &ctl->counters.address_spoofs : &ctl->counters.host_spoofs,
                    claim->host, claim->entry ? "an IP address" : "the MAC address", place->dpid,
                    place->port);
    events_post(ctl, &(struct ctl_event){.type = CTL_HOST_SPOOF,
                                         .host = claim->host,
                                         .at_dpid = place->dpid,
                                         .at_port = place->port});
    claim->state = CLAIM_REFUSED;
    if (!claim->entry && ctl->settings.host_block_s) {
        block(claim);
    }
    again_in(claim, refused_ns(claim));
}

struct claim *claim_find(const struct host *host, const struct host_ip *entry)
{
    struct claim *claim = host->claims;

    while (claim && claim->entry != entry) {
        claim = claim->next;
    }
    return claim;
}

void claim_answered(const struct host *host, const struct host_ip *entry)
{
    struct claim *claim = claim_find(host, entry);

    if (claim && claim->state != CLAIM_REFUSED) {
        refuse(claim);
    }
}

/* Nobody answers: the address belongs to whoever claims it, if that one is still there. Ends the
 * claim. */
static void accept(struct claim *claim)
{
    struct ctl *ctl = claim->ctl;
    struct host *host = claim->host, *claimant = hosts_find(ctl, claim->claimant);
    struct host_ip *entry = claim->entry;
    dpid_t dpid = claim->place->dpid;
    port_no_t port = claim->place->port;
    const struct datapath *dp = datapath_find(ctl, dpid);
    bool there = dp && datapath_is_edge(dp, port);

    claim_free(claim);
    if (there && !entry) {
        hosts_move(ctl, host, dpid, port);
    } else if (there && claimant && claimant != host) {
        hosts_ip_give(ctl, entry, claimant);
    }
}

static struct claim *open_claim(const struct host *host)
{
    struct claim *claim = host->claims;

    while (claim && claim->state == CLAIM_REFUSED) {
        claim = claim->next;
    }
    return claim;
}

void claims_unanswered(const struct host *host)
{
    struct claim *claim;

    while ((claim = open_claim(host)) != NULL) {
        accept(claim);
    }
}

static void go_on(void *aux, struct timer *timer)
{
    struct claim *claim = aux;

    (void)timer;
    switch (claim->state) {
    case CLAIM_ASKED:
        claim->state = CLAIM_ASKED_AGAIN;
        ask(claim);
        again_in(claim, claim->ctl->settings.host_hold_ns / 2);
        return;
    case CLAIM_ASKED_AGAIN:
        accept(claim);
        return;
    case CLAIM_REFUSED:
        claim_free(claim);
        return;
    }
}

/* --- Beginning and end ------------------------------------------------------------------------ */

static void set_place(struct claim *claim, struct attachment *place)
{
    claim->place = place;
    list_push_back(&place->claims, &claim->at_place);
    place->n_claims++;
}

static void leave_place(struct claim *claim)
{
    list_remove(&claim->at_place);
    claim->place->n_claims--;
    attachment_release(claim->ctl, claim->place);
}

/* Of the address 'entry' of 'host' (NULL: its MAC address). NULL when the place has too many. */
static struct claim *claim_new(struct ctl *ctl, struct host *host, struct host_ip *entry,
                               struct eth_addr claimant, dpid_t dpid, port_no_t port)
{
    struct attachment *place = attachment_get(ctl, dpid, port);
    struct claim *claim;

    if (place->n_claims == MAX_CLAIMS_AT_PORT) {
        ctl->counters.host_claims_limited++;
        attachment_release(ctl, place);
        return NULL;
    }
    ctl->counters.host_claims++;
    claim = xcalloc(1, sizeof *claim);
    claim->ctl = ctl;
    claim->host = host;
    claim->entry = entry;
    claim->next = host->claims;
    host->claims = claim;
    claim->claimant = claimant;
    timer_init(&claim->timer, go_on, claim);
    set_place(claim, place);
    return claim;
}

bool claims_have_ip(const struct host *host)
{
    const struct claim *claim = host->claims;

    while (claim && !claim->entry) {
        claim = claim->next;
    }
    return claim != NULL;
}

void claim_free(struct claim *claim)
{
    if (claim && claim->is_blocked) {
        unblock(claim);
    }
    claim_discard(claim);
}

static void leave_host(struct claim *claim)
{
    struct claim **link = &claim->host->claims;

    while (*link != claim) {
        link = &(*link)->next;
    }
    *link = claim->next;
}

void claim_discard(struct claim *claim)
{
    if (!claim) {
        return;
    }
    leave_host(claim);
    timer_cancel(&claim->ctl->timers, &claim->timer);
    leave_place(claim);
    free(claim);
}

void claims_drop_at(struct ctl *ctl, struct attachment *at)
{
    at->n_refs++;
    while (!list_is_empty(&at->claims)) {
        claim_free(LIST_ENTRY(at->claims.next, struct claim, at_place));
    }
    attachment_release(ctl, at);
}

static void begin(struct claim *claim)
{
    if (claim->ctl->settings.host_move == HOST_MOVE_REFUSE) {
        refuse(claim);
        return;
    }
    ask(claim);
    again_in(claim, claim->ctl->settings.host_hold_ns / 2);
}

/* True when nothing has to be asked. */
static bool is_free(const struct ctl *ctl, const struct host *host)
{
    return ctl->settings.host_move == HOST_MOVE_ACCEPT || !claims_place_lives(ctl, host->at);
}

/* A host that goes on to a third place is awaited there. */
static void follow(struct claim *claim, dpid_t dpid, port_no_t port)
{
    if (claim->state != CLAIM_REFUSED &&
        (claim->place->dpid != dpid || claim->place->port != port)) {
        leave_place(claim);
        set_place(claim, attachment_get(claim->ctl, dpid, port));
    }
}

static void hear(struct claim *claim, const struct pkt *pkt)
{
    if (!claim->has_said) {
        claim->has_said = hosts_source_ip(pkt, &claim->said);
    }
}

enum host_place hosts_claim_place(struct ctl *ctl, struct host *host, dpid_t dpid, port_no_t port,
                                  const struct pkt *pkt)
{
    struct claim *claim = claim_find(host, NULL);

    if (is_free(ctl, host)) {
        claim_free(claim);
        return hosts_move(ctl, host, dpid, port) ? HOST_PLACE_TAKEN : HOST_PLACE_FULL;
    }
    if (claim) {
        follow(claim, dpid, port);
        hear(claim, pkt);
        return HOST_PLACE_HELD;
    }
    claim = claim_new(ctl, host, NULL, host->mac, dpid, port);
    if (claim) {
        hear(claim, pkt);
        begin(claim);
    }
    return HOST_PLACE_HELD;
}

bool hosts_claim_ip(struct ctl *ctl, struct host_ip *entry, const struct host *claimant)
{
    struct host *owner = entry->host;
    struct claim *claim = claim_find(owner, entry);

    if (is_free(ctl, owner)) {
        claim_free(claim);
        return true;
    }
    if (!claim) {
        claim = claim_new(ctl, owner, entry, claimant->mac, claimant->at->dpid, claimant->at->port);
        if (claim) {
            begin(claim);
        }
    }
    return false;
}

/* Groups at work: frames through buckets, and what a controller asks of the group table (OF 1.3.5 §5.6,
 * §6.7). */

#include "controller/base/hash.h"
#include "simnet/world/swtch_pass.h"

/* A frame that has been copied so often, or so deep, goes nowhere any more: groups may lead to groups that
 * each copy it again. */
enum { MAX_DEPTH = 32, MAX_STEPS = 8192 };

/* --- Frames ---------------------------------------------------------------------------------- */

static uint64_t hash_ipv6(uint64_t h, const struct ipv6_addr *addr)
{
    return hash_combine(h, hash_fnv(HASH_FNV_INIT, addr, sizeof *addr));
}

/* Frames of one flow have one hash: label, addresses, protocol and ports as far as there are any. */
static uint64_t hash_flow(uint64_t h, const struct pkt *p)
{
    h = hash_combine(h, eth_addr_u64(p->eth_src));
    h = hash_combine(h, eth_addr_u64(p->eth_dst));
    h = hash_combine(h, (uint64_t)p->eth_type << 16 | (pkt_has(p, PKT_VLAN) ? p->vlan[0].vid : 0));
    if (pkt_has(p, PKT_MPLS)) {
        h = hash_combine(h, p->mpls.label);
    }
    if (pkt_has(p, PKT_IPV4)) {
        h = hash_combine(h, (uint64_t)p->ipv4.src << 32 | p->ipv4.dst);
        h = hash_combine(h, p->ipv4.proto);
    } else if (pkt_has(p, PKT_IPV6)) {
        h = hash_ipv6(hash_ipv6(h, &p->ipv6.src), &p->ipv6.dst);
        h = hash_combine(h, (uint64_t)p->ipv6.flabel << 8 | p->ipv6.proto);
    } else if (pkt_has(p, PKT_ARP)) {
        h = hash_combine(h, (uint64_t)p->arp.spa << 32 | p->arp.tpa);
    }
    if (pkt_has(p, PKT_PORTS)) {
        h = hash_combine(h, (uint32_t)p->l4.src << 16 | p->l4.dst);
    }
    return h;
}

/* One bucket, with a frame that is afterwards as it was. */
static void run_bucket(struct pass *pass, struct group_bucket *b)
{
    enum of_packet_in_reason reason = pass->reason;
    uint32_t queue_id = pass->queue_id;

    b->count.n_packets++;
    b->count.n_bytes += pass->frame.buf->len;
    if (b->rewrites) {
        pass_save(pass);
    }
    pass->reason = OF_REASON_GROUP;
    pass_run_actions(pass, b->ranked, b->n_ranked);
    pass->reason = reason;
    pass->queue_id = queue_id;
    pass->dropped = false;
    if (b->rewrites) {
        pass_restore(pass);
    }
}

static void run_one(struct pass *pass, struct group_bucket *b)
{
    if (b) {
        run_bucket(pass, b);
    }
}

static void run_group(struct pass *pass, struct group *group)
{
    struct groups *groups = &pass->sw->groups;

    switch (group->type) {
    case OF_GT_ALL:
    case OF_GT_INDIRECT:
        for (size_t i = 0; i < group->n_buckets; i++) {
            run_bucket(pass, &group->buckets[i]);
        }
        return;
    case OF_GT_SELECT:
        run_one(pass, groups_select(
                          groups, group,
                          hash_flow(hash_u64(pass->sw->params.dpid ^ group->id), &pass->frame.p)));
        return;
    case OF_GT_FF:
        run_one(pass, groups_failover(groups, group));
        return;
    case OF_N_GROUP_TYPES:
        return;
    }
}

void pass_group(struct pass *pass, uint32_t group_id)
{
    struct group *group = groups_find(&pass->sw->groups, group_id);

    if (!group) {
        return;
    }
    if (pass->n_group_depth == MAX_DEPTH || pass->n_steps >= MAX_STEPS) {
        pass->sw->stats.n_group_stops++;
        return;
    }
    group->count.n_packets++;
    group->count.n_bytes += pass->frame.buf->len;
    pass->n_steps++;
    pass->n_group_depth++;
    run_group(pass, group);
    pass->n_group_depth--;
}

/* --- Group-mods ------------------------------------------------------------------------------ */

/* A port that can be watched is one that there is, up or down. */
static enum of_err check_buckets(const struct swtch *sw, const struct of_group_mod *gm)
{
    enum of_err err = OF_OK;

    for (size_t i = 0; i < gm->n_buckets && err == OF_OK; i++) {
        const struct of_bucket *b = &gm->buckets[i];

        if (of_bucket_watches(b) && b->watch_port != OF_PORT_ANY && !swtch_port(sw, b->watch_port)) {
            return OF_ERR_GROUP_BAD_WATCH;
        }
        err = swtch_check_bucket(sw, &b->actions);
    }
    return err;
}

/* The entries that lead to a deleted group go with it (§6.7). */
static enum of_err delete_one(struct swtch *sw, uint32_t id)
{
    enum of_err err = groups_check_delete(&sw->groups, id);

    if (err == OF_OK && groups_find(&sw->groups, id)) {
        groups_delete(&sw->groups, id);
        for (uint8_t t = 0; t < sw->params.n_tables; t++) {
            table_delete_of_group(sw->tables[t], id);
        }
    }
    return err;
}

static void delete_all(struct swtch *sw)
{
    groups_delete_all(&sw->groups);
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        table_delete_of_group(sw->tables[t], OF_GROUP_ANY);
    }
}

enum of_err swtch_group_mod(struct swtch *sw, const struct of_group_mod *gm)
{
    enum of_err err;

    sw->stats.n_group_mods++;
    switch (gm->command) {
    case OF_GC_DELETE:
        if (gm->group_id != OF_GROUP_ALL) {
            return delete_one(sw, gm->group_id);
        }
        delete_all(sw);
        return OF_OK;
    case OF_GC_ADD:
    case OF_GC_MODIFY:
        if ((unsigned)gm->type >= OF_N_GROUP_TYPES) {
            return OF_ERR_GROUP_BAD_TYPE;
        }
        err = check_buckets(sw, gm);
        return err != OF_OK ? err : groups_set(&sw->groups, gm, sim_now(sw->sim));
    case OF_GC_INSERT_BUCKET:
    case OF_GC_REMOVE_BUCKET:
        err = check_buckets(sw, gm);
        return err != OF_OK ? err : groups_change_buckets(&sw->groups, gm);
    }
    return OF_ERR_GROUP_BAD_COMMAND;
}

bool swtch_group_port_live(const void *aux, port_no_t port_no)
{
    const struct port *port = swtch_port(aux, port_no);

    return port && wire_is_up(port->wire) && !(port->config & OF_PC_PORT_DOWN);
}

/* See net.h: the group table of a switch. */
#include <string.h>

#include "tests/apps/net.h"

struct net_group *net_group(struct net_switch *sw, uint32_t id)
{
    for (size_t i = 0; i < sw->n_groups; i++) {
        if (sw->groups[i].id == id) {
            return &sw->groups[i];
        }
    }
    return NULL;
}

/* --- Liveness --------------------------------------------------------------------------------- */

static bool is_alive(struct net_switch *sw, const struct net_group *group, unsigned depth);

static bool is_bucket_alive(struct net_switch *sw, const struct net_group *group, size_t i,
                            unsigned depth)
{
    port_no_t port = group->buckets[i].watch_port;
    uint32_t watched = group->buckets[i].watch_group;

    if (port != OF_PORT_ANY &&
        (port > NET_MAX_PORTS || !sw->ports[port].exists || !sw->ports[port].up)) {
        return false;
    }
    return watched == OF_GROUP_ANY ||
           (depth > 0 && is_alive(sw, net_group(sw, watched), depth - 1));
}

static bool is_alive(struct net_switch *sw, const struct net_group *group, unsigned depth)
{
    for (size_t i = 0; group && i < group->n_buckets; i++) {
        if (is_bucket_alive(sw, group, i, depth)) {
            return true;
        }
    }
    return false;
}

uint32_t net_group_buckets(struct net_switch *sw, const struct net_group *group)
{
    bool chooses = group->type == OF_GT_SELECT || group->type == OF_GT_FF;
    uint32_t buckets = 0;

    for (size_t i = 0; i < group->n_buckets; i++) {
        if (!chooses || is_bucket_alive(sw, group, i, NET_MAX_GROUP_DEPTH)) {
            buckets |= UINT32_C(1) << i;
        }
    }
    return group->type == OF_GT_FF ? buckets & -buckets : buckets;
}

/* --- Group-mods ------------------------------------------------------------------------------- */

/* True when 'mod' would lead to itself, by way of the group 'id' or at once. */
static bool leads_back(struct net_switch *sw, const struct of_group_mod *mod, uint32_t id,
                       unsigned depth)
{
    const struct net_group *group = net_group(sw, id);

    if (id == mod->group_id || depth == 0) {
        return true;
    }
    for (size_t i = 0; group && i < group->n_buckets; i++) {
        for (size_t a = 0; a < group->buckets[i].n_actions; a++) {
            const struct of_action *action = &group->buckets[i].actions[a];

            if (action->type == OF_ACT_GROUP && leads_back(sw, mod, action->group_id, depth - 1)) {
                return true;
            }
        }
    }
    return false;
}

static enum of_err check_watch(struct net_switch *sw, const struct of_group_mod *mod,
                               const struct of_bucket *b)
{
    bool no_port = b->watch_port == OF_PORT_ANY, no_group = b->watch_group == OF_GROUP_ANY;

    if (mod->type == OF_GT_FF && no_port && no_group) {
        return OF_ERR_GROUP_BAD_WATCH;
    }
    if (!no_port && (b->watch_port > NET_MAX_PORTS || !sw->ports[b->watch_port].exists)) {
        return OF_ERR_GROUP_BAD_WATCH;
    }
    return no_group || net_group(sw, b->watch_group) ? OF_OK : OF_ERR_GROUP_BAD_WATCH;
}

static enum of_err check_actions(struct net_switch *sw, const struct of_group_mod *mod,
                                 const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        if (actions->list[i].type != OF_ACT_GROUP) {
            continue;
        }
        if (leads_back(sw, mod, actions->list[i].group_id, NET_MAX_GROUP_DEPTH)) {
            return OF_ERR_GROUP_LOOP;
        }
        if (!net_group(sw, actions->list[i].group_id)) {
            return OF_ERR_ACT_BAD_OUT_GROUP;
        }
    }
    return OF_OK;
}

/* What §6.5 has refused in the buckets of 'mod'. */
static enum of_err check_buckets(struct net_switch *sw, const struct of_group_mod *mod)
{
    if (mod->n_buckets > NET_MAX_BUCKETS) {
        return OF_ERR_GROUP_OUT_OF_BUCKETS;
    }
    if (mod->type == OF_GT_INDIRECT && mod->n_buckets != 1) {
        return OF_ERR_GROUP_INVALID;
    }
    for (size_t i = 0; i < mod->n_buckets; i++) {
        const struct of_bucket *b = &mod->buckets[i];
        enum of_err err = check_watch(sw, mod, b);

        if (!err && b->actions.n > 3) {
            err = OF_ERR_GROUP_BAD_BUCKET;
        }
        if (!err && mod->type != OF_GT_SELECT && b->weight != 0) {
            err = OF_ERR_GROUP_INVALID;
        }
        err = err ? err : check_actions(sw, mod, &b->actions);
        if (err) {
            return err;
        }
    }
    return OF_OK;
}

static bool has_type(const struct net_switch *sw, enum of_group_type type)
{
    return sw->version >= OF_VERSION_1_3 && (type != OF_GT_FF || !sw->no_failover);
}

static enum of_err check_mod(struct net_switch *sw, const struct of_group_mod *mod)
{
    const struct net_group *group = net_group(sw, mod->group_id);

    if (!has_type(sw, mod->type)) {
        return OF_ERR_GROUP_BAD_TYPE;
    }
    if (mod->command == OF_GC_ADD && group) {
        return OF_ERR_GROUP_EXISTS;
    }
    if (mod->command == OF_GC_MODIFY && !group) {
        return OF_ERR_GROUP_UNKNOWN_GROUP;
    }
    if (!group && sw->n_groups >= sw->max_groups) {
        return OF_ERR_GROUP_OUT_OF_GROUPS;
    }
    return check_buckets(sw, mod);
}

static void fill(struct net_group *group, const struct of_group_mod *mod)
{
    group->id = mod->group_id;
    group->type = mod->type;
    group->n_buckets = mod->n_buckets;
    for (size_t i = 0; i < mod->n_buckets; i++) {
        const struct of_bucket *b = &mod->buckets[i];

        group->buckets[i].weight = b->weight;
        group->buckets[i].watch_port = b->watch_port;
        group->buckets[i].watch_group = b->watch_group;
        memcpy(group->buckets[i].actions, b->actions.list,
               b->actions.n * sizeof(*b->actions.list));
        group->buckets[i].n_actions = b->actions.n;
    }
}

static void delete_one(struct net_switch *sw, struct net_group *group)
{
    if (group) {
        size_t i = (size_t)(group - sw->groups);

        sw->n_groups--;
        memmove(group, group + 1, (sw->n_groups - i) * sizeof(*group));
    }
}

enum of_err net_group_mod(struct net_switch *sw, const struct of_group_mod *mod)
{
    struct net_group *group = net_group(sw, mod->group_id);
    enum of_err err;

    if (mod->command == OF_GC_DELETE) {
        delete_one(sw, group);
        return OF_OK;
    }
    err = check_mod(sw, mod);
    if (!err) {
        fill(group ? group : &sw->groups[sw->n_groups++], mod);
    }
    return err;
}

/* --- Saying what there is --------------------------------------------------------------------- */

void net_group_say(struct net_switch *sw, struct of_msg *msg)
{
    struct of_bucket buckets[NET_MAX_GROUPS][NET_MAX_BUCKETS];
    struct of_group_desc descs[NET_MAX_GROUPS];

    for (size_t i = 0; i < sw->n_groups; i++) {
        const struct net_group *g = &sw->groups[i];

        for (size_t b = 0; b < g->n_buckets; b++) {
            buckets[i][b] =
                (struct of_bucket){.weight = g->buckets[b].weight,
                                   .watch_port = g->buckets[b].watch_port,
                                   .watch_group = g->buckets[b].watch_group,
                                   .actions = {g->buckets[b].actions, g->buckets[b].n_actions}};
        }
        descs[i] = (struct of_group_desc){g->type, g->id, buckets[i], g->n_buckets};
    }
    msg->mp_reply.group_descs = descs;
    msg->mp_reply.n = sw->n_groups;
    net_to_core(sw, msg);
}

void net_group_say_features(struct net_switch *sw, struct of_msg *msg)
{
    struct of_group_features *features = &msg->mp_reply.group_features;

    *features = (struct of_group_features){0};
    features->capabilities = OF_GFC_SELECT_WEIGHT | OF_GFC_SELECT_LIVENESS | OF_GFC_CHAINING |
                             OF_GFC_CHAINING_CHECKS;
    for (unsigned type = 0; type < OF_N_GROUP_TYPES; type++) {
        if (has_type(sw, (enum of_group_type)type)) {
            features->types |= 1U << type;
            features->max_groups[type] = (uint32_t)sw->max_groups;
            features->actions[type] = 1U << OF_ACT_OUTPUT | 1U << OF_ACT_GROUP;
        }
    }
    net_to_core(sw, msg);
}

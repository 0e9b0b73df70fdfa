/* See net.h: the group table of a switch, type all only. */
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

static enum of_err fill(struct net_group *group, const struct of_group_mod *mod)
{
    group->id = mod->group_id;
    group->n_buckets = 0;
    for (size_t i = 0; i < mod->n_buckets; i++) {
        const struct of_actions *actions = &mod->buckets[i].actions;

        memcpy(group->buckets[i].actions, actions->list, actions->n * sizeof(*actions->list));
        group->buckets[i].n_actions = actions->n;
    }
    group->n_buckets = mod->n_buckets;
    return 0;
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

    if (mod->command == OF_GC_DELETE) {
        delete_one(sw, group);
        return 0;
    }
    if (mod->type != OF_GT_ALL || sw->version < OF_VERSION_1_3) {
        return OF_ERR_GROUP_BAD_TYPE;
    }
    if (mod->n_buckets > NET_MAX_BUCKETS) {
        return OF_ERR_GROUP_OUT_OF_BUCKETS;
    }
    if (mod->command == OF_GC_ADD && group) {
        return OF_ERR_GROUP_EXISTS;
    }
    if (mod->command == OF_GC_MODIFY && !group) {
        return OF_ERR_GROUP_UNKNOWN_GROUP;
    }
    if (!group && sw->n_groups == sw->max_groups) {
        return OF_ERR_GROUP_OUT_OF_GROUPS;
    }
    return fill(group ? group : &sw->groups[sw->n_groups++], mod);
}

void net_group_say(struct net_switch *sw, struct of_msg *msg)
{
    struct of_bucket buckets[NET_MAX_GROUPS][NET_MAX_BUCKETS];
    struct of_group_desc descs[NET_MAX_GROUPS];

    for (size_t i = 0; i < sw->n_groups; i++) {
        const struct net_group *g = &sw->groups[i];

        for (size_t b = 0; b < g->n_buckets; b++) {
            buckets[i][b] =
                (struct of_bucket){.watch_port = OF_PORT_ANY,
                                   .watch_group = OF_GROUP_ANY,
                                   .actions = {g->buckets[b].actions, g->buckets[b].n_actions}};
        }
        descs[i] = (struct of_group_desc){OF_GT_ALL, g->id, buckets[i], g->n_buckets};
    }
    msg->mp_reply.group_descs = descs;
    msg->mp_reply.n = sw->n_groups;
    net_to_core(sw, msg);
}

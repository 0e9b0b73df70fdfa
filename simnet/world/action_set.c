#include "simnet/world/action_set.h"

/* Set-fields of different fields have slots of their own, and so have copies into them. */
static bool same_slot(const struct of_action *a, const struct of_action *b)
{
    return a->type == b->type &&
           (a->type != OF_ACT_SET_FIELD || a->set_field.field == b->set_field.field) &&
           (a->type != OF_ACT_COPY_FIELD || a->copy_field.dst == b->copy_field.dst);
}

void action_set_write(struct action_set *set, const struct of_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++) {
        unsigned s = 0;

        while (s < set->n && !same_slot(&set->list[s], &actions->list[i])) {
            s++;
        }
        if (s < ACTION_SET_MAX) {
            set->list[s] = actions->list[i];
            set->n = s == set->n ? s + 1 : set->n;
        }
    }
}

port_no_t action_set_output(const struct action_set *set)
{
    port_no_t port = OF_PORT_UNSET;

    for (unsigned i = 0; i < set->n; i++) {
        if (set->list[i].type == OF_ACT_GROUP) {
            return OF_PORT_UNSET;
        }
        port = set->list[i].type == OF_ACT_OUTPUT ? set->list[i].output.port : port;
    }
    return port;
}

/* Position in the order of execution. Of pushes, §5.10 leaves the order between the kinds of tags to
 * the list there: MPLS, PBB, VLAN. */
static unsigned rank(enum of_action_type type)
{
    static const unsigned char ranks[OF_N_ACTIONS] = {
        [OF_ACT_COPY_TTL_IN] = 1,  [OF_ACT_POP_VLAN] = 2,     [OF_ACT_POP_MPLS] = 2,
        [OF_ACT_POP_PBB] = 2,      [OF_ACT_PUSH_MPLS] = 3,    [OF_ACT_PUSH_PBB] = 4,
        [OF_ACT_PUSH_VLAN] = 5,    [OF_ACT_COPY_TTL_OUT] = 6, [OF_ACT_DEC_MPLS_TTL] = 7,
        [OF_ACT_DEC_NW_TTL] = 7,   [OF_ACT_SET_FIELD] = 8,    [OF_ACT_COPY_FIELD] = 8,
        [OF_ACT_SET_MPLS_TTL] = 8, [OF_ACT_SET_NW_TTL] = 8,   [OF_ACT_SET_VLAN_VID] = 8,
        [OF_ACT_SET_VLAN_PCP] = 8, [OF_ACT_SET_QUEUE] = 9,    [OF_ACT_METER] = 9,
        [OF_ACT_EXPERIMENTER] = 9,
        [OF_ACT_GROUP] = 10,       [OF_ACT_OUTPUT] = 11,      [OF_ACT_ENQUEUE] = 11,
    };

    return ranks[type];
}

void action_set_sort(struct action_set *set)
{
    for (unsigned i = 1; i < set->n; i++) {
        struct of_action moved = set->list[i];
        unsigned j = i;

        for (; j && rank(set->list[j - 1].type) > rank(moved.type); j--) {
            set->list[j] = set->list[j - 1];
        }
        set->list[j] = moved;
    }
    for (unsigned i = 0; i + 1 < set->n; i++) {
        if (set->list[i].type == OF_ACT_GROUP) {
            set->n = i + 1;
        }
    }
}

bool action_rewrites(const struct of_action *a)
{
    return a->type != OF_ACT_OUTPUT && a->type != OF_ACT_ENQUEUE && a->type != OF_ACT_GROUP &&
           a->type != OF_ACT_SET_QUEUE;
}

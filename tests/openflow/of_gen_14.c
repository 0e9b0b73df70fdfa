/* Random messages of the kinds that 1.4 brought. */
#include "tests/openflow/of_gen_parts.h"

/* --- Tables ----------------------------------------------------------------------------------- */

void gen_table_mod(struct of_gen *g, struct of_table_mod *t)
{
    bool v13 = g->version < OF_VERSION_1_4;

    *t = (struct of_table_mod){.table_id = (uint8_t)of_gen_bits(g, 8)};
    t->config = (uint32_t)of_gen_bits(g, v13 ? 2 : 4);
    if (!v13 && gen_coin(g)) {
        t->has_eviction = true;
        t->eviction = (uint32_t)of_gen_bits(g, 3);
    }
    if (!v13 && gen_coin(g)) {
        t->has_vacancy = true;
        t->vacancy_up_percent = (uint8_t)of_gen_below(g, 101);
        t->vacancy_down_percent = (uint8_t)of_gen_below(g, t->vacancy_up_percent + 1u);
    }
}

void gen_table_desc(struct of_gen *g, struct of_table_mod *t)
{
    gen_table_mod(g, t);
    if (t->has_vacancy) {
        t->vacancy_percent = (uint8_t)of_gen_below(g, 101);
    }
}

struct of_table_mod *gen_table_descs(struct of_gen *g, size_t n)
{
    struct of_table_mod *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        gen_table_desc(g, &list[i]);
    }
    return list;
}

/* --- Asynchronous configuration ----------------------------------------------------------------- */

void gen_async_14(struct of_gen *g, struct of_async *a)
{
    static const uint32_t reasons[] = {0x3f, 7, 0x3f, 7, 0x18, 3, 3, 0x7f};
    uint32_t *const masks[] = {a->packet_in,   a->port_status,      a->flow_removed,
                               a->role_status, a->table_status,     a->requestforward,
                               a->flow_stats,  a->controller_status};
    size_t n = g->version >= OF_VERSION_1_5 ? 8 : 6;

    *a = (struct of_async){0};
    for (unsigned i = 0; i < n; i++) {
        for (unsigned role = 0; role < 2; role++) {
            if (gen_coin(g)) {
                a->said[role] |= UINT32_C(1) << i;
                masks[i][role] = (uint32_t)of_gen_bits(g, 32) & reasons[i];
            }
        }
    }
}

/* --- Flow monitors ------------------------------------------------------------------------------ */

void gen_monitor(struct of_gen *g, struct of_flow_monitor *m)
{
    m->monitor_id = (uint32_t)of_gen_bits(g, 32);
    m->command = (enum of_monitor_command)of_gen_below(g, 3);
    m->flags = (uint16_t)of_gen_bits(g, 7);
    m->table_id = (uint8_t)of_gen_bits(g, 8);
    m->out_port = gen_port_no(g);
    m->out_group = gen_coin(g) ? OF_GROUP_ANY : (uint32_t)of_gen_below(g, OF_GROUP_MAX);
    of_gen_match(g, &m->match);
}

static void gen_update(struct of_gen *g, struct of_flow_update *u)
{
    u->event = (enum of_monitor_event)of_gen_below(g, 7);
    if (u->event == OF_FME_ABBREV) {
        u->xid = (uint32_t)of_gen_bits(g, 32);
    }
    if (u->event > OF_FME_MODIFIED) {
        return;
    }
    u->table_id = (uint8_t)of_gen_below(g, OF_TABLE_MAX);
    u->reason = (enum of_flow_removed_reason)of_gen_below(g, 6);
    u->idle_timeout_s = (uint16_t)of_gen_bits(g, 16);
    u->hard_timeout_s = (uint16_t)of_gen_bits(g, 16);
    u->priority = (uint16_t)of_gen_bits(g, 16);
    u->cookie = of_gen_bits(g, 64);
    of_gen_match(g, &u->match);
    if (gen_coin(g)) {
        gen_instructions(g, &u->match, &u->ins);
    }
}

struct of_flow_update *gen_updates(struct of_gen *g, size_t n)
{
    struct of_flow_update *list = arena_calloc(g->arena, n, sizeof *list);

    for (size_t i = 0; i < n; i++) {
        gen_update(g, &list[i]);
    }
    return list;
}

/* --- Messages that hold messages ---------------------------------------------------------------- */

struct of_msg *gen_held(struct of_gen *g, enum of_type type)
{
    struct of_msg *held = arena_alloc(g->arena, sizeof *held);

    of_gen_msg(g, type, OF_MP_DESC, held);
    return held;
}

static uint16_t gen_bundle_flags(struct of_gen *g)
{
    return (uint16_t)of_gen_bits(g, 2);
}

void gen_bundle_control(struct of_gen *g, struct of_bundle_control *bundle)
{
    bundle->bundle_id = (uint32_t)of_gen_bits(g, 32);
    bundle->type = (enum of_bundle_type)of_gen_below(g, OF_N_BUNDLE_TYPES);
    bundle->flags = gen_bundle_flags(g);
    if (g->version >= OF_VERSION_1_5 && gen_coin(g)) {
        bundle->flags |= OF_BF_TIME;
        bundle->at.s = of_gen_bits(g, 64);
        bundle->at.ns = (uint32_t)of_gen_below(g, 1000000000);
    }
}

void gen_bundle_add(struct of_gen *g, uint32_t xid, struct of_bundle_add *add)
{
    static const enum of_type types[] = {OF_FLOW_MOD, OF_GROUP_MOD, OF_METER_MOD,
                                         OF_PORT_MOD, OF_TABLE_MOD, OF_PACKET_OUT};
    struct of_msg *held = gen_held(g, types[of_gen_below(g, sizeof types / sizeof types[0])]);

    held->xid = xid;
    add->bundle_id = (uint32_t)of_gen_bits(g, 32);
    add->flags = gen_bundle_flags(g);
    add->message = held;
}

#include "tests/core/flow_scene.h"

#include <string.h>

void scene_done(void *aux, enum err result)
{
    struct scene *s = aux;

    s->n_done++;
    s->result = result;
}

void scene_begin(struct scene *s, uint8_t version)
{
    struct core_settings settings = core_settings_default();
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    settings.discovery = false;
    s->f = fake_new(&settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, version, 4);
    s->b = fake_switch_add(s->f, 0xb, version, 4);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_settle(s->f);
    recorder_clear(&s->r);
}

void scene_end(struct scene *s)
{
    fake_free(s->f);
}

struct flow_spec scene_entry(struct of_action actions[3], unsigned i, port_no_t port,
                             uint16_t idle_s)
{
    struct flow_spec spec = {.priority = 2385, .cookie = flow_cookie(1, i)};

    actions[0] = of_push_vlan(0x8100);
    actions[1] = of_set_vlan((uint16_t)i);
    actions[2] = of_output(port);
    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | i));
    spec.idle_timeout_s = idle_s;
    spec.ins = of_apply(actions, 3);
    return spec;
}

void scene_add(struct txn *txn, unsigned stage, dpid_t dpid, unsigned i, port_no_t port,
               uint16_t idle_s)
{
    struct of_action actions[3];
    struct flow_spec spec = scene_entry(actions, i, port, idle_s);

    txn_add(txn, stage, dpid, &spec);
}

void scene_take_away(struct txn *txn, unsigned stage, dpid_t dpid, unsigned i)
{
    struct of_action actions[3];
    struct flow_spec spec = scene_entry(actions, i, 1, 0);

    txn_remove(txn, stage, dpid, 0, spec.priority, &spec.match);
}

void scene_add_one(struct scene *s, dpid_t dpid, unsigned i, port_no_t port, uint16_t idle_s)
{
    struct txn *txn = txn_begin(s->f->ctl);

    scene_add(txn, 0, dpid, i, port, idle_s);
    s->n_begun++;
    txn_commit(txn, scene_done, s);
}

void scene_remove_one(struct scene *s, dpid_t dpid, unsigned i)
{
    struct txn *txn = txn_begin(s->f->ctl);

    scene_take_away(txn, 0, dpid, i);
    s->n_begun++;
    txn_commit(txn, scene_done, s);
}

const struct flow_entry *scene_find(const struct scene *s, dpid_t dpid, unsigned i)
{
    struct of_action actions[3];
    struct flow_spec spec = scene_entry(actions, i, 1, 0);

    return flowdb_find(s->f->ctl, dpid, 0, spec.priority, &spec.match);
}

const struct of_flow_stats *scene_on_switch(const struct fake_switch *sw, unsigned i)
{
    struct of_action actions[3];
    struct flow_spec spec = scene_entry(actions, i, 1, 0);

    return fake_switch_flow(sw, 0, spec.priority, &spec.match);
}

size_t scene_index_on_switch(const struct fake_switch *sw, unsigned i)
{
    return (size_t)(scene_on_switch(sw, i) - sw->flows);
}

#include "tests/core/table_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/ctl_int.h"
#include "controller/core/txn.h"

const uint8_t scene_versions[2] = {OF_VERSION_1_0, OF_VERSION_1_3};

static void done(void *aux, enum err result)
{
    struct scene *s = aux;

    s->result = result;
}

struct core_settings scene_settings(void)
{
    struct core_settings settings = core_settings_default();

    settings.discovery = false;
    settings.echo_interval_ns = 3600 * NS_PER_S;
    return settings;
}

void scene_begin_with(struct scene *s, uint8_t version, const struct core_settings *settings)
{
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    s->f = fake_new(settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, version, 4);
    fake_connect(s->a);
    fake_settle(s->f);
    recorder_clear(&s->r);
}

/* Without the sweep of idle entries, which has tests of its own. */
void scene_begin(struct scene *s, uint8_t version)
{
    struct core_settings settings = scene_settings();

    settings.table_evict_idle = false;
    scene_begin_with(s, version, &settings);
}

void scene_end(struct scene *s)
{
    fake_free(s->f);
}

static struct flow_spec entry(struct of_action *out, unsigned i, uint16_t idle_s,
                              uint16_t importance)
{
    struct flow_spec spec = {.priority = 2385,
                             .cookie = flow_cookie(1, i),
                             .idle_timeout_s = idle_s,
                             .importance = importance};

    *out = of_output(3);
    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | i));
    spec.ins = of_apply(out, 1);
    return spec;
}

void scene_want(struct scene *s, unsigned i, uint16_t idle_s, uint16_t importance)
{
    struct txn *txn = txn_begin(s->f->ctl);
    struct of_action out;
    struct flow_spec spec = entry(&out, i, idle_s, importance);

    s->result = ERR_OK;
    txn_add(txn, 0, 0xa, &spec);
    txn_commit(txn, done, s);
    fake_settle(s->f);
}

void scene_unwant(struct scene *s, unsigned i)
{
    struct txn *txn = txn_begin(s->f->ctl);
    struct of_action out;
    struct flow_spec spec = entry(&out, i, 0, 0);

    txn_remove(txn, 0, 0xa, 0, spec.priority, &spec.match);
    txn_commit(txn, NULL, NULL);
    fake_settle(s->f);
}

const struct flow_entry *scene_find(const struct scene *s, unsigned i)
{
    struct of_action out;
    struct flow_spec spec = entry(&out, i, 0, 0);

    return flowdb_find(s->f->ctl, 0xa, 0, spec.priority, &spec.match);
}

bool scene_is_confirmed(const struct scene *s, unsigned i)
{
    return scene_find(s, i) && flow_entry_state(scene_find(s, i)) == FLOW_CONFIRMED;
}

size_t scene_index_on_switch(const struct scene *s, unsigned i)
{
    struct of_action out;
    struct flow_spec spec = entry(&out, i, 0, 0);
    const struct of_flow_stats *flow = fake_switch_flow(s->a, 0, spec.priority, &spec.match);

    return flow ? (size_t)(flow - s->a->flows) : SIZE_MAX;
}

bool scene_on_switch(const struct scene *s, unsigned i)
{
    return scene_index_on_switch(s, i) != SIZE_MAX;
}

struct table_pressure scene_pressure(const struct scene *s)
{
    return datapath_table_pressure(datapath_find(s->f->ctl, 0xa), 0);
}

const struct ctl_counters *scene_counters(const struct scene *s)
{
    return ctl_counters(s->f->ctl);
}

size_t scene_flow_mods(const struct scene *s)
{
    return fake_count(s->a, OF_FLOW_MOD, 0);
}

/* Fills the switch with 'n' entries 1..n with a time-out beside the miss entry, and no room left. */
void scene_fill(struct scene *s, unsigned n)
{
    s->a->max_flows = n + 1;
    for (unsigned i = 1; i <= n; i++) {
        scene_want(s, i, 60, FLOW_IMPORTANCE_HOST);
    }
    assert_int_equal(s->a->n_flows, n + 1);
    recorder_clear(&s->r);
}

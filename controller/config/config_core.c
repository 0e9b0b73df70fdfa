#include "controller/config/config_core.h"

#include <string.h>

#include "controller/base/mono.h"
#include "controller/config/config_key.h"
#include "controller/config/fields.h"
#include "controller/openflow/of_types.h"

#define N(array) (sizeof(array) / sizeof(array)[0])

/* --- Tables ----------------------------------------------------------------------------------- */

#define ROW(...) CONF_ROW(core_settings, __VA_ARGS__)

static const struct conf_field fields[] = {
    ROW("hello_timeout_s", CONF_SECONDS, hello_timeout_ns, 0.1, 3600),
    ROW("echo_interval_s", CONF_SECONDS, echo_interval_ns, 0.1, 3600),
    ROW("echo_timeout_s", CONF_SECONDS, echo_timeout_ns, 0.1, 3600),
    ROW("barrier_timeout_s", CONF_SECONDS, barrier_timeout_ns, 0.01, 3600),
    ROW("barrier_tries", CONF_U32, barrier_tries, 1, 100),
    ROW("bundles", CONF_BOOL, bundles, 0, 0),
    ROW("ask_timeout_s", CONF_SECONDS, ask_timeout_ns, 0.01, 3600),
    ROW("generation_id", CONF_U32, generation_id, 0, UINT32_MAX),
    ROW("discovery", CONF_BOOL, discovery, 0, 0),
    ROW("lldp_interval_s", CONF_SECONDS, lldp_interval_ns, 0.1, 3600),
    ROW("link_timeout_s", CONF_SECONDS, link_timeout_ns, 0.1, 36000),
    ROW("edge_settle_s", CONF_SECONDS, edge_settle_ns, 0, 60),
    ROW("probe_life_s", CONF_SECONDS, probe_life_ns, 0.1, 3600),
    ROW("hold_links", CONF_BOOL, hold_links, 0, 0),
    ROW("bddp", CONF_BOOL, bddp, 0, 0),
    ROW("bddp_interval_s", CONF_SECONDS, bddp_interval_ns, 0.1, 3600),
    ROW("host_hold_s", CONF_SECONDS, host_hold_ns, 0.01, 60),
    ROW("host_block_s", CONF_U16, host_block_s, 0, 65535),
    ROW("host_timeout_s", CONF_SECONDS, host_timeout_ns, 1, 31536000),
    ROW("adopt_grace_s", CONF_SECONDS, adopt_grace_ns, 0, 86400),
    ROW("table_backoff_s", CONF_SECONDS, table_backoff_ns, 0.01, 3600),
    ROW("table_backoff_max_s", CONF_SECONDS, table_backoff_max_ns, 0.01, 86400),
    ROW("table_evict", CONF_BOOL, table_evict, 0, 0),
    ROW("table_evict_idle", CONF_BOOL, table_evict_idle, 0, 0),
    ROW("vacancy_down_percent", CONF_U16, vacancy_down_percent, 0, 100),
    ROW("vacancy_up_percent", CONF_U16, vacancy_up_percent, 0, 100),
    ROW("max_datapaths", CONF_U32, max_datapaths, 1, 1000000),
    ROW("max_hosts", CONF_U32, max_hosts, 1, 10000000),
    ROW("max_hosts_per_port", CONF_U32, max_hosts_per_port, 1, 10000000),
    ROW("lldp_per_s", CONF_U32, lldp_per_s, 0, 1000000000),
    ROW("lldp_burst", CONF_U32, lldp_burst, 1, 10000000),
    ROW("address_per_s", CONF_U32, address_per_s, 0, 1000000000),
    ROW("address_burst", CONF_U32, address_burst, 1, 10000000),
    ROW("unicast_per_s", CONF_U32, unicast_per_s, 0, 1000000000),
    ROW("unicast_burst", CONF_U32, unicast_burst, 1, 10000000),
    ROW("multicast_per_s", CONF_U32, multicast_per_s, 0, 1000000000),
    ROW("multicast_burst", CONF_U32, multicast_burst, 1, 10000000),
    ROW("switch_per_s", CONF_U32, switch_per_s, 0, 1000000000),
    ROW("switch_burst", CONF_U32, switch_burst, 1, 10000000),
    ROW("port_lldp_per_s", CONF_U32, port_lldp_per_s, 0, 1000000000),
    ROW("port_lldp_burst", CONF_U32, port_lldp_burst, 1, 10000000),
    ROW("port_mods_per_s", CONF_U32, port_mods_per_s, 0, 1000000000),
    ROW("port_mods_burst", CONF_U32, port_mods_burst, 1, 10000000),
};

static const struct version_name {
    const char *name;
    uint8_t version;
} versions[] = {{"1.0", OF_VERSION_1_0},
                {"1.3", OF_VERSION_1_3},
                {"1.4", OF_VERSION_1_4},
                {"1.5", OF_VERSION_1_5}};

/* By enum host_move. */
static const char *const host_moves[HOST_N_MOVES] = {"accept", "probe", "refuse"};

/* By enum of_role. */
static const char *const roles[] = {"?", "equal", "master", "slave"};

/* --- Reading ---------------------------------------------------------------------------------- */

static void read_versions(struct conf_node *list, uint32_t *out)
{
    const char *names[N(versions)];
    uint32_t bits = 0;

    for (size_t i = 0; i < N(versions); i++) {
        names[i] = versions[i].name;
    }
    for (struct conf_node *n = conf_first(list); n; n = conf_next(n)) {
        unsigned index;

        if (conf_as_choice(n, names, N(names), &index)) {
            bits |= UINT32_C(1) << versions[index].version;
        }
    }
    if (list && !conf_first(list)) {
        conf_complain(list, "expected at least one version");
    }
    *out = bits ? bits : *out;
}

/* What must fit together. */
static void check(struct conf_node *core, const struct core_settings *out)
{
    if (out->link_timeout_ns <= out->lldp_interval_ns) {
        conf_complain(core, "expected link_timeout_s (%g) to be longer than lldp_interval_s (%g)",
                      ns_to_s(out->link_timeout_ns), ns_to_s(out->lldp_interval_ns));
    }
    if (out->table_backoff_ns > out->table_backoff_max_ns) {
        conf_complain(core, "expected table_backoff_s (%g) not to be above table_backoff_max_s (%g)",
                      ns_to_s(out->table_backoff_ns), ns_to_s(out->table_backoff_max_ns));
    }
    if (out->vacancy_down_percent > out->vacancy_up_percent) {
        conf_complain(core,
                      "expected vacancy_down_percent (%u) not to be above vacancy_up_percent (%u)",
                      out->vacancy_down_percent, out->vacancy_up_percent);
    }
}

void config_core_read(struct conf_node *section, struct config *out)
{
    struct core_settings *core = &out->core;
    unsigned move, role;

    config_key_read(conf_get(section, "lldp_key"), &out->lldp_key);
    read_versions(conf_array(section, "versions"), &core->versions);
    if (conf_choice(section, "role", roles + OF_ROLE_EQUAL, N(roles) - OF_ROLE_EQUAL, &role)) {
        core->role = (enum of_role)(OF_ROLE_EQUAL + role);
    }
    if (conf_choice(section, "host_move", host_moves, N(host_moves), &move)) {
        core->host_move = (enum host_move)move;
    }
    conf_fields_read(section, fields, N(fields), core);
    if (section) {
        check(section, core);
    }
}

/* --- Printing --------------------------------------------------------------------------------- */

static json_t *versions_json(uint32_t bits)
{
    json_t *list = json_array();

    for (size_t i = 0; i < N(versions); i++) {
        if (bits >> versions[i].version & 1) {
            json_array_append_new(list, json_string(versions[i].name));
        }
    }
    return list;
}

void config_core_print(json_t *section, const struct config *config)
{
    const struct core_settings *core = &config->core;

    json_object_set_new(section, "versions", versions_json(core->versions));
    json_object_set_new(section, "role", json_string(roles[core->role]));
    json_object_set_new(section, "host_move", json_string(host_moves[core->host_move]));
    if (config->lldp_key.set) {
        config_key_print(section, "lldp_key", &config->lldp_key);
    }
    conf_fields_write(section, fields, N(fields), core);
}

/* --- Comparing -------------------------------------------------------------------------------- */

struct diff {
    config_diff_fn *fn;
    void *aux;
};

static void report(void *aux, const char *key)
{
    const struct diff *d = aux;
    char path[128];

    snprintf(path, sizeof path, "core.%s", key);
    d->fn(d->aux, path, CONFIG_RESTART);
}

void config_core_diff(const struct config *a, const struct config *b, config_diff_fn *fn, void *aux)
{
    struct diff d = {fn, aux};

    if (a->core.versions != b->core.versions) {
        report(&d, "versions");
    }
    if (a->core.role != b->core.role) {
        report(&d, "role");
    }
    if (a->core.host_move != b->core.host_move) {
        report(&d, "host_move");
    }
    if (memcmp(&a->lldp_key, &b->lldp_key, sizeof a->lldp_key) != 0) {
        report(&d, "lldp_key");
    }
    conf_fields_compare(fields, N(fields), &a->core, &b->core, report, &d);
}

/* The configuration of tambod, section by section. */
#include "controller/config/config.h"

#include <string.h>

#include "controller/base/mono.h"
#include "controller/config/config_address.h"
#include "controller/config/config_apps.h"
#include "controller/config/config_key.h"
#include "controller/config/config_rest.h"
#include "controller/config/config_tap.h"
#include "controller/config/fields.h"
#include "controller/config/json_check.h"
#include "controller/openflow/of_types.h"

#define N(array) (sizeof(array) / sizeof(array)[0])

/* --- Tables ----------------------------------------------------------------------------------- */

#define ROW(owner, key, type, member, min, max)                                                    \
    {                                                                                              \
        key, type, offsetof(struct owner, member), min, max, NULL                                   \
    }

static const struct conf_field channel_fields[] = {
    ROW(config_channel, "tx_limit_bytes", CONF_SIZE, tx_limit_bytes, 65536, 1 << 30),
    ROW(config_channel, "max_connections", CONF_U32, max_connections, 1, 1000000),
    ROW(config_channel, "frame_s", CONF_SECONDS, frame_ns, 0.1, 3600),
    ROW(config_channel, "stuck_s", CONF_SECONDS, stuck_ns, 0.1, 3600),
    ROW(config_channel, "accept_per_s", CONF_U32, accept_per_s, 0, 1000000),
    ROW(config_channel, "accept_burst", CONF_U32, accept_burst, 1, 1000000),
    ROW(config_channel, "max_newcomers", CONF_U32, max_newcomers, 1, 1000000),
    ROW(config_channel, "max_handshakes", CONF_U32, max_handshakes, 1, 1000000),
};

static const struct conf_field core_fields[] = {
    ROW(core_settings, "hello_timeout_s", CONF_SECONDS, hello_timeout_ns, 0.1, 3600),
    ROW(core_settings, "echo_interval_s", CONF_SECONDS, echo_interval_ns, 0.1, 3600),
    ROW(core_settings, "echo_timeout_s", CONF_SECONDS, echo_timeout_ns, 0.1, 3600),
    ROW(core_settings, "barrier_timeout_s", CONF_SECONDS, barrier_timeout_ns, 0.01, 3600),
    ROW(core_settings, "barrier_tries", CONF_U32, barrier_tries, 1, 100),
    ROW(core_settings, "bundles", CONF_BOOL, bundles, 0, 0),
    ROW(core_settings, "ask_timeout_s", CONF_SECONDS, ask_timeout_ns, 0.01, 3600),
    ROW(core_settings, "generation_id", CONF_U32, generation_id, 0, UINT32_MAX),
    ROW(core_settings, "discovery", CONF_BOOL, discovery, 0, 0),
    ROW(core_settings, "lldp_interval_s", CONF_SECONDS, lldp_interval_ns, 0.1, 3600),
    ROW(core_settings, "link_timeout_s", CONF_SECONDS, link_timeout_ns, 0.1, 36000),
    ROW(core_settings, "edge_settle_s", CONF_SECONDS, edge_settle_ns, 0, 60),
    ROW(core_settings, "probe_life_s", CONF_SECONDS, probe_life_ns, 0.1, 3600),
    ROW(core_settings, "hold_links", CONF_BOOL, hold_links, 0, 0),
    ROW(core_settings, "bddp", CONF_BOOL, bddp, 0, 0),
    ROW(core_settings, "bddp_interval_s", CONF_SECONDS, bddp_interval_ns, 0.1, 3600),
    ROW(core_settings, "host_hold_s", CONF_SECONDS, host_hold_ns, 0.01, 60),
    ROW(core_settings, "host_block_s", CONF_U16, host_block_s, 0, 65535),
    ROW(core_settings, "host_timeout_s", CONF_SECONDS, host_timeout_ns, 1, 31536000),
    ROW(core_settings, "adopt_grace_s", CONF_SECONDS, adopt_grace_ns, 0, 86400),
    ROW(core_settings, "table_backoff_s", CONF_SECONDS, table_backoff_ns, 0.01, 3600),
    ROW(core_settings, "table_backoff_max_s", CONF_SECONDS, table_backoff_max_ns, 0.01, 86400),
    ROW(core_settings, "table_evict", CONF_BOOL, table_evict, 0, 0),
    ROW(core_settings, "table_evict_idle", CONF_BOOL, table_evict_idle, 0, 0),
    ROW(core_settings, "vacancy_down_percent", CONF_U16, vacancy_down_percent, 0, 100),
    ROW(core_settings, "vacancy_up_percent", CONF_U16, vacancy_up_percent, 0, 100),
    ROW(core_settings, "max_datapaths", CONF_U32, max_datapaths, 1, 1000000),
    ROW(core_settings, "max_hosts", CONF_U32, max_hosts, 1, 10000000),
    ROW(core_settings, "max_hosts_per_port", CONF_U32, max_hosts_per_port, 1, 10000000),
    ROW(core_settings, "lldp_per_s", CONF_U32, lldp_per_s, 0, 1000000000),
    ROW(core_settings, "lldp_burst", CONF_U32, lldp_burst, 1, 10000000),
    ROW(core_settings, "address_per_s", CONF_U32, address_per_s, 0, 1000000000),
    ROW(core_settings, "address_burst", CONF_U32, address_burst, 1, 10000000),
    ROW(core_settings, "unicast_per_s", CONF_U32, unicast_per_s, 0, 1000000000),
    ROW(core_settings, "unicast_burst", CONF_U32, unicast_burst, 1, 10000000),
    ROW(core_settings, "multicast_per_s", CONF_U32, multicast_per_s, 0, 1000000000),
    ROW(core_settings, "multicast_burst", CONF_U32, multicast_burst, 1, 10000000),
    ROW(core_settings, "switch_per_s", CONF_U32, switch_per_s, 0, 1000000000),
    ROW(core_settings, "switch_burst", CONF_U32, switch_burst, 1, 10000000),
    ROW(core_settings, "port_lldp_per_s", CONF_U32, port_lldp_per_s, 0, 1000000000),
    ROW(core_settings, "port_lldp_burst", CONF_U32, port_lldp_burst, 1, 10000000),
    ROW(core_settings, "port_mods_per_s", CONF_U32, port_mods_per_s, 0, 1000000000),
    ROW(core_settings, "port_mods_burst", CONF_U32, port_mods_burst, 1, 10000000),
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

/* --- Defaults --------------------------------------------------------------------------------- */

void config_default(struct config *out)
{
    memset(out, 0, sizeof *out);
    strcpy(out->listen[0].address, "0.0.0.0:6653");
    out->n_listen = 1;
    strcpy(out->sflow.listen, "127.0.0.1:6343");
    out->log.level = LOG_INFO;
    out->channel = (struct config_channel){.tx_limit_bytes = 4 << 20,
                                           .max_connections = 4096,
                                           .frame_ns = 10 * NS_PER_S,
                                           .stuck_ns = 30 * NS_PER_S,
                                           .accept_per_s = 1000,
                                           .accept_burst = 256,
                                           .max_newcomers = 2048,
                                           .max_handshakes = 256};
    out->tap = config_tap_default();
    out->rest = config_rest_default();
    out->core = core_settings_default();
    config_apps_default(out);
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void read_address(struct conf_node *node, struct config_listen *out)
{
    const char *text;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (config_is_address(text)) {
        strcpy(out->address, text);
    } else {
        conf_complain(node, "expected \"ADDRESS:PORT\" or \"[IPV6]:PORT\", found \"%s\"", text);
    }
}

/* "ADDRESS:PORT" or {"address": "ADDRESS:PORT", "tls": true}. */
static void read_listener(struct conf_node *node, struct config_listen *out)
{
    *out = (struct config_listen){.tls = false};
    if (conf_is_object(node)) {
        read_address(conf_need(node, "address", "\"ADDRESS:PORT\""), out);
        conf_bool(node, "tls", &out->tls);
        conf_done(node);
    } else {
        read_address(node, out);
    }
}

static void read_listen(struct conf_node *list, struct config *out)
{
    if (!list) {
        return;
    }
    out->n_listen = 0;
    for (struct conf_node *n = conf_first(list); n; n = conf_next(n)) {
        if (out->n_listen == CONFIG_MAX_LISTEN) {
            conf_complain(n, "expected at most %d addresses", CONFIG_MAX_LISTEN);
        } else {
            read_listener(n, &out->listen[out->n_listen++]);
        }
    }
    if (!conf_first(list)) {
        conf_complain(list, "expected at least one address");
    }
}

static bool listens_for_tls(const struct config *config)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        if (config->listen[i].tls) {
            return true;
        }
    }
    return false;
}

static void complain_of_fault(struct conf_node *section, const char *key, const char *fault)
{
    if (fault[0]) {
        conf_complain(conf_get(section, key), "the file %s", fault);
    }
}

static void check_tls_files(struct conf_node *section, const struct config_tls *tls,
                            config_tls_check_fn *check)
{
    struct config_tls_faults faults = {0};

    check(tls, &faults);
    complain_of_fault(section, "certificate", faults.certificate);
    complain_of_fault(section, "key", faults.key);
    complain_of_fault(section, "ca", faults.ca);
}

/* The three paths are needed when one of them is given or an address asks for TLS. */
static void read_tls(struct conf_node *root, config_tls_check_fn *check, struct config *out)
{
    static const char *const keys[] = {"certificate", "key", "ca"};
    char *const paths[] = {out->tls.certificate, out->tls.key, out->tls.ca};
    struct conf_node *section = conf_object(root, "tls");
    bool needed = listens_for_tls(out);
    size_t n_paths = 0;

    if (needed && !conf_get(root, "tls")) {
        conf_complain(
            conf_get(root, "listen"),
            "expected a section \"tls\" with certificate, key and ca for these addresses");
    }
    for (size_t i = 0; i < N(keys); i++) {
        needed = needed || conf_get(section, keys[i]);
    }
    for (size_t i = 0; i < N(keys); i++) {
        config_read_path(needed ? conf_need(section, keys[i], "the path of a PEM file") : NULL, paths[i]);
        n_paths += paths[i][0] != '\0';
    }
    conf_bool(section, "bind_dpid", &out->tls.bind_dpid);
    conf_done(section);
    if (check && n_paths == N(keys)) {
        check_tls_files(section, &out->tls, check);
    }
}

static bool read_level(struct conf_node *node, enum log_level *out)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        LOG_LEVELS(X)
#undef X
    };
    unsigned index;

    if (!conf_as_choice(node, names, N(names), &index)) {
        return false;
    }
    *out = (enum log_level)index;
    return true;
}

static void read_log_modules(struct conf_node *modules, struct config *out)
{
    for (struct conf_node *n = conf_first(modules); n; n = conf_next(n)) {
        const char *name = conf_key(n);
        struct config_log_module *m = &out->log.modules[out->log.n_modules];

        if (strlen(name) >= CONFIG_LOG_MODULE_LEN || out->log.n_modules == CONFIG_MAX_LOG_MODULES) {
            conf_complain(n, "expected at most %d modules with names of less than %d characters",
                          CONFIG_MAX_LOG_MODULES, CONFIG_LOG_MODULE_LEN);
        } else if (read_level(n, &m->level)) {
            strcpy(m->name, name);
            out->log.n_modules++;
        }
    }
}

static void read_log(struct conf_node *log, struct config *out)
{
    read_level(conf_get(log, "level"), &out->log.level);
    read_log_modules(conf_object(log, "modules"), out);
    conf_done(log);
}

static void read_store(struct conf_node *store, struct config *out)
{
    config_read_path(conf_get(store, "path"), out->store.path);
    conf_done(store);
}

/* "ADDRESS:PORT" or "off". */
static void read_sflow(struct conf_node *section, struct config *out)
{
    struct conf_node *listen = conf_get(section, "listen");
    const char *text;

    if (conf_as_text(listen, &text)) {
        if (strcmp(text, "off") == 0) {
            out->sflow.listen[0] = '\0';
        } else if (config_is_address(text)) {
            strcpy(out->sflow.listen, text);
        } else {
            conf_complain(listen,
                          "expected \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"off\", found \"%s\"",
                          text);
        }
    }
    conf_done(section);
}

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

static void read_core(struct conf_node *core, struct core_settings *out)
{
    unsigned move, role;

    read_versions(conf_array(core, "versions"), &out->versions);
    if (conf_choice(core, "role", roles + OF_ROLE_EQUAL, N(roles) - OF_ROLE_EQUAL, &role)) {
        out->role = (enum of_role)(OF_ROLE_EQUAL + role);
    }
    if (conf_choice(core, "host_move", host_moves, N(host_moves), &move)) {
        out->host_move = (enum host_move)move;
    }
    conf_fields_read(core, core_fields, N(core_fields), out);
    if (core && out->link_timeout_ns <= out->lldp_interval_ns) {
        conf_complain(core, "expected link_timeout_s (%g) to be longer than lldp_interval_s (%g)",
                      ns_to_s(out->link_timeout_ns), ns_to_s(out->lldp_interval_ns));
    }
    if (core && out->table_backoff_ns > out->table_backoff_max_ns) {
        conf_complain(core, "expected table_backoff_s (%g) not to be above table_backoff_max_s (%g)",
                      ns_to_s(out->table_backoff_ns), ns_to_s(out->table_backoff_max_ns));
    }
    if (core && out->vacancy_down_percent > out->vacancy_up_percent) {
        conf_complain(core,
                      "expected vacancy_down_percent (%u) not to be above vacancy_up_percent (%u)",
                      out->vacancy_down_percent, out->vacancy_up_percent);
    }
}

/* Takes 'doc'. */
static bool read_doc(struct conf_doc *doc, config_tls_check_fn *check_tls, struct config *out,
                     FILE *complaints)
{
    struct conf_node *root = conf_doc_root(doc);
    bool ok;

    config_default(out);
    read_listen(conf_array(root, "listen"), out);
    read_tls(root, check_tls, out);
    read_log(conf_object(root, "log"), out);
    read_store(conf_object(root, "store"), out);
    read_sflow(conf_object(root, "sflow"), out);
    config_tap_read(conf_object(root, "tap"), &out->tap);
    config_rest_read(conf_object(root, "rest"), &out->rest);
    conf_fields_read(conf_object(root, "channel"), channel_fields, N(channel_fields),
                     &out->channel);
    config_key_read(conf_get(conf_object(root, "core"), "lldp_key"), &out->lldp_key);
    read_core(conf_object(root, "core"), &out->core);
    config_apps_read(conf_object(root, "apps"), out);
    conf_done(root);
    ok = conf_doc_n_complaints(doc) == 0;
    conf_doc_print(doc, complaints);
    conf_doc_free(doc);
    return ok;
}

bool config_read(const char *path, config_tls_check_fn *check_tls, struct config *out,
                 FILE *complaints)
{
    return read_doc(conf_doc_read(path), check_tls, out, complaints);
}

bool config_parse(const char *name, const char *text, size_t len, struct config *out,
                  FILE *complaints)
{
    return read_doc(conf_doc_parse(name, text, len), NULL, out, complaints);
}

/* --- Printing --------------------------------------------------------------------------------- */

/* Makes an empty object at 'key' of 'parent'. */
static json_t *add_object(json_t *parent, const char *key)
{
    json_t *object = json_object();

    json_object_set_new(parent, key, object);
    return object;
}

static void print_log(json_t *root, const struct config *config)
{
    json_t *log = add_object(root, "log");
    json_t *modules;

    json_object_set_new(log, "level", json_string(log_level_name(config->log.level)));
    modules = add_object(log, "modules");
    for (size_t i = 0; i < config->log.n_modules; i++) {
        json_object_set_new(modules, config->log.modules[i].name,
                            json_string(log_level_name(config->log.modules[i].level)));
    }
}

static void print_core(json_t *root, const struct config *config)
{
    json_t *core = add_object(root, "core");
    json_t *list = json_array();

    for (size_t i = 0; i < N(versions); i++) {
        if (config->core.versions >> versions[i].version & 1) {
            json_array_append_new(list, json_string(versions[i].name));
        }
    }
    json_object_set_new(core, "versions", list);
    json_object_set_new(core, "role", json_string(roles[config->core.role]));
    json_object_set_new(core, "host_move", json_string(host_moves[config->core.host_move]));
    if (config->lldp_key.set) {
        config_key_print(core, "lldp_key", &config->lldp_key);
    }
    conf_fields_write(core, core_fields, N(core_fields), &config->core);
}

static void print_listen(json_t *root, const struct config *config)
{
    json_t *list = json_array();

    json_object_set_new(root, "listen", list);
    for (size_t i = 0; i < config->n_listen; i++) {
        json_t *address = json_string(config->listen[i].address);

        json_array_append_new(list, config->listen[i].tls
                                        ? json_pack("{s:o,s:b}", "address", address, "tls", 1)
                                        : address);
    }
}

static void print_path(json_t *section, const char *key, const char *path)
{
    if (path[0]) {
        json_object_set_new(section, key, json_string(path));
    }
}

static void print_tls(json_t *root, const struct config_tls *tls)
{
    json_t *section = add_object(root, "tls");

    print_path(section, "certificate", tls->certificate);
    print_path(section, "key", tls->key);
    print_path(section, "ca", tls->ca);
    json_object_set_new(section, "bind_dpid", json_boolean(tls->bind_dpid));
}

void config_print(const struct config *config, FILE *out)
{
    json_t *root = json_object();

    print_listen(root, config);
    print_tls(root, &config->tls);
    print_log(root, config);
    print_path(add_object(root, "store"), "path", config->store.path);
    json_object_set_new(add_object(root, "sflow"), "listen",
                        json_string(config->sflow.listen[0] ? config->sflow.listen : "off"));
    config_tap_print(add_object(root, "tap"), &config->tap);
    config_rest_print(add_object(root, "rest"), &config->rest);
    conf_fields_write(add_object(root, "channel"), channel_fields, N(channel_fields),
                      &config->channel);
    print_core(root, config);
    config_apps_print(add_object(root, "apps"), config);
    json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    json_decref(root);
}

/* --- Comparing -------------------------------------------------------------------------------- */

struct diff {
    config_diff_fn *fn;
    void *aux;
    const char *section;
    enum config_reach reach;
};

static void report(const struct diff *d, const char *path, enum config_reach reach)
{
    d->fn(d->aux, path, reach);
}

static void field_changed(void *aux, const char *key)
{
    const struct diff *d = aux;
    char path[128];

    snprintf(path, sizeof path, "%s.%s", d->section, key);
    report(d, path, d->reach);
}

static void compare(struct diff *d, const char *section, enum config_reach reach,
                    const struct conf_field *fields, size_t n, const void *a, const void *b)
{
    d->section = section;
    d->reach = reach;
    conf_fields_compare(fields, n, a, b, field_changed, d);
}

static bool same_listen(const struct config *a, const struct config *b)
{
    if (a->n_listen != b->n_listen) {
        return false;
    }
    for (size_t i = 0; i < a->n_listen; i++) {
        if (strcmp(a->listen[i].address, b->listen[i].address) != 0 ||
            a->listen[i].tls != b->listen[i].tls) {
            return false;
        }
    }
    return true;
}

static bool same_tls(const struct config_tls *a, const struct config_tls *b)
{
    return strcmp(a->certificate, b->certificate) == 0 && strcmp(a->key, b->key) == 0 &&
           strcmp(a->ca, b->ca) == 0 && a->bind_dpid == b->bind_dpid;
}

static bool same_log(const struct config *a, const struct config *b)
{
    if (a->log.level != b->log.level || a->log.n_modules != b->log.n_modules) {
        return false;
    }
    for (size_t i = 0; i < a->log.n_modules; i++) {
        if (strcmp(a->log.modules[i].name, b->log.modules[i].name) != 0 ||
            a->log.modules[i].level != b->log.modules[i].level) {
            return false;
        }
    }
    return true;
}

void config_diff(const struct config *a, const struct config *b, config_diff_fn *fn, void *aux)
{
    struct diff d = {.fn = fn, .aux = aux};

    if (!same_listen(a, b)) {
        report(&d, "listen", CONFIG_AT_ONCE);
    }
    if (!same_tls(&a->tls, &b->tls)) {
        report(&d, "tls", CONFIG_AT_ONCE);
    }
    if (!same_log(a, b)) {
        report(&d, "log", CONFIG_AT_ONCE);
    }
    if (strcmp(a->store.path, b->store.path) != 0) {
        report(&d, "store.path", CONFIG_RESTART);
    }
    if (strcmp(a->sflow.listen, b->sflow.listen) != 0) {
        report(&d, "sflow.listen", CONFIG_AT_ONCE);
    }
    if (!config_tap_same(&a->tap, &b->tap)) {
        report(&d, "tap", CONFIG_AT_ONCE);
    }
    if (!config_rest_same(&a->rest, &b->rest)) {
        report(&d, "rest", CONFIG_AT_ONCE);
    }
    compare(&d, "channel", CONFIG_AT_ONCE, channel_fields, N(channel_fields), &a->channel,
            &b->channel);
    if (a->core.versions != b->core.versions) {
        report(&d, "core.versions", CONFIG_RESTART);
    }
    if (a->core.role != b->core.role) {
        report(&d, "core.role", CONFIG_RESTART);
    }
    if (a->core.host_move != b->core.host_move) {
        report(&d, "core.host_move", CONFIG_RESTART);
    }
    if (memcmp(&a->lldp_key, &b->lldp_key, sizeof a->lldp_key) != 0) {
        report(&d, "core.lldp_key", CONFIG_RESTART);
    }
    compare(&d, "core", CONFIG_RESTART, core_fields, N(core_fields), &a->core, &b->core);
    config_apps_diff(a, b, fn, aux);
}

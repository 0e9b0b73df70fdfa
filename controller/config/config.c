/* The configuration of tambod, section by section. */
#include "controller/config/config.h"

#include <string.h>

#include "controller/base/mono.h"
#include "controller/config/config_address.h"
#include "controller/config/config_apps.h"
#include "controller/config/config_core.h"
#include "controller/config/config_rest.h"
#include "controller/config/config_tap.h"
#include "controller/config/fields.h"
#include "controller/config/json_check.h"

#define N(array) (sizeof(array) / sizeof(array)[0])

/* --- Tables ----------------------------------------------------------------------------------- */

#define ROW(...) CONF_ROW(config_channel, __VA_ARGS__)

static const struct conf_field channel_fields[] = {
    ROW("tx_limit_bytes", CONF_SIZE, tx_limit_bytes, 65536, 1 << 30),
    ROW("max_connections", CONF_U32, max_connections, 1, 1000000),
    ROW("frame_s", CONF_SECONDS, frame_ns, 0.1, 3600),
    ROW("stuck_s", CONF_SECONDS, stuck_ns, 0.1, 3600),
    ROW("accept_per_s", CONF_U32, accept_per_s, 0, 1000000),
    ROW("accept_burst", CONF_U32, accept_burst, 1, 1000000),
    ROW("max_newcomers", CONF_U32, max_newcomers, 1, 1000000),
    ROW("max_handshakes", CONF_U32, max_handshakes, 1, 1000000),
};

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
    config_core_read(conf_object(root, "core"), out);
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
    config_core_print(add_object(root, "core"), config);
    config_apps_print(add_object(root, "apps"), config);
    json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    json_decref(root);
}

/* --- Comparing -------------------------------------------------------------------------------- */

struct diff {
    config_diff_fn *fn;
    void *aux;
};

static void report(const struct diff *d, const char *path, enum config_reach reach)
{
    d->fn(d->aux, path, reach);
}

static void channel_changed(void *aux, const char *key)
{
    char path[128];

    snprintf(path, sizeof path, "channel.%s", key);
    report(aux, path, CONFIG_AT_ONCE);
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
    struct diff d = {fn, aux};

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
    conf_fields_compare(channel_fields, N(channel_fields), &a->channel, &b->channel, channel_changed,
                        &d);
    config_core_diff(a, b, fn, aux);
    config_apps_diff(a, b, fn, aux);
}

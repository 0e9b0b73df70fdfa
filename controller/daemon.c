#include "controller/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "controller/base/alloc.h"
#include "controller/config/config_params.h"
#include "controller/daemon_rest.h"
#include "controller/file_limit.h"
#include "controller/live/live.h"
#include "controller/live/live_sflow.h"
#include "controller/live/live_tap.h"
#include "controller/live/live_tls.h"
#include "controller/store/store.h"

LOG_MODULE(tambod);

struct daemon {
    const char *path;
    struct config *config; /* What is in force. */
    struct clock clock;
    struct log log;
    struct store *store;
    struct live *live;
    struct daemon_rest *rest;
    struct ctl *ctl;
};

/* --- Settings that hold at once ---------------------------------------------------------------- */

/* The log borrows the modules' names from the configuration, which must stay. */
static void apply_log(struct daemon *d, const struct config *config)
{
    memset(d->log.levels, 0, sizeof d->log.levels);
    d->log.level = config->log.level;
    for (size_t i = 0; i < config->log.n_modules; i++) {
        log_set_level(&d->log, config->log.modules[i].name, config->log.modules[i].level);
    }
}

static bool has_listener(const struct config *config, const struct config_listen *listen)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        if (strcmp(config->listen[i].address, listen->address) == 0 &&
            config->listen[i].tls == listen->tls) {
            return true;
        }
    }
    return false;
}

static struct live_tls *load_tls(const struct config_tls *tls, struct live_tls_faults *faults)
{
    return live_tls_load(&(struct live_tls_files){.certificate = tls->certificate,
                                                  .key = tls->key,
                                                  .ca = tls->ca,
                                                  .bind_dpid = tls->bind_dpid},
                         faults);
}

static void check_tls(const struct config_tls *tls, struct config_tls_faults *out)
{
    struct live_tls_faults faults;

    live_tls_free(load_tls(tls, &faults));
    snprintf(out->certificate, sizeof out->certificate, "%s", faults.certificate);
    snprintf(out->key, sizeof out->key, "%s", faults.key);
    snprintf(out->ca, sizeof out->ca, "%s", faults.ca);
}

bool daemon_read_config(const char *path, struct config *out, FILE *complaints)
{
    return config_read(path, check_tls, out, complaints);
}

/* Takes the files as they are now. They were good a moment ago, when the configuration was read; if
 * they no longer are, what was in force stays. */
static bool apply_tls(struct daemon *d, const struct config *config)
{
    struct live_tls_faults faults;
    struct live_tls *tls;

    if (!config->tls.certificate[0]) {
        return true;
    }
    tls = load_tls(&config->tls, &faults);
    if (!tls) {
        LOG_ERROR(&d->log, "a file of TLS has changed and cannot be used: %s%s%s",
                  faults.certificate, faults.key, faults.ca);
        return false;
    }
    live_set_tls(d->live, tls);
    return true;
}

static enum err listen_on(struct daemon *d, const struct config_listen *listen)
{
    return listen->tls ? live_listen_tls(d->live, listen->address)
                       : live_listen(d->live, listen->address);
}

/* Listens where it did not and stops where it no longer should. False when an address could not be
 * listened on; the log says why. */
static bool apply_listen(struct daemon *d, const struct config *old, const struct config *new)
{
    bool ok = true;

    for (size_t i = 0; i < old->n_listen; i++) {
        if (!has_listener(new, &old->listen[i])) {
            live_unlisten(d->live, old->listen[i].address);
        }
    }
    for (size_t i = 0; i < new->n_listen; i++) {
        if (!has_listener(old, &new->listen[i])) {
            ok = listen_on(d, &new->listen[i]) == ERR_OK && ok;
        }
    }
    return ok;
}

/* What went wrong is in the log; without samples the apps ask the switches for their counters. */
static void apply_sflow(struct daemon *d, const struct config *old, const struct config *new)
{
    if (strcmp(old->sflow.listen, new->sflow.listen) == 0) {
        return;
    }
    if (new->sflow.listen[0]) {
        (void)live_sflow_start(d->live, new->sflow.listen);
    } else {
        live_sflow_stop(d->live);
    }
}

/* 'head': how the core will be made, NULL when it is there. */
static void start_tap(struct daemon *d, const struct config_tap *tap, const char *head)
{
    const char *switches[CONFIG_MAX_TAP];

    for (size_t i = 0; i < tap->n_switches; i++) {
        switches[i] = tap->switches[i];
    }
    /* What went wrong is in the log; without a tap the controller is none the worse. */
    (void)live_tap_start(d->live, &(struct live_tap_params){.path = tap->file,
                                                            .switches = switches,
                                                            .n_switches = tap->n_switches,
                                                            .max_bytes = tap->max_mb * 1000000ull,
                                                            .rotate = tap->rotate,
                                                            .keep = tap->keep,
                                                            .every_message = tap->every_message,
                                                            .head = head});
}

/* A tap that has stopped by itself is begun again, too. */
static void apply_tap(struct daemon *d, const struct config_tap *old, const struct config_tap *new)
{
    if (!new->file[0]) {
        live_tap_stop(d->live);
    } else if (!live_tap_is_on(d->live) || !config_tap_same(old, new)) {
        start_tap(d, new, NULL);
    }
}

static void tell_change(void *aux, const char *path, enum config_reach reach)
{
    struct daemon *d = aux;

    if (reach == CONFIG_AT_ONCE) {
        LOG_INFO(&d->log, "%s: the new value holds from now on", path);
    } else {
        LOG_WARN(&d->log, "%s: the new value holds after a restart", path);
    }
}

static struct live_params limits_of(const struct config *config)
{
    const struct config_channel *c = &config->channel;

    return (struct live_params){.tx_limit_bytes = c->tx_limit_bytes,
                                .max_connections = c->max_connections,
                                .handshake_ns = config->core.hello_timeout_ns,
                                .frame_ns = c->frame_ns,
                                .stuck_ns = c->stuck_ns,
                                .accept_per_s = c->accept_per_s,
                                .accept_burst = c->accept_burst,
                                .max_newcomers = c->max_newcomers,
                                .max_handshakes = c->max_handshakes};
}

/* SIGHUP. A file with mistakes changes nothing. */
static void reload(void *aux)
{
    struct daemon *d = aux;
    struct config *new = xcalloc(1, sizeof *new);
    struct live_params limits;

    if (!d->path) {
        LOG_WARN(&d->log, "there is no configuration file to read again");
        free(new);
        return;
    }
    if (!daemon_read_config(d->path, new, stderr)) {
        LOG_ERROR(&d->log, "%s has mistakes: nothing was changed", d->path);
        free(new);
        return;
    }
    LOG_INFO(&d->log, "%s was read again", d->path);
    if (!apply_tls(d, new)) {
        free(new);
        return;
    }
    config_diff(d->config, new, tell_change, d);
    apply_log(d, new);
    apply_listen(d, d->config, new);
    apply_sflow(d, d->config, new);
    apply_tap(d, &d->config->tap, &new->tap);
    file_limit_raise(&d->log, new->channel.max_connections);
    limits = limits_of(new);
    live_set_limits(d->live, &limits);
    rest_apply(d->rest, &d->config->rest, &new->rest);
    free(d->config);
    d->config = new;
}

/* --- Start and stop ---------------------------------------------------------------------------- */

static bool start_store(struct daemon *d)
{
    char why[512];

    if (!d->config->store.path[0]) {
        return true;
    }
    d->store = store_open(d->config->store.path, &d->log, why, sizeof why);
    if (!d->store) {
        LOG_ERROR(&d->log, "%s", why);
    }
    return d->store != NULL;
}

/* So few bytes are given whole, or not at all. */
static bool draw(void *out, size_t n)
{
    return getrandom(out, n, 0) == (ssize_t)n;
}

/* The key of probes may be configured. False when there is no randomness: with keys that can be
 * guessed any host could make links. */
static bool draw_keys(struct daemon *d, struct ctl_params *params)
{
    bool ok = draw(&params->hash_key, sizeof params->hash_key) &&
              draw(&params->core_id, sizeof params->core_id) &&
              (d->config->lldp_key.set || draw(params->lldp_key, sizeof params->lldp_key));

    if (!ok) {
        LOG_ERROR(&d->log, "no random numbers for keys: %s", strerror(errno));
    }
    return ok;
}

/* Lines for the tap's journal from which the same core can be made again (experiments/replay.h).
 * Fresh memory. */
static char *describe_core(const struct daemon *d, const struct ctl_params *params)
{
    char *config = NULL, *text = NULL;
    size_t config_len, len;
    FILE *out = open_memstream(&config, &config_len);

    config_print(d->config, out);
    fclose(out);
    out = open_memstream(&text, &len);
    fprintf(out, "version %s\nhash-key %016llx\nlldp-key ", TAMBO_VERSION,
            (unsigned long long)params->hash_key);
    for (size_t i = 0; i < sizeof params->lldp_key; i++) {
        fprintf(out, "%02x", params->lldp_key[i]);
    }
    fprintf(out, "\ncore-id %016llx\nconfig %zu\n%s", (unsigned long long)params->core_id,
            config_len, config);
    fclose(out);
    free(config);
    return text;
}

/* Before the core is made, so that nothing of it is missing. */
static void begin_tap(struct daemon *d, const struct ctl_params *params)
{
    char *head;

    if (d->config->tap.file[0]) {
        head = describe_core(d, params);
        start_tap(d, &d->config->tap, head);
        free(head);
    }
}

static const struct store_ops *core_store(const struct daemon *d)
{
    if (!d->store) {
        return NULL;
    }
    return live_tap_is_on(d->live) ? live_tap_store(d->live, store_get_ops(d->store))
                                   : store_get_ops(d->store);
}

/* The apps, and after them whoever tells the world what happens. */
static bool start_core(struct daemon *d)
{
    struct ctl_module_use uses[APP_N_MODULES + 1];
    struct ctl_params params = config_params(d->config, uses);
    const char *failed = NULL;

    if (!draw_keys(d, &params)) {
        return false;
    }
    begin_tap(d, &params);
    d->rest = rest_new(d->live, &d->clock, &d->log, &d->config->rest);
    uses[params.n_modules++] = rest_module(d->rest);
    params.clock = &d->clock;
    params.southbound = live_southbound(d->live);
    params.store = core_store(d);
    params.log = &d->log;
    d->ctl = ctl_new(&params, &failed);
    if (!d->ctl) {
        LOG_ERROR(&d->log, "app %s did not start", failed);
        return false;
    }
    return rest_start(d->rest, d->ctl, uses, params.n_modules);
}

static bool start(struct daemon *d)
{
    static const struct config nothing;
    struct live_params params = limits_of(d->config);

    params.clock = &d->clock;
    params.log = &d->log;
    (void)getrandom(&params.seed, sizeof params.seed, 0);
    signal(SIGPIPE, SIG_IGN); /* A client that is gone is an error of its write, not our end. */
    log_init(&d->log, &d->clock, log_to_stderr, NULL);
    apply_log(d, d->config);
    file_limit_raise(&d->log, d->config->channel.max_connections);
    d->live = live_new(&params);
    if (!start_store(d) || !start_core(d)) {
        return false;
    }
    live_drive(d->live, d->ctl);
    live_catch_signals(d->live, reload, d);
    apply_sflow(d, &nothing, d->config);
    return apply_tls(d, d->config) && apply_listen(d, &nothing, d->config);
}

int daemon_run(const char *path, const struct config *config)
{
    struct daemon d = {.path = path, .config = xmemdup(config, sizeof *config)};
    bool ok = start(&d);

    if (ok) {
        live_run(d.live);
        LOG_INFO(&d.log, "stopped");
    }
    rest_stop(d.rest);
    ctl_free(d.ctl);
    rest_free(d.rest);
    live_free(d.live);
    store_close(d.store);
    free(d.config);
    return ok ? 0 : 1;
}

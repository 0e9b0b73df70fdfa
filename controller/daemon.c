#include "controller/daemon.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/modules.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/live/live.h"
#include "controller/store/store.h"

LOG_MODULE(tambod);

struct daemon {
    const char *path;
    struct config *config; /* What is in force. */
    struct clock clock;
    struct log log;
    struct store *store;
    struct live *live;
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

static bool has_address(const struct config *config, const char *address)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        if (strcmp(config->listen[i], address) == 0) {
            return true;
        }
    }
    return false;
}

/* Listens where it did not and stops where it no longer should. False when an address could not be
 * listened on; the log says why. */
static bool apply_listen(struct daemon *d, const struct config *old, const struct config *new)
{
    bool ok = true;

    for (size_t i = 0; i < old->n_listen; i++) {
        if (!has_address(new, old->listen[i])) {
            live_unlisten(d->live, old->listen[i]);
        }
    }
    for (size_t i = 0; i < new->n_listen; i++) {
        if (!has_address(old, new->listen[i])) {
            ok = live_listen(d->live, new->listen[i]) == ERR_OK && ok;
        }
    }
    return ok;
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

/* SIGHUP. A file with mistakes changes nothing. */
static void reload(void *aux)
{
    struct daemon *d = aux;
    struct config *new = xcalloc(1, sizeof *new);

    if (!d->path) {
        LOG_WARN(&d->log, "there is no configuration file to read again");
        free(new);
        return;
    }
    if (!config_read(d->path, new, stderr)) {
        LOG_ERROR(&d->log, "%s has mistakes: nothing was changed", d->path);
        free(new);
        return;
    }
    LOG_INFO(&d->log, "%s was read again", d->path);
    config_diff(d->config, new, tell_change, d);
    apply_log(d, new);
    apply_listen(d, d->config, new);
    live_set_limits(d->live, new->channel.tx_limit_bytes, new->channel.max_connections);
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

static bool start_core(struct daemon *d)
{
    struct ctl_module_use uses[APP_N_MODULES];
    struct ctl_params params = {.settings = d->config->core,
                                .clock = &d->clock,
                                .southbound = live_southbound(d->live),
                                .store = d->store ? store_get_ops(d->store) : NULL,
                                .log = &d->log,
                                .modules = uses,
                                .n_modules = APP_N_MODULES};
    const char *failed = NULL;

    for (size_t i = 0; i < APP_N_MODULES; i++) {
        uses[i].module = app_modules[i];
        uses[i].settings = config_app(d->config, app_modules[i]->name);
    }
    d->ctl = ctl_new(&params, &failed);
    if (!d->ctl) {
        LOG_ERROR(&d->log, "app %s did not start", failed);
    }
    return d->ctl != NULL;
}

static bool start(struct daemon *d)
{
    static const struct config nothing;
    struct live_params params = {.clock = &d->clock,
                                 .log = &d->log,
                                 .tx_limit_bytes = d->config->channel.tx_limit_bytes,
                                 .max_connections = d->config->channel.max_connections};

    log_init(&d->log, &d->clock, log_to_stderr, NULL);
    apply_log(d, d->config);
    d->live = live_new(&params);
    if (!start_store(d) || !start_core(d)) {
        return false;
    }
    live_drive(d->live, d->ctl);
    live_catch_signals(d->live, reload, d);
    return apply_listen(d, &nothing, d->config);
}

int daemon_run(const char *path, const struct config *config)
{
    struct daemon d = {.path = path, .config = xmemdup(config, sizeof *config)};
    bool ok = start(&d);

    if (ok) {
        live_run(d.live);
        LOG_INFO(&d.log, "stopped");
    }
    ctl_free(d.ctl);
    live_free(d.live);
    store_close(d.store);
    free(d.config);
    return ok ? 0 : 1;
}

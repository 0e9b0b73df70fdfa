/* The northbound interface of tambod: made, joined to core and loop, and changed by a reload. */
#ifndef TAMBO_CONTROLLER_DAEMON_REST_H
#define TAMBO_CONTROLLER_DAEMON_REST_H

#include "controller/apps/modules.h"
#include "controller/config/config.h"
#include "controller/core/ctl.h"

struct daemon_rest;
struct live;

/* Before the core, which tells it what happens: see rest_module(). Everything is borrowed. */
struct daemon_rest *rest_new(struct live *live, const struct clock *clock, struct log *log,
                             const struct config_rest *config);

/* Ends every connection. Before the core and the loop are gone; rest_free() comes after. */
void rest_stop(struct daemon_rest *rest);
void rest_free(struct daemon_rest *rest);

/* What the core needs besides the apps: the last of the modules. */
struct ctl_module_use rest_module(struct daemon_rest *rest);

/* Begins to answer. False when tokens or certificates cannot be used; that it cannot listen is only
 * logged, because the network is more important. */
bool rest_start(struct daemon_rest *rest, struct ctl *ctl, const struct ctl_module_use *uses,
                size_t n_uses);

/* Takes what has changed, files included. What cannot be taken stays as it was; the log says so. */
void rest_apply(struct daemon_rest *rest, const struct config_rest *old,
                const struct config_rest *new);

#endif

/* From a configuration to what a core is made of, for tambod and for whoever plays tambod again. */
#ifndef TAMBO_CONFIG_CONFIG_PARAMS_H
#define TAMBO_CONFIG_CONFIG_PARAMS_H

#include "controller/apps/modules.h"
#include "controller/config/config.h"
#include "controller/core/ctl.h"

/* The settings and the apps of 'config' (borrowed) as parameters of ctl_new(). 'uses' is borrowed by
 * them. Clock, southbound, store, log and keys are left empty. */
struct ctl_params config_params(const struct config *config,
                                     struct ctl_module_use uses[APP_N_MODULES]);

#endif

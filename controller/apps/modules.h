/* The apps that are compiled in, in the order in which they see a packet-in. */
#ifndef TAMBO_APPS_MODULES_H
#define TAMBO_APPS_MODULES_H

#include "controller/core/module.h"

#define APP_N_MODULES 15

extern const struct ctl_module *const app_modules[APP_N_MODULES];

#endif

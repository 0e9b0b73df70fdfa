#include "controller/config/config_params.h"

#include <string.h>

struct ctl_params config_params(const struct config *config,
                                     struct ctl_module_use uses[APP_N_MODULES])
{
    struct ctl_params params = {
        .settings = config->core, .modules = uses, .n_modules = APP_N_MODULES};

    for (size_t i = 0; i < APP_N_MODULES; i++) {
        uses[i].module = app_modules[i];
        uses[i].settings = config_app(config, app_modules[i]->name);
    }
    memcpy(params.lldp_key, config->lldp_key.bytes, sizeof params.lldp_key);
    return params;
}

#include "simnet/world/stage.h"

const char *const stage_names[N_STAGES] = {
    [STAGE_OTHER] = "other",   [STAGE_SESSIONS] = "sessions",
    [STAGE_FRAMES] = "frames", [STAGE_TO_CONTROLLER] = "to_controller",
    [STAGE_CORE] = "core",     [STAGE_TO_SWITCH] = "to_switch",
    [STAGE_AGENT] = "agent",   [STAGE_TIMEOUTS] = "timeouts",
};

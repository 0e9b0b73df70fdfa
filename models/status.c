/* Names and constructors of model results. */
#include "models/status.h"

const char *model_status_name(enum model_status status)
{
    switch (status) {
    case MODEL_OK:
        return "ok";
    case MODEL_UNSTABLE:
        return "unstable";
    case MODEL_NOCONV:
        return "noconv";
    case MODEL_DOMAIN:
        return "domain";
    }
    return "unknown";
}

struct model_result model_value(double value, double abserr)
{
    return (struct model_result){.value = value, .abserr = abserr, .status = MODEL_OK};
}

struct model_result model_none(enum model_status status)
{
    return (struct model_result){.value = 0, .abserr = 0, .status = status};
}

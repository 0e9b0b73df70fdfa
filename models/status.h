/* How a model says what it found: a value with its error, and whether it may be used.
 *
 * A model never returns a NaN. Either "value" is right, or "status" says why there is none. */
#ifndef TAMBO_MODELS_STATUS_H
#define TAMBO_MODELS_STATUS_H

enum model_status {
    MODEL_OK,       /* The value is right within its error. */
    MODEL_UNSTABLE, /* The system has no steady state (load >= 1 without a limit). */
    MODEL_NOCONV,   /* An iteration or a quadrature missed its tolerance. */
    MODEL_DOMAIN,   /* A parameter lies outside the domain that the header states. */
};

/* "abserr" bounds or estimates |value - truth|. Unless "status" is MODEL_OK, or MODEL_NOCONV where
 * a header says that the best value is given, both numbers are 0 and mean nothing. */
struct model_result {
    double value;
    double abserr;
    enum model_status status;
};

/* Returns a short constant name: "ok", "unstable", "noconv" or "domain". */
const char *model_status_name(enum model_status status);

/* Returns a good result: "value" within "abserr". */
struct model_result model_value(double value, double abserr);

/* Returns the absence of a value for the reason "status". */
struct model_result model_none(enum model_status status);

#endif

#include "controller/openflow/of_err.h"

#include <stddef.h>

#include "controller/openflow/of_types.h"

struct wire {
    int type, code; /* -1: the version has no such error. */
};

struct row {
    const char *name;
    struct wire v13, v10;
};

static const struct row rows[OF_N_ERRS] = {[OF_OK] = {"OK", {-1, -1}, {-1, -1}},
#define X(NAME, t13, c13, t10, c10) [OF_ERR_##NAME] = {#NAME, {t13, c13}, {t10, c10}},
                                           OF_ERRORS(X)
#undef X
};

/* What 1.0 says instead of an error of 1.3's type (the index) that it does not have. Errors of
 * matches and instructions can only come from a flow-mod there. */
static const struct wire nearest_10[] = {
    [0] = {0, 0},  /* Hello failed: incompatible. */
    [1] = {1, 5},  /* Bad request: permission. */
    [2] = {2, 5},  /* Bad action: argument. */
    [3] = {3, 5},  /* Bad instruction: flow-mod failed, unsupported. */
    [4] = {3, 5},  /* Bad match: flow-mod failed, unsupported. */
    [5] = {3, 5},  /* Flow-mod failed: unsupported. */
    [6] = {1, 1},  /* Group-mod failed: bad request, type. */
    [7] = {1, 5},  /* Port-mod failed: bad request, permission. */
    [8] = {1, 1},  /* Table-mod failed: bad request, type. */
    [9] = {5, 0},  /* Queue operation failed: bad port. */
    [10] = {1, 5}, /* Switch configuration failed: bad request, permission. */
    [11] = {1, 1}, /* Role request failed: bad request, type. */
    [12] = {1, 1}, /* Meter-mod failed: bad request, type. */
    [13] = {1, 2}, /* Table features failed: bad request, statistics type. */
};

/* 1.3 lacks only 1.0's "unsupported action list"; it says "flow-mod failed, unknown". */
static const struct wire nearest_13 = {5, 0};

static struct wire wire_of(const struct row *row, uint8_t version)
{
    if (version != OF_VERSION_1_0) {
        return row->v13.type >= 0 ? row->v13 : nearest_13;
    }
    return row->v10.type >= 0 ? row->v10 : nearest_10[row->v13.type >= 0 ? row->v13.type : 1];
}

void of_err_to_wire(enum of_err err, uint8_t version, uint16_t *type, uint16_t *code)
{
    struct wire w = wire_of(&rows[err], version);

    *type = (uint16_t)w.type;
    *code = (uint16_t)w.code;
}

enum of_err of_err_from_wire(uint8_t version, uint16_t type, uint16_t code)
{
    for (unsigned i = OF_OK + 1; i < OF_N_ERRS; i++) {
        const struct wire *w = version == OF_VERSION_1_0 ? &rows[i].v10 : &rows[i].v13;

        if (w->type == type && w->code == code) {
            return (enum of_err)i;
        }
    }
    return OF_N_ERRS;
}

const char *of_err_name(enum of_err err)
{
    return err < OF_N_ERRS ? rows[err].name : "UNKNOWN";
}

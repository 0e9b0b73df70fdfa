#include "controller/openflow/of_err.h"

#include <stdbool.h>
#include <stddef.h>

#include "controller/openflow/of_types.h"

struct wire {
    int type, code; /* -1: the version has no such error. */
};

struct row {
    const char *name;
    struct wire v13; /* Also of later versions. */
    uint8_t since;
    struct wire v10;
};

/* "Since" in the form of the table. */
#define SINCE_13 OF_VERSION_1_3
#define SINCE_14 OF_VERSION_1_4
#define SINCE_15 OF_VERSION_1_5

static const struct row rows[OF_N_ERRS] = {[OF_OK] = {"OK", {-1, -1}, UINT8_MAX, {-1, -1}},
#define X(NAME, type, code, since, t10, c10)                                                       \
    [OF_ERR_##NAME] = {#NAME, {type, code}, SINCE_##since, {t10, c10}},
                                           OF_ERRORS(X)
#undef X
};

/* What 1.0 says instead of an error of a type (the index) that it does not have. Errors of matches
 * and instructions can only come from a flow-mod there. */
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
    [14] = {1, 5}, /* Bad property: bad request, permission. */
    [15] = {1, 1}, /* Asynchronous configuration failed: bad request, type. */
    [16] = {1, 2}, /* Flow monitor failed: bad request, statistics type. */
    [17] = {1, 1}, /* Bundle failed: bad request, type. */
};

/* The same for versions since 1.3 that have the type but not yet the code, or not the type. Of the
 * errors of 1.0 they lack "unsupported action list"; they say "flow-mod failed, unknown". */
static const struct wire nearest_13[] = {
    [0] = {0, 0},   /* Hello failed: incompatible. */
    [1] = {1, 5},   /* Bad request: permission. */
    [2] = {2, 5},   /* Bad action: argument. */
    [3] = {3, 1},   /* Bad instruction: unsupported. */
    [4] = {4, 6},   /* Bad match: field. */
    [5] = {5, 0},   /* Flow-mod failed: unknown. */
    [6] = {6, 1},   /* Group-mod failed: invalid. */
    [7] = {7, 2},   /* Port-mod failed: configuration. */
    [8] = {8, 1},   /* Table-mod failed: configuration. */
    [9] = {9, 1},   /* Queue operation failed: queue. */
    [10] = {10, 0}, /* Switch configuration failed: flags. */
    [11] = {11, 1}, /* Role request failed: unsupported. */
    [12] = {12, 0}, /* Meter-mod failed: unknown. */
    [13] = {13, 5}, /* Table features failed: permission. */
    [14] = {1, 5},  /* Bad property: bad request, permission. */
    [15] = {1, 1},  /* Asynchronous configuration failed: bad request, type. */
    [16] = {1, 2},  /* Flow monitor failed: bad request, multipart type. */
    [17] = {1, 1},  /* Bundle failed: bad request, type. */
};

enum of_err of_err_modern(enum of_err err, uint8_t version)
{
    if (version < OF_VERSION_1_4) {
        return err;
    }
    switch ((int)err) {
    case OF_ERR_TFF_BAD_TYPE:
        return OF_ERR_PROP_BAD_TYPE;
    case OF_ERR_TFF_BAD_LEN:
        return OF_ERR_PROP_BAD_LEN;
    case OF_ERR_TFF_BAD_ARGUMENT:
        return OF_ERR_PROP_BAD_VALUE;
    default:
        return err;
    }
}

static bool has(const struct row *row, uint8_t version)
{
    return version == OF_VERSION_1_0 ? row->v10.type >= 0
                                     : row->v13.type >= 0 && version >= row->since;
}

static struct wire wire_of(const struct row *row, uint8_t version)
{
    bool v10 = version == OF_VERSION_1_0;
    int type = row->v13.type;

    if (has(row, version)) {
        return v10 ? row->v10 : row->v13;
    }
    if (v10) {
        return nearest_10[type >= 0 ? type : 1];
    }
    return nearest_13[type >= 0 ? type : 5];
}

/* A version that is none of ours is taken for 1.3: an error is sent before any version is agreed on. */
static uint8_t known_version(uint8_t version)
{
    return version == OF_VERSION_1_0 || (version >= OF_VERSION_1_3 && version <= OF_VERSION_1_5)
               ? version
               : OF_VERSION_1_3;
}

void of_err_to_wire(enum of_err err, uint8_t version, uint16_t *type, uint16_t *code)
{
    uint8_t v = known_version(version);
    struct wire w = wire_of(&rows[of_err_modern(err, v)], v);

    *type = (uint16_t)w.type;
    *code = (uint16_t)w.code;
}

enum of_err of_err_from_wire(uint8_t version, uint16_t type, uint16_t code)
{
    uint8_t v = known_version(version);

    for (unsigned i = OF_OK + 1; i < OF_N_ERRS; i++) {
        const struct wire *w = v == OF_VERSION_1_0 ? &rows[i].v10 : &rows[i].v13;

        if (w->type == type && w->code == code && has(&rows[i], v) &&
            of_err_modern((enum of_err)i, v) == (enum of_err)i) {
            return (enum of_err)i;
        }
    }
    return OF_N_ERRS;
}

const char *of_err_name(enum of_err err)
{
    return err < OF_N_ERRS ? rows[err].name : "UNKNOWN";
}

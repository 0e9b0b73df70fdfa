/* The message table of OpenFlow 1.5. */
#include "controller/openflow/of_wire.h"

#define ROW(number, kind, len, get, put)                                                           \
    {                                                                                              \
        number, true, kind, len, get, put                                                          \
    }
#define FIXED true
#define VARIABLE false

const struct of_row of15_rows[OF_N_TYPES] = {
    [OF_HELLO] = ROW(0, VARIABLE, 8, of_get_hello, of_put_hello),
    [OF_ERROR] = ROW(1, VARIABLE, 12, of13_get_error, of13_put_error),
    [OF_ECHO_REQUEST] = ROW(2, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_ECHO_REPLY] = ROW(3, VARIABLE, 8, of_get_echo, of_put_echo),
    [OF_EXPERIMENTER] = ROW(4, VARIABLE, 16, of13_get_experimenter, of13_put_experimenter),
    [OF_FEATURES_REQUEST] = ROW(5, FIXED, 8, NULL, NULL),
    [OF_FEATURES_REPLY] = ROW(6, FIXED, 32, of13_get_features, of13_put_features),
    [OF_GET_CONFIG_REQUEST] = ROW(7, FIXED, 8, NULL, NULL),
    [OF_GET_CONFIG_REPLY] = ROW(8, FIXED, 12, of_get_config, of_put_config),
    [OF_SET_CONFIG] = ROW(9, FIXED, 12, of_get_config, of_put_config),
    [OF_BARRIER_REQUEST] = ROW(20, FIXED, 8, NULL, NULL),
    [OF_BARRIER_REPLY] = ROW(21, FIXED, 8, NULL, NULL),
};

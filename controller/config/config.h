/* tambod's configuration: a JSON file becomes a whole struct config, or a list of all complaints.
 *
 * Every key is optional; config_default() is what an operator gets without a file, and
 * 'tambod --defaults' prints it in the form of a file. */
#ifndef TAMBO_CONFIG_CONFIG_H
#define TAMBO_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "controller/apps/arp_proxy.h"
#include "controller/apps/clustering.h"
#include "controller/apps/forwarding.h"
#include "controller/base/log.h"
#include "controller/core/settings.h"

#define CONFIG_MAX_LISTEN 16
#define CONFIG_ADDRESS_LEN 64 /* "[IPv6%scope]:port" and its end. */
#define CONFIG_MAX_LOG_MODULES 32
#define CONFIG_LOG_MODULE_LEN 32
#define CONFIG_PATH_LEN 4096

struct config {
    char listen[CONFIG_MAX_LISTEN][CONFIG_ADDRESS_LEN];
    size_t n_listen;

    struct {
        enum log_level level;
        struct config_log_module {
            char name[CONFIG_LOG_MODULE_LEN];
            enum log_level level;
        } modules[CONFIG_MAX_LOG_MODULES];
        size_t n_modules;
    } log;

    struct {
        char path[CONFIG_PATH_LEN]; /* Empty: nothing is remembered. */
    } store;

    struct config_channel {
        size_t tx_limit_bytes; /* Queued for one switch before it counts as not reading. */
        uint32_t max_connections;
    } channel;

    struct core_settings core;

    struct {
        struct arp_proxy_settings arp_proxy;
        struct clustering_settings clustering;
        struct forwarding_settings forwarding;
    } apps;
};

/* Listens on 0.0.0.0:6653, logs at level info, remembers nothing; the core's and the apps' own
 * defaults. */
void config_default(struct config *out);

/* Reads the file 'path' into 'out' over the defaults. True when there was nothing to complain of;
 * else every complaint goes to 'complaints', one on each line, and 'out' is not to be used. */
bool config_read(const char *path, struct config *out, FILE *complaints);

/* Writes 'config' as a file that config_read() takes. */
void config_print(const struct config *config, FILE *out);

/* The settings of the app called 'name'; NULL when there is no such app. */
const void *config_app(const struct config *config, const char *name);

/* What a key needs so that a new value holds. */
enum config_reach {
    CONFIG_AT_ONCE, /* The running daemon can take it over. */
    CONFIG_RESTART, /* Only a new one. */
};

/* Calls 'fn' with the path of each key that differs. */
typedef void config_diff_fn(void *aux, const char *path, enum config_reach reach);
void config_diff(const struct config *a, const struct config *b, config_diff_fn *fn, void *aux);

#endif

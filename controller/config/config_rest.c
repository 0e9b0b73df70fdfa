#include "controller/config/config_rest.h"

#include <string.h>

#include "controller/base/mono.h"
#include "controller/config/config_address.h"
#include "controller/config/fields.h"

#define N(array) (sizeof(array) / sizeof(array)[0])
#define ROW(...) CONF_ROW(config_rest, __VA_ARGS__)

static const struct conf_field fields[] = {
    ROW("max_connections", CONF_U32, max_connections, 1, 10000),
    ROW("max_listeners", CONF_U32, max_listeners, 1, 10000),
    ROW("requests_per_s", CONF_U32, requests_per_s, 0, 1000000),
    ROW("requests_burst", CONF_U32, requests_burst, 1, 1000000),
    ROW("request_s", CONF_SECONDS, request_ns, 1, 3600),
    ROW("max_body_bytes", CONF_SIZE, max_body_bytes, 1024, 16 << 20),
};

/* By enum config_rest_role. */
static const char *const roles[] = {"none", "read", "operate", "admin"};

struct config_rest config_rest_default(void)
{
    return (struct config_rest){.listen = "127.0.0.1:8080",
                                .max_connections = 64,
                                .max_listeners = 16,
                                .requests_per_s = 200,
                                .requests_burst = 1000,
                                .request_ns = 30 * NS_PER_S,
                                .max_body_bytes = 1 << 20};
}

/* "ADDRESS:PORT" or "off". */
static void read_listen(struct conf_node *node, struct config_rest *out)
{
    const char *text;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (strcmp(text, "off") == 0) {
        out->listen[0] = '\0';
    } else if (config_is_address(text)) {
        strcpy(out->listen, text);
    } else {
        conf_complain(node, "expected \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"off\", found \"%s\"",
                      text);
    }
}

static void read_tls(struct conf_node *section, struct config_rest *out)
{
    unsigned role;

    if (!section) {
        return;
    }
    config_read_path(conf_need(section, "certificate", "the path of a PEM file"), out->certificate);
    config_read_path(conf_need(section, "key", "the path of a PEM file"), out->key);
    config_read_path(conf_get(section, "ca"), out->ca);
    if (conf_choice(section, "client_role", roles, N(roles), &role)) {
        out->client_role = (enum config_rest_role)role;
        if (role != CONFIG_REST_NOBODY && !out->ca[0]) {
            conf_complain(conf_get(section, "client_role"), "expected a \"ca\" beside it");
        }
    }
    conf_done(section);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0;
}

void config_rest_read(struct conf_node *section, struct config_rest *out)
{
    struct conf_node *listen = conf_get(section, "listen");

    read_listen(listen, out);
    config_read_path(conf_get(section, "tokens_file"), out->tokens_file);
    read_tls(conf_object(section, "tls"), out);
    conf_fields_read(section, fields, N(fields), out);
    if (listen && out->listen[0] && !is_loopback(out->listen) && !out->tokens_file[0] &&
        !out->ca[0]) {
        conf_complain(listen, "expected a loopback address, or tokens_file or tls.ca beside it: "
                              "anybody could change everything");
    }
}

static void print_text(json_t *section, const char *key, const char *text)
{
    if (text[0]) {
        json_object_set_new(section, key, json_string(text));
    }
}

void config_rest_print(json_t *section, const struct config_rest *rest)
{
    json_t *tls;

    json_object_set_new(section, "listen", json_string(rest->listen[0] ? rest->listen : "off"));
    print_text(section, "tokens_file", rest->tokens_file);
    if (rest->certificate[0]) {
        tls = json_object();
        print_text(tls, "certificate", rest->certificate);
        print_text(tls, "key", rest->key);
        print_text(tls, "ca", rest->ca);
        json_object_set_new(tls, "client_role", json_string(roles[rest->client_role]));
        json_object_set_new(section, "tls", tls);
    }
    conf_fields_write(section, fields, N(fields), rest);
}

static void note_change(void *aux, const char *key)
{
    (void)key;
    *(bool *)aux = true;
}

bool config_rest_same(const struct config_rest *a, const struct config_rest *b)
{
    bool differs = false;

    conf_fields_compare(fields, N(fields), a, b, note_change, &differs);
    return !differs && strcmp(a->listen, b->listen) == 0 &&
           strcmp(a->tokens_file, b->tokens_file) == 0 &&
           strcmp(a->certificate, b->certificate) == 0 && strcmp(a->key, b->key) == 0 &&
           strcmp(a->ca, b->ca) == 0 && a->client_role == b->client_role;
}

#include "controller/config/config_tap.h"

#include <arpa/inet.h>
#include <string.h>

struct config_tap config_tap_default(void)
{
    return (struct config_tap){.keep = 3};
}

/* A datapath id (hexadecimal, at most 16 digits) or an IP address, in its usual form. */
static bool read_switch(const char *text, char out[CONFIG_TAP_SWITCH_LEN])
{
    size_t len = strlen(text);
    unsigned char addr[sizeof(struct in6_addr)];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;

    if (inet_pton(family, text, addr) == 1) {
        return inet_ntop(family, addr, out, CONFIG_TAP_SWITCH_LEN) != NULL;
    }
    if (len == 0 || len > 16 || strspn(text, "0123456789abcdefABCDEF") != len) {
        return false;
    }
    strcpy(out, text);
    return true;
}

static void add_switch(struct conf_node *node, struct config_tap *out)
{
    const char *text;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (out->n_switches == CONFIG_MAX_TAP) {
        conf_complain(node, "expected at most %d switches", CONFIG_MAX_TAP);
    } else if (!read_switch(text, out->switches[out->n_switches])) {
        conf_complain(node, "expected a datapath id in hexadecimal or an IP address, found \"%s\"",
                      text);
    } else {
        out->n_switches++;
    }
}

/* "all" or a list. */
static void read_switches(struct conf_node *section, struct config_tap *out)
{
    struct conf_node *node = conf_get(section, "switches");
    const char *text;

    if (!node) {
        return;
    }
    if (conf_is_text(node) && conf_as_text(node, &text)) {
        if (strcmp(text, "all") != 0) {
            conf_complain(node, "expected \"all\" or a list of switches, found \"%s\"", text);
        }
        return;
    }
    node = conf_array(section, "switches");
    for (struct conf_node *n = conf_first(node); n; n = conf_next(n)) {
        add_switch(n, out);
    }
    if (node && !conf_first(node)) {
        conf_complain(node, "expected at least one switch, or \"all\"");
    }
}

void config_tap_read(struct conf_node *section, struct config_tap *out)
{
    struct conf_node *file = conf_get(section, "file");
    const char *text;

    if (conf_as_text(file, &text)) {
        if (strlen(text) >= sizeof out->file) {
            conf_complain(file, "expected a path of less than %zu characters", sizeof out->file);
        } else {
            strcpy(out->file, text);
        }
    }
    read_switches(section, out);
    conf_u32(section, "max_mb", 0, 1000000, &out->max_mb);
    conf_bool(section, "rotate", &out->rotate);
    conf_u32(section, "keep", 1, 99, &out->keep);
    conf_bool(section, "every_message", &out->every_message);
    if (section && out->rotate && !out->max_mb) {
        conf_complain(section, "expected max_mb with rotate");
    }
    conf_done(section);
}

void config_tap_print(json_t *section, const struct config_tap *tap)
{
    json_t *list = tap->n_switches ? json_array() : json_string("all");

    for (size_t i = 0; i < tap->n_switches; i++) {
        json_array_append_new(list, json_string(tap->switches[i]));
    }
    if (tap->file[0]) {
        json_object_set_new(section, "file", json_string(tap->file));
    }
    json_object_set_new(section, "switches", list);
    json_object_set_new(section, "max_mb", json_integer(tap->max_mb));
    json_object_set_new(section, "rotate", json_boolean(tap->rotate));
    json_object_set_new(section, "keep", json_integer(tap->keep));
    json_object_set_new(section, "every_message", json_boolean(tap->every_message));
}

bool config_tap_same(const struct config_tap *a, const struct config_tap *b)
{
    if (a->n_switches != b->n_switches) {
        return false;
    }
    for (size_t i = 0; i < a->n_switches; i++) {
        if (strcmp(a->switches[i], b->switches[i]) != 0) {
            return false;
        }
    }
    return strcmp(a->file, b->file) == 0 && a->max_mb == b->max_mb && a->rotate == b->rotate &&
           a->keep == b->keep && a->every_message == b->every_message;
}

/* The original controller's own state: its modules, counters, memory and role. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "controller/core/ctl.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"
#include "controller/northbound/nb_compat.h"
#include "controller/northbound/nb_resources.h"
#include "controller/northbound/nb_status.h"

/* --- Switches, sizes, health ------------------------------------------------------------------ */

/* Connected ones only, as it was. */
static void get_switches(struct nb_call *call)
{
    json_t *list = json_array();
    size_t n;
    struct datapath *const *all = datapath_all(call->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        if (datapath_is_ready(all[i])) {
            json_array_append_new(
                list, json_pack("{s:o,s:o,s:s}", "switchDPID", nb_compat_dpid(datapath_id(all[i])),
                                "inetAddress", json_sprintf("/%s", datapath_peer(all[i])),
                                "openFlowVersion", nb_compat_version(datapath_version(all[i]))));
        }
    }
    nb_ok(call, list);
}

static void get_summary(struct nb_call *call)
{
    size_t n_switches, n_links;

    (void)datapath_all(call->ctl, &n_switches);
    (void)topology_links(call->ctl, &n_links);
    nb_ok(call, json_pack("{s:o,s:o,s:o,s:i}", "# Switches", nb_json_u64(n_switches), "# hosts",
                          nb_json_u64(hosts_count(call->ctl)), "# inter-switch links",
                          nb_json_u64(n_links), "# quarantine ports", 0));
}

static void get_health(struct nb_call *call)
{
    nb_ok(call, json_pack("{s:b}", "healthy", 1));
}

static int64_t uptime_ms(const struct nb_call *call)
{
    return mono_diff_ns(call->nb->params.clock->now, call->nb->started_at) / NS_PER_MS;
}

static void get_uptime(struct nb_call *call)
{
    nb_ok(call, json_pack("{s:I}", "systemUptimeMsec", (json_int_t)uptime_ms(call)));
}

/* Bytes that the allocator has from the system, and those of them that nobody uses. */
static void get_memory(struct nb_call *call)
{
    struct mallinfo2 m = mallinfo2();

    nb_ok(call, json_pack("{s:o,s:o}", "total", nb_json_u64(m.arena + m.hblkhd), "free",
                          nb_json_u64(m.fordblks)));
}

/* --- Modules ---------------------------------------------------------------------------------- */

/* All are compiled in, and none asks for another: what they need is the core. */
static void add_modules(struct nb_call *call, bool loaded_only)
{
    json_t *out = json_object();

    for (size_t i = 0; i < call->nb->n_modules; i++) {
        const char *name = call->nb->modules[i];
        bool loaded = ctl_module_state(call->ctl, name) != NULL;

        if (loaded || !loaded_only) {
            json_object_set_new(out, name,
                                json_pack("{s:s,s:b,s:{},s:{}}", "name", name, "loaded", loaded,
                                          "provides", "depends"));
        }
    }
    nb_ok(call, out);
}

static void get_modules(struct nb_call *call)
{
    add_modules(call, false);
}

static void get_loaded_modules(struct nb_call *call)
{
    add_modules(call, true);
}

/* --- Counters --------------------------------------------------------------------------------- */

struct choice {
    const char *module, *title; /* NULL: all. */
    json_t *out;
};

static void add_counter(void *aux, const char *group, const char *name, uint64_t value)
{
    const struct choice *c = aux;
    char key[96];

    if ((!c->module || strcmp(c->module, group) == 0) &&
        (!c->title || strcmp(c->title, name) == 0)) {
        snprintf(key, sizeof key, "%s/%s", group, name);
        json_object_set_new(c->out, key, nb_json_u64(value));
    }
}

static const char *unless_all(const char *text)
{
    return strcmp(text, "all") == 0 ? NULL : text;
}

static void get_counter(struct nb_call *call)
{
    struct choice c = {.module = unless_all(nb_param(call, "module")),
                       .title = unless_all(nb_param(call, "title")),
                       .out = json_object()};

    nb_each_counter(call->nb, add_counter, &c);
    if (json_object_size(c.out) == 0) {
        nb_not_found(call, "counter");
    }
    nb_ok(call, c.out);
}

/* --- The store -------------------------------------------------------------------------------- */

static void add_table(void *aux, const char *name)
{
    json_array_append_new(aux, nb_json_text(name));
}

static void get_tables(struct nb_call *call)
{
    const struct store_ops *store = ctl_store(call->ctl);
    json_t *list;

    if (!store || !store->tables) {
        nb_ok(call, json_array());
        return;
    }
    list = json_array();
    if (nb_result(call, store->tables(store->aux, add_table, list), "store")) {
        nb_ok(call, list);
    } else {
        json_decref(list);
    }
}

/* --- The role of the controller --------------------------------------------------------------- */

/* STANDBY is to be a slave at every switch. There is no clock for the time of day here. */
static void get_role(struct nb_call *call)
{
    bool is_slave = ctl_role(call->ctl) == OF_ROLE_SLAVE;
    const struct nb *nb = call->nb;

    nb_ok(call,
          json_pack("{s:s,s:s,s:o}", "role", is_slave ? "STANDBY" : "ACTIVE",
                    "role-change-description", nb->role_text, "role-change-date-time",
                    nb->has_role ? json_sprintf("%.3f s after the start",
                                                ns_to_s(mono_diff_ns(nb->role_at, nb->started_at)))
                                 : json_string("at the start")));
}

static void post_role(struct nb_call *call)
{
    const char *role = nb_body_text(call, "role", 1, 16);
    const char *why = nb_body_text_or(call, "role-change-description",
                                      sizeof call->nb->role_text - 1, "by request");
    bool is_active = strcmp(role, "ACTIVE") == 0;
    struct nb *nb = call->nb;

    nb_body_only(call, "role,role-change-description");
    if (!nb_failed(call) && !is_active && strcmp(role, "STANDBY") != 0) {
        nb_fail(call, 400, "bad_value", "role", "expected ACTIVE or STANDBY");
    }
    if (nb_failed(call)) {
        return;
    }
    if (is_active == (ctl_role(call->ctl) == OF_ROLE_SLAVE)) {
        ctl_claim_role(call->ctl, is_active ? OF_ROLE_MASTER : OF_ROLE_SLAVE);
        nb->has_role = true;
        nb->role_at = nb->params.clock->now;
        snprintf(nb->role_text, sizeof nb->role_text, "%s", why);
    }
    get_role(call);
}

const struct nb_route nb_compat_core_routes[] = {
    NB_ROW(NB_GET, "/wm/core/controller/switches/json", NB_READ, get_switches,
           "The connected switches."),
    NB_ROW(NB_GET, "/wm/core/controller/summary/json", NB_READ, get_summary,
           "How many switches, hosts and links there are."),
    NB_ROW(NB_GET, "/wm/core/health/json", NB_NOBODY, get_health,
           "Whether the controller answers."),
    NB_ROW(NB_GET, "/wm/core/system/uptime/json", NB_READ, get_uptime,
           "For how long it has been running."),
    NB_ROW(NB_GET, "/wm/core/memory/json", NB_READ, get_memory,
           "The bytes of memory that it has, and those that are free."),
    NB_ROW(NB_GET, "/wm/core/module/all/json", NB_READ, get_modules, "The modules."),
    NB_ROW(NB_GET, "/wm/core/module/loaded/json", NB_READ, get_loaded_modules,
           "The modules that run."),
    NB_ROW(NB_GET, "/wm/core/counter/{module}/{title}/json", NB_READ, get_counter,
           "Counters by their groups and names, of which each may be \"all\"."),
    NB_ROW(NB_GET, "/wm/core/storage/tables/json", NB_READ, get_tables,
           "The names of what is stored."),
    NB_ROW(NB_GET, "/wm/core/role/json", NB_READ, get_role,
           "Whether it is ACTIVE, or STANDBY as a slave of every switch."),
    NB_ROW(NB_POST, "/wm/core/role/json", NB_ADMIN, post_role,
           "Makes it ACTIVE, master of every switch, or STANDBY, slave of every switch.",
           .body = NB_BODY_ANY),
    {0},
};

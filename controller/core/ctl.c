/* The engine: entries from the driver, and the modules' life.
 *
 * Every entry ends by delivering the events that it has caused. */
#include "controller/core/ctl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session.h"
#include "controller/core/txn_int.h"

LOG_MODULE(core);

/* --- Beginning and end ------------------------------------------------------------------------ */

static struct ctl *alloc(const struct ctl_params *params)
{
    struct ctl *ctl = xcalloc(1, sizeof *ctl);

    ctl->settings = params->settings;
    ctl->clock = params->clock;
    ctl->hash_key = params->hash_key;
    flow_scratch_init(&ctl->flow_scratch, ctl->hash_key);
    flow_contents_init(&ctl->flow_contents);
    pool_init(&ctl->flow_pool, FLOW_ENTRY_SIZE);
    txns_init(ctl);
    flow_barriers_init(ctl);
    memcpy(ctl->lldp_key, params->lldp_key, sizeof ctl->lldp_key);
    ctl->core_id = params->core_id;
    ctl->southbound = params->southbound;
    ctl->store = params->store;
    ctl->log = params->log;
    ctl->modules = xcalloc(params->n_modules, sizeof *ctl->modules);
    ctl->role = params->settings.role;
    ctl->generation_id = params->settings.generation_id;
    ctl->may_outbid = true;
    ctl->until_glance = CTL_GLANCE;
    admission_init(&ctl->admission, &ctl->settings);
    peers_init(&ctl->peers);
    sflow_init(&ctl->sflow);
    ctl->lldp_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    ctl->link_limit = (struct log_limit)LOG_LIMIT_INIT(10, 1000);
    ctl->port_limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    ctl->object_limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    timers_init(&ctl->timers);
    list_init(&ctl->sessions);
    list_init(&ctl->txns);
    topology_init(ctl);
    domains_init(ctl);
    hosts_init(ctl);
    return ctl;
}

static void list_add(struct ctl *ctl, struct module_list *list, const struct module_slot *slot)
{
    if (!list->slots) {
        list->slots = xcalloc(ctl->n_modules, sizeof(struct module_slot *));
    }
    list->slots[list->n++] = slot;
}

/* So that nobody is called for what is not his. */
void ctl_list_watchers(struct ctl *ctl)
{
    ctl->interests_changed = false;
    for (unsigned class = 0; class < PACKET_N_CLASSES; class ++) {
        ctl->by_class[class].n = 0;
        for (size_t i = 0; i < ctl->n_modules; i++) {
            const struct module_slot *slot = &ctl->modules[i];

            if (slot->module->packet_in && slot->packets >> class & 1) {
                list_add(ctl, &ctl->by_class[class], slot);
            }
        }
    }
}

void ctl_watch_packets(struct ctl *ctl, uint8_t id, uint32_t classes)
{
    ctl->modules[id - 1].packets = classes;
    ctl->interests_changed = true;
}

static void list_interests(struct ctl *ctl)
{
    ctl_list_watchers(ctl);
    for (size_t i = 0; i < ctl->n_modules; i++) {
        const struct module_slot *slot = &ctl->modules[i];
        const struct ctl_module *m = slot->module;

        if (m->glance) {
            list_add(ctl, &ctl->glancers, slot);
        }
        if (m->look) {
            list_add(ctl, &ctl->lookers, slot);
        }
        if (m->sample) {
            list_add(ctl, &ctl->samplers, slot);
        }
        if (m->admits) {
            list_add(ctl, &ctl->admitters, slot);
        }
    }
}

static enum err start_modules(struct ctl *ctl, const struct ctl_params *params, const char **failed)
{
    assert(params->n_modules < CORE_MODULE_ID && "too many modules");
    for (size_t i = 0; i < params->n_modules; i++) {
        const struct ctl_module_use *use = &params->modules[i];
        struct module_slot *slot = &ctl->modules[i];
        enum err err = ERR_OK;

        slot->module = use->module;
        slot->packets = use->module->packets ? use->module->packets : UINT32_MAX;
        if (use->module->start) {
            err = use->module->start(ctl, (uint8_t)(i + 1), use->settings, &slot->state);
        }
        if (err != ERR_OK) {
            LOG_ERROR(ctl->log, "module %s did not start: %s", use->module->name, err_text(err));
            if (failed) {
                *failed = use->module->name;
            }
            return err;
        }
        ctl->n_modules++;
    }
    return ERR_OK;
}

struct ctl *ctl_new(const struct ctl_params *params, const char **failed)
{
    struct ctl *ctl = alloc(params);

    assert(params->settings.versions && "no OpenFlow version is enabled");
    if (start_modules(ctl, params, failed) != ERR_OK) {
        ctl_free(ctl);
        return NULL;
    }
    list_interests(ctl);
    events_deliver(ctl);
    return ctl;
}

static void stop_modules(struct ctl *ctl)
{
    while (ctl->n_modules) {
        const struct module_slot *slot = &ctl->modules[--ctl->n_modules];

        if (slot->module->stop) {
            slot->module->stop(slot->state);
        }
    }
    for (unsigned class = 0; class < PACKET_N_CLASSES; class ++) {
        free(ctl->by_class[class].slots);
    }
    free(ctl->glancers.slots);
    free(ctl->lookers.slots);
    free(ctl->samplers.slots);
    free(ctl->admitters.slots);
    free(ctl->modules);
}

static void free_sessions(struct ctl *ctl)
{
    struct list *it, *next;

    LIST_FOR_EACH (it, next, &ctl->sessions) {
        session_free(session_from_list(it));
    }
}

void ctl_free(struct ctl *ctl)
{
    if (!ctl) {
        return;
    }
    stop_modules(ctl);
    events_fini(ctl);
    txns_fini(ctl);
    free_sessions(ctl);
    hosts_fini(ctl);
    paths_fini(ctl);
    topology_fini(ctl);
    domains_fini(ctl);
    datapaths_fini(ctl);
    flow_scratch_fini(&ctl->flow_scratch);
    flow_contents_fini(&ctl->flow_contents);
    pool_fini(&ctl->flow_pool);
    pool_fini(&ctl->txn_pool);
    pool_fini(&ctl->barrier_pool);
    buf_fini(&ctl->frame);
    sflow_fini(&ctl->sflow);
    timers_fini(&ctl->timers);
    free(ctl);
}

/* --- Entries ---------------------------------------------------------------------------------- */

struct session *ctl_connected(struct ctl *ctl, void *conn, const char *peer)
{
    struct session *session;

    ctl->counters.sessions_opened++;
    session = session_new(ctl, conn, peer);
    events_deliver(ctl);
    return session;
}

void ctl_disconnected(struct ctl *ctl, struct session *session)
{
    ctl->counters.sessions_closed++;
    session_lost(session);
    session_free(session);
    events_deliver(ctl);
}

void ctl_input(struct ctl *ctl, struct session *session, const struct of_msg *msg)
{
    session_input(session, msg);
    ctl_settle(ctl);
}

void ctl_expect_dpid(struct session *session, dpid_t dpid)
{
    session_expect_dpid(session, dpid);
}

bool ctl_is_up(const struct session *session)
{
    return session_state(session) == SESSION_READY;
}

void ctl_input_bad(struct ctl *ctl, struct session *session, const struct of_msg *head,
                   enum of_err err, const uint8_t *frame, size_t len)
{
    session_input_bad(session, head, err, frame, len);
    events_deliver(ctl);
}

void ctl_run(struct ctl *ctl)
{
    events_deliver(ctl);
    timers_run(&ctl->timers, ctl->clock->now);
    events_deliver(ctl);
}

/* Events that were caused outside an entry (by a request of an operator, say) want to be delivered
 * at once. */
mono_t ctl_next_deadline(const struct ctl *ctl)
{
    return ctl->events.n ? ctl->clock->now : timers_next(&ctl->timers);
}

/* --- Services --------------------------------------------------------------------------------- */

const struct ctl_counters *ctl_counters(const struct ctl *ctl)
{
    return &ctl->counters;
}

mono_t ctl_now(const struct ctl *ctl)
{
    return ctl->clock->now;
}

struct log *ctl_log(const struct ctl *ctl)
{
    return ctl->log;
}

struct timers *ctl_timers(struct ctl *ctl)
{
    return &ctl->timers;
}

const struct store_ops *ctl_store(const struct ctl *ctl)
{
    return ctl->store;
}

void *ctl_module_state(const struct ctl *ctl, const char *name)
{
    for (size_t i = 0; i < ctl->n_modules; i++) {
        if (strcmp(ctl->modules[i].module->name, name) == 0) {
            return ctl->modules[i].state;
        }
    }
    return NULL;
}

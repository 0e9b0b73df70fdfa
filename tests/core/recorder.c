#include "tests/core/recorder.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"

#define LL(x) ((unsigned long long)(x))

static void __attribute__((format(printf, 2, 3))) line(struct recorder *r, const char *fmt, ...)
{
    va_list args;

    if (r->n == RECORDER_MAX_LINES) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(r->lines[r->n++], sizeof r->lines[0], fmt, args);
    va_end(args);
}

static void write_host(struct recorder *r, const char *what, const struct host *host)
{
    line(r, "%s " ETH_FMT " %llx:%u", what, ETH_ARGS(host_mac(host)), LL(host_dpid(host)),
         host_port(host));
}

static void write_link(struct recorder *r, const char *what, const struct link *link)
{
    line(r, "%s %llx:%u>%llx:%u", what, LL(link->src_dpid), link->src_port, LL(link->dst_dpid),
         link->dst_port);
}

static void write_flow(struct recorder *r, const char *what, const struct ctl_event *event, int why)
{
    line(r, "%s %llx %llx %d", what, LL(datapath_id(event->dp)),
         LL(flow_cookie_value(flow_entry_cookie(event->flow))), why);
}

static void write_table(struct recorder *r, const char *what, const struct ctl_event *event)
{
    line(r, "%s %llx.%u %u/%u", what, LL(datapath_id(event->dp)), event->table_id, event->n_entries,
         event->capacity);
}

static void write_event(struct recorder *r, const struct ctl_event *event)
{
    switch (event->type) {
    case CTL_DATAPATH_UP:
        line(r, "datapath_up %llx", LL(datapath_id(event->dp)));
        break;
    case CTL_DATAPATH_DOWN:
        line(r, "datapath_down %llx", LL(datapath_id(event->dp)));
        break;
    case CTL_PORT_UP:
        line(r, "port_up %llx:%u", LL(datapath_id(event->dp)), event->port_no);
        break;
    case CTL_PORT_DOWN:
        line(r, "port_down %llx:%u", LL(datapath_id(event->dp)), event->port_no);
        break;
    case CTL_PORT_BACKUP:
        line(r, "port_backup %llx:%u", LL(datapath_id(event->dp)), event->port_no);
        break;
    case CTL_LINK_UP:
        write_link(r, "link_up", event->link);
        break;
    case CTL_LINK_DOWN:
        write_link(r, "link_down", event->link);
        break;
    case CTL_HOST_ADDED:
        write_host(r, "host_added", event->host);
        break;
    case CTL_HOST_MOVED:
        write_host(r, "host_moved", event->host);
        break;
    case CTL_HOST_SPOOF:
        write_host(r, "host_spoof", event->host);
        line(r, "spoofed_at %llx:%u", LL(event->at_dpid), event->at_port);
        break;
    case CTL_HOST_IP_ADDED:
        write_host(r, "host_ip", event->host);
        break;
    case CTL_HOST_GONE:
        write_host(r, "host_gone", event->host);
        break;
    case CTL_FLOW_ADOPTED:
        write_flow(r, "flow_adopted", event, 0);
        break;
    case CTL_FLOW_REMOVED:
        write_flow(r, "flow_removed", event, (int)event->reason);
        break;
    case CTL_FLOW_FAILED:
        write_flow(r, "flow_failed", event, (int)event->error);
        break;
    case CTL_FLOW_DEFERRED:
        write_flow(r, "flow_deferred", event, 0);
        break;
    case CTL_GROUP_FAILED:
        line(r, "group_failed %llx %x %d", LL(datapath_id(event->dp)), event->object_id,
             (int)event->error);
        break;
    case CTL_METER_FAILED:
        line(r, "meter_failed %llx %x %d", LL(datapath_id(event->dp)), event->object_id,
             (int)event->error);
        break;
    case CTL_OBJECT_FORWARDED:
        line(r, "%s_forwarded %llx %x %d%s",
             event->object_kind == OBJECT_GROUP ? "group" : "meter", LL(datapath_id(event->dp)),
             event->object_id, (int)event->change, event->is_undone ? " undone" : "");
        break;
    case CTL_ROLE:
        line(r, "role %llx %s%s", LL(datapath_id(event->dp)), of_role_name(event->role),
             event->result == ERR_OK ? "" : " refused");
        break;
    case CTL_TABLE_FULL:
        write_table(r, "table_full", event);
        break;
    case CTL_TABLE_EASED:
        write_table(r, "table_eased", event);
        break;
    case CTL_N_EVENTS:
        break;
    }
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct recorder *const *use = settings;
    struct recorder *r = *use;

    r->ctl = ctl;
    r->id = id;
    *state = r;
    return ERR_OK;
}

static void on_event(void *state, const struct ctl_event *event)
{
    struct recorder *r = state;

    assert(r->depth == 0 && "a hook was re-entered");
    r->depth++;
    write_event(r, event);
    if (r->on_event) {
        r->on_event(r, event);
    }
    r->depth--;
}

static enum ctl_verdict on_packet(void *state, const struct ctl_packet *packet)
{
    struct recorder *r = state;
    enum ctl_verdict verdict = CTL_STOP;

    assert(r->depth == 0 && "a hook was re-entered");
    r->depth++;
    line(r, "packet %llx:%u %s", LL(datapath_id(packet->dp)), packet->in_port,
         packet->src ? "known" : "unknown");
    if (r->on_packet) {
        verdict = r->on_packet(r, packet);
    }
    r->depth--;
    return verdict;
}

static void on_sample(void *state, const struct ctl_sample *sample)
{
    struct recorder *r = state;

    if (sample->kind == PKT_SFLOW_FLOW) {
        line(r, "flow %llx:%u %u x %u", LL(datapath_id(sample->dp)), sample->port_no, sample->scale,
             sample->frame_bytes);
    } else {
        line(r, "counters %llx:%u %llu", LL(datapath_id(sample->dp)), sample->port_no,
             LL(sample->counters->in_bytes));
    }
}

const struct ctl_module recorder_module = {.name = "recorder",
                                           .start = start,
                                           .packet_in = on_packet,
                                           .on_all = on_event,
                                           .sample = on_sample};

int recorder_find(const struct recorder *r, const char *prefix, size_t from)
{
    for (size_t i = from; i < r->n; i++) {
        if (strncmp(r->lines[i], prefix, strlen(prefix)) == 0) {
            return (int)i;
        }
    }
    return -1;
}

size_t recorder_count(const struct recorder *r, const char *prefix)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        n += strncmp(r->lines[i], prefix, strlen(prefix)) == 0;
    }
    return n;
}

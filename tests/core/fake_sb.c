#include "tests/core/fake_sb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"

/* --- The southbound --------------------------------------------------------------------------- */

static void append(struct fake_switch *sw, const struct of_msg *msg)
{
    if (sw->n_sent == sw->cap_sent) {
        sw->cap_sent = sw->cap_sent ? sw->cap_sent * 2 : 64;
        sw->sent = xreallocarray(sw->sent, sw->cap_sent, sizeof *sw->sent);
    }
    sw->sent[sw->n_sent++] = *msg;
}

static enum err sb_send(void *aux, void *conn, const struct of_msg *msg)
{
    struct fake *f = aux;
    struct fake_switch *sw = conn;
    struct of_msg copy;
    const uint8_t *frame;
    enum err err;

    assert(!sw->closed && "the core sends on a closed connection");
    if (sw->tx_room == 0) {
        sw->tx_refused++;
        return ERR_FULL;
    }
    sw->tx_room -= sw->tx_room != SIZE_MAX;
    buf_clear(&f->wire);
    err = of_encode(msg, &f->wire);
    if (err != ERR_OK) {
        return err;
    }
    frame = arena_memdup(&f->arena, f->wire.data, f->wire.len);
    if (of_decode(frame, f->wire.len, &f->arena, &copy) != OF_OK) {
        assert(false && "the core's message does not decode");
    }
    append(sw, &copy);
    return ERR_OK;
}

static void sb_close(void *aux, void *conn)
{
    struct fake_switch *sw = conn;

    (void)aux;
    assert(!sw->closed && "the core closes twice");
    sw->closed = true;
}

static size_t sb_tx_room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX;
}

/* --- The fake --------------------------------------------------------------------------------- */

struct fake *fake_new(const struct core_settings *settings, const struct ctl_module_use *modules,
                      size_t n_modules)
{
    struct fake *f = xcalloc(1, sizeof *f);
    struct ctl_params params = {.settings = settings ? *settings : core_settings_default(),
                                .clock = &f->clock,
                                .southbound = &f->southbound,
                                .log = &f->log,
                                .modules = modules,
                                .n_modules = n_modules};

    f->southbound = (struct southbound){f, sb_send, sb_close, sb_tx_room};
    log_init(&f->log, &f->clock, NULL, NULL);
    f->ctl = ctl_new(&params, NULL);
    assert(f->ctl && "a module did not start");
    return f;
}

void fake_free(struct fake *f)
{
    ctl_free(f->ctl);
    for (size_t i = 0; i < f->n_switches; i++) {
        free(f->switches[i]->flows);
        free(f->switches[i]->sent);
        free(f->switches[i]);
    }
    arena_fini(&f->arena);
    arena_fini(&f->in);
    buf_fini(&f->wire);
    free(f);
}

struct fake_switch *fake_switch_add(struct fake *f, dpid_t dpid, uint8_t version, size_t n_ports)
{
    struct fake_switch *sw = xcalloc(1, sizeof *sw);

    assert(f->n_switches < FAKE_MAX_SWITCHES && n_ports <= FAKE_MAX_PORTS);
    f->switches[f->n_switches++] = sw;
    sw->fake = f;
    sw->dpid = dpid;
    sw->version = version;
    sw->n_ports = n_ports;
    sw->max_flows = sw->max_groups = sw->tx_room = SIZE_MAX;
    sw->peer = "192.0.2.7:51234";
    for (size_t i = 0; i < n_ports; i++) {
        sw->ports[i].port_no = (port_no_t)(i + 1);
        sw->ports[i].hw_addr =
            eth_addr_from_u64(UINT64_C(0x0a0000000000) | (dpid & 0xffffff) << 16 | (i + 1));
    }
    return sw;
}

/* --- Messages to the core --------------------------------------------------------------------- */

void fake_input(struct fake_switch *sw, const struct of_msg *msg)
{
    struct fake *f = sw->fake;
    struct of_msg copy = *msg;
    struct of_msg decoded;

    if (!sw->session || sw->closed) {
        return;
    }
    if (!copy.version) {
        copy.version = sw->version;
    }
    buf_clear(&f->wire);
    if (of_encode(&copy, &f->wire) != ERR_OK) {
        assert(false && "the switch's message cannot be encoded");
    }
    arena_reset(&f->in);
    if (of_decode(arena_memdup(&f->in, f->wire.data, f->wire.len), f->wire.len, &f->in, &decoded) !=
        OF_OK) {
        assert(false && "the switch's message does not decode");
    }
    ctl_input(f->ctl, sw->session, &decoded);
}

static void answer(struct fake_switch *sw, const struct of_msg *request, enum of_type type)
{
    fake_input(sw, &(struct of_msg){.type = type, .xid = request->xid});
}

static void answer_error(struct fake_switch *sw, const struct of_msg *request, enum of_err err)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = request->xid};

    sw->n_errors++;
    msg.error.err = err;
    of_err_to_wire(err, sw->version, &msg.error.type, &msg.error.code);
    fake_input(sw, &msg);
}

/* --- Flow table ------------------------------------------------------------------------------- */

static size_t find_flow(const struct fake_switch *sw, uint8_t table_id, uint16_t priority,
                        const struct of_match *match)
{
    size_t i = 0;

    while (i < sw->n_flows &&
           !(sw->flows[i].table_id == table_id && sw->flows[i].priority == priority &&
             of_match_eq(&sw->flows[i].match, match))) {
        i++;
    }
    return i;
}

const struct of_flow_stats *fake_switch_flow(const struct fake_switch *sw, uint8_t table_id,
                                             uint16_t priority, const struct of_match *match)
{
    size_t i = find_flow(sw, table_id, priority, match);

    return i < sw->n_flows ? &sw->flows[i] : NULL;
}

static struct of_actions copy_actions(struct fake *f, const struct of_actions *a)
{
    if (!a->n) {
        return (struct of_actions){0};
    }
    return (struct of_actions){arena_memdup(&f->arena, a->list, a->n * sizeof *a->list), a->n};
}

void fake_add_flow(struct fake_switch *sw, const struct of_flow_stats *flow)
{
    size_t i = find_flow(sw, flow->table_id, flow->priority, &flow->match);

    if (i == sw->n_flows) {
        if (sw->n_flows == sw->cap_flows) {
            sw->cap_flows = sw->cap_flows ? sw->cap_flows * 2 : 16;
            sw->flows = xreallocarray(sw->flows, sw->cap_flows, sizeof *sw->flows);
        }
        sw->n_flows++;
    }
    sw->flows[i] = *flow;
    sw->flows[i].ins.apply = copy_actions(sw->fake, &flow->ins.apply);
    sw->flows[i].ins.write = copy_actions(sw->fake, &flow->ins.write);
}

void fake_drop_flow(struct fake_switch *sw, size_t index)
{
    memmove(&sw->flows[index], &sw->flows[index + 1], (--sw->n_flows - index) * sizeof *sw->flows);
}

void fake_expire(struct fake_switch *sw, size_t index, enum of_flow_removed_reason reason)
{
    const struct of_flow_stats *flow = &sw->flows[index];
    struct of_msg msg = {.type = OF_FLOW_REMOVED};

    msg.flow_removed = (struct of_flow_removed){.cookie = flow->cookie,
                                                .priority = flow->priority,
                                                .reason = reason,
                                                .table_id = flow->table_id,
                                                .idle_timeout_s = flow->idle_timeout_s,
                                                .match = flow->match};
    if (sw->version >= OF_VERSION_1_3) {
        msg.flow_removed.hard_timeout_s = flow->hard_timeout_s;
    }
    fake_drop_flow(sw, index);
    fake_input(sw, &msg);
}

static void handle_add(struct fake_switch *sw, const struct of_msg *msg)
{
    const struct of_flow_mod *fm = &msg->flow_mod;
    struct of_flow_stats flow = {.table_id = fm->table_id,
                                 .priority = fm->priority,
                                 .idle_timeout_s = fm->idle_timeout_s,
                                 .hard_timeout_s = fm->hard_timeout_s,
                                 .flags = fm->flags,
                                 .cookie = fm->cookie,
                                 .match = fm->match,
                                 .ins = fm->ins};

    if (find_flow(sw, fm->table_id, fm->priority, &fm->match) == sw->n_flows &&
        sw->n_flows >= sw->max_flows) {
        answer_error(sw, msg, OF_ERR_FLOW_TABLE_FULL);
        return;
    }
    fake_add_flow(sw, &flow);
}

static void handle_flow_mod(struct fake_switch *sw, const struct of_msg *msg)
{
    const struct of_flow_mod *fm = &msg->flow_mod;
    size_t i = find_flow(sw, fm->table_id, fm->priority, &fm->match);

    if (fm->command == OF_FLOW_ADD) {
        handle_add(sw, msg);
    } else if (fm->command == OF_FLOW_DELETE_STRICT && i < sw->n_flows) {
        if (sw->flows[i].flags & OF_FF_SEND_FLOW_REM) {
            fake_expire(sw, i, OF_REMOVED_DELETE);
        } else {
            fake_drop_flow(sw, i);
        }
    }
}

/* --- Groups and meters ------------------------------------------------------------------------ */

static size_t find_group(const struct fake_switch *sw, uint32_t group_id)
{
    size_t i = 0;

    while (i < sw->n_groups && sw->groups[i].group_id != group_id) {
        i++;
    }
    return i;
}

static size_t find_meter(const struct fake_switch *sw, uint32_t meter_id)
{
    size_t i = 0;

    while (i < sw->n_meters && sw->meters[i].meter_id != meter_id) {
        i++;
    }
    return i;
}

const struct of_group_desc *fake_group(const struct fake_switch *sw, uint32_t group_id)
{
    size_t i = find_group(sw, group_id);

    return i < sw->n_groups ? &sw->groups[i] : NULL;
}

const struct of_meter *fake_meter(const struct fake_switch *sw, uint32_t meter_id)
{
    size_t i = find_meter(sw, meter_id);

    return i < sw->n_meters ? &sw->meters[i] : NULL;
}

/* Entries that lead to the group go with it (§6.5). */
void fake_drop_group(struct fake_switch *sw, uint32_t group_id)
{
    size_t at = find_group(sw, group_id);

    for (size_t i = sw->n_flows; i-- > 0;) {
        const struct of_actions *apply = &sw->flows[i].ins.apply;

        for (size_t k = 0; k < apply->n; k++) {
            if (apply->list[k].type == OF_ACT_GROUP && apply->list[k].group_id == group_id) {
                fake_drop_flow(sw, i);
                break;
            }
        }
    }
    if (at < sw->n_groups) {
        memmove(&sw->groups[at], &sw->groups[at + 1], (--sw->n_groups - at) * sizeof *sw->groups);
    }
}

static void store_group(struct fake_switch *sw, size_t at, const struct of_group_mod *gm)
{
    struct arena *arena = &sw->fake->arena;
    struct of_bucket *buckets = arena_calloc(arena, gm->n_buckets + 1, sizeof *buckets);

    for (size_t i = 0; i < gm->n_buckets; i++) {
        buckets[i] = gm->buckets[i];
        buckets[i].actions = copy_actions(sw->fake, &gm->buckets[i].actions);
    }
    sw->groups[at] = (struct of_group_desc){gm->type, gm->group_id, buckets, gm->n_buckets};
}

static void handle_group_mod(struct fake_switch *sw, const struct of_msg *msg)
{
    const struct of_group_mod *gm = &msg->group_mod;
    size_t at = find_group(sw, gm->group_id);

    if (gm->command == OF_GC_DELETE) {
        fake_drop_group(sw, gm->group_id);
    } else if (gm->command == OF_GC_ADD && at < sw->n_groups) {
        answer_error(sw, msg, OF_ERR_GROUP_EXISTS);
    } else if (gm->command == OF_GC_MODIFY && at == sw->n_groups) {
        answer_error(sw, msg, OF_ERR_GROUP_UNKNOWN_GROUP);
    } else if (at == sw->n_groups && at >= sw->max_groups) {
        answer_error(sw, msg, OF_ERR_GROUP_OUT_OF_GROUPS);
    } else {
        assert(at < FAKE_MAX_OBJECTS);
        store_group(sw, at, gm);
        sw->n_groups += at == sw->n_groups;
    }
}

static void handle_meter_mod(struct fake_switch *sw, const struct of_msg *msg)
{
    const struct of_meter_mod *mm = &msg->meter_mod;
    size_t at = find_meter(sw, mm->meter.meter_id);

    if (mm->command == OF_MC_ADD && at < sw->n_meters) {
        answer_error(sw, msg, OF_ERR_METER_EXISTS);
    } else if (mm->command != OF_MC_ADD && at == sw->n_meters) {
        answer_error(sw, msg, OF_ERR_METER_UNKNOWN_METER);
    } else if (mm->command == OF_MC_DELETE) {
        memmove(&sw->meters[at], &sw->meters[at + 1], (--sw->n_meters - at) * sizeof *sw->meters);
    } else {
        assert(at < FAKE_MAX_OBJECTS);
        sw->meters[at] = mm->meter;
        sw->meters[at].bands = arena_memdup(&sw->fake->arena, mm->meter.bands,
                                            mm->meter.n_bands * sizeof *mm->meter.bands);
        sw->n_meters += at == sw->n_meters;
    }
}

/* --- Multiparts ------------------------------------------------------------------------------- */

static bool is_asked(const struct of_flow_stats *flow, const struct of_flow_filter *filter)
{
    return (filter->table_id == OF_TABLE_ALL || filter->table_id == flow->table_id) &&
           (flow->cookie & filter->cookie_mask) == (filter->cookie & filter->cookie_mask);
}

static void answer_flows(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_flow_stats *list = xcalloc(sw->n_flows, sizeof *list);
    size_t n = 0, from = 0, step;
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};

    for (size_t i = 0; i < sw->n_flows; i++) {
        if (is_asked(&sw->flows[i], &request->mp_request.flow)) {
            list[n++] = sw->flows[i];
        }
    }
    step = sw->manners.flows_per_part ? sw->manners.flows_per_part : n + 1;
    do {
        msg.mp_reply.type = OF_MP_FLOW;
        msg.mp_reply.flows = list + from;
        msg.mp_reply.n = n - from < step ? n - from : step;
        from += msg.mp_reply.n;
        msg.mp_reply.more = from < n;
        fake_input(sw, &msg);
    } while (from < n);
    free(list);
}

static void answer_ports(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};
    size_t from = 0, n = sw->n_ports;
    size_t step = sw->manners.ports_per_part ? sw->manners.ports_per_part : n + 1;

    do {
        msg.mp_reply.type = OF_MP_PORT_DESC;
        msg.mp_reply.ports = sw->ports + from;
        msg.mp_reply.n = n - from < step ? n - from : step;
        from += msg.mp_reply.n;
        msg.mp_reply.more = from < n;
        fake_input(sw, &msg);
    } while (from < n);
}

static void answer_desc(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_desc desc = {.mfr_desc = "Tambo", .hw_desc = "fake"};
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};

    msg.mp_reply.type = OF_MP_DESC;
    msg.mp_reply.desc = &desc;
    fake_input(sw, &msg);
}

static uint32_t told_max(const struct fake_switch *sw)
{
    if (sw->told_max) {
        return sw->told_max;
    }
    return sw->max_flows < 1000000 ? (uint32_t)sw->max_flows : 1000000;
}

/* One table; 1.0 tells what it can hold here, later versions in the features. */
static void answer_tables(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_table_stats table = {.n_active = (uint32_t)sw->n_flows, .name = "only"};
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};

    if (sw->version == OF_VERSION_1_0) {
        table.max_entries = told_max(sw);
    } else {
        table.name[0] = '\0';
    }
    msg.mp_reply.type = OF_MP_TABLE;
    msg.mp_reply.tables = &table;
    msg.mp_reply.n = 1;
    fake_input(sw, &msg);
}

static void answer_table_features(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_table_features table = {.name = "only", .max_entries = told_max(sw)};
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};

    msg.mp_reply.type = OF_MP_TABLE_FEATURES;
    msg.mp_reply.table_features = &table;
    msg.mp_reply.n = 1;
    fake_input(sw, &msg);
}

static bool is_about_tables(enum of_mp_type type)
{
    return type == OF_MP_TABLE || type == OF_MP_TABLE_FEATURES;
}

static void answer_objects(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};

    msg.mp_reply.type = request->mp_request.type;
    if (msg.mp_reply.type == OF_MP_GROUP_DESC) {
        msg.mp_reply.group_descs = sw->groups;
        msg.mp_reply.n = sw->n_groups;
    } else {
        msg.mp_reply.meters = sw->meters;
        msg.mp_reply.n = sw->n_meters;
    }
    fake_input(sw, &msg);
}

static void handle_multipart(struct fake_switch *sw, const struct of_msg *msg)
{
    enum of_mp_type type = msg->mp_request.type;

    if ((type == OF_MP_DESC && sw->manners.no_desc) ||
        (type == OF_MP_FLOW && sw->manners.no_flow_stats) ||
        (is_about_tables(type) && sw->manners.no_table_stats)) {
        answer_error(sw, msg, OF_ERR_BAD_MULTIPART);
    } else if (type == OF_MP_DESC) {
        answer_desc(sw, msg);
    } else if (type == OF_MP_FLOW) {
        answer_flows(sw, msg);
    } else if (type == OF_MP_PORT_DESC) {
        answer_ports(sw, msg);
    } else if (type == OF_MP_GROUP_DESC || type == OF_MP_METER_CONFIG) {
        answer_objects(sw, msg);
    } else if (is_about_tables(type) && sw->manners.mute_tables) {
        return;
    } else if (type == OF_MP_TABLE) {
        answer_tables(sw, msg);
    } else if (type == OF_MP_TABLE_FEATURES && sw->version >= OF_VERSION_1_3) {
        answer_table_features(sw, msg);
    } else {
        answer_error(sw, msg, OF_ERR_BAD_MULTIPART);
    }
}

/* --- Ports and frames ------------------------------------------------------------------------- */

static size_t port_index(const struct fake_switch *sw, port_no_t port_no)
{
    assert(port_no >= 1 && port_no <= sw->n_ports && "no such port");
    return port_no - 1;
}

void fake_link(struct fake_switch *a, port_no_t a_port, struct fake_switch *b, port_no_t b_port)
{
    a->peers[port_index(a, a_port)].sw = b;
    a->peers[port_index(a, a_port)].port_no = b_port;
    b->peers[port_index(b, b_port)].sw = a;
    b->peers[port_index(b, b_port)].port_no = a_port;
}

void fake_port_set(struct fake_switch *sw, port_no_t port_no, bool up)
{
    struct of_port *port = &sw->ports[port_index(sw, port_no)];
    struct of_msg msg = {.type = OF_PORT_STATUS};

    port->state = up ? 0 : OF_PS_LINK_DOWN;
    msg.port_status = (struct of_port_status){OF_PORT_MODIFY, *port};
    fake_input(sw, &msg);
}

void fake_cut(struct fake_switch *sw, port_no_t port_no)
{
    struct fake_switch *peer = sw->peers[port_index(sw, port_no)].sw;
    port_no_t peer_port = sw->peers[port_index(sw, port_no)].port_no;

    assert(peer && "the port has no cable");
    sw->peers[port_index(sw, port_no)].sw = NULL;
    peer->peers[port_index(peer, peer_port)].sw = NULL;
    fake_port_set(sw, port_no, false);
    fake_port_set(peer, peer_port, false);
}

void fake_packet_in(struct fake_switch *sw, port_no_t port_no, const void *frame, size_t len)
{
    struct of_msg msg = {.type = OF_PACKET_IN};
    struct of_packet_in *p = &msg.packet_in;

    p->buffer_id = OF_NO_BUFFER;
    p->total_len = (uint16_t)len;
    p->reason = OF_REASON_NO_MATCH;
    p->cookie = UINT64_MAX;
    p->in_port = port_no;
    OF_MATCH_SET(&p->match, IN_PORT, in_port, port_no);
    p->data = (struct of_bytes){frame, len};
    fake_input(sw, &msg);
}

/* A frame that leaves through a port with a cable is a table-miss on the other side. */
static void handle_packet_out(const struct fake_switch *sw, const struct of_packet_out *po)
{
    for (size_t i = 0; i < po->actions.n; i++) {
        port_no_t port_no = po->actions.list[i].output.port;

        if (po->actions.list[i].type == OF_ACT_OUTPUT && port_no >= 1 && port_no <= sw->n_ports &&
            sw->peers[port_no - 1].sw && !(sw->ports[port_no - 1].state & OF_PS_LINK_DOWN)) {
            fake_packet_in(sw->peers[port_no - 1].sw, sw->peers[port_no - 1].port_no, po->data.data,
                           po->data.len);
        }
    }
}

/* --- The switch ------------------------------------------------------------------------------- */

static void answer_features(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .xid = request->xid};

    msg.features = (struct of_features){.dpid = sw->dpid, .n_tables = 1};
    if (sw->version == OF_VERSION_1_0) {
        msg.features.ports = sw->ports;
        msg.features.n_ports = sw->n_ports;
    } else {
        msg.features.auxiliary_id = sw->manners.auxiliary_id;
    }
    fake_input(sw, &msg);
}

static void answer_echo(struct fake_switch *sw, const struct of_msg *request)
{
    fake_input(sw,
               &(struct of_msg){.type = OF_ECHO_REPLY, .xid = request->xid, .echo = request->echo});
}

static void handle_role(struct fake_switch *sw, const struct of_msg *request)
{
    struct of_msg reply = {.type = OF_ROLE_REPLY, .xid = request->xid};
    enum of_role role = request->role.role;
    bool is_new = role == OF_ROLE_MASTER || role == OF_ROLE_SLAVE;

    if (sw->manners.no_roles) {
        answer_error(sw, request, OF_ERR_ROLE_UNSUP);
        return;
    }
    if (sw->manners.mute_roles) {
        return;
    }
    if (is_new &&
        (sw->manners.always_stale ||
         (sw->has_generation && (int64_t)(request->role.generation_id - sw->generation_id) < 0))) {
        answer_error(sw, request, OF_ERR_ROLE_STALE);
        return;
    }
    if (is_new) {
        sw->has_generation = true;
        sw->generation_id = request->role.generation_id;
    }
    sw->role = role == OF_ROLE_NOCHANGE ? sw->role : role;
    reply.role.role = sw->role;
    reply.role.generation_id = sw->has_generation ? sw->generation_id : UINT64_MAX;
    reply.role.short_id = 0xffff;
    fake_input(sw, &reply);
}

/* --- Bundles ---------------------------------------------------------------------------------- */

static void handle(struct fake_switch *sw, const struct of_msg *msg);

/* Does all that is in the bundle, or nothing. */
static bool commit_bundle(struct fake_switch *sw)
{
    struct of_flow_stats *flows = xmemdup(sw->flows, (sw->n_flows + 1) * sizeof *flows);
    struct fake_switch before = *sw;

    for (size_t i = 0; i < before.n_bundled; i++) {
        handle(sw, before.bundled[i]);
        if (sw->n_errors != before.n_errors) {
            memcpy(sw->flows, flows, before.n_flows * sizeof *flows);
            memcpy(sw->groups, before.groups, sizeof before.groups);
            memcpy(sw->meters, before.meters, sizeof before.meters);
            sw->n_flows = before.n_flows;
            sw->n_groups = before.n_groups;
            sw->n_meters = before.n_meters;
            break;
        }
    }
    free(flows);
    return sw->n_errors == before.n_errors;
}

static void handle_bundle_control(struct fake_switch *sw, const struct of_msg *msg)
{
    struct of_msg reply = {.type = OF_BUNDLE_CONTROL, .xid = msg->xid};
    bool is_open = msg->bundle_control.type == OF_BCT_OPEN_REQUEST;
    enum of_err err = OF_OK;

    if (is_open && sw->manners.few_bundles) {
        err = OF_ERR_BUNDLE_OUT_OF_BUNDLES;
    } else if (is_open) {
        assert(msg->bundle_control.bundle_id > sw->bundle_id && "an id is used again");
        sw->bundle_id = msg->bundle_control.bundle_id;
        sw->n_bundled = 0;
    } else if (sw->bundle_id != msg->bundle_control.bundle_id) {
        err = OF_ERR_BUNDLE_BAD_ID;
    } else if (msg->bundle_control.type == OF_BCT_COMMIT_REQUEST && !commit_bundle(sw)) {
        err = OF_ERR_BUNDLE_MSG_FAILED;
    }
    if (err != OF_OK) {
        answer_error(sw, msg, err);
        return;
    }
    reply.bundle_control = msg->bundle_control;
    reply.bundle_control.type++;
    fake_input(sw, &reply);
}

static void handle_bundle_add(struct fake_switch *sw, const struct of_msg *msg)
{
    if (sw->bundle_id != msg->bundle_add.bundle_id) {
        answer_error(sw, msg, OF_ERR_BUNDLE_BAD_ID);
    } else if (sw->manners.outside && msg->bundle_add.message->type == sw->manners.outside) {
        answer_error(sw, msg, OF_ERR_BUNDLE_MSG_UNSUP);
    } else {
        assert(sw->n_bundled < FAKE_MAX_OBJECTS);
        sw->bundled[sw->n_bundled++] = msg->bundle_add.message;
    }
}

static void handle_bundle(struct fake_switch *sw, const struct of_msg *msg)
{
    if (sw->manners.no_bundles) {
        answer_error(sw, msg, OF_ERR_BAD_TYPE);
    } else if (!sw->manners.mute_bundles && msg->type == OF_BUNDLE_CONTROL) {
        handle_bundle_control(sw, msg);
    } else if (!sw->manners.mute_bundles) {
        handle_bundle_add(sw, msg);
    }
}

static void handle(struct fake_switch *sw, const struct of_msg *msg)
{
    if (sw->manners.silent) {
        return;
    }
    if (msg->type == OF_FEATURES_REQUEST) {
        answer_features(sw, msg);
    } else if (msg->type == OF_ECHO_REQUEST && !sw->manners.no_echo) {
        answer_echo(sw, msg);
    } else if (msg->type == OF_BARRIER_REQUEST && !sw->manners.no_barrier) {
        answer(sw, msg, OF_BARRIER_REPLY);
    } else if (msg->type == OF_FLOW_MOD) {
        handle_flow_mod(sw, msg);
    } else if (msg->type == OF_GROUP_MOD) {
        handle_group_mod(sw, msg);
    } else if (msg->type == OF_METER_MOD) {
        handle_meter_mod(sw, msg);
    } else if (msg->type == OF_BUNDLE_CONTROL || msg->type == OF_BUNDLE_ADD_MESSAGE) {
        handle_bundle(sw, msg);
    } else if (msg->type == OF_ROLE_REQUEST) {
        handle_role(sw, msg);
    } else if (msg->type == OF_MULTIPART_REQUEST) {
        handle_multipart(sw, msg);
    } else if (msg->type == OF_PACKET_OUT) {
        handle_packet_out(sw, &msg->packet_out);
    }
}

void fake_handle(struct fake_switch *sw, size_t i)
{
    struct of_msg msg = sw->sent[i];

    handle(sw, &msg);
}

static void say_hello(struct fake_switch *sw)
{
    struct of_msg msg = {.type = OF_HELLO};

    if (sw->version >= OF_VERSION_1_3) {
        msg.hello.versions = 1U << sw->version;
    }
    fake_input(sw, &msg);
}

void fake_connect(struct fake_switch *sw)
{
    assert(!sw->session && "already connected");
    sw->closed = false;
    sw->n_handled = sw->n_sent;
    sw->bundle_id = 0;
    sw->role = OF_ROLE_EQUAL;
    sw->session = ctl_connected(sw->fake->ctl, sw, sw->peer);
    if (!sw->manners.silent && !sw->manners.no_hello) {
        say_hello(sw);
    }
}

void fake_disconnect(struct fake_switch *sw)
{
    struct session *session = sw->session;

    sw->session = NULL;
    sw->n_handled = sw->n_sent;
    ctl_disconnected(sw->fake->ctl, session);
}

/* Handles what the switch has been sent; true when there was something. */
static bool work(struct fake_switch *sw)
{
    bool worked = false;

    while (sw->session && sw->n_handled < sw->n_sent) {
        struct of_msg msg = sw->sent[sw->n_handled++];

        handle(sw, &msg);
        worked = true;
    }
    if (sw->session && sw->closed) {
        fake_disconnect(sw);
        worked = true;
    }
    return worked;
}

void fake_settle(struct fake *f)
{
    bool worked;

    do {
        worked = false;
        for (size_t i = 0; i < f->n_switches; i++) {
            worked = work(f->switches[i]) || worked;
        }
        while (mono_due(ctl_next_deadline(f->ctl), f->clock.now)) {
            ctl_run(f->ctl);
            worked = true;
        }
    } while (worked);
}

void fake_advance(struct fake *f, int64_t ns)
{
    mono_t end = mono_add(f->clock.now, ns);

    fake_settle(f);
    while (mono_due(ctl_next_deadline(f->ctl), end)) {
        f->clock.now = ctl_next_deadline(f->ctl);
        fake_settle(f);
    }
    f->clock.now = end;
    fake_settle(f);
}

/* --- Looking at what was sent ----------------------------------------------------------------- */

const struct of_msg *fake_sent(const struct fake_switch *sw, enum of_type type, size_t from,
                               size_t i)
{
    for (size_t k = from; k < sw->n_sent; k++) {
        if (sw->sent[k].type == type && i-- == 0) {
            return &sw->sent[k];
        }
    }
    return NULL;
}

size_t fake_count(const struct fake_switch *sw, enum of_type type, size_t from)
{
    size_t n = 0;

    for (size_t k = from; k < sw->n_sent; k++) {
        n += sw->sent[k].type == type;
    }
    return n;
}

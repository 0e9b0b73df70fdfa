#include "tests/openflow/of_gen.h"

#include <string.h>

#include "controller/base/hash.h"
#include "controller/openflow/of_field.h"
#include "tests/openflow/of_gen_parts.h"

struct of_gen of_gen_init(uint64_t seed, uint8_t version, struct arena *arena)
{
    return (struct of_gen){.state = hash_u64(seed), .version = version, .arena = arena};
}

static uint64_t next(struct of_gen *g)
{
    g->state += UINT64_C(0x9e3779b97f4a7c15);
    return hash_u64(g->state);
}

uint64_t of_gen_below(struct of_gen *g, uint64_t n)
{
    return next(g) % n;
}

bool gen_coin(struct of_gen *g)
{
    return next(g) & 1;
}

uint64_t of_gen_bits(struct of_gen *g, unsigned bits)
{
    uint64_t ones = of_num_ones(bits).lo;
    uint64_t v = next(g);

    switch (next(g) % 8) {
    case 0:
        return ones;
    case 1:
        return v % 4 & ones;
    default:
        return v & ones;
    }
}

bool of_gen_has_type(uint8_t version, enum of_type type)
{
    if (type >= OF_ROLE_STATUS) {
        return version >= OF_VERSION_1_5 ||
               (version == OF_VERSION_1_4 && type != OF_CONTROLLER_STATUS);
    }
    if (type == OF_QUEUE_GET_CONFIG_REQUEST || type == OF_QUEUE_GET_CONFIG_REPLY) {
        return version < OF_VERSION_1_4;
    }
    return version != OF_VERSION_1_0 ||
           (type != OF_TABLE_MOD && type != OF_ROLE_REQUEST && type != OF_ROLE_REPLY &&
            type != OF_GROUP_MOD && type != OF_METER_MOD && type != OF_GET_ASYNC_REQUEST &&
            type != OF_GET_ASYNC_REPLY && type != OF_SET_ASYNC);
}

bool of_gen_has_mp_type(uint8_t version, enum of_mp_type type)
{
    if (type >= OF_MP_TABLE_DESC) {
        return version >= OF_VERSION_1_5 ||
               (version == OF_VERSION_1_4 && type <= OF_MP_FLOW_MONITOR);
    }
    return version != OF_VERSION_1_0 || (type != OF_MP_TABLE_FEATURES && type != OF_MP_PORT_DESC &&
                                         (type < OF_MP_GROUP_STATS || type > OF_MP_METER_FEATURES));
}

/* --- Pieces ----------------------------------------------------------------------------------- */

struct of_bytes gen_bytes(struct of_gen *g, size_t max_len, size_t multiple_of)
{
    size_t len = of_gen_below(g, max_len / multiple_of + 1) * multiple_of;
    uint8_t *data = arena_alloc(g->arena, len);

    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)next(g);
    }
    return (struct of_bytes){data, len};
}

/* Text for a field of 'width' bytes with its terminating zero. */
void gen_text(struct of_gen *g, char *out, size_t width)
{
    size_t len = of_gen_below(g, width);

    for (size_t i = 0; i < len; i++) {
        out[i] = (char)('!' + of_gen_below(g, '~' - '!'));
    }
    out[len] = '\0';
}

struct eth_addr gen_eth(struct of_gen *g)
{
    return eth_addr_from_u64(of_gen_bits(g, 48));
}

/* An ordinary port, or one of the reserved ones. */
port_no_t gen_port_no(struct of_gen *g)
{
    uint32_t max = g->version == OF_VERSION_1_0 ? 0xff00 : OF_PORT_MAX;

    return of_gen_below(g, 3) ? (port_no_t)(1 + of_gen_below(g, max))
                              : OF_PORT_IN_PORT + (port_no_t)of_gen_below(g, 8);
}

port_no_t gen_ordinary_port(struct of_gen *g)
{
    uint32_t max = g->version == OF_VERSION_1_0 ? 0xff00 : OF_PORT_MAX;

    return 1 + (port_no_t)of_gen_below(g, max);
}

port_no_t gen_in_port(struct of_gen *g)
{
    return of_gen_below(g, 3) ? gen_ordinary_port(g)
                              : OF_PORT_CONTROLLER + (port_no_t)of_gen_below(g, 2);
}

static struct of_port_optical *gen_port_optical(struct of_gen *g)
{
    struct of_port_optical *o = arena_alloc(g->arena, sizeof *o);

    if (g->version < OF_VERSION_1_4 || gen_coin(g)) {
        return NULL;
    }
    o->supported = (uint32_t)of_gen_bits(g, 4);
    o->tx_min_freq = (uint32_t)of_gen_bits(g, 32);
    o->tx_max_freq = (uint32_t)of_gen_bits(g, 32);
    o->tx_grid_freq = (uint32_t)of_gen_bits(g, 32);
    o->rx_min_freq = (uint32_t)of_gen_bits(g, 32);
    o->rx_max_freq = (uint32_t)of_gen_bits(g, 32);
    o->rx_grid_freq = (uint32_t)of_gen_bits(g, 32);
    o->tx_pwr_min = (uint16_t)of_gen_bits(g, 16);
    o->tx_pwr_max = (uint16_t)of_gen_bits(g, 16);
    return o;
}

static void gen_port(struct of_gen *g, struct of_port *p)
{
    bool v10 = g->version == OF_VERSION_1_0;
    uint32_t features = v10 ? 0xf87f : 0xffff;

    memset(p, 0, sizeof *p);
    p->port_no = gen_port_no(g);
    p->hw_addr = gen_eth(g);
    gen_text(g, p->name, OF_PORT_NAME_LEN);
    p->config = (uint32_t)next(g) & (v10 ? 0x70065 : 0x65);
    p->state = (uint32_t)next(g) & (v10 ? 0x301 : 0x7);
    p->curr = (uint32_t)next(g) & features;
    p->advertised = (uint32_t)next(g) & features;
    p->supported = (uint32_t)next(g) & features;
    p->peer = (uint32_t)next(g) & features;
    p->optical = gen_port_optical(g);
    if (p->optical && gen_coin(g)) {
        p->curr = p->advertised = p->supported = p->peer = 0; /* No Ethernet. */
        return;
    }
    p->curr_speed_kbps = v10 ? of_port_speed_kbps(p->curr) : (uint32_t)of_gen_bits(g, 32);
    p->max_speed_kbps = v10 ? of_port_speed_kbps(p->supported) : (uint32_t)of_gen_bits(g, 32);
}

struct of_port *gen_ports(struct of_gen *g, size_t *n)
{
    struct of_port *ports;

    *n = of_gen_below(g, 5);
    ports = arena_calloc(g->arena, *n, sizeof *ports);
    for (size_t i = 0; i < *n; i++) {
        gen_port(g, &ports[i]);
    }
    return ports;
}

struct of_experimenter gen_experimenter(struct of_gen *g)
{
    struct of_experimenter e;

    e.experimenter = (uint32_t)of_gen_bits(g, 32);
    e.exp_type = (uint32_t)of_gen_bits(g, 32);
    e.data = gen_bytes(g, 40, 1);
    return e;
}

static struct of_port_mod_optical *gen_port_mod_optical(struct of_gen *g)
{
    struct of_port_mod_optical *o = arena_alloc(g->arena, sizeof *o);

    if (g->version < OF_VERSION_1_4 || gen_coin(g)) {
        return NULL;
    }
    o->configure = (uint32_t)of_gen_bits(g, 4);
    o->freq = (uint32_t)of_gen_bits(g, 32);
    o->offset = (int32_t)of_gen_bits(g, 31) - (int32_t)of_gen_bits(g, 31);
    o->grid_span = (uint32_t)of_gen_bits(g, 32);
    o->tx_pwr = (uint32_t)of_gen_bits(g, 32);
    return o;
}

static void gen_port_mod(struct of_gen *g, struct of_port_mod *p)
{
    bool v10 = g->version == OF_VERSION_1_0;

    p->port_no = gen_coin(g) ? OF_PORT_LOCAL : gen_ordinary_port(g);
    p->hw_addr = gen_eth(g);
    p->config = (uint32_t)next(g) & (v10 ? 0x70065 : 0x65);
    p->mask = (uint32_t)next(g) & (v10 ? 0x70065 : 0x65);
    p->advertise = (uint32_t)next(g) & (v10 ? 0xf87f : 0xffff);
    p->optical = gen_port_mod_optical(g);
    if (p->optical && gen_coin(g)) {
        p->advertise = 0;
    }
}

static void gen_async(struct of_gen *g, struct of_async *a)
{
    if (g->version >= OF_VERSION_1_4) {
        gen_async_14(g, a);
        return;
    }
    *a = (struct of_async){.said = {7, 7}};
    for (int i = 0; i < 2; i++) {
        a->packet_in[i] = (uint32_t)of_gen_bits(g, 3);
        a->port_status[i] = (uint32_t)of_gen_bits(g, 3);
        a->flow_removed[i] = (uint32_t)of_gen_bits(g, 4);
        a->said[i] = 7;
    }
}

/* --- Messages --------------------------------------------------------------------------------- */

static void gen_error(struct of_gen *g, struct of_error *e)
{
    enum of_err err = (enum of_err)(1 + of_gen_below(g, OF_N_ERRS - 1));

    memset(e, 0, sizeof *e);
    of_err_to_wire(err, g->version, &e->type, &e->code);
    e->err = of_err_from_wire(g->version, e->type, e->code);
    if (g->version != OF_VERSION_1_0 && of_gen_below(g, 8) == 0) {
        e->type = UINT16_MAX;
        e->experimenter = (uint32_t)of_gen_bits(g, 32);
        e->err = OF_N_ERRS;
    }
    e->data = gen_bytes(g, 64, 1);
}

static void gen_features(struct of_gen *g, struct of_features *f)
{
    bool v10 = g->version == OF_VERSION_1_0;

    memset(f, 0, sizeof *f);
    f->dpid = of_gen_bits(g, 64);
    f->n_buffers = (uint32_t)of_gen_bits(g, 32);
    f->n_tables = (uint8_t)of_gen_bits(g, 8);
    f->capabilities = (uint32_t)next(g) & (v10 ? 0x30067 : 0x16f);
    if (v10) {
        f->actions = (uint32_t)next(g) & 0xfff;
        f->ports = gen_ports(g, &f->n_ports);
    } else {
        f->auxiliary_id = (uint8_t)of_gen_bits(g, 8);
    }
}

static void gen_packet_in(struct of_gen *g, struct of_packet_in *p)
{
    bool v10 = g->version == OF_VERSION_1_0;

    p->data = gen_bytes(g, 128, 1);
    p->buffer_id = (uint32_t)of_gen_bits(g, 32);
    p->total_len = (uint16_t)(p->data.len + of_gen_below(g, 1400));
    p->reason = (enum of_packet_in_reason)of_gen_below(g, v10                           ? 2
                                                          : g->version < OF_VERSION_1_4 ? 3
                                                                                        : 6);
    p->table_id = v10 ? 0 : (uint8_t)of_gen_below(g, OF_TABLE_MAX);
    p->cookie = v10 ? UINT64_MAX : of_gen_bits(g, 64);
    p->in_port = 1 + (port_no_t)of_gen_below(g, 0xff00);
    of_match_clear(&p->match);
    if (!v10) {
        of_gen_match(g, &p->match);
    }
    OF_MATCH_SET(&p->match, IN_PORT, in_port, p->in_port);
}

static void gen_packet_out(struct of_gen *g, struct of_packet_out *p)
{
    p->buffer_id = gen_coin(g) ? OF_NO_BUFFER : (uint32_t)of_gen_bits(g, 31);
    p->in_port = gen_in_port(g);
    p->actions = gen_actions(g, false);
    if (g->version >= OF_VERSION_1_5) {
        gen_pipeline_fields(g, &p->match);
    }
    if (p->buffer_id == OF_NO_BUFFER) {
        do {
            p->data = gen_bytes(g, 128, 1);
        } while (p->data.len == 0);
    }
}

uint32_t gen_out_group(struct of_gen *g)
{
    return gen_coin(g) ? OF_GROUP_ANY : (uint32_t)of_gen_below(g, OF_GROUP_MAX);
}

static void gen_flow_mod(struct of_gen *g, struct of_flow_mod *f)
{
    bool v10 = g->version == OF_VERSION_1_0;
    bool deletes;

    memset(f, 0, sizeof *f);
    f->command = (enum of_flow_mod_command)of_gen_below(g, 5);
    deletes = f->command >= OF_FLOW_DELETE;
    f->cookie = of_gen_bits(g, 64);
    f->cookie_mask = v10 ? 0 : of_gen_bits(g, 64);
    f->table_id = v10 ? 0 : (uint8_t)of_gen_below(g, OF_TABLE_MAX);
    f->idle_timeout_s = (uint16_t)of_gen_bits(g, 16);
    f->hard_timeout_s = (uint16_t)of_gen_bits(g, 16);
    f->priority = (uint16_t)of_gen_bits(g, 16);
    f->importance = g->version < OF_VERSION_1_4 ? 0 : (uint16_t)of_gen_bits(g, 16);
    f->buffer_id = (uint32_t)of_gen_bits(g, 32);
    f->out_port = deletes ? gen_port_no(g) : OF_PORT_ANY;
    f->out_group = deletes && !v10 ? gen_out_group(g) : OF_GROUP_ANY;
    f->flags = (uint16_t)((next(g) & (v10 ? 3 : 0x1f)) | (v10 && gen_coin(g) ? OF_FF_EMERG : 0));
    if (f->flags & OF_FF_EMERG && !deletes) {
        f->idle_timeout_s = f->hard_timeout_s = 0;
    }
    of_gen_match(g, &f->match);
    gen_instructions(g, &f->match, &f->ins);
    if (f->ins.has_goto && f->ins.goto_table <= f->table_id) {
        f->ins.goto_table = (uint8_t)(f->table_id + 1);
    }
    gen_make_consistent(g, f);
}

static void gen_flow_removed(struct of_gen *g, struct of_flow_removed *f)
{
    bool v10 = g->version == OF_VERSION_1_0;

    memset(f, 0, sizeof *f);
    f->cookie = of_gen_bits(g, 64);
    f->priority = (uint16_t)of_gen_bits(g, 16);
    f->reason = (enum of_flow_removed_reason)of_gen_below(g, v10                           ? 3
                                                             : g->version < OF_VERSION_1_4 ? 4
                                                                                           : 6);
    f->table_id = v10 ? 0 : (uint8_t)of_gen_below(g, OF_TABLE_MAX);
    f->duration_s = (uint32_t)of_gen_bits(g, 32);
    f->duration_ns = (uint32_t)of_gen_below(g, 1000000000);
    f->idle_timeout_s = (uint16_t)of_gen_bits(g, 16);
    f->hard_timeout_s = v10 ? 0 : (uint16_t)of_gen_bits(g, 16);
    f->n_packets = of_gen_bits(g, 64);
    f->n_bytes = of_gen_bits(g, 64);
    of_gen_match(g, &f->match);
}

void of_gen_msg(struct of_gen *g, enum of_type type, enum of_mp_type mp_type, struct of_msg *msg)
{
    *msg = (struct of_msg){.version = g->version, .type = type};
    msg->xid = (uint32_t)of_gen_bits(g, 32);
    switch (type) {
    case OF_HELLO:
        msg->hello.versions = gen_coin(g) ? 0 : (uint32_t)of_gen_bits(g, 8);
        break;
    case OF_ERROR:
        gen_error(g, &msg->error);
        break;
    case OF_ECHO_REQUEST:
    case OF_ECHO_REPLY:
        msg->echo = gen_bytes(g, 100, 1);
        break;
    case OF_EXPERIMENTER:
        msg->experimenter = gen_experimenter(g);
        break;
    case OF_FEATURES_REPLY:
        gen_features(g, &msg->features);
        break;
    case OF_GET_CONFIG_REPLY:
    case OF_SET_CONFIG:
        msg->config.flags = (uint16_t)of_gen_below(g, 3);
        msg->config.miss_send_len = gen_max_len(g);
        break;
    case OF_PACKET_IN:
        gen_packet_in(g, &msg->packet_in);
        break;
    case OF_FLOW_REMOVED:
        gen_flow_removed(g, &msg->flow_removed);
        break;
    case OF_PORT_STATUS:
        msg->port_status.reason = (enum of_port_reason)of_gen_below(g, 3);
        gen_port(g, &msg->port_status.port);
        break;
    case OF_PACKET_OUT:
        gen_packet_out(g, &msg->packet_out);
        break;
    case OF_FLOW_MOD:
        gen_flow_mod(g, &msg->flow_mod);
        break;
    case OF_TABLE_MOD:
        gen_table_mod(g, &msg->table_mod);
        break;
    case OF_MULTIPART_REQUEST:
        gen_mp_request(g, mp_type, &msg->mp_request);
        break;
    case OF_MULTIPART_REPLY:
        gen_mp_reply(g, mp_type, &msg->mp_reply);
        break;
    case OF_ROLE_REQUEST:
    case OF_ROLE_REPLY:
        msg->role.role = (enum of_role)of_gen_below(g, 4);
        msg->role.generation_id = of_gen_bits(g, 64);
        msg->role.short_id = g->version >= OF_VERSION_1_5 ? (uint16_t)of_gen_bits(g, 16) : 0;
        break;
    case OF_PORT_MOD:
        gen_port_mod(g, &msg->port_mod);
        break;
    case OF_GROUP_MOD:
        gen_group_mod(g, &msg->group_mod);
        break;
    case OF_METER_MOD:
        gen_meter_mod(g, &msg->meter_mod);
        break;
    case OF_QUEUE_GET_CONFIG_REQUEST:
        msg->queue_port = gen_queue_port(g, false);
        break;
    case OF_QUEUE_GET_CONFIG_REPLY:
        gen_queue_config(g, &msg->queue_config);
        break;
    case OF_GET_ASYNC_REPLY:
    case OF_SET_ASYNC:
        gen_async(g, &msg->async);
        break;
    case OF_ROLE_STATUS:
        msg->role_status.role = (enum of_role)of_gen_below(g, 4);
        msg->role_status.reason = (enum of_role_reason)of_gen_below(g, 3);
        msg->role_status.generation_id = of_gen_bits(g, 64);
        break;
    case OF_TABLE_STATUS:
        msg->table_status.reason = gen_coin(g) ? OF_TR_VACANCY_DOWN : OF_TR_VACANCY_UP;
        gen_table_desc(g, &msg->table_status.table);
        break;
    case OF_REQUESTFORWARD:
        msg->requestforward.request = gen_held(g, gen_coin(g) ? OF_GROUP_MOD : OF_METER_MOD);
        break;
    case OF_BUNDLE_CONTROL:
        gen_bundle_control(g, &msg->bundle_control);
        break;
    case OF_BUNDLE_ADD_MESSAGE:
        gen_bundle_add(g, msg->xid, &msg->bundle_add);
        break;
    case OF_FEATURES_REQUEST:
    case OF_GET_CONFIG_REQUEST:
    case OF_BARRIER_REQUEST:
    case OF_BARRIER_REPLY:
    case OF_GET_ASYNC_REQUEST:
    case OF_N_TYPES:
        break;
    case OF_CONTROLLER_STATUS:
        gen_controller(g, &msg->controller_status);
        break;
    }
}

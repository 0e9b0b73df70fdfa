/* Connections to controllers: hello and version, what is sent on them and to whom, roles, asynchronous
 * configuration (OF 1.3.5 §6.3, §7.3.9, §7.3.10, §7.5.1). */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/world/swtch_impl.h"

enum { ERROR_DATA = 64 }; /* Bytes of the request that an error carries (§7.4.4). */

/* --- Life ------------------------------------------------------------------------------------ */

struct swtch_conn *swtch_add_controller(struct swtch *sw, swtch_send_fn *send, void *aux)
{
    struct swtch_conn *conn = xcalloc_lines(1, sizeof *conn), **link = &sw->conns;

    conn->sw = sw;
    conn->send = send;
    conn->aux = aux;
    while (*link) {
        link = &(*link)->next;
    }
    *link = conn;
    return conn;
}

struct swtch_conn *swtch_first_controller(struct swtch *sw)
{
    return sw->conns;
}

void swtch_conn_set(struct swtch_conn *conn, swtch_send_fn *send, void *aux)
{
    conn->send = send;
    conn->aux = aux;
}

void swtch_set_controller(struct swtch *sw, swtch_send_fn *send, void *aux)
{
    swtch_conn_set(sw->conns, send, aux);
}

void swtch_free_conns(struct swtch *sw)
{
    struct swtch_conn *next;

    for (struct swtch_conn *conn = sw->conns; conn; conn = next) {
        next = conn->next;
        swtch_bundles_discard(conn);
        buf_fini(&conn->parts);
        swtch_monitors_free(conn);
        free(conn);
    }
}

uint8_t swtch_version(const struct swtch *sw)
{
    return sw->conns->version;
}

uint8_t swtch_conn_version(const struct swtch_conn *conn)
{
    return conn->version;
}

bool swtch_conn_has_question(const struct swtch_conn *conn)
{
    return conn->n_questions > 0;
}

bool swtch_conn_is_answering(const struct swtch_conn *conn)
{
    return conn->is_answering;
}

enum of_role swtch_conn_role(const struct swtch_conn *conn)
{
    return conn->connected ? conn->role : OF_ROLE_EQUAL;
}

/* --- Sending --------------------------------------------------------------------------------- */

void swtch_send_to(struct swtch_conn *conn, struct of_msg *msg)
{
    if (!swtch_conn_is_ready(conn) || !conn->send) {
        return;
    }
    msg->version = conn->version;
    if (conn->sw->held) {
        swtch_hold(conn->sw->held, conn, msg);
    } else {
        conn->send(conn->aux, conn->sw, msg);
    }
}

void swtch_send(struct swtch *sw, struct of_msg *msg)
{
    swtch_send_to(sw->cur, msg);
}

static void send_error(struct swtch *sw, uint32_t xid, enum of_err err, const uint8_t *request,
                       size_t len)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = xid, .error = {.err = err}};

    of_err_to_wire(err, sw->cur->version, &msg.error.type, &msg.error.code);
    msg.error.data = (struct of_bytes){request, len < ERROR_DATA ? len : ERROR_DATA};
    sw->stats.n_errors++;
    swtch_send(sw, &msg);
}

/* Its bytes are made anew, so that the answer is the same whether it came as bytes or not. */
void swtch_refuse(struct swtch *sw, const struct of_msg *request, enum of_err err)
{
    buf_clear(&sw->request);
    if (of_encode(request, &sw->request) != ERR_OK) {
        buf_clear(&sw->request);
    }
    send_error(sw, request->xid, err, sw->request.data, sw->request.len);
}

/* --- Hello ----------------------------------------------------------------------------------- */

static uint8_t highest(uint32_t versions)
{
    return versions ? (uint8_t)(31 - __builtin_clz(versions)) : OF_VERSION_NONE;
}

/* What a new connection gets unasked (§6.3.5, and 1.4 §7.3.10 for what came later). */
static struct of_async default_async(void)
{
    enum { ALL_PORTS = 7, ALL_REMOVED = 0x3f, VACANCY = 1 << 3 | 1 << 4, ALL_STATUS = 0x7f };

    return (struct of_async){
        .packet_in = {0x3f & ~(1U << OF_REASON_INVALID_TTL), 0},
        .port_status = {ALL_PORTS, ALL_PORTS},
        .flow_removed = {ALL_REMOVED, 0},
        .role_status = {7, 7},
        .table_status = {VACANCY, 0},
        .flow_stats = {1U << OF_FSR_STAT_TRIGGER, 0},
        .controller_status = {ALL_STATUS, ALL_STATUS},
    };
}

/* A connection has come or gone. */
static void note_controllers(struct swtch *sw)
{
    bool alone = true, all_10 = true;

    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        alone = alone && !swtch_conn_is_ready(conn);
        all_10 = all_10 && (!swtch_conn_is_ready(conn) || conn->version == OF_VERSION_1_0);
    }
    sw->is_of_10 = alone ? sw->is_of_10 : all_10;
    swtch_set_alone(sw, alone);
}

void swtch_conn_connected(struct swtch_conn *conn)
{
    struct of_msg hello = {.type = OF_HELLO};
    uint32_t versions = conn->sw->params.versions;

    conn->connected = true;
    conn->n_connects++;
    conn->n_questions = 0;
    conn->version = OF_VERSION_NONE;
    conn->role = OF_ROLE_EQUAL;
    conn->short_id = 0;
    conn->miss_send_len = 128;
    conn->sched_future_ns = conn->sched_past_ns = NS_PER_S; /* 1.5 §7.3.5.20. */
    conn->async = default_async();
    hello.version = highest(versions);
    hello.hello.versions = hello.version > OF_VERSION_1_0 ? versions : 0;
    if (conn->send) {
        conn->send(conn->aux, conn->sw, &hello);
    }
}

void swtch_conn_disconnected(struct swtch_conn *conn)
{
    bool was_ready = swtch_conn_is_ready(conn);

    conn->connected = false;
    conn->version = OF_VERSION_NONE;
    if (was_ready) {
        swtch_tell_controllers(conn, OF_CSR_CHANNEL_STATUS);
    }
    buf_clear(&conn->parts);
    swtch_monitors_free(conn);
    swtch_bundles_discard(conn);
    note_controllers(conn->sw);
}

/* The highest version that both speak (§6.3.1); without a bitmap the other side speaks everything up
 * to the version of its hello. */
static void on_hello(struct swtch_conn *conn, const struct of_msg *msg)
{
    uint32_t theirs = msg->hello.versions, ours = conn->sw->params.versions;
    uint8_t lower = highest(ours);

    if (theirs) {
        conn->version = highest(theirs & ours);
    } else {
        lower = msg->version < lower ? msg->version : lower;
        conn->version = (ours >> lower & 1) ? lower : OF_VERSION_NONE;
    }
    if (conn->version == OF_VERSION_NONE) {
        conn->version = highest(ours);
        swtch_refuse(conn->sw, msg, OF_ERR_HELLO_INCOMPATIBLE);
        conn->version = OF_VERSION_NONE;
    }
}

/* --- Input ----------------------------------------------------------------------------------- */

static void input(struct swtch_conn *conn, const struct of_msg *msg)
{
    struct swtch *sw = conn->sw;
    enum of_err err;

    if (conn->version == OF_VERSION_NONE) {
        if (msg->type == OF_HELLO) {
            on_hello(conn, msg);
            note_controllers(sw);
            if (conn->version != OF_VERSION_NONE) {
                swtch_tell_controllers(conn, OF_CSR_CHANNEL_STATUS);
            }
        }
        return;
    }
    if (msg->version != conn->version && msg->type != OF_HELLO) {
        swtch_refuse(sw, msg, OF_ERR_BAD_VERSION);
        return;
    }
    err = swtch_dispatch(sw, msg);
    if (msg->type == OF_MULTIPART_REQUEST) {
        arena_fini(
            &sw->arena); /* Its answers are large and rare: thousands of switches keep none. */
    }
    arena_reset(&sw->arena);
    if (err != OF_OK) {
        swtch_refuse(sw, msg, err);
    }
}

void swtch_conn_do(struct swtch_conn *conn, const struct of_msg *msg)
{
    conn->sw->cur = conn;
    input(conn, msg);
    conn->sw->cur = conn->sw->conns;
}

void swtch_conn_input(struct swtch_conn *conn, const struct of_msg *msg)
{
    bool waits;

    if (!conn->connected) {
        return;
    }
    conn->sw->cur = conn;
    waits = conn->version != OF_VERSION_NONE && swtch_cpu_message(conn, msg);
    conn->sw->cur = conn->sw->conns;
    if (!waits) {
        swtch_conn_do(conn, msg);
    }
}

void swtch_conn_input_bad(struct swtch_conn *conn, const struct of_msg *head, enum of_err err,
                          const uint8_t *frame, size_t len)
{
    if (swtch_conn_is_ready(conn)) {
        conn->sw->cur = conn;
        send_error(conn->sw, head->xid, err, frame, len);
        conn->sw->cur = conn->sw->conns;
    }
}

void swtch_connected(struct swtch *sw)
{
    swtch_conn_connected(sw->conns);
}

void swtch_disconnected(struct swtch *sw)
{
    swtch_conn_disconnected(sw->conns);
}

void swtch_input(struct swtch *sw, const struct of_msg *msg)
{
    swtch_conn_input(sw->conns, msg);
}

void swtch_input_bad(struct swtch *sw, const struct of_msg *head, enum of_err err,
                     const uint8_t *frame, size_t len)
{
    swtch_conn_input_bad(sw->conns, head, err, frame, len);
}

/* --- Roles ----------------------------------------------------------------------------------- */

/* There is one master at most: the one before becomes a slave, and 1.4 tells it (1.4 §7.4.4). */
static void demote(struct swtch_conn *conn)
{
    struct of_msg msg = {.type = OF_ROLE_STATUS,
                         .role_status = {.role = OF_ROLE_SLAVE,
                                         .reason = OF_RR_MASTER_REQUEST,
                                         .generation_id = conn->sw->generation_id}};

    conn->role = OF_ROLE_SLAVE;
    swtch_tell_controllers(conn, OF_CSR_ROLE);
    if (conn->version >= OF_VERSION_1_4 &&
        swtch_conn_wants(conn, conn->async.role_status, OF_RR_MASTER_REQUEST)) {
        swtch_send_to(conn, &msg);
    }
}

static void take_role(struct swtch *sw, enum of_role role)
{
    for (struct swtch_conn *conn = sw->conns; conn && role == OF_ROLE_MASTER; conn = conn->next) {
        if (conn != sw->cur && conn->role == OF_ROLE_MASTER) {
            demote(conn);
        }
    }
    if (role != OF_ROLE_NOCHANGE) {
        sw->cur->role = role;
    }
}

/* 1.5 §7.3.8: a controller may have a number of its own. */
static bool names_none(uint16_t short_id)
{
    return !short_id || short_id == UINT16_MAX;
}

static bool is_taken(const struct swtch *sw, uint16_t short_id)
{
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn != sw->cur && conn->short_id == short_id) {
            return true;
        }
    }
    return false;
}

/* The others hear of a role that has changed, and of a number. */
static void tell_role(struct swtch_conn *conn, enum of_role before, uint16_t short_id)
{
    if (!names_none(short_id) && conn->short_id != short_id) {
        conn->short_id = short_id;
        swtch_tell_controllers(conn, OF_CSR_SHORT_ID);
    }
    if (conn->role != before) {
        swtch_tell_controllers(conn, OF_CSR_ROLE);
    }
}

/* A master or slave role is taken only with a generation that is not older than the last (§6.3.4). */
enum of_err swtch_role(struct swtch *sw, const struct of_msg *msg)
{
    struct of_msg reply = {.type = OF_ROLE_REPLY, .xid = msg->xid};
    enum of_role role = msg->role.role, before = sw->cur->role;
    uint16_t short_id = sw->cur->version < OF_VERSION_1_5 ? 0 : msg->role.short_id;

    if ((unsigned)role > OF_ROLE_SLAVE) {
        return OF_ERR_ROLE_BAD_ROLE;
    }
    if (!names_none(short_id) && is_taken(sw, short_id)) {
        return OF_ERR_ROLE_ID_IN_USE;
    }
    if (role == OF_ROLE_MASTER || role == OF_ROLE_SLAVE) {
        if (sw->has_generation && (int64_t)(msg->role.generation_id - sw->generation_id) < 0) {
            return OF_ERR_ROLE_STALE;
        }
        sw->has_generation = true;
        sw->generation_id = msg->role.generation_id;
    }
    take_role(sw, role);
    tell_role(sw->cur, before, short_id);
    reply.role.role = sw->cur->role;
    reply.role.short_id = sw->cur->short_id;
    reply.role.generation_id = sw->has_generation ? sw->generation_id : UINT64_MAX;
    swtch_send(sw, &reply);
    return OF_OK;
}

/* --- Requests of others ------------------------------------------------------------------------ */

void swtch_forward_request(struct swtch *sw, const struct of_msg *request)
{
    enum { GROUP_BIT = 0, METER_BIT = 1 };
    struct of_msg msg = {.type = OF_REQUESTFORWARD, .requestforward = {.request = request}};
    unsigned bit = request->type == OF_GROUP_MOD ? GROUP_BIT : METER_BIT;

    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn != sw->cur && conn->version >= OF_VERSION_1_4 &&
            swtch_conn_wants(conn, conn->async.requestforward, bit)) {
            swtch_send_to(conn, &msg);
        }
    }
}

/* --- Asynchronous configuration --------------------------------------------------------------- */

enum { N_PAIRS = 8 };

/* The pair that bit 'i' of 'said' stands for. */
static uint32_t *pair(struct of_async *a, unsigned i)
{
    uint32_t *const pairs[N_PAIRS] = {
        a->packet_in,    a->port_status,    a->flow_removed, a->role_status,
        a->table_status, a->requestforward, a->flow_stats,   a->controller_status,
    };

    return pairs[i];
}

void swtch_set_async(struct swtch *sw, const struct of_async *async)
{
    struct of_async said = *async;

    for (unsigned i = 0; i < N_PAIRS; i++) {
        for (unsigned r = 0; r < 2; r++) {
            if (said.said[r] >> i & 1) {
                pair(&sw->cur->async, i)[r] = pair(&said, i)[r];
            }
        }
    }
}

/* The reasons that 1.3 has. */
static void leave_1_3(struct of_async *a)
{
    for (unsigned r = 0; r < 2; r++) {
        a->packet_in[r] &= (2U << OF_REASON_INVALID_TTL) - 1;
        a->flow_removed[r] &= (2U << OF_REMOVED_GROUP_DELETE) - 1;
    }
}

/* As many pairs as the version has. */
void swtch_reply_async(struct swtch *sw, uint32_t xid)
{
    struct of_msg msg = {.type = OF_GET_ASYNC_REPLY, .xid = xid, .async = sw->cur->async};
    uint8_t version = sw->cur->version;
    uint32_t said = version < OF_VERSION_1_4 ? 7 : version < OF_VERSION_1_5 ? 0x3f : 0xff;

    msg.async.said[0] = msg.async.said[1] = said;
    if (version < OF_VERSION_1_4) {
        leave_1_3(&msg.async);
    }
    swtch_send(sw, &msg);
}

#include "experiments/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/arena.h"
#include "controller/config/config_params.h"
#include "controller/core/ctl.h"
#include "controller/live/live_pcap.h"
#include "controller/northbound/nb.h"
#include "controller/openflow/of_codec.h"

#define TYPE_FEATURES_REPLY 6 /* In every version. */

struct conn {
    struct session *session; /* NULL: not connected. */
    const char *peer;
    dpid_t dpid;
    bool closed; /* By the core. */
    struct pcap_flow flow;
};

struct replay {
    const struct capture *capture;
    struct replay_result *result;
    struct ctl *ctl;
    struct nb *nb; /* What requests from the north are handled by. */
    const char *modules[APP_N_MODULES + 1];
    struct clock clock;
    struct southbound southbound;
    struct store_ops store;
    struct conn *conns;
    size_t next; /* The event that is next. */
    struct arena arena;
    struct buf message;
    struct live_pcap *out; /* NULL: not wanted. */
    bool differs;
};

/* --- Differences ------------------------------------------------------------------------------ */

static void print_message(struct replay *r, const uint8_t *frame, size_t len, char *out)
{
    struct of_msg msg;

    arena_reset(&r->arena);
    if (of_decode(frame, len, &r->arena, &msg) == OF_OK) {
        of_msg_print(&msg, out, REPLAY_TEXT_SIZE);
    } else {
        snprintf(out, REPLAY_TEXT_SIZE, "a message of %zu bytes that cannot be decoded", len);
    }
}

/* What the recorded core did in 'e', with its switch unless that is 'about'. */
static void print_event(struct replay *r, const struct capture_event *e, const struct conn *about,
                        char *out)
{
    const struct conn *conn = &r->conns[e->conn];
    char text[REPLAY_TEXT_SIZE];

    switch (e->kind) {
    case CAPTURE_OUT:
        print_message(r, capture_bytes(r->capture, e), e->len, text);
        break;
    case CAPTURE_CLOSE:
        snprintf(text, sizeof text, "closed the connection");
        break;
    case CAPTURE_REFUSED:
        snprintf(text, sizeof text, "sent a message that was refused: %s",
                 err_text((enum err)e->number));
        break;
    case CAPTURE_PAIR:
    case CAPTURE_EACH:
        snprintf(out, REPLAY_TEXT_SIZE, "read the table \"%s\" of the store",
                 (const char *)capture_bytes(r->capture, e));
        return;
    case CAPTURE_WROTE:
        snprintf(out, REPLAY_TEXT_SIZE, "wrote to the store, which failed");
        return;
    case CAPTURE_OPEN:
    case CAPTURE_EXPECT:
    case CAPTURE_IN:
    case CAPTURE_RUN:
    case CAPTURE_GONE:
    case CAPTURE_SFLOW:
    case CAPTURE_REST:
        snprintf(out, REPLAY_TEXT_SIZE, "nothing");
        return;
    }
    if (conn == about) {
        snprintf(out, REPLAY_TEXT_SIZE, "%s", text);
    } else {
        snprintf(out, REPLAY_TEXT_SIZE, "%.900s (to %.100s)", text, conn->peer ? conn->peer : "?");
    }
}

/* Notes the first difference: 'e' was next (NULL: the recording is over), 'replayed' (written into
 * the result beforehand) was done, with 'conn' (NULL: no switch). */
static void differ(struct replay *r, const struct capture_event *e, const struct conn *conn)
{
    struct replay_result *result = r->result;

    r->differs = true;
    result->same = false;
    result->at_s = ns_to_s(mono_diff_ns(r->clock.now, r->capture->start));
    result->byte = SIZE_MAX;
    result->has_conn = conn != NULL;
    if (conn) {
        snprintf(result->peer, sizeof result->peer, "%s", conn->peer);
        result->dpid = conn->dpid;
    }
    if (e) {
        print_event(r, e, conn, result->recorded);
    } else {
        snprintf(result->recorded, sizeof result->recorded, "nothing: it ends before");
    }
}

static const struct capture_event *peek(const struct replay *r)
{
    return r->next < r->capture->n_events ? &r->capture->events[r->next] : NULL;
}

/* --- Southbound ------------------------------------------------------------------------------- */

static void keep(struct replay *r, struct conn *conn, enum pcap_side side, const uint8_t *data,
                 size_t len)
{
    if (r->out) {
        pcap_flow_write(r->out, &conn->flow, side, data, len,
                        r->clock.now.ns + r->capture->wall_offset_ns);
    }
}

static size_t first_difference(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t i = 0;

    while (i < a_len && i < b_len && a[i] == b[i]) {
        i++;
    }
    return i;
}

static void compare(struct replay *r, struct conn *conn)
{
    const struct capture_event *e = peek(r);
    const struct buf *m = &r->message;
    bool here = e && e->conn == (uint32_t)(conn - r->conns);
    const uint8_t *recorded = e ? capture_bytes(r->capture, e) : NULL;

    if (here && e->kind == CAPTURE_OUT && e->len == m->len &&
        memcmp(recorded, m->data, m->len) == 0) {
        r->next++;
        r->result->n_out++;
        return;
    }
    print_message(r, m->data, m->len, r->result->replayed);
    differ(r, e, conn);
    if (here && e->kind == CAPTURE_OUT) {
        r->result->byte = first_difference(recorded, e->len, m->data, m->len);
    }
}

static enum err southbound_send(void *aux, void *conn_, const struct of_msg *msg)
{
    struct replay *r = aux;
    struct conn *conn = conn_;
    const struct capture_event *e = peek(r);
    enum err err;

    if (r->differs) {
        return ERR_CLOSED;
    }
    if (e && e->kind == CAPTURE_REFUSED && e->conn == (uint32_t)(conn - r->conns)) {
        r->next++;
        return (enum err)e->number;
    }
    buf_clear(&r->message);
    err = of_encode(msg, &r->message);
    if (err == ERR_OK) {
        keep(r, conn, PCAP_CONTROLLER, r->message.data, r->message.len);
        compare(r, conn);
    }
    return err;
}

static void southbound_close(void *aux, void *conn_)
{
    struct replay *r = aux;
    struct conn *conn = conn_;
    const struct capture_event *e = peek(r);

    conn->closed = true;
    if (r->differs) {
        return;
    }
    if (e && e->kind == CAPTURE_CLOSE && e->conn == (uint32_t)(conn - r->conns)) {
        r->next++;
        return;
    }
    snprintf(r->result->replayed, sizeof r->result->replayed, "closed the connection");
    differ(r, e, conn);
}

static size_t southbound_tx_room(void *aux, void *conn)
{
    (void)aux;
    (void)conn;
    return SIZE_MAX / 2;
}

/* --- Store ------------------------------------------------------------------------------------ */

static bool is_about(const struct replay *r, const struct capture_event *e, enum capture_kind kind,
                     const char *table)
{
    return e && e->kind == kind && strcmp((const char *)capture_bytes(r->capture, e), table) == 0;
}

static enum err store_each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    struct replay *r = aux;
    const struct capture_event *e;

    if (r->differs) {
        return ERR_IO;
    }
    for (e = peek(r); is_about(r, e, CAPTURE_PAIR, table); e = peek(r)) {
        const char *key = (const char *)capture_bytes(r->capture, e) + strlen(table) + 1;

        r->next++;
        fn(fn_aux, key, key + strlen(key) + 1);
    }
    if (is_about(r, e, CAPTURE_EACH, table)) {
        r->next++;
        return (enum err)e->number;
    }
    snprintf(r->result->replayed, sizeof r->result->replayed, "read the table \"%s\" of the store",
             table);
    differ(r, e, NULL);
    return ERR_IO;
}

static enum err store_wrote(struct replay *r)
{
    const struct capture_event *e = peek(r);

    if (r->differs || !e || e->kind != CAPTURE_WROTE) {
        return ERR_OK;
    }
    r->next++;
    return (enum err)e->number;
}

static enum err store_put(void *aux, const char *table, const char *key, const char *value)
{
    (void)table;
    (void)key;
    (void)value;
    return store_wrote(aux);
}

static enum err store_del(void *aux, const char *table, const char *key)
{
    (void)table;
    (void)key;
    return store_wrote(aux);
}

/* --- What the core is given ------------------------------------------------------------------- */

static void note_dpid(struct conn *conn, const uint8_t *data, size_t len)
{
    struct rd r = rd_init(data, len);

    if (len >= 16 && data[1] == TYPE_FEATURES_REPLY) {
        rd_skip(&r, OF_HEADER_LEN);
        conn->dpid = rd_u64(&r);
    }
}

/* As controller/live does it: what is no frame is answered as one. */
static void give_input(struct replay *r, struct conn *conn, const uint8_t *data, size_t len)
{
    struct of_msg msg = {.version = len ? data[0] : 0};
    enum of_err err = OF_ERR_BAD_LEN;
    size_t frame_len;

    arena_reset(&r->arena);
    if (of_frame_split(data, len, &frame_len) == OF_FRAME_WHOLE) {
        err = of_decode(data, len, &r->arena, &msg);
    } else if (len == OF_HEADER_LEN) {
        struct rd rd = rd_init(data + 4, 4);

        msg.xid = rd_u32(&rd);
    }
    r->result->n_in++;
    note_dpid(conn, data, len);
    if (err == OF_OK) {
        ctl_input(r->ctl, conn->session, &msg);
    } else {
        ctl_input_bad(r->ctl, conn->session, &msg, err, data, len);
    }
}

static void give_open(struct replay *r, struct conn *conn, const char *peer)
{
    conn->peer = peer;
    if (r->out) {
        pcap_flow_open(r->out, &conn->flow, peer, NULL,
                       r->clock.now.ns + r->capture->wall_offset_ns);
    }
    r->result->n_connections++;
    conn->session = ctl_connected(r->ctl, conn, peer);
}

static void give_gone(struct replay *r, struct conn *conn)
{
    struct session *session = conn->session;

    if (r->out) {
        pcap_flow_close(r->out, &conn->flow, conn->closed ? PCAP_CONTROLLER : PCAP_SWITCH,
                        r->clock.now.ns + r->capture->wall_offset_ns);
    }
    conn->session = NULL;
    ctl_disconnected(r->ctl, session);
}

/* Nobody waits for the answer: what matters is what the core does. */
static void on_answer(void *aux, const struct nb_answer *answer)
{
    (void)aux;
    (void)answer;
}

static const char *unless_empty(const char *text)
{
    return text[0] ? text : NULL;
}

static void give_request(struct replay *r, const struct capture_event *e)
{
    const char *words[4], *at = (const char *)capture_bytes(r->capture, e), *end = at + e->len;
    struct nb_request request = {.user = "replay"};

    for (size_t i = 0; i < 4; i++) {
        words[i] = at;
        at += strlen(at) + 1;
    }
    request.role = e->number < NB_N_ROLES ? (enum nb_role)e->number : NB_NOBODY;
    request.method = words[0];
    request.path = words[1];
    request.query = unless_empty(words[2]);
    request.content_type = unless_empty(words[3]);
    request.body = at;
    request.len = (size_t)(end - at);
    r->result->n_rest++;
    (void)nb_handle(r->nb, &request, on_answer, NULL);
}

/* The core did not do what 'e' says that it did. */
static void give_nothing(struct replay *r, const struct capture_event *e)
{
    bool store = e->kind == CAPTURE_PAIR || e->kind == CAPTURE_EACH || e->kind == CAPTURE_WROTE;

    snprintf(r->result->replayed, sizeof r->result->replayed, "nothing");
    differ(r, e, store ? NULL : &r->conns[e->conn]);
}

static void give(struct replay *r, const struct capture_event *e)
{
    struct conn *conn = &r->conns[e->conn];
    const uint8_t *data = capture_bytes(r->capture, e);

    switch (e->kind) {
    case CAPTURE_OPEN:
        give_open(r, conn, (const char *)data);
        break;
    case CAPTURE_EXPECT:
        ctl_expect_dpid(conn->session, e->number);
        break;
    case CAPTURE_IN:
        if (conn->closed) {
            snprintf(r->result->replayed, sizeof r->result->replayed,
                     "had closed the connection already");
            differ(r, e, conn);
            break;
        }
        keep(r, conn, PCAP_SWITCH, data, e->len);
        give_input(r, conn, data, e->len);
        break;
    case CAPTURE_RUN:
        ctl_run(r->ctl);
        break;
    case CAPTURE_GONE:
        give_gone(r, conn);
        break;
    case CAPTURE_SFLOW:
        r->result->n_sflow++;
        ctl_sflow(r->ctl, data, e->len);
        break;
    case CAPTURE_REST:
        give_request(r, e);
        break;
    case CAPTURE_OUT:
    case CAPTURE_CLOSE:
    case CAPTURE_REFUSED:
    case CAPTURE_PAIR:
    case CAPTURE_EACH:
    case CAPTURE_WROTE:
        give_nothing(r, e);
        break;
    }
}

static void play(struct replay *r)
{
    const struct capture_event *e;

    while (!r->differs && (e = peek(r))) {
        r->next++;
        r->clock.now = e->at;
        r->result->recorded_s = ns_to_s(mono_diff_ns(e->at, r->capture->start));
        give(r, e);
    }
}

/* --- Beginning and end ------------------------------------------------------------------------ */

static void init(struct replay *r, const struct replay_params *params, struct replay_result *result)
{
    *result = (struct replay_result){.same = true, .byte = SIZE_MAX};
    *r = (struct replay){.capture = params->capture, .result = result};
    r->clock.now = params->capture->start;
    r->conns = xcalloc((size_t)params->capture->n_conns + 1, sizeof *r->conns);
    r->southbound = (struct southbound){.aux = r,
                                        .send = southbound_send,
                                        .close = southbound_close,
                                        .tx_room = southbound_tx_room};
    r->store = (struct store_ops){.aux = r, .put = store_put, .del = store_del, .each = store_each};
}

static bool make_core(struct replay *r, const struct replay_params *params, struct log *log,
                      char *error, size_t error_size)
{
    struct ctl_module_use uses[APP_N_MODULES + 1];
    struct ctl_params core = config_params(params->config, uses);
    const char *failed = NULL;

    r->nb = nb_new(&(struct nb_params){.version = params->capture->version,
                                       .clock = &r->clock,
                                       .max_body_bytes = params->config->rest.max_body_bytes});
    uses[core.n_modules++] = (struct ctl_module_use){.module = &nb_module, .settings = r->nb};
    for (size_t i = 0; i < core.n_modules; i++) {
        r->modules[i] = uses[i].module->name;
    }

    core.clock = &r->clock;
    core.southbound = &r->southbound;
    core.store = params->config->store.path[0] ? &r->store : NULL;
    core.log = params->log ? log : NULL;
    core.hash_key = params->capture->hash_key;
    core.core_id = params->capture->core_id;
    memcpy(core.lldp_key, params->capture->lldp_key, sizeof core.lldp_key);
    r->ctl = ctl_new(&core, &failed);
    nb_serve(r->nb, r->ctl, r->modules, core.n_modules);
    if (!r->ctl && !r->differs) {
        snprintf(error, error_size, "app %s did not start", failed);
    }
    return r->ctl || r->differs;
}

bool replay_run(const struct replay_params *params, struct replay_result *result, char *error,
                size_t error_size)
{
    struct replay r;
    struct log log;
    bool ok = true;

    init(&r, params, result);
    log_init(&log, &r.clock, log_to_stderr, NULL);
    log.level = params->level;
    if (params->out) {
        r.out = live_pcap_open(params->out, error, error_size);
        ok = r.out != NULL;
    }
    ok = ok && make_core(&r, params, &log, error, error_size);
    if (ok && r.ctl) {
        play(&r);
    }
    ctl_free(r.ctl);
    nb_free(r.nb);
    if (!live_pcap_close(r.out)) {
        snprintf(error, error_size, "%s: could not be written", params->out);
        ok = false;
    }
    arena_fini(&r.arena);
    buf_fini(&r.message);
    free(r.conns);
    return ok;
}

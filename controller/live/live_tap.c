/* The message tap: which messages, from which connections, into which file. See live_tap.h. */
#include "controller/live/live_tap.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/live/live_conn.h"
#include "controller/live/live_tap_int.h"
#include "controller/openflow/of_codec.h"

LOG_MODULE(tap);

/* While it is not known whether a connection is wanted, so much of it is held; one that has said
 * more without saying its features is not. */
#define MAX_HELD_BYTES 65536

#define TYPE_FEATURES_REPLY 6 /* In every version. */

enum choice { CHOICE_OPEN, CHOICE_TAKEN, CHOICE_LEFT };

struct tap_conn {
    struct list in_tap;
    struct tap_conn **slot; /* The connection's pointer to this. */
    enum choice choice;
    struct pcap_flow flow; /* When taken. */
    uint64_t number;
    struct buf held; /* While the choice is open: side, instant, length, message; again. */
};

/* --- Connections ------------------------------------------------------------------------------ */

static int64_t wall_ns(const struct live_tap *tap)
{
    return tap->live->params.clock->now.ns + tap->wall_offset_ns;
}

/* Not the core's instant, which stands for the whole turn, but the present one: what the controller took to answer is
 * in the capture. */
static int64_t said_ns(const struct live_tap *tap)
{
    const struct live_params *p = &tap->live->params;

    return p->time(p->time_aux).ns + tap->wall_offset_ns;
}

/* The controller's end of the connection, as an address; NULL when it has none. */
static const char *own_address(const struct live_conn *conn, char *out, size_t size)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char host[64], port[16];

    if (conn->fd < 0 || getsockname(conn->fd, (struct sockaddr *)&ss, &len) != 0 ||
        (ss.ss_family != AF_INET && ss.ss_family != AF_INET6) ||
        getnameinfo((struct sockaddr *)&ss, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return NULL;
    }
    snprintf(out, size, ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return out;
}

static void tap_message(struct live_tap *tap, struct tap_conn *t, enum pcap_side side,
                        const uint8_t *data, size_t len, int64_t at_ns)
{
    pcap_flow_write(tap->pcap, &t->flow, side, data, len, at_ns);
    tap->written = true;
}

static void write_held(struct live_tap *tap, struct tap_conn *t)
{
    struct rd r = rd_init(t->held.data, t->held.len);

    while (r.left) {
        enum pcap_side side = rd_u8(&r) ? PCAP_CONTROLLER : PCAP_SWITCH;
        int64_t at_ns = (int64_t)rd_u64(&r);
        size_t len = rd_u32(&r);

        tap_message(tap, t, side, rd_bytes(&r, len), len, at_ns);
    }
    buf_fini(&t->held);
    t->held = BUF_INIT;
}

static void take(struct live_tap *tap, struct live_conn *conn)
{
    struct tap_conn *t = conn->tap;
    char own[96];
    struct rd first = rd_init(t->held.data, t->held.len);
    int64_t at_ns;

    rd_u8(&first);
    at_ns = t->held.len ? (int64_t)rd_u64(&first) : wall_ns(tap);
    buf_clear(&tap->scratch);
    journal_event(tap, TAP_OPEN, " %s", journal_text(&tap->scratch, conn->peer));
    pcap_flow_open(tap->pcap, &t->flow, conn->peer, own_address(conn, own, sizeof own), at_ns);
    t->number = tap->n_flows++;
    t->choice = CHOICE_TAKEN;
    tap->written = true;
    write_held(tap, t);
}

static void leave(struct tap_conn *t)
{
    t->choice = CHOICE_LEFT;
    buf_fini(&t->held);
    t->held = BUF_INIT;
}

/* True when 'peer', "10.0.0.7:4711" or "[fe80::1%eth0]:4711", is at 'address'. */
static bool is_at(const char *peer, const char *address)
{
    size_t n = strlen(address);

    peer += peer[0] == '[';
    if (strncmp(peer, "::ffff:", 7) == 0 && strchr(peer, '.')) {
        peer += 7;
    }
    return strncmp(peer, address, n) == 0 && strchr(strchr(address, ':') ? "%]" : ":]", peer[n]);
}

/* Whether one of the switches that were asked for is at 'peer' or is the datapath 'dpid' (NULL: not
 * known). */
static bool is_chosen(const struct live_tap *tap, const char *peer, const dpid_t *dpid)
{
    for (size_t i = 0; i < tap->params.n_switches; i++) {
        const char *text = tap->switches[i];

        if (strpbrk(text, ".:") ? is_at(peer, text) : dpid && strtoull(text, NULL, 16) == *dpid) {
            return true;
        }
    }
    return tap->params.n_switches == 0;
}

/* The datapath on a connection that was there before the tap. */
static bool find_dpid(const struct live_tap *tap, const struct live_conn *conn, dpid_t *dpid)
{
    for (size_t i = 0; i < tap->params.n_switches; i++) {
        const struct datapath *dp;

        *dpid = strtoull(tap->switches[i], NULL, 16);
        dp = strpbrk(tap->switches[i], ".:") ? NULL : datapath_find(tap->live->ctl, *dpid);
        if (dp && datapath_is_ready(dp) && strcmp(datapath_peer(dp), conn->peer) == 0) {
            return true;
        }
    }
    return false;
}

static void conn_free_tap(struct tap_conn *t)
{
    *t->slot = NULL;
    list_remove(&t->in_tap);
    list_remove(&t->flow.in_list);
    buf_fini(&t->held);
    free(t);
}

static struct tap_conn *tap_conn(struct live_conn *conn, bool is_new)
{
    struct live_tap *tap = conn->live->tap;
    struct tap_conn *t = conn->tap;
    dpid_t dpid;

    if (t) {
        return t;
    }
    t = xcalloc(1, sizeof *t);
    t->slot = &conn->tap;
    list_init(&t->flow.in_list);
    list_push_back(&tap->conns, &t->in_tap);
    conn->tap = t;
    if (is_chosen(tap, conn->peer, NULL) ||
        (!is_new && find_dpid(tap, conn, &dpid) && is_chosen(tap, conn->peer, &dpid))) {
        take(tap, conn);
    }
    return t;
}

static void hold(struct tap_conn *t, enum pcap_side side, const uint8_t *data, size_t len,
                 int64_t at_ns)
{
    if (t->held.len + len > MAX_HELD_BYTES) {
        leave(t);
        return;
    }
    buf_put_u8(&t->held, side);
    buf_put_u64(&t->held, (uint64_t)at_ns);
    buf_put_u32(&t->held, len);
    buf_put(&t->held, data, len);
}

static void tap_bytes(struct live_conn *conn, enum pcap_side side, const uint8_t *data, size_t len,
                      int64_t at_ns)
{
    struct live_tap *tap = conn->live->tap;
    struct tap_conn *t = tap_conn(conn, false);

    journal_request(tap);
    switch (t->choice) {
    case CHOICE_TAKEN:
        tap_message(tap, t, side, data, len, at_ns);
        break;
    case CHOICE_OPEN:
        hold(t, side, data, len, at_ns);
        break;
    case CHOICE_LEFT:
        break;
    }
}

/* --- What happens ----------------------------------------------------------------------------- */

static void flush(struct live_tap *tap);

void tap_opened(struct live_conn *conn)
{
    tap_conn(conn, true);
}

void tap_expects(struct live_conn *conn, dpid_t dpid)
{
    journal_event(conn->live->tap, TAP_EXPECT, " %llu " DPID_FMT,
                  (unsigned long long)conn->tap->number, DPID_ARGS(dpid));
}

/* A features reply says the datapath id, in every version at the same place. */
static void look_for_dpid(struct live_conn *conn, const uint8_t *data, size_t len)
{
    struct rd r = rd_init(data, len);
    dpid_t dpid;

    if (conn->tap->choice != CHOICE_OPEN || len < 16 || data[1] != TYPE_FEATURES_REPLY) {
        return;
    }
    rd_skip(&r, OF_HEADER_LEN);
    dpid = rd_u64(&r);
    if (is_chosen(conn->live->tap, conn->peer, &dpid)) {
        take(conn->live->tap, conn);
    } else {
        leave(conn->tap);
    }
}

void tap_received(struct live_conn *conn, const uint8_t *data, size_t len)
{
    struct live_tap *tap = conn->live->tap;

    tap_bytes(conn, PCAP_SWITCH, data, len, wall_ns(tap));
    look_for_dpid(conn, data, len);
    if (tap->params.every_message) {
        flush(tap);
    }
}

void tap_gone(struct live_conn *conn)
{
    struct live_tap *tap = conn->live->tap;

    if (conn->tap && conn->tap->choice == CHOICE_TAKEN) {
        pcap_flow_close(tap->pcap, &conn->tap->flow,
                        conn->state == CONN_GONE ? PCAP_SWITCH : PCAP_CONTROLLER, wall_ns(tap));
        tap->written = true;
    }
    if (conn->tap) {
        conn_free_tap(conn->tap);
    }
}

void tap_runs(struct live *live)
{
    struct live_tap *tap = live->tap;

    journal_event(tap, TAP_RUN, "%s", "");
    tap->written |= tap->complete;
    if (tap->params.every_message) {
        flush(tap);
    }
}

/* --- Southbound ------------------------------------------------------------------------------- */

static enum err tapped_send(void *aux, void *conn_, const struct of_msg *msg)
{
    struct live *live = aux;
    struct live_conn *conn = conn_;
    enum err err = live->tap->southbound.send(aux, conn, msg);

    if (err == ERR_OK) {
        buf_clear(&live->tap->message);
        of_encode(msg, &live->tap->message);
        tap_bytes(conn, PCAP_CONTROLLER, live->tap->message.data, live->tap->message.len,
                  said_ns(live->tap));
    } else if (err == ERR_FULL || err == ERR_CLOSED) {
        journal_event(live->tap, err == ERR_FULL ? TAP_FULL : TAP_CLOSED, " %llu",
                      (unsigned long long)tap_conn(conn, false)->number);
    }
    return err;
}

static void tapped_close(void *aux, void *conn_)
{
    struct live *live = aux;
    struct live_conn *conn = conn_;

    journal_event(live->tap, TAP_CLOSE, " %llu", (unsigned long long)tap_conn(conn, false)->number);
    live->tap->southbound.close(aux, conn);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

static void flush(struct live_tap *tap)
{
    live_pcap_flush(tap->pcap);
    if (tap->complete) {
        fflush(tap->journal);
    }
    tap->written = false;
}

/* The next file. Connections go on in it. */
static bool rotate(struct live_tap *tap)
{
    struct live_pcap *old_pcap = tap->pcap;
    FILE *old_journal = tap->journal;
    bool ok =
        tap_open_files(tap, "its beginning is in an older file, only the first can be replayed");
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &tap->conns) {
        struct tap_conn *t = LIST_ENTRY(e, struct tap_conn, in_tap);

        if (ok && t->choice == CHOICE_TAKEN) {
            pcap_flow_move(tap->pcap, &t->flow);
        }
    }
    live_pcap_close(old_pcap);
    fclose(old_journal);
    return ok;
}

static uint64_t size_of(const struct live_tap *tap)
{
    return live_pcap_bytes(tap->pcap) + tap->journal_bytes;
}

void tap_turn_ends(struct live *live)
{
    struct live_tap *tap = live->tap;
    uint64_t max = tap->params.max_bytes;

    if (!tap->written) {
        return;
    }
    flush(tap);
    if (!live_pcap_flush(tap->pcap) || ferror(tap->journal)) {
        LOG_ERROR(live->params.log, "the message tap has stopped: %s: %s", tap->path,
                  strerror(errno));
        live_tap_stop(live);
    } else if (max && size_of(tap) >= max && !tap->params.rotate) {
        LOG_WARN(live->params.log, "the message tap has stopped: %s has reached its size",
                 tap->path);
        live_tap_stop(live);
    } else if (max && size_of(tap) >= max && !rotate(tap)) {
        live_tap_stop(live);
    }
}

/* What no clock of the core says: which time of the day an instant was. */
static int64_t wall_offset(const struct live *live)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec - live->params.clock->now.ns;
}

static struct live_tap *tap_new(struct live *live, const struct live_tap_params *params)
{
    struct live_tap *tap = xcalloc(1, sizeof *tap);

    tap->live = live;
    tap->params = *params;
    tap->path = xstrdup(params->path);
    tap->head = params->head ? xstrdup(params->head) : NULL;
    tap->switches = xcalloc(params->n_switches + 1, sizeof *tap->switches);
    for (size_t i = 0; i < params->n_switches; i++) {
        tap->switches[i] = xstrdup(params->switches[i]);
    }
    tap->wall_offset_ns = wall_offset(live);
    list_init(&tap->conns);
    return tap;
}

static void tap_free(struct live_tap *tap)
{
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &tap->conns) {
        conn_free_tap(LIST_ENTRY(e, struct tap_conn, in_tap));
    }
    tap_close_files(tap);
    for (size_t i = 0; i < tap->params.n_switches; i++) {
        free(tap->switches[i]);
    }
    free(tap->switches);
    free(tap->path);
    free(tap->head);
    buf_fini(&tap->message);
    buf_fini(&tap->scratch);
    buf_fini(&tap->request_text);
    free(tap);
}

enum err live_tap_start(struct live *live, const struct live_tap_params *params)
{
    struct live_tap *tap;
    const char *why_not = NULL;

    live_tap_stop(live);
    tap = tap_new(live, params);
    if (params->n_switches) {
        why_not = "it has chosen switches only";
    } else if (!params->head) {
        why_not = "the tap was switched on later than tambod was started";
    }
    if (!tap_open_files(tap, why_not)) {
        tap_free(tap);
        return ERR_IO;
    }
    flush(tap);
    tap->southbound = live->southbound;
    live->southbound.send = tapped_send;
    live->southbound.close = tapped_close;
    live->tap = tap;
    LOG_INFO(live->params.log, "messages go to %s", params->path);
    return ERR_OK;
}

void live_tap_stop(struct live *live)
{
    if (live->tap) {
        journal_event(live->tap, TAP_END, "%s", "");
        live->southbound.send = live->tap->southbound.send;
        live->southbound.close = live->tap->southbound.close;
        tap_free(live->tap);
        live->tap = NULL;
    }
}

bool live_tap_is_on(const struct live *live)
{
    return live->tap != NULL;
}

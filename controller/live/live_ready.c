/* Whose input is read in a turn, and how much of it.
 *
 * A switch that sends at full speed always has more to read, so it is its neighbours that have to be
 * thought of. A connection whose reads have lately been as large as they may be is *greedy*, the
 * others are *quiet*:
 *
 *      events ─▶ the quiet ones ─▶ their answers leave ─▶ the greedy ones, a quantum each
 *             ─▶ answers leave ─▶ TLS handshakes, a few
 *
 * While nobody else is there the quantum is large: large reads are what throughput is made of. While
 * quiet switches are about, the greedy ones divide a small budget, so that a quiet one waits for one
 * short turn at most. What was not read stays in the kernel, and TCP slows the sender down. A
 * quantum limits messages too, because a few bytes may be a lot of work; the frames that it leaves
 * over wait in the connection, which is not read from until they are done. */
#include "controller/live/live_conn.h"

/* For so many turns after a quiet connection has said something, quiet ones are "about". */
#define QUIET_TURNS 128

/* All greedy connections together may bring so much in a turn while quiet ones are about and while
 * they are not, and each of them at least and at most so much. */
#define BUDGET_BYTES_AMONG_QUIET ((size_t)16384)
#define BUDGET_BYTES ((size_t)2097152)
#define QUANTUM_MIN_BYTES ((size_t)4096)
#define QUANTUM_MAX_BYTES_AMONG_QUIET ((size_t)8192)
#define QUANTUM_MAX_BYTES ((size_t)65536)

/* So many bytes of answers are worth a write of their own, before the next connection is read from. */
#define SEND_NOW_BYTES ((size_t)4096)

/* After so many reads that left nothing behind a connection is quiet again. */
#define GREEDY_READS 32

/* TLS handshakes that go on in a turn: each may cost a signature, about a millisecond. */
#define HANDSHAKES_IN_A_TURN 4

static struct list *list_of(struct live_conn *conn)
{
    if (conn->shaking) {
        return &conn->live->ready_shaking;
    }
    return conn->n_greedy ? &conn->live->ready_greedy : &conn->live->ready_quiet;
}

void conn_ready(struct live_conn *conn)
{
    if (list_is_empty(&conn->in_ready)) {
        list_push_back(list_of(conn), &conn->in_ready);
    }
}

bool ready_any(const struct live *live)
{
    return !list_is_empty(&live->ready_quiet) || !list_is_empty(&live->ready_greedy) ||
           !list_is_empty(&live->ready_shaking);
}

static bool is_among_quiet(const struct live *live)
{
    return live->n_conns > 1 && live->counters.turns - live->quiet_turn < QUIET_TURNS;
}

static size_t quantum(const struct live *live, size_t n_greedy)
{
    bool among_quiet = is_among_quiet(live);
    size_t budget = among_quiet ? BUDGET_BYTES_AMONG_QUIET : BUDGET_BYTES;
    size_t most = among_quiet ? QUANTUM_MAX_BYTES_AMONG_QUIET : QUANTUM_MAX_BYTES;
    size_t each = budget / n_greedy;

    each = each < QUANTUM_MIN_BYTES ? QUANTUM_MIN_BYTES : each;
    return each < most ? each : most;
}

/* One read, and what it brought. */
static void serve(struct live_conn *conn, size_t most)
{
    uint64_t before = conn->live->counters.bytes_in;
    uint64_t n;

    if (!conn->listening) {
        return; /* It is ready again when it is listened to. */
    }
    if (conn->has_rest) {
        conn->n_greedy = GREEDY_READS;
        conn_go_on(conn, most);
        if (conn->state == CONN_OPEN) {
            conn_ready(conn); /* Its transport may have more, and has said so before. */
        }
        return;
    }
    conn->transport->receive(conn, most);
    n = conn->live->counters.bytes_in - before;
    if (conn_queued(conn) >= SEND_NOW_BYTES) {
        conn_flush(conn); /* While it is in the cache: it would leave at the end of the turn anyway. */
    }
    if (n == most) {
        conn->n_greedy = GREEDY_READS;
    } else if (conn->n_greedy) {
        conn->n_greedy--;
    } else if (n) {
        conn->live->quiet_turn = conn->live->counters.turns;
    }
}

/* Serves those who are in 'ready' now; who becomes ready meanwhile waits for the next turn. */
static void serve_all(struct list *ready, size_t most, size_t n)
{
    struct list now, *e;

    list_init(&now);
    for (; n && (e = list_pop_front(ready)); n--) {
        list_push_back(&now, e);
    }
    while ((e = list_pop_front(&now))) {
        serve(LIST_ENTRY(e, struct live_conn, in_ready), most);
    }
}

void ready_serve_quiet(struct live *live)
{
    serve_all(&live->ready_quiet, QUANTUM_MAX_BYTES_AMONG_QUIET, SIZE_MAX);
}

bool ready_serve_greedy(struct live *live)
{
    size_t n = list_size(&live->ready_greedy);
    bool any = ready_any(live);

    if (n) {
        serve_all(&live->ready_greedy, quantum(live, n), n);
    }
    serve_all(&live->ready_shaking, QUANTUM_MAX_BYTES, HANDSHAKES_IN_A_TURN);
    return any;
}

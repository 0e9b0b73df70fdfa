/* The processor of a switch, where it takes time: three stations, each with one server and a queue.
 *
 *   messages    what controllers send, in order. A flow-mod takes its time and that of the hardware
 *               (table_add_ns()), and has its effect when that is over; all else takes none, but waits.
 *               Entries that move up are done here, too.
 *   frames      whose entry is in software, or that have none while software might have had one
 *   packet-ins
 *
 * What takes no time and finds nobody waiting is done at once. Messages wait as bytes. */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/world/stage.h"
#include "simnet/world/swtch_pass.h"

enum { CPU_KIND = 0x5c90, MAX_MESSAGES = 65536 };
enum { MESSAGES, FRAMES, PACKET_INS, N_STATIONS };

struct job {
    struct job *next;
    struct buf bytes;
    struct swtch_conn *conn; /* Of a message and a packet-in; NULL: an entry moves up. */
    uint32_t n_connects;     /* Of that connection: a later one is another. */
    bool is_question;        /* Counts in n_questions of that connection. */
    uint8_t table_id;        /* Of the entry that moves up. */
    uint32_t entry;
    uint64_t stamp;
    struct suspended_pass pass; /* Of a frame. */
};

struct station {
    struct swtch *sw;
    struct sim_event done;
    struct job *head, *tail; /* The first is being served. */
    uint32_t n;
    bool running; /* A job is at work in this instant. */
};

struct swtch_cpu {
    struct station stations[N_STATIONS];
    struct arena arena; /* Of the message at work. */
};

/* --- What jobs take and do --------------------------------------------------------------------- */

static int64_t flow_mod_ns(const struct swtch *sw, const struct of_flow_mod *fm)
{
    bool is_here = swtch_table_in_use(sw, fm->table_id) && !(fm->flags & OF_FF_EMERG);
    struct of_flow_mod own;

    return sw->params.hw.cpu.flow_mod_ns +
           (is_here ? table_add_ns(sw->tables[fm->table_id], swtch_as_meant(sw, fm, &own)) : 0);
}

static int64_t message_ns(struct swtch *sw, const struct of_msg *msg)
{
    return msg->type == OF_FLOW_MOD         ? flow_mod_ns(sw, &msg->flow_mod)
           : msg->type == OF_BUNDLE_CONTROL ? swtch_bundle_ns(sw, msg, flow_mod_ns)
                                            : 0;
}

static bool is_alive(const struct job *job)
{
    return job->conn->connected && job->conn->n_connects == job->n_connects;
}

static int64_t job_ns(struct station *st, const struct job *job)
{
    struct swtch *sw = st->sw;
    struct swtch_cpu *cpu = sw->cpu;
    struct of_msg msg;
    int64_t ns = 0;

    if (st == &cpu->stations[FRAMES]) {
        return sw->params.hw.cpu.software_ns;
    }
    if (st == &cpu->stations[PACKET_INS]) {
        return sw->params.hw.cpu.packet_in_ns;
    }
    if (!job->conn) {
        return table_up_ns(sw->tables[job->table_id], job->entry, job->stamp);
    }
    if (is_alive(job) && of_decode(job->bytes.data, job->bytes.len, &cpu->arena, &msg) == OF_OK) {
        sw->cur = job->conn;
        ns = message_ns(sw, &msg);
        sw->cur = sw->conns;
    }
    arena_reset(&cpu->arena);
    return ns;
}

static bool is_question(const struct of_msg *msg)
{
    return msg->type == OF_MULTIPART_REQUEST && !msg->mp_request.more;
}

static void answer(struct job *job, const struct of_msg *msg, enum of_err err)
{
    job->conn->n_questions -= job->is_question;
    job->conn->is_answering = true;
    if (err == OF_OK) {
        swtch_conn_do(job->conn, msg);
    } else {
        swtch_conn_input_bad(job->conn, msg, err, job->bytes.data, job->bytes.len);
    }
    job->conn->is_answering = false;
}

static void do_message(struct swtch *sw, struct job *job, bool is_packet_in)
{
    struct of_msg msg;
    enum of_err err;

    if (!is_alive(job)) {
        return;
    }
    err = of_decode(job->bytes.data, job->bytes.len, &sw->cpu->arena, &msg);
    if (is_packet_in) {
        swtch_send_to(job->conn, &msg);
    } else {
        answer(job, &msg, err);
    }
    arena_reset(&sw->cpu->arena);
}

static void do_job(struct station *st, struct job *job)
{
    struct swtch *sw = st->sw;

    if (st == &sw->cpu->stations[FRAMES]) {
        swtch_path_resume(sw, &job->pass, &job->bytes);
    } else if (job->conn) {
        do_message(sw, job, st == &sw->cpu->stations[PACKET_INS]);
    } else {
        table_end_up(sw->tables[job->table_id], job->entry, job->stamp);
    }
}

static void free_job(struct job *job)
{
    buf_fini(&job->bytes);
    free(job->pass.set);
    free(job);
}

/* --- Stations -------------------------------------------------------------------------------- */

static void serve_first(struct station *st)
{
    struct job *job = st->head;

    st->running = true;
    do_job(st, job);
    st->running = false;
    st->head = job->next;
    st->tail = st->head ? st->tail : NULL;
    st->n--;
    free_job(job);
}

/* Serves what takes no time, and begins with what does. */
static void go_on(struct station *st)
{
    while (st->head) {
        int64_t ns = job_ns(st, st->head);

        if (ns > 0) {
            sim_at(st->sw->sim, &st->done, mono_add(sim_now(st->sw->sim), ns));
            return;
        }
        serve_first(st);
    }
}

static void on_done(void *aux, struct sim_event *event)
{
    struct station *st = aux;

    (void)event;
    sim_trace_u64(st->sw->sim, st->sw->id);
    serve_first(st);
    go_on(st);
}

static void put(struct station *st, struct job *job)
{
    if (st->tail) {
        st->tail->next = job;
    } else {
        st->head = job;
    }
    st->tail = job;
    st->n++;
    if (st->n == 1 && !st->running) {
        go_on(st);
    }
}

/* --- What comes ------------------------------------------------------------------------------ */

static struct job *message_job(struct swtch_conn *conn, const struct of_msg *msg)
{
    struct job *job = xcalloc(1, sizeof *job);

    job->conn = conn;
    job->n_connects = conn->n_connects;
    if (of_encode(msg, &job->bytes) != ERR_OK) {
        free_job(job);
        return NULL;
    }
    return job;
}

bool swtch_cpu_message(struct swtch_conn *conn, const struct of_msg *msg)
{
    struct swtch *sw = conn->sw;
    struct station *st = sw->cpu ? &sw->cpu->stations[MESSAGES] : NULL;
    struct job *job;

    if (!st || (!st->n && message_ns(sw, msg) == 0)) {
        return false;
    }
    if (st->n >= MAX_MESSAGES) {
        swtch_refuse(sw, msg, OF_ERR_REQ_EPERM);
        return true;
    }
    job = message_job(conn, msg);
    if (job) {
        job->is_question = is_question(msg);
        conn->n_questions += job->is_question;
        put(st, job);
    }
    return job != NULL;
}

bool swtch_cpu_has_room_for_packet_in(const struct swtch *sw)
{
    return !sw->cpu || !sw->params.hw.cpu.packet_in_ns ||
           sw->cpu->stations[PACKET_INS].n < sw->params.hw.cpu.packet_in_queue;
}

void swtch_cpu_packet_in(struct swtch_conn *conn, struct of_msg *msg)
{
    struct swtch *sw = conn->sw;
    struct job *job;

    if (!sw->cpu || !sw->params.hw.cpu.packet_in_ns) {
        swtch_send_to(conn, msg);
        return;
    }
    msg->version = conn->version;
    job = message_job(conn, msg);
    if (job) {
        put(&sw->cpu->stations[PACKET_INS], job);
    }
}

void swtch_cpu_suspend(struct pass *pass)
{
    struct swtch *sw = pass->sw;
    struct station *st = &sw->cpu->stations[FRAMES];
    struct job *job;

    if (st->n >= sw->params.hw.cpu.software_queue) {
        sw->stats.n_software_drops++;
        return;
    }
    job = xcalloc(1, sizeof *job);
    buf_put(&job->bytes, pass->frame.buf->data, pass->frame.buf->len);
    job->pass = (struct suspended_pass){
        .in_port = pass->in_port,
        .table_id = pass->table_id,
        .metadata = pass->metadata,
        .tunnel_id = pass->tunnel_id,
        .queue_id = pass->queue_id,
        .set = pass->set.n ? xmemdup(pass->set.list, pass->set.n * sizeof pass->set.list[0]) : NULL,
        .n_set = pass->set.n,
    };
    put(st, job);
}

void swtch_cpu_used(struct swtch *sw, uint8_t table_id, uint32_t entry)
{
    uint64_t stamp = sw->cpu ? table_begin_up(sw->tables[table_id], entry) : 0;
    struct job *job;

    if (!stamp) {
        return;
    }
    job = xcalloc(1, sizeof *job);
    job->table_id = table_id;
    job->entry = entry;
    job->stamp = stamp;
    put(&sw->cpu->stations[MESSAGES], job);
}

/* --- Life ------------------------------------------------------------------------------------ */

void swtch_cpu_start(struct swtch *sw)
{
    const struct swtch_cpu_params *p = &sw->params.hw.cpu;

    if (!sw->params.hw.tcam.n_slots && !p->flow_mod_ns && !p->packet_in_ns) {
        return;
    }
    sw->cpu = xcalloc(1, sizeof *sw->cpu);
    for (unsigned i = 0; i < N_STATIONS; i++) {
        struct station *st = &sw->cpu->stations[i];

        st->sw = sw;
        sim_event_init(&st->done, CPU_KIND + i, SIM_PRIO_NORMAL, on_done, st);
        st->done.stage = STAGE_AGENT;
    }
}

void swtch_cpu_clear(struct swtch *sw)
{
    struct job *next;

    for (unsigned i = 0; sw->cpu && i < N_STATIONS; i++) {
        struct station *st = &sw->cpu->stations[i];

        sim_cancel(sw->sim, &st->done);
        for (struct job *job = st->head; job; job = next) {
            next = job->next;
            free_job(job);
        }
        st->head = st->tail = NULL;
        st->n = 0;
    }
}

void swtch_cpu_free(struct swtch *sw)
{
    swtch_cpu_clear(sw);
    if (sw->cpu) {
        arena_fini(&sw->cpu->arena);
    }
    free(sw->cpu);
}

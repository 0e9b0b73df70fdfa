#include "tests/live/fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "tests/live/tls_peer.h"

static void keep_line(void *aux, enum log_level level, const char *line)
{
    struct fixture *f = aux;
    size_t len = strlen(f->lines);

    (void)level;
    f->n_lines++;
    snprintf(f->lines + len, sizeof f->lines - len, "%s\n", line);
}

static mono_t own_time(void *aux)
{
    return ((struct fixture *)aux)->time;
}

void fixture_init(struct fixture *f, const struct live_params *params,
                  const struct core_settings *settings)
{
    struct live_params p = params ? *params : (struct live_params){0};
    struct ctl_params c = {.settings = settings ? *settings : core_settings_default(),
                           .clock = &f->clock,
                           .log = &f->log};

    *f = (struct fixture){0};
    log_init(&f->log, &f->clock, keep_line, f);
    p.clock = &f->clock;
    p.log = &f->log;
    if (!p.time) {
        p.time = own_time;
        p.time_aux = f;
    }
    f->live = live_new(&p);
    c.southbound = live_southbound(f->live);
    f->ctl = ctl_new(&c, NULL);
    assert_non_null(f->ctl);
    live_drive(f->live, f->ctl);
}

void fixture_fini(struct fixture *f)
{
    ctl_free(f->ctl);
    live_free(f->live);
    arena_fini(&f->arena);
}

void fixture_settle(struct fixture *f)
{
    int quiet = 0;

    while (quiet < 3) {
        uint64_t before = live_counters(f->live)->bytes_in + live_counters(f->live)->bytes_out;

        live_turn(f->live, false);
        quiet = before == live_counters(f->live)->bytes_in + live_counters(f->live)->bytes_out
                    ? quiet + 1
                    : 0;
    }
}

void fixture_advance(struct fixture *f, int64_t d_ns)
{
    mono_t end = mono_add(f->time, d_ns);

    for (;;) {
        mono_t next = live_next_deadline(f->live);

        if (mono_is_never(next) || mono_before(end, next)) {
            break;
        }
        f->time = mono_before(f->time, next) ? next : f->time;
        fixture_settle(f);
    }
    f->time = end;
    fixture_settle(f);
}

bool fixture_logged(const struct fixture *f, const char *text)
{
    return strstr(f->lines, text) != NULL;
}

/* --- Peers ------------------------------------------------------------------------------------ */

static void on_peer_event(struct bufferevent *bev, short what, void *aux)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        ((struct peer *)aux)->eof = true;
    }
}

void peer_connect(struct peer *p, struct fixture *f, const char *name)
{
    struct bufferevent *pair[2];

    *p = (struct peer){.f = f, .fd = -1};
    assert_int_equal(bufferevent_pair_new(live_base(f->live), BEV_OPT_DEFER_CALLBACKS, pair), 0);
    p->bev = pair[1];
    bufferevent_setcb(p->bev, NULL, NULL, on_peer_event, p);
    bufferevent_enable(p->bev, EV_READ | EV_WRITE);
    live_adopt(f->live, pair[0], name);
    fixture_settle(f);
}

void peer_connect_socket(struct peer *p, struct fixture *f, const char *name)
{
    int pair[2];

    *p = (struct peer){.f = f};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    p->fd = pair[1];
    live_adopt_socket(f->live, pair[0], name);
    fixture_settle(f);
}

void peer_connect_port(struct peer *p, struct fixture *f, uint16_t port)
{
    struct sockaddr_in sin = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    *p = (struct peer){.f = f};
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(p->fd >= 0);
    if (connect(p->fd, (struct sockaddr *)&sin, sizeof sin) != 0) {
        assert_int_equal(errno, EINPROGRESS);
    }
}

void peer_close(struct peer *p)
{
    if (p->bev) {
        bufferevent_flush(p->bev, EV_WRITE, BEV_FINISHED);
        bufferevent_free(p->bev);
    } else {
        close(p->fd);
    }
    tls_peer_free(p);
    buf_fini(&p->rx);
    fixture_settle(p->f);
}

void peer_send_bytes(struct peer *p, const void *data, size_t len)
{
    if (p->bev) {
        bufferevent_write(p->bev, data, len);
    } else if (p->ssl) {
        tls_peer_write(p, data, len);
    } else {
        assert_int_equal(send(p->fd, data, len, MSG_NOSIGNAL), len);
    }
    fixture_settle(p->f);
}

void peer_send(struct peer *p, const struct of_msg *msg)
{
    struct buf out = BUF_INIT;

    assert_int_equal(of_encode(msg, &out), ERR_OK);
    peer_send_bytes(p, out.data, out.len);
    buf_fini(&out);
}

static void read_more(struct peer *p)
{
    if (p->bev) {
        struct evbuffer *input = bufferevent_get_input(p->bev);
        size_t n = evbuffer_get_length(input);

        evbuffer_remove(input, buf_put_uninit(&p->rx, n), n);
    } else if (p->ssl) {
        tls_peer_read(p);
    } else {
        ssize_t n;

        buf_reserve(&p->rx, 65536);
        n = recv(p->fd, p->rx.data + p->rx.len, 65536, 0);
        p->rx.len += n > 0 ? (size_t)n : 0;
        p->eof = p->eof || n == 0 || (n < 0 && errno != EAGAIN);
    }
}

bool peer_receive(struct peer *p, struct of_msg *msg)
{
    size_t len;
    uint8_t *frame;

    read_more(p);
    if (of_frame_split(p->rx.data, p->rx.len, &len) != OF_FRAME_WHOLE) {
        return false;
    }
    arena_reset(&p->f->arena);
    frame = arena_memdup(&p->f->arena, p->rx.data, len);
    buf_consume(&p->rx, len);
    assert_int_equal(of_decode(frame, len, &p->f->arena, msg), OF_OK);
    return true;
}

void peer_expect(struct peer *p, enum of_type type, struct of_msg *msg)
{
    if (!peer_receive(p, msg)) {
        fail_msg("expected %s, got nothing; log:\n%s", of_type_name(type), p->f->lines);
    }
    if (msg->type != type) {
        fail_msg("expected %s, got %s", of_type_name(type), of_type_name(msg->type));
    }
}

void peer_await(struct peer *p, enum of_type type, struct of_msg *msg)
{
    do {
        if (!peer_receive(p, msg)) {
            fail_msg("%s did not come; log:\n%s", of_type_name(type), p->f->lines);
        }
    } while (msg->type != type);
}

bool peer_is_closed(struct peer *p)
{
    read_more(p);
    return p->eof && p->rx.len == 0;
}

void peer_listen(struct peer *p, bool on)
{
    if (on) {
        bufferevent_enable(p->bev, EV_READ);
    } else {
        bufferevent_disable(p->bev, EV_READ);
    }
}

/* What a switch without ports and entries answers to 'request'; false when it needs no answer. */
static bool answer(const struct of_msg *request, dpid_t dpid, struct of_msg *reply)
{
    static const struct of_desc desc;

    *reply = (struct of_msg){.version = request->version, .xid = request->xid};
    switch ((int)request->type) {
    case OF_FEATURES_REQUEST:
        reply->type = OF_FEATURES_REPLY;
        reply->features = (struct of_features){.dpid = dpid, .n_tables = 1};
        return true;
    case OF_BARRIER_REQUEST:
        reply->type = OF_BARRIER_REPLY;
        return true;
    case OF_ECHO_REQUEST:
        reply->type = OF_ECHO_REPLY;
        return true;
    case OF_GET_CONFIG_REQUEST:
        reply->type = OF_GET_CONFIG_REPLY;
        reply->config.miss_send_len = OF_CML_NO_BUFFER;
        return true;
    case OF_ROLE_REQUEST:
        reply->type = OF_ROLE_REPLY;
        reply->role = request->role;
        return true;
    case OF_MULTIPART_REQUEST:
        reply->type = OF_MULTIPART_REPLY;
        reply->mp_reply.type = request->mp_request.type;
        if (request->mp_request.type == OF_MP_DESC) {
            reply->mp_reply.desc = &desc;
        }
        return true;
    default:
        return false;
    }
}

unsigned peer_answer(struct peer *p, dpid_t dpid, enum of_type count)
{
    struct of_msg msg, reply;
    struct buf out = BUF_INIT;
    unsigned n = 0;

    while (peer_receive(p, &msg)) {
        n += msg.type == count;
        if (answer(&msg, dpid, &reply)) {
            assert_int_equal(of_encode(&reply, &out), ERR_OK);
        }
    }
    if (out.len) {
        assert_int_equal(send(p->fd, out.data, out.len, MSG_NOSIGNAL), out.len);
    }
    buf_fini(&out);
    return n;
}

void peer_handshake(struct peer *p, uint8_t version, dpid_t dpid)
{
    struct of_msg msg = {.version = version, .type = OF_HELLO, .xid = 1};
    struct of_msg reply;

    peer_send(p, &msg);
    while (peer_receive(p, &msg)) {
        if (answer(&msg, dpid, &reply)) {
            peer_send(p, &reply);
        }
    }
}

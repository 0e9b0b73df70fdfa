/* Transport by TLS on a socket, one read and one write in a turn as on a plain one: OpenSSL is given
 * what was read and asked for what to write, and never sees the socket.
 *
 *      recv ─▶ rbio ─▶ SSL_read ─▶ conn->rx          conn->tx ─▶ SSL_write ─▶ wbio ─▶ out ─▶ send
 *
 * Until the handshake is done there is no session: the core is told of switches only, not of whoever
 * finds the port. A handshake has params.handshake_ns. */
#include "controller/live/live_tap.h"
#include "controller/live/live_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl.h"
#include "controller/live/live_conn.h"
#include "controller/live/live_tls_int.h"

LOG_MODULE(live);

/* Room offered to a read at most, and what a record holds at most (RFC 8446 §5.1). */
#define READ_BYTES 65536
#define RECORD_BYTES 16384

struct tls_link {
    struct list in_handshakes; /* live->handshakes, until the handshake is done. */
    struct live_conn *conn;
    SSL *ssl;
    bool heard;       /* Something has come. */
    bool established; /* The handshake is done. */
    bool broken;      /* After this OpenSSL wants no call but SSL_free(). */
    bool bind_dpid;
    mono_t deadline; /* Of the handshake. */
    struct buf out;  /* Encrypted and not yet taken by the system: */
    size_t out_sent; /* from here on. */
};

/* --- What went wrong -------------------------------------------------------------------------- */

static void refuse(struct live_conn *conn, uint64_t *counter, const char *why, const char *more)
{
    ++*counter;
    LOG_LIMITED(conn->live->params.log, &conn->live->peer_limit, LOG_WARN, "%s: refused: %s%s",
                conn->peer, why, more);
    conn_close(conn, why);
}

/* The peer's certificate did not convince us. */
static void refuse_certificate(struct live_conn *conn, long verdict)
{
    struct live_counters *c = &conn->live->counters;

    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        refuse(conn, &c->tls_expired, "its certificate has expired", "");
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        refuse(conn, &c->tls_wrong_ca, "its certificate is not signed by our authority", "");
        break;
    default:
        refuse(conn, &c->tls_failed,
               "its certificate is not accepted: ", X509_verify_cert_error_string(verdict));
        break;
    }
}

/* Alerts 42 to 48 are about certificates: ours does not convince the peer (RFC 8446 §6.2). */
static bool is_about_our_certificate(int reason)
{
    return reason >= SSL_R_SSLV3_ALERT_BAD_CERTIFICATE && reason <= SSL_R_TLSV1_ALERT_UNKNOWN_CA;
}

/* OpenSSL has given up; its error queue says why. */
static void refuse_for_error(struct live_conn *conn)
{
    struct live_counters *c = &conn->live->counters;
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);
    const char *text = ERR_reason_error_string(error);

    text = text ? text : "TLS failed";
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        refuse_certificate(conn, SSL_get_verify_result(conn->tls->ssl));
    } else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        refuse(conn, &c->tls_no_certificate, "it shows no certificate", "");
    } else if (is_about_our_certificate(reason)) {
        refuse(conn, &c->tls_distrusted, "it does not accept our certificate: ", text);
    } else if (!conn->tls->established) {
        refuse(conn, &c->tls_failed, "TLS handshake failed: ", text);
    } else {
        refuse(conn, &c->tls_failed, "TLS failed: ", text);
    }
    ERR_clear_error();
}

/* Versions 1 to 6 and a length that can be: the header of an OpenFlow message (§7.1). No record of
 * TLS begins so. */
static bool speaks_openflow(const uint8_t *data, size_t len)
{
    return data[0] >= 1 && data[0] <= 6 && (len < 4 || data[2] || data[3] >= 8);
}

/* --- Handshake -------------------------------------------------------------------------------- */

/* Moves what OpenSSL wants to send to where flush() finds it. */
static void collect_output(struct live_conn *conn)
{
    struct tls_link *link = conn->tls;
    BIO *wbio = SSL_get_wbio(link->ssl);
    size_t n = BIO_ctrl_pending(wbio);

    if (n) {
        BIO_read(wbio, buf_put_uninit(&link->out, n), (int)n);
        conn_touch(conn);
    }
}

static void end_handshake(struct tls_link *link)
{
    if (!list_is_empty(&link->in_handshakes)) {
        list_remove(&link->in_handshakes);
        link->conn->live->n_handshakes--;
        link->conn->shaking = false;
    }
}

static void welcome(struct live_conn *conn)
{
    struct tls_link *link = conn->tls;
    struct live *live = conn->live;
    dpid_t dpid = 0;

    link->established = true;
    end_handshake(link);
    if (link->bind_dpid && !cred_dpid(SSL_get0_peer_certificate(link->ssl), &dpid)) {
        refuse(conn, &live->counters.tls_no_dpid, "its certificate names no datapath id", "");
        return;
    }
    live->counters.tls_accepted++;
    LOG_DEBUG(live->params.log, "%s: %s, %s", conn->peer, SSL_get_version(link->ssl),
              SSL_get_cipher_name(link->ssl));
    conn_start(conn);
    if (link->bind_dpid) {
        if (live->tap) {
            tap_expects(conn, dpid);
        }
        ctl_expect_dpid(conn->session, dpid);
    }
}

static void shake_hands(struct live_conn *conn)
{
    struct tls_link *link = conn->tls;
    int result;

    ERR_clear_error();
    result = SSL_accept(link->ssl);
    if (result == 1) {
        welcome(conn);
    } else if (SSL_get_error(link->ssl, result) != SSL_ERROR_WANT_READ) {
        link->broken = true;
        refuse_for_error(conn);
    }
}

void tls_expire(struct live *live)
{
    struct list *e, *tmp;

    LIST_FOR_EACH (e, tmp, &live->handshakes) {
        struct tls_link *link = LIST_ENTRY(e, struct tls_link, in_handshakes);

        if (!mono_due(link->deadline, live->params.clock->now)) {
            break;
        }
        end_handshake(link);
        if (link->conn->state == CONN_OPEN) {
            refuse(link->conn, &live->counters.tls_timeouts, "the TLS handshake took too long", "");
        }
    }
}

/* All handshakes may take equally long, so that the first to begin is the first to expire. */
mono_t tls_next_deadline(const struct live *live)
{
    return list_is_empty(&live->handshakes)
               ? MONO_NEVER
               : LIST_ENTRY(live->handshakes.next, struct tls_link, in_handshakes)->deadline;
}

/* --- In --------------------------------------------------------------------------------------- */

static void end_of_stream(struct live_conn *conn, const char *why)
{
    event_del(conn->readable);
    if (conn->state == CONN_OPEN && !conn->tls->established) {
        refuse(conn, &conn->live->counters.tls_failed, "it left during the TLS handshake", "");
    }
    conn_lost(conn, why);
}

/* Decrypts all that is there, gives it on, and only then says what ended it. Of 'most' encrypted
 * bytes there are fewer when they are decrypted. */
static void read_records(struct live_conn *conn, size_t most)
{
    struct tls_link *link = conn->tls;
    size_t room = READ_BYTES + 2 * RECORD_BYTES, len = 0, n;
    uint8_t *data = conn_rx_room(conn, room);
    int error;

    ERR_clear_error();
    while (len < room && SSL_read_ex(link->ssl, data + len, room - len, &n)) {
        len += n;
    }
    error = SSL_get_error(link->ssl, 0);
    link->broken = error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL;
    if (len) {
        conn_received(conn, len, most);
    }
    if (link->broken && conn->state == CONN_OPEN) {
        refuse_for_error(conn);
    } else if (error == SSL_ERROR_ZERO_RETURN && !conn->has_rest) {
        end_of_stream(conn, "closed by the peer");
    }
}

static void received(struct live_conn *conn, const uint8_t *data, size_t len, size_t most)
{
    struct tls_link *link = conn->tls;

    if (conn->state != CONN_OPEN) {
        return;
    }
    if (!link->heard && speaks_openflow(data, len)) {
        refuse(conn, &conn->live->counters.tls_plain_peers,
               "it speaks plain OpenFlow on a port for TLS", "");
        return;
    }
    link->heard = true;
    BIO_write(SSL_get_rbio(link->ssl), data, (int)len);
    if (!link->established) {
        shake_hands(conn);
    }
    if (link->established && conn->state == CONN_OPEN) {
        read_records(conn, most);
    }
    collect_output(conn);
}

static void receive(struct live_conn *conn, size_t most)
{
    uint8_t data[READ_BYTES];
    ssize_t n = recv(conn->fd, data, most < sizeof data ? most : sizeof data, 0);

    if (n > 0) {
        conn->live->counters.bytes_in += (uint64_t)n;
        received(conn, data, (size_t)n, most);
    } else if (n == 0) {
        end_of_stream(conn, "closed by the peer");
    } else if (errno != EAGAIN && errno != EINTR) {
        end_of_stream(conn, "read failed");
    }
}

/* --- Out -------------------------------------------------------------------------------------- */

static bool encrypt(struct live_conn *conn)
{
    struct tls_link *link = conn->tls;
    const uint8_t *data;
    size_t len, n;

    if (!conn->tx.len) {
        return true;
    }
    data = conn_tx_pending(conn, &len);
    if (link->broken) {
        conn_tx_done(conn, len); /* Nobody can read it any more. */
        return true;
    }
    ERR_clear_error();
    if (!SSL_write_ex(link->ssl, data, len, &n)) {
        return false;
    }
    conn_tx_done(conn, n);
    collect_output(conn);
    return true;
}

static bool send_output(struct live_conn *conn)
{
    struct tls_link *link = conn->tls;
    size_t len = link->out.len - link->out_sent;
    ssize_t n = 0;

    if (len) {
        len = len < FLUSH_BYTES ? len : FLUSH_BYTES;
        n = send(conn->fd, link->out.data + link->out_sent, len, MSG_NOSIGNAL);
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        return false;
    }
    link->out_sent += n > 0 ? (size_t)n : 0;
    conn->live->counters.bytes_out += n > 0 ? (uint64_t)n : 0;
    if (link->out_sent > link->out.len / 2) {
        buf_consume(&link->out, link->out_sent);
        link->out_sent = 0;
    }
    return true;
}

static bool flush(struct live_conn *conn)
{
    if (!encrypt(conn) || !send_output(conn)) {
        return false;
    }
    if (conn->tls->out.len) {
        event_add(conn->writable, NULL);
    }
    return true;
}

static size_t queued(const struct live_conn *conn)
{
    return conn->tls->out.len - conn->tls->out_sent;
}

static void shut(struct live_conn *conn)
{
    if (conn->tls->established && !conn->tls->broken) {
        SSL_shutdown(conn->tls->ssl);
        collect_output(conn);
        (void)send_output(conn); /* A peer that misses it sees the end of the stream. */
        ERR_clear_error();
    }
    shutdown(conn->fd, SHUT_WR);
}

static void close_tls(struct live_conn *conn)
{
    end_handshake(conn->tls);
    SSL_free(conn->tls->ssl);
    buf_fini(&conn->tls->out);
    free(conn->tls);
    socket_close(conn);
}

static const struct transport_ops tls_ops = {
    .receive = receive,
    .flush = flush,
    .queued = queued,
    .shut = shut,
    .listen = socket_listen,
    .close = close_tls,
};

/* --- Beginning -------------------------------------------------------------------------------- */

static SSL *new_ssl(const struct live_tls *tls)
{
    SSL *ssl = SSL_new(tls->ctx);
    BIO *rbio = BIO_new(BIO_s_mem()), *wbio = BIO_new(BIO_s_mem());

    if (!ssl || !rbio || !wbio) {
        abort(); /* No memory. */
    }
    SSL_set_bio(ssl, rbio, wbio);
    return ssl;
}

void tls_attach(struct live_conn *conn, int fd)
{
    struct live *live = conn->live;
    struct tls_link *link = xcalloc(1, sizeof *link);

    link->conn = conn;
    link->ssl = new_ssl(live->tls);
    link->bind_dpid = live->tls->bind_dpid;
    link->deadline = mono_add(live->params.clock->now, live->params.handshake_ns);
    list_push_back(&live->handshakes, &link->in_handshakes);
    live->n_handshakes++;
    conn->tls = link;
    conn->shaking = true;
    socket_open(conn, fd, &tls_ops);
}

#include "controller/tamboctl/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/base/alloc.h"

struct exchange {
    const struct http_target *target;
    struct event_base *base;
    SSL_CTX *tls; /* NULL: plain. */
    int verified; /* X509_V_...: what is wrong with tambod's certificate. */
    http_chunk_fn *chunk;
    void *aux;
    struct http_reply *reply;
    bool timed_out;
    int socket_error;
};

/* --- TLS -------------------------------------------------------------------------------------- */

static bool fail_tls(struct exchange *e, const char *what)
{
    unsigned long code = ERR_peek_last_error();

    snprintf(e->reply->why, sizeof e->reply->why, "%s: %s", what,
             code ? ERR_reason_error_string(code) : "cannot be used");
    return false;
}

/* Keeps what is wrong, which the error of the connection does not tell. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct exchange *e = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (!ok) {
        e->verified = X509_STORE_CTX_get_error(store);
    }
    return ok;
}

static bool load_tls(struct exchange *e)
{
    const struct http_target *t = e->target;

    e->tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_app_data(e->tls, e);
    SSL_CTX_set_verify(e->tls, SSL_VERIFY_PEER, on_verify);
    if (t->ca ? SSL_CTX_load_verify_locations(e->tls, t->ca, NULL) != 1
              : SSL_CTX_set_default_verify_paths(e->tls) != 1) {
        return fail_tls(e, t->ca ? t->ca : "the system's certificates");
    }
    if (t->certificate && SSL_CTX_use_certificate_chain_file(e->tls, t->certificate) != 1) {
        return fail_tls(e, t->certificate);
    }
    if (t->key && SSL_CTX_use_PrivateKey_file(e->tls, t->key, SSL_FILETYPE_PEM) != 1) {
        return fail_tls(e, t->key);
    }
    return true;
}

/* The certificate must be of the host that the URL names. */
static struct bufferevent *make_bev(struct exchange *e, const char *host)
{
    SSL *ssl;

    if (!e->tls) {
        return bufferevent_socket_new(e->base, -1, BEV_OPT_CLOSE_ON_FREE);
    }
    ssl = SSL_new(e->tls);
    SSL_set_tlsext_host_name(ssl, host);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1) {
        (void)SSL_set1_host(ssl, host);
    }
    return bufferevent_openssl_socket_new(e->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

/* --- The exchange ----------------------------------------------------------------------------- */

static char *take_text(struct evbuffer *buffer)
{
    size_t len = evbuffer_get_length(buffer);
    char *text = xcalloc(len + 1, 1);

    evbuffer_remove(buffer, text, len);
    return text;
}

static void on_reply(struct evhttp_request *request, void *aux)
{
    struct exchange *e = aux;

    e->socket_error = EVUTIL_SOCKET_ERROR();
    if (request && evhttp_request_get_response_code(request)) {
        e->reply->status = evhttp_request_get_response_code(request);
        e->reply->text = take_text(evhttp_request_get_input_buffer(request));
        e->reply->json = json_loads(e->reply->text, 0, NULL);
    }
    event_base_loopbreak(e->base);
}

static void on_chunk(struct evhttp_request *request, void *aux)
{
    struct exchange *e = aux;
    char *text;

    if (e->chunk && evhttp_request_get_response_code(request) == 200) {
        text = take_text(evhttp_request_get_input_buffer(request));
        e->chunk(e->aux, text, strlen(text));
        free(text);
    }
}

static void on_error(enum evhttp_request_error error, void *aux)
{
    struct exchange *e = aux;

    e->timed_out = error == EVREQ_HTTP_TIMEOUT;
}

static struct evhttp_request *make_request(struct exchange *e, const char *host, int port,
                                           const char *body)
{
    struct evhttp_request *request = evhttp_request_new(on_reply, e);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    char text[TOKEN_LEN + 16];

    snprintf(text, sizeof text, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
    evhttp_add_header(headers, "Host", text);
    evhttp_add_header(headers, "Connection", "close");
    if (e->target->token[0]) {
        snprintf(text, sizeof text, "Bearer %s", e->target->token);
        evhttp_add_header(headers, "Authorization", text);
    }
    if (body) {
        evhttp_add_header(headers, "Content-Type", "application/json");
        evbuffer_add(evhttp_request_get_output_buffer(request), body, strlen(body));
    }
    if (e->chunk) {
        evhttp_request_set_chunked_cb(request, on_chunk);
    }
    evhttp_request_set_error_cb(request, on_error);
    return request;
}

static enum evhttp_cmd_type command_of(const char *method)
{
    return strcmp(method, "PUT") == 0      ? EVHTTP_REQ_PUT
           : strcmp(method, "POST") == 0   ? EVHTTP_REQ_POST
           : strcmp(method, "DELETE") == 0 ? EVHTTP_REQ_DELETE
                                           : EVHTTP_REQ_GET;
}

/* Why there is no answer, in words that help. */
static void explain(struct exchange *e)
{
    char *why = e->reply->why;
    const char *url = e->target->url;
    size_t size = sizeof e->reply->why;

    if (e->verified != X509_V_OK) {
        snprintf(why, size, "%s: the certificate is not trusted: %s", url,
                 X509_verify_cert_error_string(e->verified));
    } else if (e->timed_out) {
        snprintf(why, size, "%s: no answer within %g s", url, e->target->timeout_s);
    } else {
        snprintf(why, size, "cannot connect to %s: is tambod running, and is this its address?",
                 url);
    }
}

static void exchange(struct exchange *e, const struct evhttp_uri *uri, const char *method,
                     const char *path, const char *body)
{
    const char *host = evhttp_uri_get_host(uri);
    int port = evhttp_uri_get_port(uri);
    struct evhttp_connection *conn;
    struct bufferevent *bev;
    char bare[256];

    snprintf(bare, sizeof bare, "%s", host + (host[0] == '['));
    bare[strcspn(bare, "]")] = '\0';
    port = port > 0 ? port : e->tls ? 443 : 80;
    bev = make_bev(e, bare);
    conn = evhttp_connection_base_bufferevent_new(e->base, NULL, bev, bare, (ev_uint16_t)port);
    evhttp_connection_set_timeout(conn, e->chunk ? 1000000000 : (int)e->target->timeout_s);
    if (evhttp_make_request(conn, make_request(e, bare, port, body), command_of(method), path) ==
        0) {
        event_base_dispatch(e->base);
    }
    if (!e->reply->status) {
        explain(e);
    }
    evhttp_connection_free(conn);
}

void http_ask(const struct http_target *target, const char *method, const char *path,
              const char *body, http_chunk_fn *chunk, void *aux, struct http_reply *reply)
{
    struct evhttp_uri *uri = evhttp_uri_parse(target->url);
    const char *scheme = uri ? evhttp_uri_get_scheme(uri) : NULL;
    struct exchange e = {.target = target, .chunk = chunk, .aux = aux, .reply = reply};

    memset(reply, 0, sizeof *reply);
    e.base = event_base_new();
    if (!scheme || !evhttp_uri_get_host(uri) ||
        (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0)) {
        snprintf(reply->why, sizeof reply->why, "\"%s\" is no http:// or https:// URL",
                 target->url);
    } else if (strcasecmp(scheme, "http") == 0 || load_tls(&e)) {
        exchange(&e, uri, method, path, body);
    }
    event_base_free(e.base);
    SSL_CTX_free(e.tls);
    if (uri) {
        evhttp_uri_free(uri);
    }
}

void http_reply_fini(struct http_reply *reply)
{
    json_decref(reply->json);
    free(reply->text);
}

bool http_read_token(const char *path, char token[TOKEN_LEN], char *why, size_t size)
{
    FILE *file = fopen(path, "r");

    if (!file) {
        snprintf(why, size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!fgets(token, TOKEN_LEN, file)) {
        token[0] = '\0';
    }
    fclose(file);
    token[strcspn(token, " \t\r\n")] = '\0';
    if (!token[0]) {
        snprintf(why, size, "%s: there is no token on its first line", path);
    }
    return token[0] != '\0';
}

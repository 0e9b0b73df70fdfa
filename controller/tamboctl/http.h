/* One request to the REST interface, from beginning to end. */
#ifndef TAMBO_TAMBOCTL_HTTP_H
#define TAMBO_TAMBOCTL_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TOKEN_LEN 512

struct http_target {
    const char *url;                    /* "http://127.0.0.1:8080"; https too. */
    char token[TOKEN_LEN];              /* Empty: none. */
    const char *ca, *certificate, *key; /* PEM files for https; NULL: the system's, none. */
    double timeout_s;
};

struct http_reply {
    int status;   /* 0: there is no answer, and 'why' says why. */
    json_t *json; /* NULL: the answer is no JSON. */
    char *text;   /* The body; NULL: empty. */
    char why[512];
};

/* What comes in pieces of a stream goes to 'chunk' (NULL: everything goes into the reply). */
typedef void http_chunk_fn(void *aux, const char *text, size_t len);

/* 'method' is "GET", "PUT", "POST" or "DELETE", 'path' begins with '/', 'body' NULL: none. */
void http_ask(const struct http_target *target, const char *method, const char *path,
              const char *body, http_chunk_fn *chunk, void *aux, struct http_reply *reply);
void http_reply_fini(struct http_reply *reply);

/* Reads the token, the first line of the file. False with the reason in 'why'. */
bool http_read_token(const char *path, char token[TOKEN_LEN], char *why, size_t size);

#endif

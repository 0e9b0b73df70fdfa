#include "controller/northbound/nb_tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/base/alloc.h"
#include "controller/base/sha256.h"

struct token {
    enum nb_role role;
    char name[NB_TOKEN_NAME_LEN];
    uint8_t hash[SHA256_LEN];
};

struct nb_tokens {
    struct token list[NB_MAX_TOKENS];
    size_t n;
};

static bool parse_hash(const char *text, uint8_t out[SHA256_LEN])
{
    if (strlen(text) != 2 * SHA256_LEN || text[strspn(text, "0123456789abcdefABCDEF")]) {
        return false;
    }
    for (size_t i = 0; i < SHA256_LEN; i++) {
        char two[3] = {text[2 * i], text[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return true;
}

/* NULL when the line is good or has nothing to say; else what is wrong. */
static const char *read_line(struct nb_tokens *tokens, char *line)
{
    char *save = NULL;
    const char *role, *name, *hash;
    struct token *t = &tokens->list[tokens->n];

    line[strcspn(line, "#\r\n")] = '\0';
    role = strtok_r(line, " \t", &save);
    name = strtok_r(NULL, " \t", &save);
    hash = strtok_r(NULL, " \t", &save);
    if (!role) {
        return NULL;
    }
    if (!name || !hash || strtok_r(NULL, " \t", &save)) {
        return "expected ROLE NAME SHA256";
    }
    if (tokens->n == NB_MAX_TOKENS) {
        return "too many tokens";
    }
    if (!nb_role_parse(role, &t->role)) {
        return "expected the role read, operate or admin";
    }
    if (strlen(name) >= sizeof t->name) {
        return "the name is too long";
    }
    if (!parse_hash(hash, t->hash)) {
        return "expected a hash of 64 hexadecimal digits";
    }
    strcpy(t->name, name);
    tokens->n++;
    return NULL;
}

struct nb_tokens *nb_tokens_read(const char *path, char *why, size_t size)
{
    struct nb_tokens *tokens = xcalloc(1, sizeof *tokens);
    FILE *file = fopen(path, "r");
    const char *fault = NULL;
    char line[512];
    unsigned n = 0;

    if (!file) {
        snprintf(why, size, "%s: %s", path, strerror(errno));
        free(tokens);
        return NULL;
    }
    while (!fault && fgets(line, sizeof line, file)) {
        n++;
        fault = strlen(line) == sizeof line - 1 ? "the line is too long" : read_line(tokens, line);
    }
    fclose(file);
    if (!fault && tokens->n == 0) {
        fault = "there is no token";
    }
    if (fault) {
        snprintf(why, size, "%s:%u: %s", path, n, fault);
        nb_tokens_free(tokens);
        return NULL;
    }
    return tokens;
}

void nb_tokens_free(struct nb_tokens *tokens)
{
    free(tokens);
}

/* All are compared, so that the time does not tell which one was nearly right. */
enum nb_role nb_tokens_find(const struct nb_tokens *tokens, const char *header, const char **name)
{
    static const char scheme[] = "Bearer ";
    const struct token *found = NULL;
    uint8_t hash[SHA256_LEN];
    struct sha256 sha;
    const char *token;

    if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0) {
        return NB_NOBODY;
    }
    token = header + sizeof scheme - 1;
    token += strspn(token, " ");
    if (strlen(token) < NB_TOKEN_MIN_LEN) {
        return NB_NOBODY;
    }
    sha256_init(&sha);
    sha256_add(&sha, token, strlen(token));
    sha256_end(&sha, hash);
    for (size_t i = 0; i < tokens->n; i++) {
        if (bytes_eq_ct(hash, tokens->list[i].hash, sizeof hash)) {
            found = &tokens->list[i];
        }
    }
    if (!found) {
        return NB_NOBODY;
    }
    *name = found->name;
    return found->role;
}

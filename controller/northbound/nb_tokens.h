/* Who may ask: bearer tokens (RFC 6750), of which the file knows hashes only.
 *
 *      # role  name   SHA-256 of the token, in hexadecimal
 *      admin   ines   9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
 *
 * A line is made with: printf %s "$TOKEN" | sha256sum */
#ifndef TAMBO_NORTHBOUND_NB_TOKENS_H
#define TAMBO_NORTHBOUND_NB_TOKENS_H

#include "controller/northbound/nb.h"

#define NB_MAX_TOKENS 256
#define NB_TOKEN_NAME_LEN 32
#define NB_TOKEN_MIN_LEN 16 /* A shorter one could be guessed. */

struct nb_tokens;

/* Reads the file at 'path'. NULL when it cannot be used: 'why' of 'size' bytes then says so, with the
 * line. */
struct nb_tokens *nb_tokens_read(const char *path, char *why, size_t size);
void nb_tokens_free(struct nb_tokens *tokens);

/* The role of the bearer of the header "Authorization: Bearer TOKEN" ('header' is what follows the
 * colon; NULL: there is none) and its name, borrowed. NB_NOBODY when it is not known. */
enum nb_role nb_tokens_find(const struct nb_tokens *tokens, const char *header, const char **name);

#endif

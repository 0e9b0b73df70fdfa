/* Escapes of a URL (RFC 3986 §2.1). Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_URL_H
#define TAMBO_NORTHBOUND_NB_URL_H

#include <stdbool.h>
#include <stddef.h>

/* 'n' bytes at 'text' without their escapes into 'out' of 'size' bytes, terminated. False when it does
 * not fit, an escape is no two hexadecimal digits, or a character below ' ' comes out. */
bool nb_url_decode(const char *text, size_t n, char *out, size_t size);

#endif

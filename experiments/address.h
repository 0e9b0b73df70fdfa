/* Addresses of controllers: "tcp:HOST:PORT" or "tls:HOST:PORT", where HOST may be [IPv6]. */
#ifndef TAMBO_EXPERIMENTS_ADDRESS_H
#define TAMBO_EXPERIMENTS_ADDRESS_H

#include <stdbool.h>

struct address {
    bool tls;
    char host[256];
    char port[6];
};

/* What is expected, for complaints. */
extern const char address_form[];

/* False when 'text' is no such address. */
bool address_split(struct address *address, const char *text);

#endif

#include "experiments/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char address_form[] = "tcp:HOST:PORT or tls:HOST:PORT, the port from 1 to 65535";

static bool is_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    return *text >= '0' && *text <= '9' && !*end && port >= 1 && port <= 65535 && strlen(text) <= 5;
}

bool address_split(struct address *address, const char *text)
{
    const char *host = text + 4, *colon;
    size_t len;

    address->tls = strncmp(text, "tls:", 4) == 0;
    if (!address->tls && strncmp(text, "tcp:", 4) != 0) {
        return false;
    }
    colon = strrchr(host, ':');
    if (!colon || colon == host || !is_port(colon + 1)) {
        return false;
    }
    len = (size_t)(colon - host);
    if (*host == '[' && colon[-1] == ']') {
        host++;
        len -= 2;
    }
    if (!len || len >= sizeof address->host) {
        return false;
    }
    snprintf(address->host, sizeof address->host, "%.*s", (int)len, host);
    snprintf(address->port, sizeof address->port, "%.5s", colon + 1);
    return true;
}

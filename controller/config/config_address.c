#include "controller/config/config_address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "controller/config/config.h"

bool config_is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t host_len = colon ? (size_t)(colon - text) : 0;
    char host[CONFIG_ADDRESS_LEN];
    unsigned char addr[sizeof(struct in6_addr)];
    char *end;
    long port;

    if (!colon || host_len == 0 || strlen(text) >= CONFIG_ADDRESS_LEN || !colon[1]) {
        return false;
    }
    port = strtol(colon + 1, &end, 10);
    if (*end || port < 0 || port > 65535 || colon[1] < '0' || colon[1] > '9') {
        return false;
    }
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    if (host[0] == '[' && host[host_len - 1] == ']') {
        host[host_len - 1] = '\0';
        return inet_pton(AF_INET6, host + 1, addr) == 1;
    }
    return inet_pton(AF_INET, host, addr) == 1;
}

void config_read_path(struct conf_node *node, char *out)
{
    const char *text;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (strlen(text) >= CONFIG_PATH_LEN) {
        conf_complain(node, "expected a path of less than %d characters", CONFIG_PATH_LEN);
    } else {
        strcpy(out, text);
    }
}

/* The messages of a control-channel capture, one after the other: what tambod's tap, tambo sim
 * --capture or a packet capture beside a controller has written. TCP segments are taken in the order of the
 * file; what a connection repeats or loses ends that connection's part. */
#ifndef TAMBO_EXPERIMENTS_CONTROL_LOG_H
#define TAMBO_EXPERIMENTS_CONTROL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control_message {
    uint32_t conn; /* Connections are counted from 0. */
    bool from_switch;
    double at_s;
    const uint8_t *data;
    size_t len;
};

typedef void control_message_fn(void *aux, const struct control_message *message);

struct control_log_stats {
    uint64_t n_packets,
        n_other; /* Of the file, and those that are no TCP of the controller's port. */
    uint64_t n_messages,
        n_broken; /* Messages; connections that could not be followed to their end. */
    uint32_t n_conns;
};

/* Reads 'path', whose controller has the TCP port 'port'. False with a reason in 'error'. */
bool control_log_read(const char *path, uint16_t port, control_message_fn *fn, void *aux,
                      struct control_log_stats *stats, char *error, size_t size);

#endif

/* A capture of the message tap, read back for tests: every segment is checked as TCP would, and the
 * messages are put together. */
#ifndef TAMBO_TESTS_LIVE_TAP_FILE_H
#define TAMBO_TESTS_LIVE_TAP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAP_FILE_MAX 4096

struct tap_message {
    uint16_t port; /* Of the switch. */
    bool out;      /* The controller's. */
    uint8_t type;
    uint32_t xid;
    size_t len;
    unsigned n_segments;
    int64_t at_ns;
};

struct tap_file {
    struct tap_message messages[TAP_FILE_MAX];
    size_t n;
    size_t n_packets, n_syn, n_fin, n_v6, n_ack;
    uint8_t first_peer[16]; /* The address that the first packet is from. */
};

/* Fails the test when a header, checksum, sequence number or acknowledgement is wrong. 'middle': the
 * file begins while connections are open. */
void tap_file_read(struct tap_file *file, const char *path, bool middle);

/* How many messages are of 'type', from or to 'port' (0: any). */
size_t tap_file_count(const struct tap_file *file, uint16_t port, uint8_t type);

#endif

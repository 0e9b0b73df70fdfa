/* Random rules of the firewall, and random frames that meet them often. */
#ifndef TAMBO_TESTS_APPS_FIREWALL_DRAW_H
#define TAMBO_TESTS_APPS_FIREWALL_DRAW_H

#include "controller/base/buf.h"
#include "tests/apps/net.h"

/* A rule about hosts of 'net'; its id is left alone. */
void draw_rule(struct net *net, struct firewall_rule *r);

/* A frame that somebody may send. */
struct sketch {
    int from, to;
    size_t kind;
    bool is_6;
    uint16_t src, dst;
};

struct sketch draw_frame(struct net *net);

/* The frame with 'number' as its last four bytes, and its fields where it comes in. */
void build_frame(struct net *net, uint32_t number, const struct sketch *f, struct buf *out,
                 struct of_match *p);

#endif

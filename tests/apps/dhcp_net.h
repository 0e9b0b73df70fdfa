/* DHCP clients and servers at the hosts of a test network: what they say, and what they hear. */
#ifndef TAMBO_TESTS_APPS_DHCP_NET_H
#define TAMBO_TESTS_APPS_DHCP_NET_H

#include "controller/apps/dhcp.h"
#include "controller/packet/pkt_dhcp.h"
#include "tests/apps/net.h"

#define DHCP_HEARD 64

/* A DHCP message at a host, with its bytes. */
struct dhcp_heard {
    int host;
    struct eth_addr eth_src, eth_dst;
    uint32_t ip_src, ip_dst;
    uint16_t udp_dst;
    uint8_t bytes[1500];
    size_t len;
    struct pkt_dhcp msg;
};

struct dhcp_net {
    struct net *net;
    struct dhcp_heard heard[DHCP_HEARD];
    size_t n_heard;
    uint32_t claimed; /* ARP requests for this address are answered by... */
    int claimer;      /* ...this host. */
};

/* Listens at every host of 'net'. */
void dhcp_net_init(struct dhcp_net *d, struct net *net);

/* A client's message of 'type' from the MAC address of 'host'. */
struct pkt_dhcp dhcp_net_msg(const struct dhcp_net *d, int host, enum pkt_dhcp_type type);

/* Sends it as broadcast from port 68, or, with 'eth_dst' and 'ip_dst', to a server. */
void dhcp_net_send(struct dhcp_net *d, int host, const struct pkt_dhcp *msg);
void dhcp_net_unicast(struct dhcp_net *d, int host, const struct pkt_dhcp *msg,
                      struct eth_addr eth_dst, uint32_t ip_src, uint32_t ip_dst);

/* A server's message from 'host' to 'to', as broadcast. */
void dhcp_net_answer(struct dhcp_net *d, int host, int to, enum pkt_dhcp_type type, uint32_t yiaddr);

/* The last message at 'host', or NULL. */
const struct dhcp_heard *dhcp_net_last(const struct dhcp_net *d, int host);
size_t dhcp_net_count(const struct dhcp_net *d, int host);

/* DISCOVER, OFFER, REQUEST, ACK: the address, or 0. */
uint32_t dhcp_net_lease(struct dhcp_net *d, int host);

struct dhcp_counters dhcp_net_counters(const struct dhcp_net *d);

#endif

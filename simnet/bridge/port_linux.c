/* Ports on interfaces of Linux: a TAP interface, whose frames are ours, or all frames of another
 * one by a packet socket. One frame for each call. */
#include "simnet/bridge/switch_port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FRAME_BYTES = 65536, VLAN_BYTES = 4, FRAMES = 64 }; /* FRAMES: at a time. */

static bool refuse(struct switch_port *port, char *error, size_t size, const char *what)
{
    snprintf(error, size, "%s%s", what,
             *what            ? ""
             : errno == EPERM ? "not permitted; CAP_NET_ADMIN and CAP_NET_RAW are needed"
                              : strerror(errno));
    if (port->fd >= 0) {
        close(port->fd);
        port->fd = -1;
    }
    return false;
}

/* --- Frames ----------------------------------------------------------------------------------- */

/* The sum that the kernel leaves to hardware (virtio_net.h): over the rest of the frame from
 * 'start' on, with the pseudo header's already in its place. */
static void complete_sum(uint8_t *frame, size_t len, size_t start, size_t offset)
{
    uint64_t sum = 0;

    if (start + offset + 2 > len) {
        return;
    }
    for (size_t i = start; i + 1 < len; i += 2) {
        sum += be_get16(frame + i);
    }
    sum += (len - start) % 2 ? (uint64_t)frame[len - 1] << 8 : 0;
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum = ~sum & 0xffff;
    be_put16(frame + start + offset, (uint16_t)(sum ? sum : 0xffff));
}

/* The kernel takes a frame's outer tag off; 'room' bytes before the frame are free for it. */
static uint8_t *put_tag_back(uint8_t *frame, struct msghdr *msg, size_t *len)
{
    struct tpacket_auxdata aux;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) {
            continue;
        }
        memcpy(&aux, CMSG_DATA(c), sizeof aux);
        if (aux.tp_status & TP_STATUS_VLAN_VALID) {
            memmove(frame - VLAN_BYTES, frame, 12);
            frame -= VLAN_BYTES;
            be_put16(frame + 12,
                     aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETHERTYPE_VLAN);
            be_put16(frame + 14, aux.tp_vlan_tci);
            *len += VLAN_BYTES;
        }
    }
    return frame;
}

/* One frame of a packet socket; false when there is none. */
static bool receive_packet(struct switch_port *port)
{
    uint8_t *frame = port->host->in + VLAN_BYTES;
    struct virtio_net_hdr vnet;
    struct iovec parts[] = {{&vnet, sizeof vnet}, {frame, FRAME_BYTES}};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct msghdr msg = {.msg_iov = parts,
                         .msg_iovlen = 2,
                         .msg_control = control,
                         .msg_controllen = sizeof control};
    ssize_t n = recvmsg(port->fd, &msg, 0);
    size_t len;

    if (n < (ssize_t)sizeof vnet) {
        return false;
    }
    len = (size_t)n - sizeof vnet;
    if (vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
        port->host->stats.n_port_drops++; /* Many frames in one, which no switch would see. */
        return true;
    }
    if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        complete_sum(frame, len, vnet.csum_start, vnet.csum_offset);
    }
    frame = put_tag_back(frame, &msg, &len);
    switch_port_receive(port, frame, len);
    return true;
}

static bool receive_tap(struct switch_port *port)
{
    ssize_t n = read(port->fd, port->host->in, FRAME_BYTES);

    if (n > 0) {
        switch_port_receive(port, port->host->in, (size_t)n);
    }
    return n > 0;
}

static bool is_gone(int error)
{
    return error != EAGAIN && error != EINTR && error != ENETDOWN && error != EIO &&
           error != ENOBUFS;
}

/* A TAP interface that was taken away does not come back: the link stays down. */
static void on_readable(evutil_socket_t fd, short what, void *aux)
{
    struct switch_port *port = aux;
    unsigned n = 0;

    (void)fd;
    (void)what;
    switch_host_wake(port->host);
    errno = 0;
    while (n < FRAMES && (port->vnet_len ? receive_packet(port) : receive_tap(port))) {
        n++;
    }
    if (n < FRAMES && errno && is_gone(errno)) {
        event_del(&port->readable);
        wire_set_up(port->wire, false);
    }
}

static void linux_send(struct switch_port *port, const struct buf *frame)
{
    struct virtio_net_hdr vnet = {0};
    struct iovec parts[] = {{&vnet, port->vnet_len}, {frame->data, frame->len}};
    ssize_t n = writev(port->fd, port->vnet_len ? parts : parts + 1, port->vnet_len ? 2 : 1);

    if (n > 0) {
        port->host->stats.n_port_tx++;
    } else {
        port->host->stats.n_port_drops++;
    }
}

/* --- Life ------------------------------------------------------------------------------------- */

static bool begin(struct switch_port *port)
{
    event_assign(&port->readable, port->host->base, port->fd, EV_READ | EV_PERSIST, on_readable,
                 port);
    event_add(&port->readable, NULL);
    wire_set_up(port->wire, true);
    return true;
}

static bool name_interface(struct ifreq *ifr, const char *name, char *error, size_t size)
{
    if (!*name || strlen(name) >= IFNAMSIZ) {
        snprintf(error, size, "the name of an interface has 1 to %d characters", IFNAMSIZ - 1);
        return false;
    }
    *ifr = (struct ifreq){0};
    memcpy(ifr->ifr_name, name, strlen(name));
    return true;
}

/* A TAP interface is of use when it is up; whoever may not change that has prepared it. */
static void bring_up(struct ifreq *ifr)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, ifr) == 0) {
        ifr->ifr_flags |= IFF_UP;
        (void)ioctl(fd, SIOCSIFFLAGS, ifr);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static bool tap_open(struct switch_port *port, char *error, size_t size)
{
    struct ifreq ifr;

    if (!name_interface(&ifr, port->edge->name, error, size)) {
        return false;
    }
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
    port->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0 || ioctl(port->fd, TUNSETIFF, &ifr) != 0) {
        return refuse(port, error, size, "");
    }
    bring_up(&ifr);
    return begin(port);
}

static bool set_option(const struct switch_port *port, int option, int value)
{
    return setsockopt(port->fd, SOL_PACKET, option, &value, sizeof value) == 0;
}

static bool interface_open(struct switch_port *port, char *error, size_t size)
{
    struct sockaddr_ll addr = {.sll_family = AF_PACKET};
    struct packet_mreq all = {.mr_type = PACKET_MR_PROMISC};
    struct ifreq ifr;

    if (!name_interface(&ifr, port->edge->name, error, size)) {
        return false;
    }
    port->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (port->fd < 0) {
        return refuse(port, error, size, "");
    }
    if (ioctl(port->fd, SIOCGIFINDEX, &ifr) != 0) {
        return refuse(port, error, size, "there is no such interface");
    }
    addr.sll_ifindex = all.mr_ifindex = ifr.ifr_ifindex;
    be_put16((uint8_t *)&addr.sll_protocol, ETH_P_ALL);
    if (!set_option(port, PACKET_VNET_HDR, 1) || !set_option(port, PACKET_AUXDATA, 1) ||
        !set_option(port, PACKET_IGNORE_OUTGOING, 1) ||
        setsockopt(port->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) != 0 ||
        bind(port->fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
        return refuse(port, error, size, "");
    }
    port->vnet_len = sizeof(struct virtio_net_hdr);
    return begin(port);
}

/* It has been taken away when the socket has lost it; a name may have changed. */
static bool interface_is_up(const struct switch_port *port)
{
    enum { CARRIER = IFF_UP | IFF_RUNNING };
    struct sockaddr_ll addr = {0};
    socklen_t len = sizeof addr;
    struct ifreq ifr = {0};

    if (getsockname(port->fd, (struct sockaddr *)&addr, &len) != 0 || addr.sll_ifindex <= 0) {
        return false;
    }
    ifr.ifr_ifindex = addr.sll_ifindex;
    return ioctl(port->fd, SIOCGIFNAME, &ifr) == 0 && ioctl(port->fd, SIOCGIFFLAGS, &ifr) == 0 &&
           (ifr.ifr_flags & CARRIER) == CARRIER;
}

static void linux_close(struct switch_port *port)
{
    if (port->fd >= 0) {
        event_del(&port->readable);
        close(port->fd);
        port->fd = -1;
    }
}

const struct switch_port_backend switch_port_tap = {tap_open, linux_send, linux_close, NULL};
const struct switch_port_backend switch_port_interface = {interface_open, linux_send, linux_close,
                                                          interface_is_up};

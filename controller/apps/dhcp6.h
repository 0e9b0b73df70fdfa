/* DHCPv6 (RFC 8415) between clients and servers: part of the app "dhcp" (dhcp.h).
 *
 * With an address for us ('relay6') and one for the server ('server6') every client's message goes as a
 * Relay-forward to the server, whose Relay-reply is unwrapped and goes to the client's port; the
 * interface-id option says which that is: datapath id (8 bytes), port (4), the client's MAC address (6).
 * Without them the frames themselves go to all trusted ports and back. Either way nothing crosses a
 * link between switches, and what only servers say is dropped and reported at ports without trust. */
#ifndef TAMBO_APPS_DHCP6_H
#define TAMBO_APPS_DHCP6_H

#define DHCP6_INTERFACE_ID_LEN 18

#endif

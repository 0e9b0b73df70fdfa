/* From a parsed frame to the fields that a flow table matches on (OF 1.3.5 §7.2.3.7). */
#ifndef TAMBO_WORLD_FIELDS_H
#define TAMBO_WORLD_FIELDS_H

#include "controller/openflow/of_match.h"
#include "controller/packet/pkt.h"

/* Fills '*out' with the exact fields of 'pkt', received on 'in_port', with 'metadata'. A frame
 * without a tag has vlan_vid = OF_VID_NONE. Ports are physical, so in_phy_port is in_port and tunnel_id
 * is 0. */
void fields_of_packet(const struct pkt *pkt, port_no_t in_port, uint64_t metadata,
                      struct of_match *out);

#endif

/* Paths of the original controller: how it writes things. Private to this room.
 *
 *      nb_compat.c            datapath ids, versions, numbers; /wm/device
 *      nb_compat_core.c       /wm/core but for switches
 *      nb_compat_switch.c     /wm/core/switch: which switches are asked, and roles
 *      nb_compat_stats.c      what they answer
 *      nb_compat_topology.c   /wm/topology
 *      nb_compat_missing.c    what there is not
 *      nb_network_service.c   /networkService, and nb_network_rules.c its rules
 *      nb_static_compat.c     /wm/staticflowpusher
 *
 * What cannot be done is answered by an error; originally nearly every answer was 200. Numbers in
 * statistics are texts, as they were. */
#ifndef TAMBO_NORTHBOUND_NB_COMPAT_H
#define TAMBO_NORTHBOUND_NB_COMPAT_H

#include "controller/northbound/nb_route.h"
#include "controller/openflow/of_msg.h"

struct datapath;

/* "00:00:00:00:00:00:00:0a", in 'out', which is returned. */
#define NB_COMPAT_DPID 24
const char *nb_compat_dpid_text(dpid_t dpid, char out[NB_COMPAT_DPID]);
json_t *nb_compat_dpid(dpid_t dpid);

/* "OF_13" */
const char *nb_compat_version(uint8_t version);

/* "385" */
json_t *nb_compat_number(uint64_t value);

/* The match with the names of fields that there were (nb_static_compat.c). */
json_t *nb_compat_match(const struct of_match *match);

/* True when the switch in the path is "all". */
bool nb_compat_is_all(const struct nb_call *call);

/* --- Statistics (nb_compat_stats.c) ----------------------------------------------------------- */

struct nb_compat_stat {
    const char *name; /* In the path. */
    enum of_mp_type type;
    uint8_t min_version;
    void (*add)(json_t *out, const struct of_multipart_reply *reply, const char *version);
};

/* NULL: there is no such statistic. */
const struct nb_compat_stat *nb_compat_stat_find(const char *name);

/* "port, flow, ...", for a message. */
const char *nb_compat_stat_names(void);

#endif

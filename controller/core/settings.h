/* The core's settings, with the defaults that an operator gets without a configuration file. */
#ifndef TAMBO_CORE_SETTINGS_H
#define TAMBO_CORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/openflow/of_types.h"

/* What becomes of an address that is used in two places. */
enum host_move {
    HOST_MOVE_ACCEPT, /* The latest to use it has it. */
    HOST_MOVE_PROBE,  /* The first has it as long as it answers there. */
    HOST_MOVE_REFUSE, /* The first has it as long as its port is up. */
    HOST_N_MOVES,
};

struct core_settings {
    uint32_t versions; /* Bit 1 << version for each that we speak; default 1.0, 1.3 to 1.5. */
    int64_t hello_timeout_ns;   /* From connection to READY; default 10 s. */
    int64_t echo_interval_ns;   /* Silence after which we ask; default 5 s. */
    int64_t echo_timeout_ns;    /* No answer for so long closes the connection; default 15 s. */
    int64_t barrier_timeout_ns; /* A transaction's stage is sent again after this; default 2 s. */
    unsigned barrier_tries;     /* Times a stage is sent before the connection is closed; 3. */
    bool bundles;               /* OpenFlow 1.4: a stage's changes of a switch are done as a whole;
                                 * default true. */
    int64_t ask_timeout_ns;     /* A question without an answer is given up after this; 10 s. */
    enum of_role role;        /* At every switch from 1.3 on: EQUAL (default), MASTER or SLAVE... */
    uint32_t generation_id;   /* ...and the first generation id that is tried; default 0. */
    bool discovery;           /* Send LLDP; default true. */
    int64_t lldp_interval_ns; /* Between two probes of a port; default 5 s. */
    int64_t link_timeout_ns;  /* A link not seen for so long is down; default 16 s. */
    int64_t edge_settle_ns;   /* A port that has been up for so long without an LLDP frame is an
                                   * edge port; default 500 ms. */
    int64_t probe_life_ns;    /* A probe that comes in later than this is refused; default 5 s. */
    bool hold_links;          /* Refuse a link between two settled edge ports while hosts are heard
                                   * there: they may be passing on our probes; default true. */
    bool bddp;                /* Look for legacy networks between our ports; default true... */
    int64_t bddp_interval_ns; /* ...with a probe of each port that is no link; default 5 s. */
    int64_t host_timeout_ns;  /* A host not seen for so long is forgotten; default 1 h. */
    enum host_move host_move; /* Default HOST_MOVE_PROBE. */
    int64_t host_hold_ns;     /* How long an answer is waited for; default 1 s. */
    uint16_t host_block_s;    /* So long the switch drops what is sent with a MAC address that was
                                   * refused there; default 0: only the core does. */
    int64_t adopt_grace_ns;   /* An entry found on a switch that no app asks for again within this
                                   * time is deleted, unless it has a time-out; default 60 s. */
    int64_t table_backoff_ns; /* First period in which a full table is left alone; default 1 s. */
    int64_t table_backoff_max_ns;  /* The longest one; default 30 s. */
    bool table_evict;              /* Delete entries of less value for more important ones that
                                     * find no room; default true. */
    bool table_evict_idle;         /* Also delete entries of a full table that nobody uses until a
                                     * tenth of it is free; default true. */
    uint16_t vacancy_down_percent; /* OpenFlow 1.4: a switch tells when less of a table than this is
                                     * free (0: it need not)... */
    uint16_t vacancy_up_percent;   /* ...and when more than this is; defaults 10 and 20. */
    uint32_t max_datapaths;      /* A switch beyond this many, connected or not, is refused; default
                                   * 10 000. */
    uint32_t max_hosts;          /* Hosts beyond this are not learnt; default 200 000. */
    uint32_t max_hosts_per_port; /* Default 1 024. */

    /* Packet-ins that are looked at (admission.h), each second and at once; 0 each second: any. */
    uint32_t lldp_per_s, lldp_burst;           /* Of a switch; default 2 000 and 8 192, */
    uint32_t address_per_s, address_burst;     /* ARP, DHCP, ND; 10 000 and 65 536, */
    uint32_t unicast_per_s, unicast_burst;     /* any, */
    uint32_t multicast_per_s, multicast_burst; /* 10 000 and 65 536, */
    uint32_t switch_per_s, switch_burst;       /* all of these together; any. */
    uint32_t port_lldp_per_s, port_lldp_burst; /* Of a port; default 100 and 200. */
    uint32_t port_mods_per_s, port_mods_burst; /* Flow-mods that frames from an edge port may cause;
                                                * default 5 000 and 20 000. */
};

/* The defaults above. */
struct core_settings core_settings_default(void);

#endif

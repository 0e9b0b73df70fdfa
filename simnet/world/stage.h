/* What the time of a simulated network is spent on, for a profile (des/profile.h). */
#ifndef TAMBO_WORLD_STAGE_H
#define TAMBO_WORLD_STAGE_H

enum stage {
    STAGE_OTHER,         /* Announcements, connections, faults, measuring... */
    STAGE_SESSIONS,      /* Who talks to whom, and which entries that holds. */
    STAGE_FRAMES,        /* Frames in switches, on links and at hosts, up to the packet-in. */
    STAGE_TO_CONTROLLER, /* Messages to the controller: encoding, channel, station, decoding. */
    STAGE_CORE,          /* The controller core and its apps. */
    STAGE_TO_SWITCH,     /* Messages to switches: encoding, channel, decoding. */
    STAGE_AGENT,         /* What switches do with them, packet-outs included. */
    STAGE_TIMEOUTS,      /* Entries that leave because of time. */
    N_STAGES
};

/* In the order above: "other", "sessions", "frames", "to_controller", "core", "to_switch", "agent", "timeouts". */
extern const char *const stage_names[N_STAGES];

#endif

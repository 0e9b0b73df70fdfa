/* The hardware behind a flow table: a TCAM of a number of slots, and memory behind it.
 *
 * A table without hardware (table.h) finds an entry in no time and only counts entries. With it an entry is
 * either in the TCAM or in software. In the TCAM it takes one slot, or 'wide_slots' when it matches what does
 * not fit one (OF 1.3.5 §5.2 leaves that to the switch; of a Broadcom Triumph2 and its like a slot holds L2
 * or L3 fields of IPv4). A frame whose entry is in software is forwarded by the switch's processor
 * (swtch.h).
 *
 * Which entry a frame meets does not depend on where entries are: a switch that moves entries keeps what
 * overlaps apart. Only the time does, and who has room.
 *
 * Use moves an entry up: into free slots always, into the slots of others when 'swap' names one that may
 * leave them. What is used is what forwards a frame or has a session. */
#ifndef TAMBO_WORLD_TCAM_H
#define TAMBO_WORLD_TCAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which entry makes room for another. */
enum tcam_victim {
    TCAM_NOBODY, /* None does. */
    TCAM_LRU,    /* The one whose last use, or installation, is longest ago. */
    TCAM_FIFO,   /* The one that has been there longest. */
    TCAM_RANDOM, /* Any, with equal probability. */
    TCAM_IMPORTANCE, /* The least important, unless it is more important than the other; of these TCAM_LRU. */
    TCAM_N_VICTIMS
};

/* What an insertion moves: a TCAM answers with its first match, so it is kept by falling priority. */
enum tcam_moves {
    TCAM_MOVES_NONE, /* Priority is not order there. */
    TCAM_MOVES_LEVELS, /* One entry of each lower priority (free slots at the end: Shah, Gupta 2001). */
    TCAM_MOVES_ENTRIES, /* Every entry of lower priority. */
    TCAM_N_MOVES
};

struct tcam_params {
    uint32_t n_slots;          /* 0: there is no hardware, and nothing else here counts. */
    uint32_t software_entries; /* Room behind the TCAM; 0: none. */
    bool software_first;       /* An entry begins in software, and the first use moves it up. */
    uint8_t wide_slots;        /* 1..8, of a wide entry; 0 is 1. */
    bool ipv6_is_wide;  /* An entry that matches IPv6 addresses, labels or neighbour discovery, */
    bool l2_l3_is_wide; /* or Ethernet addresses and what is above Ethernet. */
    enum tcam_victim full; /* Who leaves the table when there is no room for an entry. */
    enum tcam_victim swap; /* Who leaves the TCAM when an entry in software is used. */
    enum tcam_moves moves;
    int64_t insert_ns; /* Of an entry into the TCAM, besides */
    int64_t move_ns;   /* so much for each move. */
};

struct tcam_stats {
    uint32_t n_used_slots, n_fast, n_software; /* Now: slots taken, entries there and behind. */
    uint64_t n_fast_hits, n_software_hits;     /* Frames by where their entry was. */
    uint64_t n_inserts, n_moves;               /* Into the TCAM; of these made by insertions. */
    uint64_t n_ups, n_downs;                   /* Entries moved up by use, and down for them. */
    uint64_t n_evictions;                      /* Entries that left the table for another. */
};

/* "lru"; NULL beyond the last. */
const char *tcam_victim_name(enum tcam_victim victim);
const char *tcam_moves_name(enum tcam_moves moves);

/* True when a choice is random, so that the table needs a random stream. */
bool tcam_is_random(const struct tcam_params *params);

#endif

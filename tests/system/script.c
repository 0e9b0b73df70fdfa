#include "tests/system/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/packet/pkt_build.h"

#define MAX_WORDS 64

/* One line, cut into words. */
struct line {
    const char *path;
    unsigned number;
    char *words[MAX_WORDS];
    size_t n;
};

static void mistake(const struct line *l, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

static void mistake(const struct line *l, const char *fmt, ...)
{
    va_list args;

    fprintf(stderr, "%s:%u: ", l->path, l->number);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

static void split(struct line *l, char *text)
{
    char *save, *word;

    text[strcspn(text, "#\n")] = '\0';
    l->n = 0;
    for (word = strtok_r(text, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
        if (l->n == MAX_WORDS) {
            mistake(l, "too many words");
        }
        l->words[l->n++] = word;
    }
}

static const char *word(const struct line *l, size_t i)
{
    if (i >= l->n) {
        mistake(l, "something is missing after \"%s\"", l->words[l->n - 1]);
    }
    return l->words[i];
}

static uint64_t number(const struct line *l, size_t i)
{
    char *end;
    uint64_t value = strtoull(word(l, i), &end, 0);

    if (*end) {
        mistake(l, "expected a number, found \"%s\"", l->words[i]);
    }
    return value;
}

static mono_t instant(const struct line *l, size_t i)
{
    char *end;
    double value_s = strtod(word(l, i), &end);

    if (*end) {
        mistake(l, "expected seconds, found \"%s\"", l->words[i]);
    }
    return (mono_t){ns_from_s(value_s)};
}

static unsigned switch_index(const struct line *l, const struct script *s, const char *name)
{
    for (unsigned i = 0; i < s->n_switches; i++) {
        if (strcmp(s->switches[i].name, name) == 0) {
            return i;
        }
    }
    mistake(l, "there is no switch \"%s\"", name);
}

static uint8_t version(const struct line *l, size_t i)
{
    for (uint8_t v = OF_VERSION_1_0; v <= OF_VERSION_1_5; v++) {
        if (strcmp(word(l, i), of_version_name(v)) == 0) {
            return v;
        }
    }
    mistake(l, "expected a version, found \"%s\"", word(l, i));
}

/* --- Declarations ----------------------------------------------------------------------------- */

static void read_switch(const struct line *l, struct script *s)
{
    struct script_switch *sw = &s->switches[s->n_switches++];

    if (s->n_switches > SCRIPT_MAX_SWITCHES || l->n - 5 > SCRIPT_MAX_PORTS) {
        mistake(l, "too many switches or ports");
    }
    snprintf(sw->name, sizeof sw->name, "%s", word(l, 1));
    sw->version = version(l, 2);
    sw->dpid = number(l, 3);
    if (strcmp(word(l, 4), "ports") != 0) {
        mistake(l, "expected \"ports\"");
    }
    for (size_t i = 5; i < l->n; i++) {
        sw->ports[sw->n_ports++] =
            (struct script_port){.number = (port_no_t)number(l, i), .peer = -1};
    }
}

static struct script_port *port_at(const struct line *l, struct script *s, const char *text,
                                   unsigned *sw)
{
    char name[16];
    unsigned port;

    if (sscanf(text, "%15[^:]:%u", name, &port) != 2) {
        mistake(l, "expected SWITCH:PORT, found \"%s\"", text);
    }
    *sw = switch_index(l, s, name);
    for (size_t i = 0; i < s->switches[*sw].n_ports; i++) {
        if (s->switches[*sw].ports[i].number == port) {
            return &s->switches[*sw].ports[i];
        }
    }
    mistake(l, "%s has no port %u", name, port);
}

static void read_link(const struct line *l, struct script *s)
{
    unsigned sw_a, sw_b;
    struct script_port *a = port_at(l, s, word(l, 1), &sw_a);
    struct script_port *b = port_at(l, s, word(l, 2), &sw_b);

    a->peer = (int)sw_b;
    a->peer_port = b->number;
    b->peer = (int)sw_a;
    b->peer_port = a->number;
}

/* --- Steps ------------------------------------------------------------------------------------ */

static void read_hex(const struct line *l, size_t from, struct buf *out)
{
    for (size_t i = from; i < l->n; i++) {
        for (const char *p = l->words[i]; *p; p += 2) {
            unsigned byte;

            if (sscanf(p, "%2x", &byte) != 1 || !p[1]) {
                mistake(l, "expected pairs of hexadecimal digits, found \"%s\"", l->words[i]);
            }
            buf_put_u8(out, byte);
        }
    }
}

static struct eth_addr host_mac(uint64_t n)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) | n);
}

static uint32_t host_ip(uint64_t n)
{
    return UINT32_C(0x0a000000) | (uint32_t)n;
}

/* KIND SRC DST, from word 'i' on. */
static void read_frame(const struct line *l, size_t i, struct buf *out)
{
    const char *kind = word(l, i);
    uint64_t src = number(l, i + 1), dst = number(l, i + 2);

    if (strcmp(kind, "arp-ask") == 0) {
        pkt_build_arp_request(out, host_mac(src), host_ip(src), host_ip(dst));
    } else if (strcmp(kind, "arp-tell") == 0) {
        pkt_build_arp_reply(out, host_mac(src), host_ip(src), host_mac(dst), host_ip(dst));
    } else if (strcmp(kind, "udp") == 0) {
        struct pkt_ends4 ends = {.eth_dst = host_mac(dst),
                                 .eth_src = host_mac(src),
                                 .src = host_ip(src),
                                 .dst = host_ip(dst)};

        pkt_build_udp4(out, &ends, 4711, 9, "tambo", 5);
    } else {
        mistake(l, "there is no frame \"%s\"", kind);
    }
}

static enum of_err error_called(const struct line *l, const char *name)
{
    for (int e = 1; e < OF_N_ERRS; e++) {
        if (strcmp(of_err_name((enum of_err)e), name) == 0) {
            return (enum of_err)e;
        }
    }
    mistake(l, "there is no error \"%s\"", name);
}

static enum of_type type_called(const struct line *l, const char *name)
{
    for (int t = 0; t < OF_N_TYPES; t++) {
        if (strcmp(of_type_name((enum of_type)t), name) == 0) {
            return (enum of_type)t;
        }
    }
    mistake(l, "there is no message \"%s\"", name);
}

static enum script_verb verb_called(const struct line *l, const char *name)
{
    static const char *const names[] = {
        [SCRIPT_CONNECT] = "connect", [SCRIPT_DISCONNECT] = "disconnect",
        [SCRIPT_SEND] = "send",       [SCRIPT_FRAME] = "frame",
        [SCRIPT_PORT] = "port",       [SCRIPT_REFUSE] = "refuse",
        [SCRIPT_MUTE] = "mute",       [SCRIPT_SPEAK] = "speak",
        [SCRIPT_EXPECT] = "expect",   [SCRIPT_EXPECT_CLOSED] = "expect-closed",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum script_verb)i;
        }
    }
    mistake(l, "there is no verb \"%s\"", name);
}

static void read_arguments(const struct line *l, struct script_step *step)
{
    switch (step->verb) {
    case SCRIPT_SEND:
        read_hex(l, 4, &step->bytes);
        break;
    case SCRIPT_FRAME:
        step->port = (port_no_t)number(l, 4);
        read_frame(l, 5, &step->bytes);
        break;
    case SCRIPT_PORT:
        step->port = (port_no_t)number(l, 4);
        step->up = strcmp(word(l, 5), "up") == 0;
        break;
    case SCRIPT_REFUSE:
        step->err = error_called(l, word(l, 4));
        break;
    case SCRIPT_EXPECT:
        step->type = type_called(l, word(l, 4));
        step->n = (unsigned)number(l, 5);
        break;
    case SCRIPT_CONNECT:
    case SCRIPT_DISCONNECT:
    case SCRIPT_MUTE:
    case SCRIPT_SPEAK:
    case SCRIPT_EXPECT_CLOSED:
        break;
    }
}

static void read_step(const struct line *l, struct script *s)
{
    struct script_step *step = &s->steps[s->n_steps++];

    if (s->n_steps > SCRIPT_MAX_STEPS) {
        mistake(l, "too many steps");
    }
    step->at = instant(l, 1);
    step->line = l->number;
    step->verb = verb_called(l, word(l, 2));
    step->sw = switch_index(l, s, word(l, 3));
    if (s->n_steps > 1 && mono_before(step->at, step[-1].at)) {
        mistake(l, "steps must be in the order of time");
    }
    read_arguments(l, step);
}

static void read_line(const struct line *l, struct script *s)
{
    const char *first = l->words[0];

    if (strcmp(first, "switch") == 0) {
        read_switch(l, s);
    } else if (strcmp(first, "link") == 0) {
        read_link(l, s);
    } else if (strcmp(first, "except") == 0) {
        snprintf(s->except, sizeof s->except, "%s", word(l, 1));
    } else if (strcmp(first, "at") == 0) {
        read_step(l, s);
    } else if (strcmp(first, "end") == 0) {
        s->end = instant(l, 1);
    } else {
        mistake(l, "there is no \"%s\"", first);
    }
}

void script_read(const char *path, struct script *out)
{
    FILE *file = fopen(path, "r");
    struct line l = {.path = path};
    char text[1024];

    *out = (struct script){.path = path, .end = MONO_NEVER};
    if (!file) {
        mistake(&l, "cannot be read");
    }
    while (fgets(text, sizeof text, file)) {
        l.number++;
        split(&l, text);
        if (l.n) {
            read_line(&l, out);
        }
    }
    if (mono_is_never(out->end)) {
        mistake(&l, "there is no \"end\"");
    }
    fclose(file);
}

void script_free(struct script *s)
{
    for (size_t i = 0; i < s->n_steps; i++) {
        buf_fini(&s->steps[i].bytes);
    }
}

const struct script_port *script_port(const struct script *s, unsigned sw, port_no_t port)
{
    for (size_t i = 0; i < s->switches[sw].n_ports; i++) {
        if (s->switches[sw].ports[i].number == port) {
            return &s->switches[sw].ports[i];
        }
    }
    return NULL;
}

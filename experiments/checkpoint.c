/* The memory that saving and restoring need for themselves lies at an address of its own, SCRATCH, which is not saved:
 * there is the stack on which memory is restored, so that nothing of that is in what it overwrites.
 *
 * The file: a header; then pieces of memory, each an address, a length and so many bytes, the last one of length 0; then
 * a hash of all that. Pages of zeros are left out. */
#include "experiments/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "controller/base/hash.h"
#include "experiments/address_space.h"
#include "experiments/build_id.h"

#define MAGIC "Tambo checkpoint"
#define SCRATCH UINT64_C(0x100000000000)
enum { VERSION = 2, PAGE = 4096, CHUNK = 64 << 10, STACK = 64 << 10 };

struct header {
    char magic[16];
    uint64_t version;
    char build[32];
    char kernel[128];
    uint64_t layout;
    uint64_t processor; /* A hash of its model and of what it can do. */
    uint64_t n_regions;
    struct region regions[ADDRESS_SPACE_REGIONS];
};

struct piece {
    uint64_t address, length;
};

struct scratch {
    struct address_space space;
    struct header header;
    uint8_t chunk[CHUNK];
    uint8_t stack[STACK] __attribute__((aligned(64)));
    ucontext_t context;
    uint64_t hash;
    int fd;
    bool failed;
};

/* What the process that goes on finds in its memory. */
static jmp_buf here;
static double left_at_s, away_s;

static double clock_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double checkpoint_wall_s(void)
{
    return clock_s() - away_s;
}

bool checkpoint_fix_addresses(char *const argv[], char *why, size_t size)
{
    int now = personality(0xffffffff);

    if (now >= 0 && now & ADDR_NO_RANDOMIZE) {
        return true;
    }
    if (now < 0 || personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0) {
        snprintf(why, size, "addresses cannot be kept the same (personality(2)): %s",
                 strerror(errno));
        return false;
    }
    execv("/proc/self/exe", argv);
    snprintf(why, size, "cannot start over: %s", strerror(errno));
    return false;
}

static struct scratch *scratch_new(char *why, size_t size)
{
    void *p = mmap((void *)(uintptr_t)SCRATCH, sizeof(struct scratch), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (p != (void *)(uintptr_t)SCRATCH) {
        snprintf(why, size, "no memory at its place: %s", strerror(errno));
        return NULL;
    }
    return p;
}

static void scratch_free(void)
{
    munmap((void *)(uintptr_t)SCRATCH, sizeof(struct scratch));
}

/* The library has chosen among its functions by what the processor can do, and memory says which. */
static uint64_t read_processor(struct scratch *s)
{
    static const char *const lines[] = {"\nmodel name", "\nflags", "\nFeatures"};
    int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    uint64_t hash = HASH_FNV_INIT;
    ssize_t n = fd < 0 ? 0 : read(fd, s->chunk, CHUNK - 1);
    const char *text = (const char *)s->chunk;

    if (fd >= 0) {
        close(fd);
    }
    s->chunk[n > 0 ? n : 0] = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *line = strstr(text, lines[i]); /* Of the first one. */

        hash = line ? hash_fnv(hash, line, 1 + strcspn(line + 1, "\n")) : hash;
    }
    return hash;
}

/* What must be the same when the process goes on. */
static bool describe(struct scratch *s, struct header *h)
{
    struct utsname u;

    if (!address_space_read(&s->space, SCRATCH, SCRATCH + sizeof *s + PAGE) || uname(&u) != 0) {
        return false;
    }
    *h = (struct header){
        .version = VERSION, .layout = s->space.layout, .processor = read_processor(s)};
    memcpy(h->magic, MAGIC, sizeof h->magic);
    snprintf(h->build, sizeof h->build, "%s", build_id());
    snprintf(h->kernel, sizeof h->kernel, "%.60s %.60s", u.release, u.machine);
    h->n_regions = s->space.n_regions;
    memcpy(h->regions, s->space.regions, sizeof h->regions);
    return true;
}

static uint64_t hash_words(uint64_t h, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t word;

    for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = hash_combine(h, word);
    }
    return h;
}

/* --- Writing --------------------------------------------------------------------------------------- */

static void put(struct scratch *s, const void *data, size_t len)
{
    const uint8_t *p = data;

    s->hash = hash_words(s->hash, data, len);
    while (len && !s->failed) {
        ssize_t n = write(s->fd, p, len);

        if (n < 0 && errno != EINTR) {
            s->failed = true;
        } else if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

/* Some pages, by way of the chunk, since they may change meanwhile. */
static void put_piece(struct scratch *s, uint64_t at, uint64_t length)
{
    struct piece piece = {at, length};

    put(s, &piece, sizeof piece);
    memcpy(s->chunk, (const void *)(uintptr_t)at, length);
    put(s, s->chunk, length);
}

static void put_region(struct scratch *s, const struct region *r)
{
    uint64_t from = r->start, at;

    for (at = r->start; at < r->end; at += PAGE) {
        if (r->kind != REGION_STACK && is_zero((const void *)(uintptr_t)at)) {
            if (at > from) {
                put_piece(s, from, at - from);
            }
            from = at + PAGE;
        } else if (at + PAGE - from == CHUNK) {
            put_piece(s, from, CHUNK);
            from = at + PAGE;
        }
    }
    if (at > from) {
        put_piece(s, from, at - from);
    }
}

static bool put_all(struct scratch *s, const char *path)
{
    struct piece last = {0, 0};

    s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (s->fd < 0) {
        return false;
    }
    s->hash = 0;
    s->failed = false;
    put(s, &s->header, sizeof s->header);
    for (size_t i = 0; i < s->header.n_regions; i++) {
        put_region(s, &s->header.regions[i]);
    }
    put(s, &last, sizeof last);
    last.address = s->hash;
    put(s, &last.address, sizeof last.address);
    s->failed = s->failed || fsync(s->fd) != 0;
    return close(s->fd) == 0 && !s->failed;
}

static enum checkpoint_status write_file(const char *path, char *why, size_t size)
{
    struct scratch *s = scratch_new(why, size);
    char new_path[4096];
    bool ok;

    if (!s) {
        return CHECKPOINT_FAILED;
    }
    snprintf(new_path, sizeof new_path, "%s.new", path);
    errno = 0;
    ok = describe(s, &s->header) && put_all(s, new_path) && rename(new_path, path) == 0;
    if (!ok) {
        snprintf(why, size, "%s: %s", path, errno ? strerror(errno) : "too many pieces of memory");
        unlink(new_path);
    }
    scratch_free();
    return ok ? CHECKPOINT_WRITTEN : CHECKPOINT_FAILED;
}

enum checkpoint_status checkpoint_write(const char *path, char *why, size_t size)
{
    fflush(NULL); /* What is printed is not printed again. */
    left_at_s = clock_s();
    if (_setjmp(here) == 0) {
        return write_file(path, why, size);
    }
    scratch_free();
    away_s += clock_s() - left_at_s;
    return CHECKPOINT_RESUMED;
}

/* --- Reading --------------------------------------------------------------------------------------- */

static bool get(struct scratch *s, void *data, size_t len)
{
    uint8_t *p = data;

    while (len) {
        ssize_t n = read(s->fd, p, len);

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static bool lies_in_region(const struct header *h, const struct piece *piece)
{
    for (size_t i = 0; i < h->n_regions; i++) {
        const struct region *r = &h->regions[i];

        if (piece->address >= r->start && piece->address + piece->length <= r->end) {
            return true;
        }
    }
    return false;
}

/* Reads all of it once, and touches nothing. */
static bool is_sound(struct scratch *s, const struct header *h)
{
    struct piece piece;
    uint64_t hash = hash_words(0, h, sizeof *h), stored;

    do {
        if (!get(s, &piece, sizeof piece) || piece.length > CHUNK || piece.length % PAGE ||
            (piece.length && !lies_in_region(h, &piece)) || !get(s, s->chunk, piece.length)) {
            return false;
        }
        hash = hash_words(hash_words(hash, &piece, sizeof piece), s->chunk, piece.length);
    } while (piece.length);
    return get(s, &stored, sizeof stored) && stored == hash && read(s->fd, &stored, 1) == 0;
}

/* NULL when the file can be resumed from; else the reason why not. */
static const char *complaint(struct scratch *s, const struct header *now)
{
    struct header *h = &s->header;

    if (!get(s, h, sizeof *h) || memcmp(h->magic, now->magic, sizeof h->magic) != 0) {
        return "not a checkpoint";
    }
    if (h->version != now->version || h->n_regions > ADDRESS_SPACE_REGIONS ||
        memcmp(h->build, now->build, sizeof h->build) != 0) {
        return "written by another build of tambo";
    }
    if (memcmp(h->kernel, now->kernel, sizeof h->kernel) != 0) {
        return "written under another kernel: it can go on only under the same one";
    }
    if (h->processor != now->processor) {
        return "written on another kind of processor";
    }
    if (h->layout != now->layout) {
        return "written where libraries, or the limit of the stack (ulimit -s), are others";
    }
    return is_sound(s, h) ? NULL : "damaged";
}

typedef long system_call(long number, ...);

/* Makes room where the region was, filled with zeros; the stack grows by being touched. */
static void restore_region(const struct region *r, const struct region *stack, system_call *call)
{
    if (r->kind == REGION_STACK) {
        for (uint64_t at = stack->start - PAGE; at >= r->start; at -= PAGE) {
            *(volatile uint8_t *)(uintptr_t)at = 0;
        }
        return;
    }
    if (r->kind == REGION_HEAP) {
        call(SYS_brk, r->end);
    }
    call(SYS_mmap, r->start, r->end - r->start, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Runs on the stack in the scratch memory. From here on only system calls are made, by an address that is kept
 * there (the linker's tables are among what is overwritten), and nothing can be told: what cannot go on ends. */
static void restore(void)
{
    struct scratch *s = (struct scratch *)(uintptr_t)SCRATCH;
    const struct header *h = &s->header;
    const struct region *stack = &s->space.regions[s->space.n_regions - 1];
    system_call *volatile call = syscall;
    struct piece piece;

    for (size_t i = 0; i < h->n_regions; i++) {
        restore_region(&h->regions[i], stack, call);
    }
    for (;;) {
        uint8_t *at;

        if (call(SYS_read, s->fd, &piece, sizeof piece) != sizeof piece) {
            call(SYS_exit_group, 1);
        }
        if (!piece.length) {
            break;
        }
        at = (uint8_t *)(uintptr_t)piece.address;
        for (uint64_t done = 0; done < piece.length;) {
            long n = call(SYS_read, s->fd, at + done, piece.length - done);

            if (n <= 0) {
                call(SYS_exit_group, 1);
            }
            done += (uint64_t)n;
        }
    }
    call(SYS_close, s->fd);
    _longjmp(here, 1);
}

static void go_on(struct scratch *s)
{
    getcontext(&s->context);
    s->context.uc_stack.ss_sp = s->stack;
    s->context.uc_stack.ss_size = sizeof s->stack;
    s->context.uc_link = NULL;
    makecontext(&s->context, restore, 0);
    setcontext(&s->context);
}

void checkpoint_resume(const char *path, char *why, size_t size)
{
    struct scratch *s = scratch_new(why, size);
    static struct header now;
    const char *bad;

    if (!s) {
        return;
    }
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) {
        snprintf(why, size, "%s: %s", path, strerror(errno));
    } else if (!describe(s, &now)) {
        snprintf(why, size, "/proc/self/maps cannot be read");
    } else if ((bad = complaint(s, &now))) {
        snprintf(why, size, "%s: %s", path, bad);
    } else if (lseek(s->fd, sizeof s->header, SEEK_SET) == sizeof s->header) {
        go_on(s);
    }
    scratch_free();
}

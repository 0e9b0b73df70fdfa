#include "experiments/address_space.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/base/hash.h"

static bool read_text(struct address_space *space)
{
    size_t len = 0, most = sizeof space->text - 1;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;

    if (fd < 0) {
        return false;
    }
    while (len < most && (n = read(fd, space->text + len, most - len)) > 0) {
        len += (size_t)n;
    }
    space->text[len] = '\0';
    close(fd);
    return n == 0;
}

static const char *hex(const char *p, uint64_t *value)
{
    *value = 0;
    for (;; p++) {
        unsigned digit = *p >= '0' && *p <= '9'   ? (unsigned)(*p - '0')
                         : *p >= 'a' && *p <= 'f' ? (unsigned)(*p - 'a') + 10
                                                  : 16;

        if (digit == 16) {
            return p;
        }
        *value = *value << 4 | digit;
    }
}

/* What lies there must lie there again, and be the same file; the program itself is known by its build, wherever it
 * is. */
static void add_to_layout(struct address_space *space, const char *line, const char *path)
{
    struct stat st;

    space->layout = hash_fnv(space->layout, line, (size_t)(strchr(line, ' ') + 5 - line));
    if (strcmp(path, space->program) == 0) {
        return;
    }
    space->layout = hash_fnv(space->layout, path, strlen(path));
    if (path[0] == '/' && stat(path, &st) == 0) {
        const int64_t what[] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};

        space->layout = hash_fnv(space->layout, what, sizeof what);
    }
}

/* "start-end rw-p offset device inode      path". */
static bool add_line(struct address_space *space, const char *line, uint64_t own_start,
                     uint64_t own_end)
{
    const char *path = line + strcspn(line, "/["), *mode;
    struct region r = {.kind = REGION_ORDINARY};

    mode = hex(line, &r.start);
    mode = hex(mode + 1, &r.end) + 1;
    if (r.start >= own_start && r.end <= own_end) {
        return true;
    }
    if (memcmp(mode, "rw-p", 4) != 0) {
        if (*path) {
            add_to_layout(space, line, path);
        }
        return true;
    }
    if (space->n_regions == ADDRESS_SPACE_REGIONS) {
        return false;
    }
    r.kind = strcmp(path, "[heap]") == 0    ? REGION_HEAP
             : strcmp(path, "[stack]") == 0 ? REGION_STACK
                                            : REGION_ORDINARY;
    space->regions[space->n_regions++] = r;
    return true;
}

bool address_space_read(struct address_space *space, uint64_t own_start, uint64_t own_end)
{
    ssize_t n = readlink("/proc/self/exe", space->program, sizeof space->program - 1);

    space->program[n > 0 ? n : 0] = '\0';
    space->n_regions = 0;
    space->layout = HASH_FNV_INIT;
    if (!read_text(space)) {
        return false;
    }
    for (char *line = space->text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        if (!end) {
            return false;
        }
        *end = '\0';
        if (!add_line(space, line, own_start, own_end)) {
            return false;
        }
    }
    return true;
}

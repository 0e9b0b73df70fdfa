/* The files of the tap: the capture, its journal, and the older ones. See live_tap.h. */
#include <inttypes.h>
#include <sys/stat.h>

#include "controller/live/live_tap_int.h"

LOG_MODULE(tap);

#define NAME_SIZE 4200 /* A path, a number and the ending. */

/* FILE, FILE.1, FILE.2 or the journals of these. */
static const char *file_name(const struct live_tap *tap, unsigned age, const char *ending,
                             char out[NAME_SIZE])
{
    char number[16] = "";

    if (age) {
        snprintf(number, sizeof number, ".%u", age);
    }
    snprintf(out, NAME_SIZE, "%s%s%s", tap->path, number, ending);
    return out;
}

/* Every file that is there becomes one older; the oldest goes. */
static void make_older(const struct live_tap *tap, const char *ending)
{
    char from[NAME_SIZE], to[NAME_SIZE];

    remove(file_name(tap, tap->params.keep, ending, from));
    for (unsigned age = tap->params.keep; age > 0; age--) {
        rename(file_name(tap, age - 1, ending, from), file_name(tap, age, ending, to));
    }
}

static void write_head(struct live_tap *tap, const char *why_not)
{
    fputs(LIVE_TAP_MAGIC "\n", tap->journal);
    if (why_not) {
        fprintf(tap->journal, "incomplete %s\n", why_not);
    } else {
        fprintf(tap->journal, "complete\nclock %" PRId64 " %" PRId64 "\n%sevents\n",
                tap->wall_offset_ns, tap->live->params.clock->now.ns, tap->head);
    }
    fflush(tap->journal);
}

/* A device in the place of the file would be moved out of its way as well. */
static bool is_no_file(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

bool tap_open_files(struct live_tap *tap, const char *why_not)
{
    char name[NAME_SIZE], why[NAME_SIZE + 128];

    if (is_no_file(tap->path)) {
        LOG_ERROR(tap->live->params.log, "the message tap is off: %s: it is no regular file",
                  tap->path);
        return false;
    }
    make_older(tap, "");
    make_older(tap, LIVE_TAP_JOURNAL);
    tap->complete = !why_not;
    tap->journal_bytes = 0;
    tap->pcap = live_pcap_open(tap->path, why, sizeof why);
    tap->journal =
        tap->pcap ? journal_open(file_name(tap, 0, LIVE_TAP_JOURNAL, name), why, sizeof why) : NULL;
    if (!tap->journal) {
        LOG_ERROR(tap->live->params.log, "the message tap is off: %s", why);
        return false;
    }
    write_head(tap, why_not);
    return true;
}

bool tap_close_files(struct live_tap *tap)
{
    bool ok = live_pcap_close(tap->pcap);

    if (tap->journal) {
        ok = !ferror(tap->journal) && ok;
        ok = fclose(tap->journal) == 0 && ok;
    }
    tap->pcap = NULL;
    tap->journal = NULL;
    return ok;
}

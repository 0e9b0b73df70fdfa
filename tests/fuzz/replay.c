/* Runs a fuzz target over the files of the folders that are named on the command line, so that what
 * the fuzzer once found is an ordinary test everywhere. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path)
{
    struct buf b = BUF_INIT;
    FILE *file = fopen(path, "rb");
    uint8_t *exact;
    int c;

    if (file == NULL) {
        perror(path);
        return false;
    }
    while ((c = getc(file)) != EOF) {
        buf_put_u8(&b, (uint8_t)c);
    }
    fclose(file);
    exact = malloc(b.len ? b.len : 1); /* So that a sanitizer sees a read beyond the end. */
    if (b.len) {
        memcpy(exact, b.data, b.len);
    }
    LLVMFuzzerTestOneInput(exact, b.len);
    free(exact);
    buf_fini(&b);
    return true;
}

/* The number of files run, or -1. */
static int run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int n = 0;

    if (dir == NULL) {
        perror(folder);
        return -1;
    }
    while (n >= 0 && (entry = readdir(dir)) != NULL) {
        char path[4096];

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        n = run_file(path) ? n + 1 : -1;
    }
    closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int n = run_folder(argv[i]);

        if (n <= 0) {
            fprintf(stderr, "%s: no inputs\n", argv[i]);
            return 1;
        }
        printf("%s: %d inputs\n", argv[i], n);
    }
    return 0;
}

#include "tests/openflow/of_hex.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends the bytes before a '#'. False when there is something else than pairs of hex digits. */
static bool parse_bytes(const char *line, struct buf *bytes)
{
    while (*line && *line != '#') {
        unsigned value;
        int used = 0;

        if (isspace((unsigned char)*line)) {
            line++;
            continue;
        }
        if (sscanf(line, "%2x%n", &value, &used) != 1 || used != 2) {
            return false;
        }
        buf_put_u8(bytes, value);
        line += used;
    }
    return true;
}

static int read_vectors(FILE *file, const char *name, of_vector_fn *fn, void *aux)
{
    struct buf bytes = BUF_INIT;
    struct of_vector v = {.file = name, .bytes = &bytes};
    char line[4096];
    int n = 0;

    while (n >= 0 && fgets(line, sizeof line, file)) {
        v.line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '=' || line[0] == '~' || line[0] == '!') {
            v.kind = line[0];
            v.text = line + 2;
            fn(&v, aux);
            buf_clear(&bytes);
            n++;
        } else if (!parse_bytes(line, &bytes)) {
            fprintf(stderr, "%s:%d: not hex bytes: %s\n", name, v.line, line);
            n = -1;
        }
    }
    if (n >= 0 && bytes.len) {
        fprintf(stderr, "%s:%d: the last vector has no '=', '~' or '!' line\n", name, v.line);
        n = -1;
    }
    buf_fini(&bytes);
    return n;
}

static int read_file(const char *folder, const char *name, of_vector_fn *fn, void *aux)
{
    char path[4096];
    FILE *file;
    int n;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (!file) {
        perror(path);
        return -1;
    }
    n = read_vectors(file, name, fn, aux);
    fclose(file);
    return n;
}

static int is_vector_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return strncmp(entry->d_name, "of_", 3) == 0 && len > 4 &&
           strcmp(entry->d_name + len - 4, ".hex") == 0;
}

int of_vectors_for_each(const char *folder, of_vector_fn *fn, void *aux)
{
    struct dirent **entries;
    int n_files = scandir(folder, &entries, is_vector_file, alphasort);
    int total = 0;

    if (n_files < 0) {
        perror(folder);
        return -1;
    }
    for (int i = 0; i < n_files; i++) {
        int n = total >= 0 ? read_file(folder, entries[i]->d_name, fn, aux) : -1;

        total = n < 0 ? -1 : total + n;
        free(entries[i]);
    }
    free(entries);
    return total;
}

/* Runs a fuzz target over the annotated vectors of a folder, so that the corpus is readable text and
 * an ordinary test.
 *
 *   replay_NAME VECTORS...          runs each vector of each folder
 *   replay_NAME --write OUT VECTORS...   writes them to OUT as binary files instead: seeds for libFuzzer */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/openflow/of_hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes are copied so that a sanitizer sees a read beyond the end. */
static void run(const struct of_vector *v, void *aux)
{
    uint8_t *exact = malloc(v->bytes->len ? v->bytes->len : 1);

    (void)aux;
    if (v->bytes->len) {
        memcpy(exact, v->bytes->data, v->bytes->len);
    }
    LLVMFuzzerTestOneInput(exact, v->bytes->len);
    free(exact);
}

static void write_seed(const struct of_vector *v, void *aux)
{
    const char *folder = aux;
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s-%d", folder, v->file, v->line);
    file = fopen(path, "wb");
    if (!file || fwrite(v->bytes->data, 1, v->bytes->len, file) != v->bytes->len || fclose(file)) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    bool writes = argc > 2 && strcmp(argv[1], "--write") == 0;

    for (int i = writes ? 3 : 1; i < argc; i++) {
        int n = of_vectors_for_each(argv[i], writes ? write_seed : run, writes ? argv[2] : NULL);

        if (n <= 0) {
            fprintf(stderr, "%s: no inputs\n", argv[i]);
            return 1;
        }
        printf("%s: %d inputs\n", argv[i], n);
    }
    return 0;
}

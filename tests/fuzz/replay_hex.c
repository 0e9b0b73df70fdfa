/* Runs a fuzz target over the annotated vectors of a folder, so that the corpus is readable text and
 * an ordinary test.
 *
 *   replay_NAME VECTORS...          runs each vector of each folder
 *   replay_NAME --write OUT VECTORS...   writes them to OUT as binary files instead: seeds for libFuzzer
 *   replay_NAME --generate OUT           writes generated messages of every type and version to OUT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_gen.h"
#include "tests/openflow/of_hex.h"

#define N_GENERATED 4 /* Of each type and version. */

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

static void write_file(const char *path, const struct buf *bytes)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes->data, 1, bytes->len, file) != bytes->len || fclose(file)) {
        perror(path);
        exit(1);
    }
}

static void write_seed(const struct of_vector *v, void *aux)
{
    const char *folder = aux;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s-%d", folder, v->file, v->line);
    write_file(path, v->bytes);
}

/* What cannot be encoded (yet) is left out. */
static void write_generated(const char *folder, uint8_t version, enum of_type type,
                            enum of_mp_type mp)
{
    struct arena arena = ARENA_INIT;
    struct of_gen gen = of_gen_init((uint64_t)mp << 8 | type, version, &arena);
    struct buf bytes = BUF_INIT;

    for (int i = 0; i < N_GENERATED; i++) {
        struct of_msg msg;
        char path[4096];

        of_gen_msg(&gen, type, mp, &msg);
        buf_clear(&bytes);
        if (of_encode(&msg, &bytes) == ERR_OK) {
            snprintf(path, sizeof path, "%s/%s-%s-%s-%d", folder, of_version_name(version),
                     of_type_name(type), of_mp_type_name(mp), i);
            write_file(path, &bytes);
        }
    }
    buf_fini(&bytes);
    arena_fini(&arena);
}

static void generate(const char *folder)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3, OF_VERSION_1_4,
                                       OF_VERSION_1_5};

    for (size_t v = 0; v < sizeof versions; v++) {
        for (unsigned type = 0; type < OF_N_TYPES; type++) {
            bool is_mp = type == OF_MULTIPART_REQUEST || type == OF_MULTIPART_REPLY;

            for (unsigned mp = 0; mp < (is_mp ? OF_N_MP_TYPES : 1u); mp++) {
                if (of_gen_has_type(versions[v], (enum of_type)type) &&
                    (!is_mp || of_gen_has_mp_type(versions[v], (enum of_mp_type)mp))) {
                    write_generated(folder, versions[v], (enum of_type)type, (enum of_mp_type)mp);
                }
            }
        }
    }
}

int main(int argc, char **argv)
{
    bool writes = argc > 2 && strcmp(argv[1], "--write") == 0;

    if (argc == 3 && strcmp(argv[1], "--generate") == 0) {
        generate(argv[2]);
        return 0;
    }

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

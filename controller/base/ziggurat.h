/* Tables of the ziggurat method (Marsaglia, Tsang 2000): the area under a falling density, cut into 256 layers of the
 * same area. They are constants in hexadecimal, so that numbers are the same, bit for bit, on every machine. */
#ifndef TAMBO_BASE_ZIGGURAT_H
#define TAMBO_BASE_ZIGGURAT_H

#include <stdint.h>

enum { ZIGGURAT_LAYERS = 256 };

struct ziggurat_layer {
    uint64_t inside; /* Of 2^52 columns of the layer, those that lie wholly under the density. */
    double width;    /* Of a column. */
    double f; /* The density at the right end of the layer (of the lowest, a number without use). */
};

struct ziggurat {
    struct ziggurat_layer
        layers[ZIGGURAT_LAYERS]; /* The lowest, which stands for the tail too, first. */
    double top;                  /* The density at 0. */
    double r;                    /* Where the tail begins. */
};

extern const struct ziggurat ziggurat_exponential; /* e^−x */
extern const struct ziggurat ziggurat_normal;      /* e^(−x²/2), x > 0 */

#endif

/* Logarithm and exponential from additions, multiplications and divisions only.
 *
 * IEEE 754 fixes the result of those to the last bit and of log() and exp() not at all: two
 * versions of libm differ in the last place now and then, and one such place shifts an event by a
 * nanosecond and changes the trace. So everything that turns random numbers into times uses these.
 * (The build forbids fused multiply-add: cmake/Flags.cmake.) */
#ifndef TAMBO_BASE_ELEMENTARY_H
#define TAMBO_BASE_ELEMENTARY_H

/* Natural logarithm of a positive, normal, finite 'x'; error below 1 unit in the last place. */
double exact_log(double x);

/* e to the power 'x'; error below 1 unit in the last place. 0 below −708, INFINITY above 709. */
double exact_exp(double x);

#endif

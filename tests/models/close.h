/* What every test of the models includes: cmocka, and comparison of doubles by relative error with
 * a message that shows both numbers. */
#ifndef TAMBO_TESTS_MODELS_CLOSE_H
#define TAMBO_TESTS_MODELS_CLOSE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "models/status.h"

/* Fails unless |got - want| <= rel |want|; two zeros are close. */
#define assert_close(got, want, rel) assert_close_(got, want, rel, #got, __FILE__, __LINE__)

static inline void assert_close_(double got, double want, double rel, const char *what,
                                 const char *file, int line)
{
    if (!(fabs(got - want) <= rel * fabs(want))) {
        print_error("%s: got %.17g, want %.17g, relative error %.3g\n", what, got, want,
                    fabs(got - want) / fabs(want));
        _fail(file, line);
    }
}

/* Fails unless the result is good and close. */
#define assert_result(result, want, rel)                                                           \
    do {                                                                                           \
        struct model_result result_ = (result);                                                    \
        assert_int_equal(result_.status, MODEL_OK);                                                \
        assert_close_(result_.value, want, rel, #result, __FILE__, __LINE__);                      \
    } while (0)

/* Fails unless the result is absent for the given reason, with zeros in the numbers. */
#define assert_absent(result, reason)                                                              \
    do {                                                                                           \
        struct model_result result_ = (result);                                                    \
        assert_int_equal(result_.status, reason);                                                  \
        assert_true(result_.value == 0 && result_.abserr == 0);                                    \
    } while (0)

#endif

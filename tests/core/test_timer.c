/* Timers fire in the order of (deadline, arming), whatever happens in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/timer.h"

#define N 200

struct item {
    struct timer timer;
    struct scene *scene;
    int id;
    int64_t again_ns; /* Re-arm for this instant when it fires; −1: no. */
    struct item *cancels;
};

struct scene {
    struct timers timers;
    struct item items[N];
    int fired[4 * N];
    size_t n_fired;
};

static void fire(void *aux, struct timer *timer)
{
    struct item *item = aux;
    struct scene *s = item->scene;

    assert_false(timer_is_set(timer));
    s->fired[s->n_fired++] = item->id;
    if (item->again_ns >= 0) {
        timer_set(&s->timers, timer, (mono_t){item->again_ns});
        item->again_ns = -1;
    }
    if (item->cancels) {
        timer_cancel(&s->timers, &item->cancels->timer);
    }
}

static void begin(struct scene *s)
{
    timers_init(&s->timers);
    s->n_fired = 0;
    for (int i = 0; i < N; i++) {
        s->items[i] = (struct item){.scene = s, .id = i, .again_ns = -1};
        timer_init(&s->items[i].timer, fire, &s->items[i]);
    }
}

static void total_order(void **state)
{
    static struct scene s;

    (void)state;
    begin(&s);
    for (int i = 0; i < N; i++) {
        timer_set(&s.timers, &s.items[i].timer, (mono_t){(i * 7919) % 5});
    }
    timers_run(&s.timers, (mono_t){4});
    assert_int_equal(s.n_fired, N);
    for (size_t i = 1; i < N; i++) {
        int a = s.fired[i - 1], b = s.fired[i];
        int key_a = (a * 7919) % 5, key_b = (b * 7919) % 5;

        assert_true(key_a < key_b || (key_a == key_b && a < b));
    }
    assert_true(mono_is_never(timers_next(&s.timers)));
    timers_fini(&s.timers);
}

static void rearm_and_cancel(void **state)
{
    static struct scene s;

    (void)state;
    begin(&s);
    timer_set(&s.timers, &s.items[0].timer, (mono_t){10});
    timer_set(&s.timers, &s.items[1].timer, (mono_t){20});
    timer_set(&s.timers, &s.items[2].timer, (mono_t){20});
    timer_set(&s.timers, &s.items[3].timer, (mono_t){30});
    s.items[0].again_ns = 15;         /* Not after now: in the same call. */
    s.items[1].cancels = &s.items[2]; /* Of the same instant. */
    timer_set(&s.timers, &s.items[3].timer, (mono_t){5});
    timers_run(&s.timers, (mono_t){25});
    assert_int_equal(s.n_fired, 4);
    assert_int_equal(s.fired[0], 3);
    assert_int_equal(s.fired[1], 0);
    assert_int_equal(s.fired[2], 0);
    assert_int_equal(s.fired[3], 1);
    timer_set(&s.timers, &s.items[4].timer, (mono_t){2385});
    assert_int_equal(timers_next(&s.timers).ns, 2385);
    timer_set(&s.timers, &s.items[4].timer, MONO_NEVER);
    assert_false(timer_is_set(&s.items[4].timer));
    timer_cancel(&s.timers, &s.items[4].timer);
    timers_fini(&s.timers);
}

static void instant_zero(void **state)
{
    static struct scene s;

    (void)state;
    begin(&s);
    timer_set(&s.timers, &s.items[0].timer, MONO_ZERO);
    assert_true(timer_is_set(&s.items[0].timer));
    timers_run(&s.timers, MONO_ZERO);
    assert_int_equal(s.n_fired, 1);
    timers_fini(&s.timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(total_order),
        cmocka_unit_test(rearm_and_cancel),
        cmocka_unit_test(instant_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

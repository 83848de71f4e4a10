/*
 * Waiting for something that a loop brings about.
 */
#ifndef WARUNG_TESTS_UNTIL_H
#define WARUNG_TESTS_UNTIL_H

#include "gateway/loop.h"

/* Runs (w)->loop until the condition holds; the test fails when it does not within some seconds.
 * For tests with cmocka, which they include. */
#define UNTIL(w, condition)                                                                        \
    do {                                                                                           \
        bool done_ = (condition);                                                                  \
        for (int i_ = 0; i_ < 3000 && !done_; i_++) {                                              \
            bool never_ = false;                                                                   \
            loop_run_until((w)->loop, &never_, 1);                                                 \
            done_ = (condition);                                                                   \
        }                                                                                          \
        assert_true(done_);                                                                        \
    } while (0)

#endif

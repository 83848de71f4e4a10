/* A process that has forbidden core dumps leaves none, whatever the limits were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/core_dump.h"

static int run_and_abort(void)
{
    struct rlimit limit;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        core_dump_forbid();
        if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
            _exit(1);
#ifndef __SANITIZE_ADDRESS__
        if (prctl(PR_GET_DUMPABLE) != 0)
            _exit(2);
#endif
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
        _exit(3);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_no_core_is_left(void **state)
{
    int status = run_and_abort();

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_false(WCOREDUMP(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_core_is_left)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

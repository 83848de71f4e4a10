/* A process takes as many descriptors as it may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/descriptors.h"

static void test_the_hard_limit_is_taken(void **state)
{
    const struct rlimit given = {.rlim_cur = 64, .rlim_max = 512};
    struct rlimit limit;
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        setrlimit(RLIMIT_NOFILE, &given);
        descriptors_raise();
        _exit(getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur != 512 ||
              limit.rlim_max != 512);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_hard_limit_is_taken)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

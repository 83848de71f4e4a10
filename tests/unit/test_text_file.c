/* Texts that people keep in files: read whole, or said why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text_file.h"
#include "tests/support/files.h"

static char folder[FILES_FOLDER_BYTES];

static int start(void **state)
{
    (void)state;
    files_make_folder(folder, "text-file");
    return 0;
}

static int end(void **state)
{
    (void)state;
    return files_remove_folder(folder);
}

static void a_text_is_read_whole(void **state)
{
    const char *why;
    char *text = text_file_read(files_write(folder, "a", "dial *384#\r\nexpect\n"), &why);

    (void)state;
    assert_string_equal(text, "dial *384#\r\nexpect\n");
    mem_free(text);
}

static void what_is_no_text_is_told(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "it is no text"},
        {"\xEF\xBB\xBF"
         "dial *384#\n",
         "it begins with a byte order mark; save it without one"},
    };
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(text_file_read(files_write(folder, "a", rows[i].text), &why));
        assert_string_equal(why, rows[i].why);
    }
    assert_null(text_file_read(folder, &why));
    assert_string_equal(why, "Is a directory");
    assert_null(text_file_read("tests/nowhere", &why));
    assert_string_equal(why, "No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_text_is_read_whole),
                                       cmocka_unit_test(what_is_no_text_is_told)};

    return cmocka_run_group_tests(tests, start, end);
}

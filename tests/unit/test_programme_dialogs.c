/* Golden dialogues of the shipped menu: the files of tests/dialogs, each played on a rehearsal. And
 * the player itself: a dialogue that is not as written is told with the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "merchants/calendar.h"
#include "merchants/dialog.h"
#include "tests/support/files.h"
#include "tests/support/menus.h"

#define SHIPPED "conf/menus/terususaha.cfg"
#define EARLIER "tests/menus/earlier/terususaha.cfg"
#define CODE    "*384#"

/* Every dialogue begins on Tuesday 24 November 2026 at 10:00 in Lampung. */
#define NOW (INT64_C(1795453200000) + 10 * CALENDAR_HOUR_MS)

static struct menu *load(void)
{
    char *faults = NULL;
    struct menu *menu = menu_from_file(SHIPPED, &programme_vocabulary, &faults);

    if (faults != NULL)
        fail_msg("%s", faults);
    assert_non_null(menu);
    return menu;
}

static void print_fault(void *arg, unsigned line, const char *what)
{
    print_error("%s:%u: %s\n", (const char *)arg, line, what);
}

static void test_golden_dialogues(void **state)
{
    struct menu *menu = load();
    unsigned wrong = 0;
    glob_t files;

    (void)state;
    assert_int_equal(glob("tests/dialogs/*.dialog", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 25);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *text = files_read(files.gl_pathv[i]);

        wrong += !dialog_run(menu, CODE, NOW, text, print_fault, files.gl_pathv[i]);
        mem_free(text);
    }
    globfree(&files);
    menu_free(menu);
    assert_int_equal(wrong, 0);
}

/* The menu that was shipped before actions had results that it does not name: whoever changed a
 * copy of it must be able to start the gateway of now. */
static void test_an_earlier_menu_is_played_on(void **state)
{
    static const char questions[] =
        "sms DAFTAR#SITI AMINAH#WARUNG SITI#WARUNG#MESUJI#WAY SERDANG\nexpect sms\n"
        "  #TerusUsaha: SITI AMINAH, WARUNG SITI, Way Serdang. Benar dan setuju disimpan? Balas "
        "YA. "
        "Tanpa balasan, dihapus 48 jam. Info: *384#\n"
        "later 1m\nsms HAPUS\nexpect sms\n"
        "  #TerusUsaha: hapus semua data Anda? Tidak bisa dikembalikan. Balas HAPUS YA dalam 48 "
        "jam. "
        "Bukan Anda? Abaikan SMS ini.\n"
        "sms YA\nexpect sms\n" /* what no menu named registers nothing */
        "  #TerusUsaha. Ketik DAFTAR, STATUS, PELATIHAN, TELEPON, STOP, atau HAPUS, kirim ke 384. "
        "Atau tekan *384#. Gratis. Tanya: 0721-384384\n"
        "sms TIDAK\nexpect sms\n"
        "  #TerusUsaha: baik, data Anda tidak disimpan. Bila berubah pikiran, tekan *384#. Terima "
        "kasih.\n";
    static const char *const files[] = {"register-id", "sms-register", "correction", "training",
                                        "stopping"};
    char *faults = NULL, path[64];
    struct menu *menu = menu_from_file(EARLIER, &programme_vocabulary, &faults);
    unsigned wrong;

    (void)state;
    assert_non_null(menu);
    assert_string_equal(faults, "963:7: warning: the action latih_ikut can also give cukup, which "
                                "is taken for penuh: add its target\n"
                                "1132:7: warning: the action sms_ya can also give sudah, which is "
                                "taken for kosong: add its target\n"
                                "1132:7: warning: the action sms_ya can also give hapus, which is "
                                "taken for kosong: add its target\n"
                                "1138:5: warning: the action sms_tidak can also give kosong, which "
                                "is taken for dibuang: add its target\n"
                                "1155:7: warning: the action sms_ikut can also give cukup, which "
                                "is taken for penuh: add its target\n");
    free(faults);
    wrong = !dialog_run(menu, CODE, NOW, questions, print_fault, (void *)"questions");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *text;

        snprintf(path, sizeof(path), "tests/dialogs/%s.dialog", files[i]);
        text = files_read(path);
        wrong += !dialog_run(menu, CODE, NOW, text, print_fault, path);
        mem_free(text);
    }
    menu_free(menu);
    assert_int_equal(wrong, 0);
}

/* --- the player ----------------------------------------------------------------------------- */

struct faults {
    unsigned count, line;
    char what[4096];
};

static void keep_fault(void *arg, unsigned line, const char *what)
{
    struct faults *f = arg;

    f->count++;
    f->line = line;
    snprintf(f->what, sizeof(f->what), "%s", what);
}

static void test_player_tells_what_is_wrong(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *what; /* that the fault begins with */
    } rows[] = {
        {"dial *384#\nexpect\n  Tabik pun! #TerusUsaha\n  Pilih bahasa\n  ...\n", 2,
         "the screen is not as expected\n    Tabik pun! #TerusUsaha\n  - Pilih bahasa\n"
         "  + Pilih bahasa / Language:\n"},
        {"# a remark\n\ndial *384#\nexpect end\n  Tabik pun! #TerusUsaha\n  ...\n", 4,
         "the dialogue is not over"},
        {"dial *384*5*6#\nexpect\n  Program ini gratis\n", 2, "the screen is not as expected"},
        {"sms STOP\nexpect sms\n  #TerusUsaha: SMS info dihentikan\n", 2,
         "the SMS is not as expected"},
        {"dial *384#\nexpect end\n  ...\n", 2, "the dialogue is not over"},
        {"expect sms\n  ...\n", 1, "no SMS came"},
        {"sms STOP\nsms MULAI\n", 2, "an SMS came that nobody expected"},
        {"sms STOP\n", 1, "an SMS came that nobody expected"},
        {"expect sms\n  x\n", 1, "no SMS came"},
        {"expect\n  x\n", 1, "the phone shows nothing"},
        {"dial *384#\nexpect nothing\n", 2, "it was answered"},
        {"officer review\n", 1, "the programme says: no-such-registration"},
        {"officer promote\n", 1, "an officer can"},
        {"later tomorrow\n", 1, "later takes"},
        {"limit 10\n", 1, "limit takes"},
        {"phone\n", 1, "phone takes a number"},
        {"phone 1\nphone 2\nphone 3\nphone 4\nphone 5\nphone 6\nphone 7\nphone 8\n", 8,
         "no more than 8 phones"},
        {"call *384#\n", 1, "call: no such command"},
        {"expect sun\n", 1, "expect, expect end"},
        {"# a remark\n\n", 2, "it tests nothing"},
    };
    struct menu *menu = load();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct faults f = {0};

        assert_false(dialog_run(menu, CODE, NOW, rows[i].text, keep_fault, &f));
        assert_int_equal(f.count, 1);
        if (f.line != rows[i].line || strncmp(f.what, rows[i].what, strlen(rows[i].what)) != 0)
            fail_msg("%s\n%u: %s", rows[i].text, f.line, f.what);
    }
    menu_free(menu);
}

static void test_player_passes_what_is_right(void **state)
{
    struct menu *menu = load();
    struct faults f = {0};

    (void)state;
    assert_true(dialog_run(menu, CODE, NOW,
                           "limit 160\ndial *384#\nexpect\n  Tabik pun! #TerusUsaha\n  ...\n"
                           "hangup\nlater 1d 2h 3m 4s\nexpect nothing\nphone 4444\nsms STOP\n"
                           "expect nothing",
                           keep_fault, &f));
    assert_true(dialog_run(menu, CODE, NOW,
                           "dial *384#\r\nexpect\r\n  Tabik pun! #TerusUsaha\r\n  ...\r\n"
                           "answer 1\nexpect\n  ...\nsms STOP\nexpect sms\n  ...\n",
                           keep_fault, &f));
    assert_int_equal(f.count, 0);
    menu_free(menu);
}

/* Each regency has its own numbers, and each phone its own of those. */
static void test_every_phone_registers_everywhere(void **state)
{
    struct menu *menu = load();
    struct faults f = {0};
    char text[32768];
    size_t size = 0;

    (void)state;
    for (unsigned phone = 0; phone < 8; phone++) {
        size +=
            (size_t)snprintf(text + size, sizeof(text) - size, "phone 62812000000%02u\n", phone);
        for (unsigned kab = 1; kab <= 15; kab++)
            size += (size_t)snprintf(text + size, sizeof(text) - size,
                                     "sms DAFTAR#SITI#WARUNG SITI#1#%u#1\nexpect sms\n  ...\n"
                                     "sms YA\nexpect sms\n  ...\n"
                                     "dial *384*6*2*1#\nexpect sms\n  ...\nexpect end\n  ...\n",
                                     kab);
    }
    assert_true(size < sizeof(text));
    assert_true(dialog_run(menu, CODE, NOW, text, keep_fault, &f));
    assert_int_equal(f.count, 0);
    menu_free(menu);
}

/* As within a second in a gateway, for which a dialogue that a live one plays cannot wait. */
static void test_a_seat_given_back_is_free_for_the_next(void **state)
{
    static const char text[] =
        "training 3d 09:00 1 - FOTO; BALAI\ndial *384#\nanswer 1\n"
        "dial *384*4*1*1#\nexpect sms\n  ...\nexpect end\n  ...\n"
        "phone 6281200000002\ndial *384#\nanswer 1\n"
        "dial *384*4*1#\nexpect\n  FOTO\n  27-11-26 09.00\n  BALAI\n  Sisa kursi: 0\n  ...\n"
        "phone 6281200000001\nsms BATAL\nexpect sms\n  ...\n"
        "phone 6281200000002\n"
        "dial *384*4*1#\nexpect\n  FOTO\n  27-11-26 09.00\n  BALAI\n  Sisa kursi: 1\n  ...\n";
    struct menu *menu = load();

    (void)state;
    assert_true(dialog_run(menu, CODE, NOW, text, print_fault, (void *)"seats"));
    menu_free(menu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_dialogues),
        cmocka_unit_test(test_an_earlier_menu_is_played_on),
        cmocka_unit_test(test_player_tells_what_is_wrong),
        cmocka_unit_test(test_player_passes_what_is_right),
        cmocka_unit_test(test_every_phone_registers_everywhere),
        cmocka_unit_test(test_a_seat_given_back_is_free_for_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The menu engine, dialogue by dialogue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menus/vocabulary.h"
#include "tests/support/menus.h"

/* A small service of its own: a club that one can join. */

static const char club_menu[] =
    "menu = \"club\";\n"
    "languages = ( { code = \"id\"; name = \"Indonesia\"; }, { code = \"en\"; name = \"English\"; "
    "} );\n"
    "start = \"MAIN\"; first = \"LANG\"; resume = \"RESUME\"; utc_offset = \"+07:00\";\n"
    "lines = { back = { id = \"Kembali\"; en = \"Back\"; }; main = { id = \"Menu utama\"; en = "
    "\"Main menu\"; }; next = { id = \"Lanjut\"; en = \"Next\"; }; };\n"
    "page = { items = 4; gsm = 100; };\n"
    "errors = { invalid = \"ERR\"; too_many = \"HABIS\"; too_many_fresh = \"HABIS_AWAL\"; busy = "
    "\"SIBUK\"; busy_fresh = \"SIBUK_AWAL\"; };\n"
    "constants = { telp = \"0721\"; nik = \"on\"; };\n"
    "values = { nama = { max = 10; }; };\n"
    "texts = { ERR = { id = \"Ulangi.\"; en = \"Again.\"; }; HABIS = { id = \"Habis. {kode}\"; en "
    "= "
    "\"Enough. {kode}\"; }; HABIS_AWAL = { id = \"Maaf.\"; en = \"Sorry.\"; };\n"
    "  SIBUK = { id = \"Sibuk, isian tersimpan: {kode}\"; en = \"Busy, kept: {kode}\"; }; "
    "SIBUK_AWAL = "
    "{ id = \"Sibuk: {kode}\"; en = \"Busy: {kode}\"; };\n"
    "  ERR_LEN = { id = \"Harus 4, tadi {jml}.\"; en = \"Needs 4, not {jml}.\"; }; ERR_KEC = { id "
    "= "
    "\"Tidak ada.\"; en = \"None.\"; }; ERR_FIND = { id = \"Salah.\"; en = \"Wrong.\"; }; };\n"
    "messages = { SMS_HELP = { id = \"Ketik JOIN\"; en = \"Type JOIN\"; }; SMS_CARD = \"Card "
    "{card}\"; "
    "SMS_SIM = \"Bukan SIM\"; SMS_HAVE = \"Ada {member} {telp}\"; SMS_NO = \"Tidak\"; "
    "SMS_JOINED = \"{f_nama}/{f_kab}/{f_kec}\"; };\n"
    "tables = { kab = ( { code = \"1871\"; label = \"Bandar\"; }, { code = \"1872\"; label = "
    "\"Metro\"; aliases = [ \"Kota Metro\" ]; } );\n"
    "  kec = ( { code = \"a1\"; parent = \"1871\"; label = \"Kedaton\"; }, { code = \"a2\"; parent "
    "= "
    "\"1871\"; label = \"Kemiling\"; }, { code = \"a3\"; parent = \"1871\"; label = \"Panjang\"; "
    "},\n"
    "   { code = \"a4\"; parent = \"1871\"; label = \"Rajabasa\"; }, { code = \"a5\"; parent = "
    "\"1871\"; label = \"Way Halim\"; }, { code = \"b1\"; parent = \"1872\"; label = \"Metro "
    "Barat\"; }, { code = \"b2\"; parent = \"1872\"; label = \"Metro Pusat\"; } ); };\n"
    "flows = { join = [ \"NAMA\", \"NIK\", \"KAB\", \"KEC\", \"HP\", \"PERIKSA\" ]; };\n"
    "screens = {\n"
    " LANG = { text = \"Language?\"; choices = ( { label = \"Indonesia\"; language = \"id\"; to = "
    "\"@main\"; }, { label = \"English\"; language = \"en\"; to = \"@main\"; } ); back = false; "
    "};\n"
    " MAIN = { text = { id = \"Klub\"; en = \"Club\"; }; choices = ( { label = { id = \"Masuk\"; "
    "en = "
    "\"Join\"; }; to = \"WAY_IN\"; }, { label = { id = \"Cari\"; en = \"Find\"; }; to = \"FIND\"; "
    "},\n"
    "   { label = { id = \"Kartu\"; en = \"Card\"; }; to = \"CARD\"; when = \"joined\"; }, { label "
    "= "
    "{ id = \"Siang\"; en = \"Noon\"; }; to = \"NOON\"; when = \"time >= 12:00 and time < 13:00\"; "
    "} ); };\n"
    " WAY_IN = { route = ( { when = \"draft\"; to = \"RESUME\"; }, { when = \"joined and level in "
    "(GOLD)\"; to = \"CARD\"; }, { to = \"AGREE\"; } ); };\n"
    " AGREE = { text = { id = \"Setuju?\"; en = \"Agree?\"; }; choices = ( { label = { id = "
    "\"Ya\"; en "
    "= \"Yes\"; }; draft = \"begin\"; to = \"NAMA\"; }, { label = { id = \"Tidak\"; en = \"No\"; "
    "}; to "
    "= \"@back\"; } ); back = false; };\n"
    " NAMA = { text = { id = \"Langkah {s}/{t} Nama:\"; en = \"Step {s}/{t} Name:\"; }; input = { "
    "field = \"nama\"; rule = { kind = \"length\"; min = 2; max = 60; }; upper = true; }; };\n"
    " NIK = { text = { id = \"Langkah {s}/{t} Nomor:\"; en = \"Step {s}/{t} Number:\"; }; when = "
    "\"nik == on\"; input = { field = \"member\"; rule = \"member\"; errors = { LENGTH = "
    "\"ERR_LEN\"; "
    "}; }; choices = ( { label = { id = \"Lewati\"; en = \"Skip\"; }; set = { member = \"\"; }; } "
    "); };\n"
    " KAB = { text = { id = \"Langkah {s}/{t} Kab:\"; en = \"Step {s}/{t} Regency:\"; }; list = { "
    "table "
    "= \"kab\"; field = \"kab\"; names = true; }; };\n"
    " KEC = { text = { id = \"Langkah {s}/{t} Kec ({page}/{pages}):\"; en = \"Step {s}/{t} "
    "District "
    "({page}/{pages}):\"; }; more = { id = \"Kec ({page}/{pages}):\"; en = \"District "
    "({page}/{pages}):\"; }; list = { table = \"kec\"; field = \"kec\"; parent = \"kab\"; names = "
    "true; guessed = \"kec_guess\"; error = \"ERR_KEC\"; }; };\n"
    " HP = { text = { id = \"HP?\"; en = \"Phone?\"; }; choices = ( { label = { id = \"Ada\"; en = "
    "\"Yes\"; }; set = { hp = \"1\"; }; }, { label = { id = \"Belum\"; en = \"No\"; }; set = { hp "
    "= "
    "\"2\"; }; } ); };\n"
    " PERIKSA = { text = \"{s}/{t}\\n{nama}\\n{kec}\\n{kab}\"; choices = ( { label = { id = "
    "\"Kirim\"; "
    "en = \"Send\"; }; to = \"SEND\"; }, { label = { id = \"Ubah\"; en = \"Change\"; }; to = "
    "\"FIX\"; "
    "} ); };\n"
    " FIX = { text = { id = \"Ubah?\"; en = \"Change?\"; }; choices = ( { label = { id = \"Nama\"; "
    "en = "
    "\"Name\"; }; to = \"NAMA\"; then = \"PERIKSA\"; }, { label = { id = \"Lokasi\"; en = "
    "\"Place\"; }; to = \"KAB\"; then = \"PERIKSA\"; } ); };\n"
    " SEND = { action = \"join\"; results = { ok = { to = \"DONE\"; draft = \"drop\"; }; full = "
    "\"FULL\"; }; };\n"
    " DONE = { text = { id = \"Selesai {card}\"; en = \"Done {card}\"; }; end = true; };\n"
    " FULL = { text = { id = \"Penuh\"; en = \"Full\"; }; end = true; };\n"
    " RESUME = { text = { id = \"Belum selesai ({n}/{t})\"; en = \"Not finished ({n}/{t})\"; }; "
    "choices = ( { label = { id = \"Lanjutkan\"; en = \"Continue\"; }; to = \"@draft\"; }, { label "
    "= { "
    "id = \"Ulang\"; en = \"Again\"; }; draft = \"restart\"; to = \"NAMA\"; }, { label = { id = "
    "\"Hapus\"; en = \"Delete\"; }; draft = \"drop\"; to = \"FULL\"; } ); back = \"@main\"; };\n"
    " FIND = { text = { id = \"Kode?\"; en = \"Code?\"; }; input = { field = \"find\"; rule = { "
    "kind = "
    "\"digits\"; min = 4; max = 4; }; }; to = \"FINDING\"; };\n"
    " FINDING = { action = \"find\"; results = { ok = \"CARD\"; wrong = { to = \"FIND\"; refuse = "
    "\"ERR_FIND\"; }; }; };\n"
    " CARD = { text = { id = \"Kartu {card} {level}\"; en = \"Card {card} {level}\"; }; };\n"
    " NOON = { text = { id = \"Siang\"; en = \"Noon\"; }; next = \"CARD\"; };\n"
    "};\n"
    "sms = { keywords = ( { rule = \"two_codes\"; to = \"SMS_SIM\"; }, { words = [ \"HELP\", \"?\" "
    "]; "
    "to = \"SMS_HELP\"; }, { words = [ \"CARD\" ]; to = \"SMS_CARD\"; },\n"
    "  { words = [ \"CARD\" ]; input = { field = \"member\"; rule = \"member\"; error = "
    "\"SMS_NO\"; }; to "
    "= \"SMS_HAVE\"; }, { words = [ \"CARD NO\" ]; to = \"SMS_NO\"; }, { words = [ \"FIND\" ]; "
    "input = "
    "{ field = \"find\"; rule = { kind = \"length\"; max = 60; }; error = \"SMS_NO\"; }; to = "
    "\"SMS_FINDING\"; },\n"
    "  { words = [ \"JOIN\" ]; when = \"level == GOLD\"; to = \"SMS_NO\"; }, { words = [ \"JOIN\" "
    "]; "
    "form = { separators = \"#*;,\\n\"; fields = ( { field = \"f_nama\"; rule = { kind = "
    "\"length\"; "
    "min = 2; max = 60; }; }, { field = \"f_kab\"; list = { table = \"kab\"; names = true; }; }, { "
    "field = \"f_kec\"; list = { table = \"kec\"; parent = \"f_kab\"; names = true; }; } ); }; to "
    "= "
    "\"SMS_JOINED\"; }, { words = [ \"JOIN\" ]; to = \"SMS_HELP\"; } );\n"
    "  otherwise = \"SMS_HELP\"; };\n";

struct place {
    struct menu *menu;
    struct menu_phone phone;
    bool joined;
    const char *level;
};

static bool get_fact(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    const struct place *p = ctx;

    if (strcmp(name, "joined") == 0)
        strcpy(value, p->joined ? "1" : "0");
    else if (strcmp(name, "level") == 0)
        strcpy(value, p->level);
    else if (strcmp(name, "card") == 0)
        strcpy(value, "1871-000042-1");
    else
        fail_msg("no fact %s", name);
    return true;
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    char text[sizeof(club_menu) + 400];
    char *faults;

    snprintf(text, sizeof(text), "%s", club_menu);
    /* SMS_FINDING is an action of its own, with messages for results. */
    strcpy(
        strstr(text, " CARD = {"),
        " SMS_FINDING = { action = \"find\"; results = { ok = \"SMS_CARD\"; wrong = \"@silent\"; "
        "}; };\n");
    strcat(text, strstr(club_menu, " CARD = {"));
    p->menu = menu_from_text(text, &menu_test_vocabulary, &faults);
    if (p->menu == NULL || faults != NULL)
        fail_msg("%s", faults);
    p->level = "TIN";
    menu_phone_init(&p->phone, p->menu);
    p->phone.facts = (struct menu_facts){get_fact, p};
    strcpy(p->phone.state.language, "id");
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    menu_free(p->menu);
    free(p);
    return 0;
}

#define SHOWS(kind_, text_, given)                                                                 \
    do {                                                                                           \
        assert_string_equal(given, text_);                                                         \
        assert_int_equal(p->phone.outcome.kind, kind_);                                            \
    } while (0)

static void first_contact_asks_the_language(void **state)
{
    struct place *p = *state;

    p->phone.state.language[0] = '\0';
    SHOWS(MENU_ASK, "Language?\n1. Indonesia\n2. English", menu_phone_dial(&p->phone, "*384#"));
    SHOWS(MENU_ASK, "Club\n1. Join\n2. Find", menu_phone_type(&p->phone, "2"));
    assert_string_equal(p->phone.state.language, "en");
    menu_phone_event(&p->phone, MENU_EVENT_ABORT, "");
    assert_int_equal(p->phone.outcome.kind, MENU_SILENT);
    SHOWS(MENU_ASK, "Club\n1. Join\n2. Find", menu_phone_dial(&p->phone, "*384#"));
}

static void a_registration_from_end_to_end(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384#");
    SHOWS(MENU_ASK, "Setuju?\n1. Ya\n2. Tidak", menu_phone_type(&p->phone, "1"));
    assert_false(p->phone.state.has_draft);
    SHOWS(MENU_ASK, "Langkah 1/6 Nama:\n0. Kembali", menu_phone_type(&p->phone, "1"));
    assert_true(p->phone.state.has_draft);
    SHOWS(MENU_ASK, "Langkah 2/6 Nomor:\n1. Lewati\n0. Kembali",
          menu_phone_type(&p->phone, "  siti   aminah "));
    assert_string_equal(menu_state_answer(&p->phone.state, "nama"), "SITI AMINAH");
    SHOWS(MENU_ASK, "Langkah 3/6 Kab:\n1. Bandar\n2. Metro\n0. Kembali",
          menu_phone_type(&p->phone, "1."));
    assert_string_equal(menu_state_answer(&p->phone.state, "member"), "");
    SHOWS(MENU_ASK,
          "Langkah 4/6 Kec (1/2):\n1. Kedaton\n2. Kemiling\n3. Panjang\n4. Rajabasa\n98. "
          "Lanjut\n0. Kembali",
          menu_phone_type(&p->phone, "no 1"));
    SHOWS(MENU_ASK, "Kec (2/2):\n5. Way Halim\n0. Kembali", menu_phone_type(&p->phone, "98"));
    /* a number of the first page is accepted from the second */
    SHOWS(MENU_ASK, "HP?\n1. Ada\n2. Belum\n0. Kembali", menu_phone_type(&p->phone, "2"));
    assert_string_equal(menu_state_answer(&p->phone.state, "kec"), "a2");
    SHOWS(MENU_ASK, "6/6\nSITI AMINA\nKemiling\nBandar\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "2"));
    menu_phone_type(&p->phone, "1");
    assert_int_equal(p->phone.outcome.kind, MENU_ACT);
    assert_string_equal(p->phone.outcome.action, "join");
    assert_string_equal(p->phone.outcome.screen, "SEND");
    SHOWS(MENU_END, "Selesai 1871-000042-1", menu_phone_event(&p->phone, MENU_EVENT_RESULT, "ok"));
    assert_false(p->phone.state.has_draft);
    assert_false(p->phone.state.is_open);
    assert_int_equal(p->phone.state.answer_count, 0);
}

static void fill(struct place *p)
{
    menu_phone_dial(&p->phone, "*384#");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "Siti");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "1");
}

static void a_correction_comes_back_to_the_review(void **state)
{
    struct place *p = *state;

    fill(p);
    menu_phone_type(&p->phone, "2");
    SHOWS(MENU_ASK, "Langkah 1/6 Nama:\n0. Kembali", menu_phone_type(&p->phone, "1"));
    SHOWS(MENU_ASK, "6/6\nBUDI\nKemiling\nBandar\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "budi"));
    /* the place is two questions: a new regency asks for its district */
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "2");
    SHOWS(MENU_ASK, "Langkah 4/6 Kec (1/1):\n1. Metro Barat\n2. Metro Pusat\n0. Kembali",
          menu_phone_type(&p->phone, "metro"));
    assert_null(menu_state_answer(&p->phone.state, "kec"));
    SHOWS(MENU_ASK, "6/6\nBUDI\nMetro Pusat\nMetro\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "metro pusat"));
    /* the same regency again is the way to another district */
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "2");
    SHOWS(MENU_ASK, "Langkah 4/6 Kec (1/1):\n1. Metro Barat\n2. Metro Pusat\n0. Kembali",
          menu_phone_type(&p->phone, "2"));
    SHOWS(MENU_ASK, "6/6\nBUDI\nMetro Barat\nMetro\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "1"));
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "2");
    SHOWS(MENU_ASK, "6/6\nBUDI\nMetro Pusat\nMetro\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "2"));
    SHOWS(MENU_ASK, "HP?\n1. Ada\n2. Belum\n0. Kembali", menu_phone_type(&p->phone, "0"));
    SHOWS(MENU_ASK, "6/6\nBUDI\nMetro Pusat\nMetro\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "2"));
}

static void back_goes_the_way_one_came(void **state)
{
    struct place *p = *state;

    fill(p);
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "1");
    SHOWS(MENU_ASK, "Ubah?\n1. Nama\n2. Lokasi\n0. Kembali", menu_phone_type(&p->phone, "0"));
    SHOWS(MENU_ASK, "6/6\nSITI\nKemiling\nBandar\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "0."));
    menu_phone_type(&p->phone, "0");
    menu_phone_type(&p->phone, "0");
    menu_phone_type(&p->phone, "0");
    menu_phone_type(&p->phone, "0");
    SHOWS(MENU_ASK, "Langkah 1/6 Nama:\n0. Kembali", menu_phone_type(&p->phone, "0"));
    SHOWS(MENU_ASK, "Setuju?\n1. Ya\n2. Tidak", menu_phone_type(&p->phone, "0"));
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "0"));
    /* nothing before the main menu */
    SHOWS(MENU_ASK, "Ulangi.\nKlub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "0"));
    assert_true(p->phone.outcome.was_invalid);
}

static void main_key_works_everywhere_and_keeps_the_draft(void **state)
{
    struct place *p = *state;

    fill(p);
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "00"));
    assert_int_equal(p->phone.state.back_count, 0);
    SHOWS(MENU_ASK, "Belum selesai (6/6)\n1. Lanjutkan\n2. Ulang\n3. Hapus\n0. Menu utama",
          menu_phone_type(&p->phone, "1"));
    SHOWS(MENU_ASK, "6/6\nSITI\nKemiling\nBandar\n1. Kirim\n2. Ubah\n0. Kembali",
          menu_phone_type(&p->phone, "1"));
}

static void three_errors_end_kindly(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384#");
    SHOWS(MENU_ASK, "Ulangi.\nKlub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "7"));
    SHOWS(MENU_ASK, "Ulangi.\nKlub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "x"));
    SHOWS(MENU_END, "Maaf.", menu_phone_type(&p->phone, "\xEF\xBC\x91")); /* full-width 1 */
    assert_false(p->phone.state.is_open);
    /* an accepted input in between starts the count again */
    menu_phone_dial(&p->phone, "*384#");
    menu_phone_type(&p->phone, "7");
    menu_phone_type(&p->phone, "7");
    menu_phone_type(&p->phone, "1");
    SHOWS(MENU_ASK, "Ulangi.\nSetuju?\n1. Ya\n2. Tidak", menu_phone_type(&p->phone, "7"));
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "Siti");
    SHOWS(MENU_ASK, "Harus 4, tadi 2.\nLangkah 2/6 Nomor:\n1. Lewati\n0. Kembali",
          menu_phone_type(&p->phone, "12"));
    SHOWS(MENU_ASK, "Ulangi.\nLangkah 2/6 Nomor:\n1. Lewati\n0. Kembali",
          menu_phone_type(&p->phone, "12ab"));
    SHOWS(MENU_END, "Habis. *384#", menu_phone_type(&p->phone, "12ab"));
    assert_true(p->phone.state.has_draft);
    assert_string_equal(menu_state_answer(&p->phone.state, "nama"), "SITI");
}

static void a_draft_goes_on_at_its_question(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384#");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "Siti");
    menu_phone_type(&p->phone, "1");
    menu_phone_type(&p->phone, "1");
    menu_phone_event(&p->phone, MENU_EVENT_ABORT, "");
    p->phone.now_ms += INT64_C(6) * 86400000;
    SHOWS(MENU_ASK, "Belum selesai (4/6)\n1. Lanjutkan\n2. Ulang\n3. Hapus\n0. Menu utama",
          menu_phone_dial(&p->phone, "*384#"));
    SHOWS(MENU_ASK,
          "Langkah 4/6 Kec (1/2):\n1. Kedaton\n2. Kemiling\n3. Panjang\n4. Rajabasa\n98. "
          "Lanjut\n0. Kembali",
          menu_phone_type(&p->phone, "1"));
    /* and back goes to the question before, though this dialogue never showed it */
    SHOWS(MENU_ASK, "Langkah 3/6 Kab:\n1. Bandar\n2. Metro\n0. Kembali",
          menu_phone_type(&p->phone, "0"));
    p->phone.now_ms += INT64_C(2) * 86400000;
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari", menu_phone_dial(&p->phone, "*384#"));
    assert_false(p->phone.state.has_draft);
    assert_int_equal(p->phone.state.answer_count, 0);
}

static void a_draft_can_be_begun_again_or_dropped(void **state)
{
    struct place *p = *state;
    int64_t since_ms;

    fill(p);
    since_ms = p->phone.state.draft_since_ms;
    p->phone.now_ms += 1000;
    menu_phone_dial(&p->phone, "*384#");
    SHOWS(MENU_ASK, "Langkah 1/6 Nama:\n0. Kembali", menu_phone_type(&p->phone, "2"));
    assert_true(p->phone.state.has_draft);
    assert_int_equal(p->phone.state.draft_since_ms, since_ms);
    assert_int_equal(p->phone.state.answer_count, 0);
    menu_phone_dial(&p->phone, "*384#");
    SHOWS(MENU_END, "Penuh", menu_phone_type(&p->phone, "3"));
    assert_false(p->phone.state.has_draft);
}

static void answers_outside_the_flow_do_not_stay_in_a_draft(void **state)
{
    struct place *p = *state;

    fill(p);
    menu_phone_type(&p->phone, "00");
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "1234");
    assert_int_equal(p->phone.outcome.kind, MENU_ACT);
    menu_phone_event(&p->phone, MENU_EVENT_RESULT, "ok");
    assert_string_equal(menu_state_answer(&p->phone.state, "find"), "1234");
    menu_phone_dial(&p->phone, "*384#");
    assert_null(menu_state_answer(&p->phone.state, "find"));
    assert_string_equal(menu_state_answer(&p->phone.state, "nama"), "SITI");
}

static void a_result_can_refuse(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384#");
    menu_phone_type(&p->phone, "2");
    menu_phone_type(&p->phone, "12-34");
    assert_string_equal(menu_state_answer(&p->phone.state, "find"), "1234");
    SHOWS(MENU_ASK, "Salah.\nKode?\n0. Kembali",
          menu_phone_event(&p->phone, MENU_EVENT_RESULT, "wrong"));
    assert_true(p->phone.outcome.was_invalid);
    menu_phone_type(&p->phone, "1235");
    SHOWS(MENU_ASK, "Salah.\nKode?\n0. Kembali",
          menu_phone_event(&p->phone, MENU_EVENT_RESULT, "wrong"));
    menu_phone_type(&p->phone, "1236");
    SHOWS(MENU_END, "Maaf.", menu_phone_event(&p->phone, MENU_EVENT_RESULT, "wrong"));
}

static void conditions_hide_choices_and_take_ways(void **state)
{
    struct place *p = *state;

    p->joined = true;
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari\n3. Kartu", menu_phone_dial(&p->phone, "*384#"));
    SHOWS(MENU_ASK, "Setuju?\n1. Ya\n2. Tidak", menu_phone_type(&p->phone, "1"));
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari\n3. Kartu", menu_phone_type(&p->phone, "2"));
    p->level = "GOLD";
    SHOWS(MENU_ASK, "Kartu 1871-000042-1 GOLD\n0. Kembali", menu_phone_type(&p->phone, "1"));
    p->phone.now_ms = INT64_C(1764000000000) / 86400000 * 86400000 + 5 * 3600000; /* 12:00 there */
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari\n3. Kartu\n4. Siang",
          menu_phone_dial(&p->phone, "*384#"));
    SHOWS(MENU_ASK, "Siang\n98. Lanjut\n0. Kembali", menu_phone_type(&p->phone, "4"));
    SHOWS(MENU_ASK, "Kartu 1871-000042-1 GOLD\n0. Kembali", menu_phone_type(&p->phone, "98"));
}

static void a_dial_walks_its_answers(void **state)
{
    struct place *p = *state;

    SHOWS(MENU_ASK, "Kode?\n0. Kembali", menu_phone_dial(&p->phone, "*384*2#"));
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "0"));
    SHOWS(MENU_ASK, "Langkah 2/6 Nomor:\n1. Lewati\n0. Kembali",
          menu_phone_dial(&p->phone, "*384*1*1*SITI#"));
    /* stops without an error line at what does not fit */
    menu_phone_event(&p->phone, MENU_EVENT_ABORT, "");
    p->phone.state.has_draft = false;
    SHOWS(MENU_ASK, "Setuju?\n1. Ya\n2. Tidak", menu_phone_dial(&p->phone, "*384*1*9*1#"));
    assert_false(p->phone.outcome.was_invalid);
    assert_int_equal(p->phone.state.errors, 0);
    /* across an action, the rest is walked after its result */
    menu_phone_dial(&p->phone, "*384*2*1234*0#");
    assert_int_equal(p->phone.outcome.kind, MENU_ACT);
    SHOWS(MENU_ASK, "Kode?\n0. Kembali", menu_phone_event(&p->phone, MENU_EVENT_RESULT, "ok"));
}

static void sms_keywords(void **state)
{
    struct place *p = *state;

    SHOWS(MENU_END, "Ketik JOIN", menu_phone_sms(&p->phone, "apa ini"));
    SHOWS(MENU_END, "Card 1871-000042-1", menu_phone_sms(&p->phone, "  card "));
    /* marks behind a keyword are no value: the keyword without one is meant */
    SHOWS(MENU_END, "Card 1871-000042-1", menu_phone_sms(&p->phone, "card?!"));
    SHOWS(MENU_END, "Card 1871-000042-1", menu_phone_sms(&p->phone, "card ?\u2014"));
    SHOWS(MENU_END, "Card 1871-000042-1", menu_phone_sms(&p->phone, "Card ! \U0001F64F"));
    SHOWS(MENU_END, "Ada 1234 0721", menu_phone_sms(&p->phone, "Card#1234"));
    assert_int_equal(p->phone.state.answer_count, 0);
    SHOWS(MENU_END, "Tidak", menu_phone_sms(&p->phone, "card 12"));
    assert_true(p->phone.outcome.was_invalid);
    SHOWS(MENU_END, "Tidak", menu_phone_sms(&p->phone, "card  no"));
    SHOWS(MENU_END, "Ketik JOIN", menu_phone_sms(&p->phone, "?"));
    SHOWS(MENU_END, "Ketik JOIN", menu_phone_sms(&p->phone, "cards"));
    SHOWS(MENU_END, "Bukan SIM",
          menu_phone_sms(&p->phone, "card 1111111111111111#1111111111111111"));
    assert_null(menu_state_answer(&p->phone.state, "member"));
    menu_phone_sms(&p->phone, "find x");
    assert_int_equal(p->phone.outcome.kind, MENU_ACT);
    menu_phone_event(&p->phone, MENU_EVENT_RESULT, "wrong");
    assert_int_equal(p->phone.outcome.kind, MENU_SILENT);
    menu_phone_sms(&p->phone, "find x");
    assert_string_equal(menu_state_answer(&p->phone.state, "find"), "x");
    SHOWS(MENU_END, "Card 1871-000042-1", menu_phone_event(&p->phone, MENU_EVENT_RESULT, "ok"));
    assert_int_equal(p->phone.state.answer_count, 0);
}

static void an_sms_form_is_taken_part_by_part(void **state)
{
    struct place *p = *state;

    SHOWS(MENU_END, "Siti Aminah/Metro/Metro Pusat",
          menu_phone_sms(&p->phone, "join#Siti  Aminah#metro#2"));
    SHOWS(MENU_END, "Siti Aminah/Metro/Metro Barat",
          menu_phone_sms(&p->phone, "JOIN Siti Aminah, kota metro ; B1"));
    SHOWS(MENU_END, "Budi/Bandar/", menu_phone_sms(&p->phone, "JOIN\nBudi\n1\nMetro Barat"));
    assert_null(menu_state_answer(&p->phone.state, "f_kec"));
    SHOWS(MENU_END, "Budi//", menu_phone_sms(&p->phone, "join#Budi"));
    SHOWS(MENU_END, "/Metro/Metro Pusat", menu_phone_sms(&p->phone, "join#B#Metro#Metro Pusaat"));
    /* an empty part is one, also the first */
    SHOWS(MENU_END, "/Metro/Metro Pusat", menu_phone_sms(&p->phone, "join##metro#2"));
    SHOWS(MENU_END, "Budi//", menu_phone_sms(&p->phone, "join #\nBudi##2"));
    /* one separator for all, and the others may stand in a value */
    SHOWS(MENU_END, "Budi, S.E./Metro/Metro Pusat",
          menu_phone_sms(&p->phone, "JOIN#Budi, S.E.#metro#2"));
    SHOWS(MENU_END, "Budi; Siti/Metro/Metro Pusat",
          menu_phone_sms(&p->phone, "JOIN: *Budi; Siti*metro*2*"));
    SHOWS(MENU_END, "Budi, S.E./Metro/Metro Pusat",
          menu_phone_sms(&p->phone, "JOIN\nBudi, S.E.\nmetro\n2"));
    SHOWS(MENU_END, "Budi/Metro/Metro Pusat", menu_phone_sms(&p->phone, "JOIN#Budi;metro,2"));
    SHOWS(MENU_END, "Budi/Metro/Metro Pusat", menu_phone_sms(&p->phone, "JOIN\n#Budi#metro#2"));
    SHOWS(MENU_END, "Ketik JOIN", menu_phone_sms(&p->phone, "join #"));
    SHOWS(MENU_END, "Ketik JOIN", menu_phone_sms(&p->phone, "join Budi Metro"));
    p->level = "GOLD";
    SHOWS(MENU_END, "Tidak", menu_phone_sms(&p->phone, "join#Budi"));
}

static void an_sms_leaves_a_dialogue_alone(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384#");
    menu_phone_type(&p->phone, "2");
    menu_phone_sms(&p->phone, "help");
    assert_true(p->phone.state.is_open);
    SHOWS(MENU_ASK, "Ulangi.\nKode?\n0. Kembali", menu_phone_type(&p->phone, "x"));
}

static void busy_texts_know_the_draft(void **state)
{
    struct place *p = *state;
    char text[MENU_TEXT_BYTES];

    menu_busy_text(p->menu, NULL, "*384#", text);
    assert_string_equal(text, "Sibuk: *384#");
    fill(p);
    strcpy(p->phone.state.language, "en");
    menu_busy_text(p->menu, &p->phone.state, "*384#", text);
    assert_string_equal(text, "Busy, kept: *384#");
    assert_true(menu_text(p->menu, &p->phone.state, "SMS_CARD", &p->phone.facts, "*384#", text));
    assert_string_equal(text, "Card 1871-000042-1");
    assert_false(menu_text(p->menu, NULL, "SMS_NONE", NULL, NULL, text));
    assert_string_equal(menu_table_label(p->menu, "kab", "1872", "en"), "Metro");
    assert_null(menu_table_label(p->menu, "kab", "9999", "en"));
    assert_null(menu_table_label(p->menu, "none", "1872", NULL));
}

static void a_guessed_name_is_noted(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384*1*1*Siti*1*1#");
    SHOWS(MENU_ASK,
          "Tidak ada.\nLangkah 4/6 Kec (1/2):\n1. Kedaton\n2. Kemiling\n3. Panjang\n4. "
          "Rajabasa\n98. Lanjut\n0. Kembali",
          menu_phone_type(&p->phone, "metro barat")); /* of another regency */
    menu_phone_type(&p->phone, "kedatno");
    assert_string_equal(menu_state_answer(&p->phone.state, "kec"), "a1");
    assert_string_equal(menu_state_answer(&p->phone.state, "kec_guess"), "1");
    menu_phone_type(&p->phone, "0");
    menu_phone_type(&p->phone, "way");
    assert_string_equal(menu_state_answer(&p->phone.state, "kec"), "a5");
    assert_null(menu_state_answer(&p->phone.state, "kec_guess"));
}

static void an_unknown_state_begins_again(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*384#");
    strcpy(p->phone.state.screen, "GONE");
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "2"));
    menu_phone_event(&p->phone, MENU_EVENT_ABORT, "");
    SHOWS(MENU_ASK, "Klub\n1. Masuk\n2. Cari", menu_phone_type(&p->phone, "2"));
    /* a result nobody waits for is no step */
    SHOWS(MENU_END, "Sibuk: *384#", menu_phone_event(&p->phone, MENU_EVENT_RESULT, "ok"));
    SHOWS(MENU_ASK, "Kartu 1871-000042-1 TIN\n0. Kembali",
          menu_phone_event(&p->phone, MENU_EVENT_PUSH, "CARD"));
}

static void an_error_line_makes_room_for_itself(void **state)
{
    struct place *p = *state;

    p->phone.limits.gsm_septets = 92;
    menu_phone_dial(&p->phone, "*384*1*1*Siti*1*1#");
    SHOWS(MENU_ASK,
          "Langkah 4/6 Kec (1/2):\n1. Kedaton\n2. Kemiling\n3. Panjang\n4. Rajabasa\n98. "
          "Lanjut\n0. Kembali",
          p->phone.outcome.text);
    SHOWS(MENU_ASK,
          "Tidak ada.\nLangkah 4/6 Kec (1/2):\n1. Kedaton\n2. Kemiling\n3. Panjang\n98. "
          "Lanjut\n0. Kembali",
          menu_phone_type(&p->phone, "zzzz"));
    SHOWS(MENU_ASK, "Kec (2/2):\n4. Rajabasa\n5. Way Halim\n0. Kembali",
          menu_phone_type(&p->phone, "98"));
    SHOWS(MENU_ASK, "HP?\n1. Ada\n2. Belum\n0. Kembali", menu_phone_type(&p->phone, "1"));
    assert_string_equal(menu_state_answer(&p->phone.state, "kec"), "a1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(first_contact_asks_the_language),
        T(a_registration_from_end_to_end),
        T(a_correction_comes_back_to_the_review),
        T(back_goes_the_way_one_came),
        T(main_key_works_everywhere_and_keeps_the_draft),
        T(three_errors_end_kindly),
        T(a_draft_goes_on_at_its_question),
        T(a_draft_can_be_begun_again_or_dropped),
        T(answers_outside_the_flow_do_not_stay_in_a_draft),
        T(a_result_can_refuse),
        T(conditions_hide_choices_and_take_ways),
        T(a_dial_walks_its_answers),
        T(sms_keywords),
        T(an_sms_form_is_taken_part_by_part),
        T(an_sms_leaves_a_dialogue_alone),
        T(busy_texts_know_the_draft),
        T(a_guessed_name_is_noted),
        T(an_unknown_state_begins_again),
        T(an_error_line_makes_room_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The shipped menu shows the programme's texts word for word: every key in both languages, and
 * every page of the region lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "merchants/dialog.h"
#include "merchants/field.h"
#include "merchants/programme.h"
#include "tests/support/menus.h"
#include "tests/support/texts.h"

#define SHIPPED "conf/menus/terususaha.cfg"

/* What stands for each placeholder, and what the menu is told so that it shows it. */
static const struct {
    const char *placeholder;
    const char *id;
    const char *en; /* NULL: the same */
} shown[] = {
    {"kode", "*384#", NULL},
    {"telp", "0721-384384", NULL},
    {"sms", "384", NULL},
    {"hari", "7", NULL},
    {"bln", "24", NULL},
    {"pengelola", "Dinas Koperasi Lampung", NULL},
    {"noreg", "1871-000042-1", NULL},
    {"nama", "SITI AMINAH", NULL},
    {"usaha", "WARUNG BU SITI", NULL},
    {"jenis", "Warung/kelontong", "Grocery/stall"},
    {"kec", "Rajabasa", NULL},
    {"kab", "Bandar Lampung", NULL},
    {"nik4", "****9999", NULL},
    {"hp4", "****0001", NULL},
    {"tgl", "24-11-2026", NULL},
    {"alasan", "Nama beda dengan KTP", NULL},
    {"alasan_en", "Name differs from KTP", NULL},
    {"isi", "nama usaha", NULL},
    {"isi_en", "business name", NULL},
    {"contoh", "KEC METRO BARAT", NULL},
    {"tiket", "T0000042", NULL},
    {"slot", "pagi", NULL},
    {"slot_en", "morning", NULL},
    {"judul1", "Foto produk 28/11", NULL},
    {"judul2", "Jualan online 02/12", NULL},
    {"judul3", "Hitung untung 05/12", NULL},
    {"latih_awal", "1", NULL},
    {"latih_lagi", "1", NULL},
    {"judul", "Foto produk", NULL},
    {"waktu", "28-11-26 09.00", NULL},
    {"tempat", "Balai Desa Natar", NULL},
    {"sisa", "12", NULL},
    {"jml", "15", NULL},
    {"n", "3", NULL},
    {"t", "9", NULL},
};

static const struct {
    const char *name;
    const char *value;
} facts[] = {
    {"noreg", "1871-000042-1"},
    {"nama", "SITI AMINAH"},
    {"usaha", "WARUNG BU SITI"},
    {"usaha1", "WARUNG BU SITI"},
    {"usaha2", "WARUNG BU SITI"},
    {"usaha3", "WARUNG BU SITI"},
    {"jenis", "WARUNG"},
    {"kab", "1871"},
    {"kec", "187110"},
    {"nik4", "****9999"},
    {"hp4", "****0001"},
    {"tgl_kirim", "24-11-2026"},
    {"tgl_batas", "24-11-2026"},
    {"tgl_draf", "24-11-2026"},
    {"hari_ini", "24-11-2026"},
    {"tgl_bocor", "24-11-2026"},
    {"alasan", "Nama beda dengan KTP"},
    {"alasan_en", "Name differs from KTP"},
    {"catatan", "Nama beda dengan KTP"},
    {"catatan_en", "Name differs from KTP"},
    {"isi", "nama usaha"},
    {"isi_en", "business name"},
    {"contoh", "KEC METRO BARAT"},
    {"tiket", "T0000042"},
    {"slot", "pagi"},
    {"slot_en", "morning"},
    {"sms_nama", "SITI AMINAH"},
    {"sms_usaha", "WARUNG BU SITI"},
    {"sms_kec", "187110"},
    {"judul1", "Foto produk 28/11"},
    {"judul2", "Jualan online 02/12"},
    {"judul3", "Hitung untung 05/12"},
    {"latih_awal", "1"},
    {"latih_lagi", "1"},
    {"judul", "Foto produk"},
    {"waktu", "28-11-26 09.00"},
    {"tempat", "Balai Desa Natar"},
    {"sisa", "12"},
    {"milik", "1"},
    {"boleh_ubah", "1"},
    {"jumlah", "3"},
    {"terdaftar", "3"},
};

/* The steps of a whole registration. */
static const struct {
    const char *key;
    const char *step;
} steps[] = {
    {"NAMA", "1"},      {"NIK", "2"},   {"NIK_WAJIB", "2"}, {"USAHA", "3"},
    {"KATEGORI1", "4"}, {"OMZET", "7"}, {"HP", "8"},        {"PERIKSA", "9"},
};

/* The status that the phone's screen tells of. */
static const char *status_of(const struct menu_phone *phone)
{
    const char *screen = phone->state.screen;

    if (strcmp(screen, "ST_PERBAIKAN") == 0)
        return "PERLU_PERBAIKAN";
    if (strcmp(screen, "DATA_TERKUNCI") == 0)
        return "DIPERIKSA";
    return strncmp(screen, "ST_", 3) == 0 ? screen + 3 : "";
}

static bool get_fact(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    value[0] = '\0';
    if (strcmp(name, "status") == 0)
        return text_copy(value, MENU_VALUE_BYTES, status_of(ctx));
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (strcmp(facts[i].name, name) == 0)
            return text_copy(value, MENU_VALUE_BYTES, facts[i].value);
    }
    return false;
}

/* --- the expected text ---------------------------------------------------------------------- */

static const char *find_shown(const char *key, const char *language, const char *placeholder,
                              size_t size)
{
    if (strcmp(key, "TUTUP") == 0 && strncmp(placeholder, "tgl", size) == 0)
        return "01-02-2027";
    if (size == 1 && placeholder[0] == 's') {
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            if (strcmp(steps[i].key, key) == 0)
                return steps[i].step;
        }
    }
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        if (strlen(shown[i].placeholder) == size &&
            strncmp(shown[i].placeholder, placeholder, size) == 0)
            return strcmp(language, "en") == 0 && shown[i].en != NULL ? shown[i].en : shown[i].id;
    }
    fail_msg("%s: no value for a placeholder", key);
    return "";
}

static void fill_in(const char *key, const char *language, const char *text,
                    char filled[MENU_TEXT_BYTES])
{
    size_t size = 0;

    while (*text != '\0') {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;

        assert_true(size + MENU_VALUE_BYTES < MENU_TEXT_BYTES);
        if (close == NULL) {
            filled[size++] = *text++;
            continue;
        }
        size += (size_t)sprintf(filled + size, "%s",
                                find_shown(key, language, text + 1, (size_t)(close - text - 1)));
        text = close + 1;
    }
    filled[size] = '\0';
}

/* --- the shown text ------------------------------------------------------------------------- */

/* A key that is a screen by another name, or one of its pages. */
static const char *screen_of(const char *key)
{
    return strncmp(key, "KATEGORI", 8) == 0 ? "KATEGORI" : key;
}

static void be_at(struct menu_phone *phone, const char *screen, const char *language)
{
    struct menu_state *s = &phone->state;

    menu_state_init(s);
    memcpy(s->menu_id, menu_id(phone->menu), MENU_ID_BYTES);
    text_copy(s->language, sizeof(s->language), language);
    s->is_open = true;
    text_copy(s->screen, sizeof(s->screen), screen);
    s->has_draft = true;
    s->draft_since_ms = phone->now_ms;
    text_copy(s->draft_screen, sizeof(s->draft_screen), "USAHA");
    menu_state_set_answer(s, "nama", "SITI AMINAH");
    menu_state_set_answer(s, "nik", "");
    menu_state_set_answer(s, "usaha", "WARUNG BU SITI");
    menu_state_set_answer(s, "jenis", "WARUNG");
    menu_state_set_answer(s, "kab", "1871");
    menu_state_set_answer(s, "kec", "187110");
}

/* What is shown again after an answer that no screen takes, without its error line; every error
 * line with the screen below it must fit. */
static const char *refused(struct menu_phone *phone)
{
    const char *text = menu_phone_type(phone, "?");
    const char *screen = strchr(text, '\n');

    assert_true(phone->outcome.was_invalid);
    assert_int_equal(phone->outcome.kind, MENU_ASK);
    assert_true(strlen(text) <= 182); /* all of it is ASCII */
    assert_non_null(screen);
    return screen + 1;
}

static const char *render(struct menu_phone *phone, const char *key, const char *language)
{
    static char text[MENU_TEXT_BYTES];

    be_at(phone, screen_of(key), language);
    if (strcmp(key, "RESUME") == 0)
        menu_state_remove_answer(&phone->state, "usaha");
    if (strcmp(key, "ERR_NIK_PANJANG") == 0) {
        be_at(phone, "NIK", language);
        text_copy(text, sizeof(text), menu_phone_type(phone, "187199010180999"));
        text[strcspn(text, "\n")] = '\0';
        return text;
    }
    if (menu_text(phone->menu, &phone->state, key, &phone->facts, phone->code, text))
        return text;
    if (strcmp(key, "KATEGORI2") == 0)
        return menu_phone_type(phone, "98");
    return refused(phone);
}

static struct menu *load(const char *source)
{
    char *faults = NULL;
    struct menu *menu = source != NULL ? menu_from_text(source, &programme_vocabulary, &faults)
                                       : menu_from_file(SHIPPED, &programme_vocabulary, &faults);

    if (faults != NULL)
        fail_msg("%s", faults);
    assert_non_null(menu);
    return menu;
}

/* The shipped menu with one place changed. */
static struct menu *load_with(const char *before, const char *after)
{
    struct menu *menu = load(NULL);
    struct span source = menu_source(menu);
    size_t bytes = source.size + strlen(after) + 1;
    char *text = mem_zalloc(bytes), *changed = mem_zalloc(bytes);
    char *at;

    memcpy(text, source.data, source.size);
    at = strstr(text, before);
    assert_non_null(at);
    snprintf(changed, bytes, "%.*s%s%s", (int)(at - text), text, after, at + strlen(before));
    menu_free(menu);
    menu = load(changed);
    mem_free(changed);
    mem_free(text);
    return menu;
}

static void init_phone(struct menu_phone *phone, const struct menu *menu)
{
    menu_phone_init(phone, menu);
    phone->facts = (struct menu_facts){.get = get_fact, .ctx = phone};
}

static void test_every_text_word_for_word(void **state)
{
    struct menu *menu = load(NULL);
    struct menu *strict = load_with("\"optional\"", "\"required\"");
    struct menu_phone phone, strict_phone;
    struct expected_texts texts;
    size_t wrong = 0;

    (void)state;
    init_phone(&phone, menu);
    init_phone(&strict_phone, strict);
    texts_read(&texts, "tests/texts/terususaha.txt");
    assert_int_equal(texts.count, 198);
    for (size_t i = 0; i < texts.count; i++) {
        char key[MENU_NAME_BYTES], language[8], expected[MENU_TEXT_BYTES];
        const char *got;

        assert_int_equal(sscanf(texts.items[i].names, "%31s %7s", key, language), 2);
        fill_in(key, language, texts.items[i].text, expected);
        got = render(strcmp(key, "NIK_WAJIB") == 0 ? &strict_phone : &phone, key, language);
        if (strcmp(got, expected) != 0) {
            print_error("%s %s\n--- expected\n%s\n--- shown\n%s\n", key, language, expected, got);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    texts_free(&texts);
    menu_free(menu);
    menu_free(strict);
}

static void test_every_region_page_word_for_word(void **state)
{
    struct menu *menu = load(NULL);
    struct menu_phone phone;
    struct expected_texts texts;
    size_t wrong = 0;

    (void)state;
    init_phone(&phone, menu);
    texts_read(&texts, "tests/texts/regions.txt");
    assert_int_equal(texts.count, 2 * 46);
    for (size_t i = 0; i < texts.count; i++) {
        char list[8], language[8];
        unsigned page;
        const char *got;

        assert_int_equal(sscanf(texts.items[i].names, "%7s %u %7s", list, &page, language), 3);
        be_at(&phone, strcmp(list, "KAB") == 0 ? "KAB" : "KEC", language);
        menu_state_set_answer(&phone.state, "kab", list);
        got = refused(&phone);
        for (unsigned p = 1; p < page; p++)
            got = menu_phone_type(&phone, "98");
        if (strcmp(got, texts.items[i].text) != 0) {
            print_error("%s\n--- expected\n%s\n--- shown\n%s\n", texts.items[i].names,
                        texts.items[i].text, got);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    texts_free(&texts);
    menu_free(menu);
}

/* --- what an owner may set ------------------------------------------------------------------- */

static void print_fault(void *arg, unsigned line, const char *what)
{
    print_error("%s, line %u: %s\n", (const char *)arg, line, what);
}

static void play_with(const char *before, const char *after, const char *dialog)
{
    struct menu *menu = load_with(before, after);
    bool is_good = dialog_run(menu, "*384#", INT64_C(1795489200000), dialog, print_fault,
                              (void *)(uintptr_t)after);

    menu_free(menu);
    assert_true(is_good);
}

static void test_settings_of_the_owner(void **state)
{
    (void)state;
    play_with("\"optional\"", "\"off\"",
              "dial *384*1*1*SITI AMINAH#\nexpect\n  Langkah 2/8\n  Ketik nama usaha.\n  ...\n"
              "dial *384*1*1*WARUNG*1*2*1*1*1*2#\nexpect\n  Perbaiki yang mana?\n  1. Nama\n"
              "  2. Nama usaha\n  3. Jenis usaha\n  ...\nanswer 0\nanswer 1\nexpect sms\n  ...\n"
              "dial *384*3*2#\nexpect\n  Ubah yang mana?\n  1. Nama\n  2. Nama usaha\n  ...\n");
    play_with(
        "\"optional\"", "\"required\"",
        "dial *384*1*1*SITI AMINAH#\nexpect\n  Langkah 2/9\n  Ketik NIK, 16 angka di KTP Anda.\n"
        "  0. Kembali\nanswer 1\nexpect\n  NIK harus 16 angka, tadi 1 angka.\n  ...\n"
        "answer 1871994101809999\nexpect\n  Langkah 3/9\n  ...\n");
    play_with(
        "hp_step = \"on\"; ", "hp_step = \"off\";",
        "dial *384*1*1*SITI AMINAH*1*WARUNG*1*2*1*1#\nexpect\n  Langkah 8/8 Periksa:\n  ...\n");
    play_with("\"buka\";  ", "\"tutup\";",
              "dial *384*1#\nexpect end\n  Pendaftaran sedang ditutup. Kami buka lagi 01-02-2027. "
              "Info: 0721-384384\n"
              "sms DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT\nexpect sms\n"
              "  Pendaftaran sedang ditutup. Kami buka lagi 01-02-2027. Info: 0721-384384\n");
}

/* The programme has as many fields as it needs; an owner may need one more. (Some text reads it:
 * the check warns of an answer for nobody.) */
static void test_a_question_of_the_owner(void **state)
{
    (void)state;
    play_with(
        "\"PERIKSA\"];\n};\n\nscreens = {",
        "\"PASAR\", \"PERIKSA\"];\n};\n\nscreens = {\n"
        "PASAR = { text = { id = \"Langkah {s}/{t}\\nNama pasar?{pasar}\"; en = \"Step {s}/{t}\\n"
        "Market?{pasar}\"; }; input = { field = \"pasar\"; rule = { kind = \"length\"; min = 2; "
        "max = 60; }; }; };",
        "dial *384*1*1*SITI AMINAH*1*WARUNG*1*2*1*1*1#\nexpect\n  Langkah 9/10\n"
        "  Nama pasar?\n  0. Kembali\nanswer Pasar Bambu Kuning\nexpect\n"
        "  Langkah 10/10 Periksa:\n  ...\nanswer 1\nexpect end\n  Terima kasih, "
        "pendaftaran terkirim.\n  ...\nexpect sms\n  #TerusUsaha: "
        "pendaftaran 1872-000286-2 a.n. SITI AMINAH terkirim. Hasil maks 7 hari kerja. Cek: "
        "*384# pilih 2. Gratis, jangan beri uang/PIN/OTP.\n");
}

/* What stands below the line of a value is none of it, unless the line says nothing. */
static void test_values_end_with_their_line(void **state)
{
    static const struct {
        const char *sms, *field, *answer;
    } cases[] = {
        {"NAMA SITI AMINAH\n--\nDikirim dari ponsel saya", "sms_nama", "SITI AMINAH"},
        {"USAHA WARUNG BU SITI\nJENIS 2\nKAB METRO", "sms_usaha", "WARUNG BU SITI"},
        {"JENIS 2 \U0001F64F\nTerima kasih", "sms_jenis", "KULINER"},
        {"STATUS saya\nno. 1872-000286-2", "sms_noreg", "18720002862"},
    };
    struct menu *menu = load(NULL);
    struct menu_phone phone;

    (void)state;
    init_phone(&phone, menu);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        menu_phone_sms(&phone, cases[i].sms);
        assert_int_equal(phone.outcome.kind, MENU_ACT);
        assert_string_equal(menu_state_answer(&phone.state, cases[i].field), cases[i].answer);
    }
    menu_free(menu);
}

static bool is_needed(const char *action, const char *prefix, const char *name)
{
    char answer[32];

    snprintf(answer, sizeof(answer), "%s%s", prefix, name);
    for (size_t i = 0; i < programme_vocabulary.need_count; i++) {
        const struct menu_need *need = &programme_vocabulary.needs[i];

        for (unsigned k = 0; strcmp(need->action, action) == 0 && need->answers[k] != NULL; k++)
            if (strcmp(need->answers[k], answer) == 0)
                return true;
    }
    return false;
}

/* A menu that does not ask for it registers nobody: the check says so. */
static void test_the_check_knows_what_a_registration_needs(void **state)
{
    (void)state;
    for (unsigned row = 0; field_at(row) != NULL; row++) {
        const struct programme_field *f = field_at(row);

        assert_int_equal(is_needed("daftar", "", f->name), field_is_required(f));
        assert_int_equal(is_needed("sms_daftar", "sms_", f->name), field_is_required(f));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_text_word_for_word),
        cmocka_unit_test(test_every_region_page_word_for_word),
        cmocka_unit_test(test_settings_of_the_owner),
        cmocka_unit_test(test_a_question_of_the_owner),
        cmocka_unit_test(test_values_end_with_their_line),
        cmocka_unit_test(test_the_check_knows_what_a_registration_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A whole menu without any service behind it: nothing of the programme is in the engine. Loaded
 * without a word of complaint, played in the terminal phone, drawn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "menus/graph.h"
#include "menus/model.h"
#include "menus/play.h"
#include "tests/support/menus.h"

#define EXAMPLE "conf/menus/examples/harga-pasar.cfg"
#define CODE    "*555#"

/* Tuesday 24 November 2026, 10:00 in Lampung. */
#define NOW INT64_C(1795489200000)

/* The engine alone as a phone's stage: an action gives its first result word. */
struct alone {
    const struct menu *menu;
    struct menu_limits limits;
    int64_t now_ms;
    struct menu_state state;
    struct menu_outcome outcome;
    char sms[MENU_TEXT_BYTES];
    bool has_sms;
};

static const struct menu_outcome *alone_event(struct alone *alone, enum menu_event_kind kind,
                                              const char *text)
{
    struct menu_event event = {.kind = kind, .text = text, .code = CODE, .now_ms = alone->now_ms};
    struct menu_facts facts = {0};

    menu_step(alone->menu, &alone->state, &event, &facts, alone->limits, &alone->outcome);
    event.kind = MENU_EVENT_RESULT;
    while (alone->outcome.kind == MENU_ACT) {
        event.text = menu_find_screen(alone->menu, alone->outcome.screen)->results[0].word;
        menu_step(alone->menu, &alone->state, &event, &facts, alone->limits, &alone->outcome);
    }
    return &alone->outcome;
}

static const struct menu_outcome *alone_dial(void *ctx, const char *dialled)
{
    return alone_event(ctx, MENU_EVENT_DIAL, dialled);
}

static const struct menu_outcome *alone_type(void *ctx, const char *typed)
{
    return alone_event(ctx, MENU_EVENT_INPUT, typed);
}

static const struct menu_outcome *alone_sms(void *ctx, const char *text)
{
    struct alone *alone = ctx;

    alone_event(alone, MENU_EVENT_SMS, text);
    alone->has_sms = alone->outcome.kind == MENU_END;
    text_copy(alone->sms, sizeof(alone->sms), alone->outcome.text);
    return &alone->outcome;
}

static void alone_hang_up(void *ctx)
{
    alone_event(ctx, MENU_EVENT_ABORT, "");
}

static void alone_wait(void *ctx, int64_t ms)
{
    struct alone *alone = ctx;

    alone->now_ms += ms;
}

static const char *alone_take_sms(void *ctx)
{
    struct alone *alone = ctx;
    bool had_sms = alone->has_sms;

    alone->has_sms = false;
    return had_sms ? alone->sms : NULL;
}

static const struct menu_state *alone_state(void *ctx)
{
    struct alone *alone = ctx;

    return &alone->state;
}

static const struct menu_outcome *alone_outcome(void *ctx)
{
    const struct alone *alone = ctx;

    return &alone->outcome;
}

static void *alone_save(void *ctx)
{
    struct alone *saved = mem_alloc(sizeof(*saved));

    memcpy(saved, ctx, sizeof(*saved));
    return saved;
}

static void alone_restore(void *ctx, void *saved)
{
    memcpy(ctx, saved, sizeof(struct alone));
    mem_free(saved);
}

static void alone_set_limits(void *ctx, struct menu_limits limits)
{
    struct alone *alone = ctx;

    alone->limits = limits;
}

static void alone_set_language(void *ctx, const char *language)
{
    struct alone *alone = ctx;

    text_copy(alone->state.language, sizeof(alone->state.language), language);
}

static void alone_init(struct alone *alone, const struct menu *menu)
{
    *alone = (struct alone){
        .menu = menu, .limits = {.gsm_septets = 182, .ucs2_units = 80}, .now_ms = NOW};
    menu_state_init(&alone->state);
}

static struct menu_stage stage_of(struct alone *alone)
{
    return (struct menu_stage){.dial = alone_dial,
                               .type = alone_type,
                               .sms = alone_sms,
                               .hang_up = alone_hang_up,
                               .wait = alone_wait,
                               .take_sms = alone_take_sms,
                               .state = alone_state,
                               .outcome = alone_outcome,
                               .save = alone_save,
                               .restore = alone_restore,
                               .drop = mem_free,
                               .set_limits = alone_set_limits,
                               .set_language = alone_set_language,
                               .ctx = alone};
}

struct paper {
    char text[65536];
    size_t size;
};

static void print_on(void *arg, const char *text)
{
    struct paper *p = arg;
    size_t n = strlen(text);

    assert_true(p->size + n < sizeof(p->text));
    memcpy(p->text + p->size, text, n + 1);
    p->size += n;
}

struct place {
    struct menu *menu;
    struct menu_phone phone;
    struct paper paper;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    char *faults;

    p->menu = menu_from_file(EXAMPLE, NULL, &faults);
    if (p->menu == NULL || faults != NULL)
        fail_msg("%s", faults);
    menu_phone_init(&p->phone, p->menu);
    p->phone.code = CODE;
    p->phone.now_ms = NOW;
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

static void prices_by_market(void **state)
{
    struct place *p = *state;

    assert_string_equal(menu_phone_dial(&p->phone, CODE),
                        "Harga pasar Dinas Perdagangan\n1. Harga hari ini\n2. Laporkan harga\n3. "
                        "Tips belanja\n4. Bahasa");
    assert_string_equal(menu_phone_type(&p->phone, "1"),
                        "Pasar mana?\n1. Pasar Tugu\n2. Pasar Bambu Kuning\n3. Pasar Natar\n0. "
                        "Kembali");
    assert_string_equal(menu_phone_type(&p->phone, "bambukuning"),
                        "Pasar Bambu Kuning:\n1. Beras medium\n2. Cabai merah\n3. Telur ayam\n0. "
                        "Kembali");
    assert_string_equal(menu_phone_type(&p->phone, "lombok"),
                        "Cabai merah di Pasar Bambu Kuning:\nRp40.000/kg\n1. Barang lain\n0. "
                        "Kembali");
    menu_phone_dial(&p->phone, "*555*1*1*8#");
    assert_string_equal(p->phone.outcome.text,
                        "Daging sapi di Pasar Tugu:\nRp135.000/kg\n1. Barang lain\n0. Kembali");
}

static void before_five_there_are_no_prices(void **state)
{
    struct place *p = *state;

    p->phone.now_ms = NOW - 6 * 3600000;
    menu_phone_dial(&p->phone, CODE);
    assert_string_equal(menu_phone_type(&p->phone, "1"),
                        "Harga hari ini belum ada. Lihat lagi setelah jam 5.\n0. Kembali");
}

static void a_partial_language_falls_back(void **state)
{
    struct place *p = *state;

    menu_phone_dial(&p->phone, "*555*4*2#");
    assert_string_equal(p->phone.outcome.text,
                        "Rega pasar Dinas Perdagangan\n1. Rega dina iki\n2. Lapor rega\n3. Tips "
                        "belanja\n4. Bahasa");
    assert_string_equal(menu_phone_type(&p->phone, "0"), "Matur nuwun.");
    assert_int_equal(p->phone.outcome.kind, MENU_END);
}

static void a_report_with_general_rules(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *input;
        const char *shows; /* its beginning */
    } steps[] = {
        {"2", "Nama dan laporan"},
        {"1", "Langkah 1/7\nNama"},
        {"Budi 2", "Nama 2-40 huruf.\nLangkah 1/7"},
        {"budi", "Langkah 2/7\nPasar"},
        {"3", "Langkah 3/7\nBarang"},
        {"kopi", "Langkah 4/7\nHarga"},
        {"Rp60000", "Tulis angka saja, dalam rupiah.\n"},
        {"99", "Tulis angka saja, dalam rupiah.\n"},
        {"060500", "Langkah 5/7\nTanggal"},
        {"31022026", "Contoh tanggal: 24112026\n"},
        {"24-11-2026", "Langkah 6/7\nKode"},
        {"ab1", "Kode: 3 huruf dan 2 angka.\n"},
        {"abc12", "Langkah 7/7 Periksa:\nBUDI\nKopi robusta\nPasar Natar\nRp60500, 2026-11-24\n1. "
                  "Kirim\n"},
        {"3", "Langkah 2/7\nPasar"},
        {"1", "Langkah 3/7\nBarang"},
        {"6", "Langkah 7/7 Periksa:\nBUDI\nMinyak goreng\nPasar Tugu\n"},
    };

    menu_phone_dial(&p->phone, CODE);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const char *shown = menu_phone_type(&p->phone, steps[i].input);

        if (strncmp(shown, steps[i].shows, strlen(steps[i].shows)) != 0)
            fail_msg("%s: %s", steps[i].input, shown);
    }
    assert_string_equal(menu_state_answer(&p->phone.state, "kode_petugas"), "ABC12");
    menu_phone_event(&p->phone, MENU_EVENT_ABORT, "");
    assert_string_equal(menu_phone_dial(&p->phone, CODE),
                        "Laporan Anda belum selesai (langkah 7 dari 7).\n1. Lanjutkan\n2. "
                        "Hapus\n0. Menu utama");
}

static void the_terminal_phone(void **state)
{
    struct place *p = *state;
    struct alone alone;
    struct menu_play play = {.menu = p->menu, .code = CODE, .print = print_on, .arg = &p->paper};
    static const char *const lines[] = {
        "hello",  ".lang en", "*555#",      "1",        "2",         ".limit 140", "7",
        ".state", ".hangup",  ".sms harga", ".limit 9", ".later 2d", ".later x",   ".quit"};
    static const char *const shown[] = {
        "harga-pasar: dial *555#; .help for more\n",
        "*555*2# dials and answers",
        "| Market prices, Dinas Perdagangan\n| 1. Today's prices\n",
        "MAIN at " EXAMPLE ":",
        "97 of 182 septets, 85 left",
        "| Pasar Bambu Kuning:\n| 1. Rice, medium\n",
        "pages hold 140 septets or 61 UCS-2 units\n",
        "| No such choice, try again.\n| Pasar Bambu Kuning:\n",
        "of 140 septets",
        ", the input was refused\n",
        "language en, screen BARANG, page 1, refused 1\n  back to PASAR\n  back to MAIN\n  pasar = "
        "PSR2\n",
        "the dialogue is over\n",
        "SMS to the phone (71 septets):\n| Rice: Tugu",
        "a limit is between",
        "it is 2d later\n",
        ".later takes",
    };
    const char *at = p->paper.text;

    alone_init(&alone, p->menu);
    play.stage = stage_of(&alone);
    menu_play_begin(&play, "");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_false(play.is_over);
        menu_play_line(&play, lines[i]);
    }
    assert_true(play.is_over);
    menu_play_end(&play);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        at = strstr(at, shown[i]);
        if (at == NULL)
            fail_msg("%s\nis not in its place in\n%s", shown[i], p->paper.text);
    }
}

/* A line of the terminal phone's user, and what comes of it. */
struct played {
    const char *line, *shown;
};

static void play_lines(struct place *p, const struct played *lines, size_t count)
{
    struct alone alone;
    struct menu_play play = {.menu = p->menu, .code = CODE, .print = print_on, .arg = &p->paper};

    alone_init(&alone, p->menu);
    play.stage = stage_of(&alone);
    menu_play_begin(&play, "en");
    for (size_t i = 0; i < count; i++) {
        size_t before = strlen(p->paper.text);

        menu_play_line(&play, lines[i].line);
        if (strstr(p->paper.text + before, lines[i].shown) == NULL)
            fail_msg("%zu, %s: %s", i, lines[i].line, p->paper.text + before);
    }
    menu_play_end(&play);
}

/* The same screen as a link shows it that carries UCS-2 alone: pages of 80 units. */
static void the_encoding_decides_the_pages(void **state)
{
    struct place *p = *state;
    static const struct played lines[] = {
        {CODE, "97 of 182 septets"},    {".encoding utf8", ".encoding takes gsm or ucs2"},
        {".encoding ucs2", "in UCS-2"}, {"00", " of 80 UCS-2 units"},
        {"98", " of 80 UCS-2 units"},   {".encoding gsm", "in GSM 7 bit"},
        {"00", "97 of 182 septets"},
    };

    play_lines(p, lines, sizeof(lines) / sizeof(lines[0]));
}

/* From "1" back to the dial, forth again, and on with another answer: what was forth is gone. */
static void lines_are_taken_back(void **state)
{
    struct place *p = *state;
    static const struct played lines[] = {
        {".undo", "there is nothing to go to"},
        {CODE, "MAIN at "},
        {"2", "IZIN"},
        {".undo", "MAIN at "},
        {".redo", "IZIN"},
        {".undo", "MAIN at "},
        {"9", ", the input was refused"},
        {".redo", "there is nothing to go to"},
        {".undo", "MAIN at "},
        {".undo", "no dialogue is open"},
        {".undo", "there is nothing to go to"},
    };

    play_lines(p, lines, sizeof(lines) / sizeof(lines[0]));
}

static void the_drawing(void **state)
{
    struct place *p = *state;
    static const char *const parts[] = {
        "digraph \"harga-pasar\" {\n",
        "subgraph \"cluster_0\" {\n    label=\"awal\"",
        "\"MAIN\" [label=\"MAIN\\nMarket prices, Dinas Perdaga\", shape=box, style=rounded]",
        "\"BUKA\" [label=\"BUKA\", shape=diamond]",
        "\"L_SELESAI\" [label=\"L_SELESAI\\nThank you. Your report is no\", shape=box, "
        "peripheries=2]",
        "\"MAIN\" -> \"BUKA\" [label=\"Today's prices\"];",
        "\"RESUME\" -> \"MAIN\" [label=\"Delete it\", style=dashed",
        "\"BUKA\" -> \"TUTUP\" [label=\"time < 05:00\"];",
        "\"PASAR\" -> \"BARANG\" [label=\"\"];",
        "\"L_PERIKSA\" -> \"L_HARGA\" [label=\"Change the price\", style=dashed",
        "\"sms 0\" -> \"SMS_HARGA\";",
    };
    const char *at = p->paper.text;
    int depth = 0;

    menu_graph_print(p->menu, "en", print_on, &p->paper);
    for (const char *c = p->paper.text; *c != '\0'; c++)
        depth += *c == '{' ? 1 : *c == '}' ? -1 : 0;
    assert_int_equal(depth, 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        at = strstr(p->paper.text, parts[i]);
        if (at == NULL)
            fail_msg("%s\nis not in\n%s", parts[i], p->paper.text);
    }
}

/* A menu goes into the store as one text and comes back as the same menu. */
static void the_stored_text_is_the_same_menu(void **state)
{
    struct place *p = *state;
    char *faults;
    struct span source = menu_source(p->menu);
    char *text = strndup((const char *)source.data, source.size);
    struct menu *again = menu_from_text(text, NULL, &faults);

    free(text);
    assert_non_null(again);
    assert_null(faults);
    assert_true(menu_id_is(again, menu_id(p->menu)));
    assert_string_equal(menu_name(again), "harga-pasar");
    p->phone.menu = again;
    menu_phone_dial(&p->phone, CODE);
    assert_memory_equal(p->phone.state.menu_id, menu_id(p->menu), MENU_ID_BYTES);
    menu_free(again);
}

/* The manual's own examples, as they stand there. */
static void the_manuals_menus_load(void **state)
{
    FILE *f = fopen("docs/man/warung-menu.5", "r");
    char line[512], text[16384] = "", *faults;
    unsigned loaded = 0;
    bool is_menu = false;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        is_menu = is_menu || strncmp(line, "menu = ", 7) == 0;
        if (is_menu && strcmp(line, ".Ed\n") == 0) {
            struct menu *menu = menu_from_text(text, NULL, &faults);

            if (menu == NULL || faults != NULL)
                fail_msg("%s\n%s", faults, text);
            menu_free(menu);
            loaded++;
            is_menu = false;
            text[0] = '\0';
        }
        for (const char *c = line; is_menu && *c != '\0'; c++) {
            size_t n = strlen(text);

            assert_true(n + 2 < sizeof(text));
            text[n] = *c;
            text[n + 1] = '\0';
            if (c[0] == '\\' && c[1] == 'e') /* \e is mandoc's backslash */
                c++;
        }
    }
    fclose(f);
    assert_int_equal(loaded, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(prices_by_market),
        T(before_five_there_are_no_prices),
        T(a_partial_language_falls_back),
        T(a_report_with_general_rules),
        T(the_terminal_phone),
        T(lines_are_taken_back),
        T(the_encoding_decides_the_pages),
        T(the_drawing),
        T(the_stored_text_is_the_same_menu),
        cmocka_unit_test(the_manuals_menus_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

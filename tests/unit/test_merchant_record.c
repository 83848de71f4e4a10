/* Registration states, every cell; reasons and categories; the stored record. */
#include "merchants/category.h"
#include "merchants/merchant.h"
#include "merchants/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/files.h"

enum { NO = -1 };

/* What the programme allows: rows are statuses, columns events; NO = refused. */
static const int expected[MERCHANT_STATUS_COUNT][MERCHANT_EVENT_COUNT] = {
    /* SEND, REVIEW, FIX, CORRECT, APPROVE, REJECT, LAPSE, CANCEL */
    [MERCHANT_DRAF] = {MERCHANT_TERKIRIM, NO, NO, NO, NO, NO, NO, NO},
    [MERCHANT_TERKIRIM] = {NO, MERCHANT_DIPERIKSA, MERCHANT_PERLU_PERBAIKAN, NO, NO, NO, NO,
                           MERCHANT_DIBATALKAN},
    [MERCHANT_DIPERIKSA] = {NO, NO, MERCHANT_PERLU_PERBAIKAN, NO, MERCHANT_DISETUJUI,
                            MERCHANT_DITOLAK, NO, MERCHANT_DIBATALKAN},
    [MERCHANT_PERLU_PERBAIKAN] = {NO, NO, NO, MERCHANT_TERKIRIM, NO, NO, MERCHANT_DITOLAK,
                                  MERCHANT_DIBATALKAN},
    [MERCHANT_DISETUJUI] = {NO, NO, NO, NO, NO, NO, NO, MERCHANT_DIBATALKAN},
    [MERCHANT_DITOLAK] = {NO, NO, NO, NO, NO, NO, NO, MERCHANT_DIBATALKAN},
    [MERCHANT_DIBATALKAN] = {NO, NO, NO, NO, NO, NO, NO, NO},
};

static void test_every_transition(void **state)
{
    (void)state;
    for (unsigned s = 0; s < MERCHANT_STATUS_COUNT; s++) {
        for (unsigned e = 0; e < MERCHANT_EVENT_COUNT; e++) {
            enum merchant_status next = MERCHANT_STATUS_COUNT;
            bool is_legal =
                merchant_next_status((enum merchant_status)s, (enum merchant_event)e, &next);
            int got = is_legal ? (int)next : NO;

            if (got != expected[s][e])
                fail_msg("%s, %s: %d", merchant_status_name((enum merchant_status)s),
                         merchant_event_name((enum merchant_event)e), got);
            if (!is_legal)
                assert_int_equal(next, MERCHANT_STATUS_COUNT);
        }
    }
}

static void test_every_event_has_its_sms(void **state)
{
    static const char *const sms[MERCHANT_EVENT_COUNT] = {
        "SMS_TERKIRIM",  "SMS_DIPERIKSA", "SMS_PERBAIKAN", "SMS_UBAH",
        "SMS_DISETUJUI", "SMS_DITOLAK",   "SMS_DITOLAK",   "SMS_BATAL",
    };

    (void)state;
    for (unsigned e = 0; e < MERCHANT_EVENT_COUNT; e++)
        assert_string_equal(merchant_event_sms((enum merchant_event)e), sms[e]);
}

static void test_status_words(void **state)
{
    enum merchant_status status;

    (void)state;
    for (unsigned s = 0; s < MERCHANT_STATUS_COUNT; s++) {
        assert_true(merchant_status_parse(merchant_status_name((enum merchant_status)s), &status));
        assert_int_equal(status, s);
    }
    assert_false(merchant_status_parse("terkirim", &status));
    assert_false(merchant_status_parse("", &status));
    assert_true(merchant_status_is_live(MERCHANT_DISETUJUI));
    assert_false(merchant_status_is_live(MERCHANT_DITOLAK));
    assert_false(merchant_status_is_live(MERCHANT_DIBATALKAN));
}

static void test_what_a_merchant_may_change(void **state)
{
    (void)state;
    for (unsigned s = 0; s < MERCHANT_STATUS_COUNT; s++) {
        static struct merchant m;

        m.status = (enum merchant_status)s;
        m.frozen_ms = 0;
        assert_int_equal(merchant_is_editable(&m),
                         s == MERCHANT_TERKIRIM || s == MERCHANT_PERLU_PERBAIKAN);
        m.frozen_ms = 1;
        assert_false(merchant_is_editable(&m));
    }
}

/* An officer says which change he has seen by its second. */
static void test_no_two_changes_have_the_same_second(void **state)
{
    struct merchant m = {.status = MERCHANT_TERKIRIM};

    (void)state;
    merchant_note_change(&m, 5000);
    assert_int_equal(m.changed_ms, 5000);
    merchant_note_change(&m, 5900);
    assert_int_equal(m.changed_ms, 6000);
    merchant_note_change(&m, 5950);
    assert_int_equal(m.changed_ms, 7000);
    merchant_note_change(&m, 2000); /* another machine's clock */
    assert_int_equal(m.changed_ms, 8000);
    merchant_note_change(&m, 9001);
    assert_int_equal(m.changed_ms, 9001);
}

static void test_reasons(void **state)
{
    const struct reason *reason;

    (void)state;
    for (unsigned row = 0; (reason = reason_at(row)) != NULL; row++) {
        assert_ptr_equal(reason_find(reason->code), reason);
        assert_int_equal(reason->status,
                         reason->code[0] == 'P' ? MERCHANT_PERLU_PERBAIKAN : MERCHANT_DITOLAK);
        assert_int_equal(reason->field[0] != '\0', reason->code[0] == 'P');
        assert_true(strlen(reason->text_id) <= REASON_TEXT_CHARACTERS_MAX);
        assert_true(strlen(reason->text_en) <= REASON_TEXT_CHARACTERS_MAX);
    }
    assert_null(reason_find("P07"));
    assert_null(reason_find(""));
    assert_string_equal(reason_find("P05")->text_id, "Lokasi usaha belum tepat");
    assert_string_equal(reason_find("P04")->field, "jenis");
    for (unsigned s = MERCHANT_TERKIRIM; s < MERCHANT_STATUS_COUNT; s++) {
        reason = reason_of_status((enum merchant_status)s);
        assert_int_equal(reason->status, s);
        assert_true(strlen(reason->text_id) <= REASON_TEXT_CHARACTERS_MAX);
        assert_true(strlen(reason->text_en) <= REASON_TEXT_CHARACTERS_MAX);
    }
}

static void test_categories(void **state)
{
    static const char *const codes[] = {"WARUNG", "KULINER", "JASA", "FESYEN", "KRIYA",
                                        "TANI",   "OLAHAN",  "OJEK", "AGEN",   "LAIN"};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_non_null(category_find(codes[i]));
        assert_string_equal(category_find(codes[i])->code, codes[i]);
    }
    assert_null(category_find("WARUN"));
    assert_string_equal(category_size_class("1"), "MIKRO");
    assert_string_equal(category_size_class("3"), "MIKRO");
    assert_string_equal(category_size_class("4"), "KECIL");
    assert_string_equal(category_size_class("5"), "MENENGAH");
    assert_string_equal(category_size_class("12"), "");
    assert_string_equal(category_size_class("6"), "");
    assert_string_equal(category_size_class(""), "");
}

static void fill(char *field, size_t bytes, char c)
{
    memset(field, c, bytes - 1);
    field[bytes - 1] = '\0';
}

static void fill_merchant(struct merchant *m, unsigned i)
{
    memset(m, 0, sizeof(*m));
    snprintf(m->regno, sizeof(m->regno), "1871000%03u1", i);
    m->status = (enum merchant_status)(MERCHANT_TERKIRIM + i % (MERCHANT_STATUS_COUNT - 1));
    fill(m->name, sizeof(m->name), 'N');
    fill(m->nik, sizeof(m->nik), '1');
    fill(m->business, sizeof(m->business), 'B');
    fill(m->category, sizeof(m->category), 'C');
    fill(m->regency, sizeof(m->regency), 'R');
    fill(m->district, sizeof(m->district), 'D');
    fill(m->sales, sizeof(m->sales), 'S');
    fill(m->smartphone, sizeof(m->smartphone), 'P');
    fill(m->reason, sizeof(m->reason), 'A');
    m->submitted_ms = 1 + i;
    m->changed_ms = 1000 + i;
    m->deadline_ms = INT64_MAX - i;
    m->reminded = i % 2 == 0;
    m->frozen_ms = 2000 + i;
    m->flags = UINT32_MAX - i;
    m->consent_ms = -1;
    fill(m->consent_version, sizeof(m->consent_version), 'V');
    fill(m->consent_language, sizeof(m->consent_language), 'L');
}

/* Every field at its longest: what the store must have room for. */
static void fill_subscriber(struct subscriber *s)
{
    subscriber_init(s);
    s->merchant_count = SUBSCRIBER_MERCHANTS_MAX;
    for (unsigned i = 0; i < SUBSCRIBER_MERCHANTS_MAX; i++)
        fill_merchant(&s->merchants[i], i);
    fill(s->language, sizeof(s->language), 'l');
    fill(s->link, sizeof(s->link), 'k');
    fill(s->code, sizeof(s->code), 'c');
    s->info_sms_stopped = true;
    s->training_news = true;
    s->is_news_since = true;
    s->erase_asked_ms = 77;
    s->pending_since_ms = 76;
    fill_merchant(&s->pending, 9);
    s->status_tries = (struct tries){.count = 3, .since_ms = 78};
    s->help_sms = (struct tries){.count = 255, .since_ms = 79};
    s->ticket_count = SUBSCRIBER_TICKETS_MAX;
    for (unsigned i = 0; i < SUBSCRIBER_TICKETS_MAX; i++) {
        fill(s->tickets[i].number, sizeof(s->tickets[i].number), (char)('0' + i));
        s->tickets[i].kind = (enum ticket_kind)(i % TICKET_KIND_COUNT);
        s->tickets[i].slot = '2';
        s->tickets[i].asked_ms = 80 + i;
        s->tickets[i].again_ms = 85 + i;
    }
    s->seat_count = SUBSCRIBER_SEATS_MAX;
    for (unsigned i = 0; i < SUBSCRIBER_SEATS_MAX; i++) {
        fill(s->seats[i].id, sizeof(s->seats[i].id), (char)('a' + i));
        s->seats[i].at_ms = 90 + i;
        fill(s->seats[i].title, sizeof(s->seats[i].title), 't');
        fill(s->seats[i].place, sizeof(s->seats[i].place), 'p');
        s->seats[i].reminded = i % 2 == 0;
        s->seats[i].is_since = i % 2 == 1;
    }
    for (unsigned i = 0; i < SUBSCRIBER_OFFERED_MAX; i++)
        fill(s->offered[i], sizeof(s->offered[i]), (char)('x' + i));
}

static void test_record_survives_storage(void **state)
{
    static struct subscriber before, after;
    static uint8_t bytes[8192];
    static uint8_t again[8192];
    struct writer w, w2;

    (void)state;
    fill_subscriber(&before);
    writer_init(&w, bytes, sizeof(bytes));
    subscriber_encode(&before, &w);
    assert_false(w.failed);
    assert_true(subscriber_decode(&after, writer_span(&w)));
    assert_memory_equal(&after, &before, sizeof(after));

    /* whatever was decoded is encoded the same */
    writer_init(&w2, again, sizeof(again));
    subscriber_encode(&after, &w2);
    assert_true(span_is_equal(writer_span(&w), writer_span(&w2)));
}

static void test_damaged_record_is_refused(void **state)
{
    static struct subscriber full, s;
    static uint8_t bytes[8192];
    struct writer w;
    size_t size;

    (void)state;
    fill_subscriber(&full);
    writer_init(&w, bytes, sizeof(bytes) - 1);
    subscriber_encode(&full, &w);
    size = writer_size(&w);
    for (size_t cut = 0; cut < size; cut++)
        assert_false(subscriber_decode(&s, span_of(bytes, cut)));
    assert_int_equal(s.merchant_count, 0);
    bytes[size] = 0;
    assert_false(subscriber_decode(&s, span_of(bytes, size + 1)));
    bytes[0] = 3; /* a later format */
    assert_false(subscriber_decode(&s, span_of(bytes, size)));
    bytes[0] = 2;
    /* any octet changed: decoded or refused, never worse */
    for (size_t at = 0; at < size; at++) {
        uint8_t kept = bytes[at];

        bytes[at] ^= 0xff;
        if (!subscriber_decode(&s, span_of(bytes, size)))
            assert_int_equal(s.merchant_count, 0);
        bytes[at] = kept;
    }
}

/* Each row once within the limit, once past it. */
static void test_values_out_of_range_are_refused(void **state)
{
    /* clang-format off */
    static const struct {
        const char *octets;
        size_t size;
        bool is_readable;
    } rows[] = {
        {"\2\1\6\0\0\0\0\0\0", 9, true},        /* so many registrations, all of them empty */
        {"\2\1\7\0\0\0\0\0\0\0", 10, false},
        {"\2\1\1\2\6", 5, true},                 /* a status */
        {"\2\1\1\2\7", 5, false},
        {"\2\x40\1\2\4", 5, true},               /* a ticket's kind */
        {"\2\x40\1\2\5", 5, false},
        {"\2\x80\x80\4\2L9", 7, true},           /* the last field of all */
        {"\2\x80\x80\x08\2L9", 7, false},        /* ... and one that a later program adds */
        {"\2\x80\x08\xff\1", 5, true},           /* an octet's number */
        {"\2\x80\x08\x80\2", 5, false},
        {"\2\1\1\1\x4b\x18\x71\0\0\x42\x10", 11, true}, /* eleven digits: no twelfth */
        {"\2\1\1\1\x4b\x18\x71\0\0\x42\x11", 11, false},
        {"\2\1\1\1\x4c\x18\x71\0\0\x42\x11", 11, false}, /* too many for their place */
        {"\2\2\x81", 3, true},                    /* a known word */
        {"\2\2\xff", 3, false},
    };
    /* clang-format on */
    static struct subscriber s;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (subscriber_decode(&s, span_of(rows[i].octets, rows[i].size)) != rows[i].is_readable)
            fail_msg("row %zu", i);
}

static void test_stored_records_stay_readable(void **state)
{
    /* clang-format off */
    static const uint8_t record[] =
        "\x02" "\xef\x99\x01" "\x01" "\x80" "\x03" "op1" "\x05" "*384#" "\x01" "\x01" "\x02" "\x0a"
        "\x02" "L1"
        "\xff\xff\x03" "\x4b\x18\x71\x00\x00\x42\x10" "\x01" "\x0b" "SITI AMINAH" "\x0b" "WARUNG SITI"
        "\x8d" "\x44\x18\x72" "\x46\x18\x72\x01" "\x82" "\x84"
        "\x82\x80\x80\x80\xc0\x66" "\x02" "\x05" "\x50\x01\x23\x45\x67\x89\xab\xcd\xef" "\x80"
        "\x50\x18\x71\x01\x41\x01\x80\x00\x01" "\x10"
        "\x0d" "\x08" "T0000042" "\x31" "\x12"
        "\x1f" "\x02" "L1" "\x86\x80\x80\x80\xc0\x66" "\x05" "Pupuk" "\x05" "Natar";
    /* clang-format on */
    static struct subscriber s;

    (void)state;
    assert_true(subscriber_decode(&s, span_of(record, sizeof(record) - 1)));
    assert_int_equal(s.merchant_count, 1);
    assert_string_equal(s.merchants[0].regno, "18710000421");
    assert_int_equal(s.merchants[0].status, MERCHANT_TERKIRIM);
    assert_string_equal(s.merchants[0].nik, "1871014101800001");
    assert_string_equal(s.merchants[0].business, "WARUNG SITI");
    assert_string_equal(s.merchants[0].category, "WARUNG");
    assert_string_equal(s.merchants[0].district, "187201");
    assert_string_equal(s.merchants[0].smartphone, "3");
    assert_int_equal(s.merchants[0].submitted_ms, INT64_C(0x19a00000001));
    assert_int_equal(s.merchants[0].changed_ms, INT64_C(0x19a00000002));
    assert_int_equal(s.merchants[0].consent_ms, INT64_C(0x199ffffffff));
    assert_int_equal(s.merchants[0].flags, MERCHANT_FLAG_NAME_WORDS);
    assert_string_equal(s.merchants[0].consent_version, "0123456789abcdef");
    assert_string_equal(s.merchants[0].consent_language, "id");
    assert_string_equal(s.link, "op1");
    assert_false(s.info_sms_stopped);
    assert_true(s.training_news);
    assert_int_equal(s.status_tries.count, 2);
    assert_string_equal(s.tickets[0].number, "T0000042");
    assert_int_equal(s.tickets[0].slot, '1');
    assert_string_equal(s.seats[0].id, "L1");
    assert_string_equal(s.seats[0].place, "Natar");
    assert_true(s.seats[0].reminded);
    assert_string_equal(s.offered[0], "L1");
}

/* What Redis holds of each merchant for years: docs/performance.md. */
static void test_a_plain_registration_is_small(void **state)
{
    static struct subscriber s;
    static uint8_t bytes[8192];
    struct merchant *m = &s.merchants[0];
    struct writer w;

    (void)state;
    subscriber_init(&s);
    s.merchant_count = 1;
    text_copy(s.language, sizeof(s.language), "id");
    text_copy(s.link, sizeof(s.link), "op1");
    text_copy(s.code, sizeof(s.code), "*384#");
    text_copy(m->regno, sizeof(m->regno), "18710000421");
    m->status = MERCHANT_TERKIRIM;
    text_copy(m->name, sizeof(m->name), "SITI AMINAH");
    text_copy(m->business, sizeof(m->business), "WARUNG SITI");
    text_copy(m->category, sizeof(m->category), "KULINER");
    text_copy(m->regency, sizeof(m->regency), "1871");
    text_copy(m->district, sizeof(m->district), "187101");
    text_copy(m->sales, sizeof(m->sales), "2");
    text_copy(m->smartphone, sizeof(m->smartphone), "1");
    m->submitted_ms = m->changed_ms = INT64_C(1795828549433);
    m->consent_ms = m->submitted_ms - 90000;
    text_copy(m->consent_version, sizeof(m->consent_version), "08e012c405160be5");
    text_copy(m->consent_language, sizeof(m->consent_language), "id");
    writer_init(&w, bytes, sizeof(bytes));
    subscriber_encode(&s, &w);
    assert_in_range(writer_size(&w), 1, 80);
}

static void test_record_keeps_the_live_ones(void **state)
{
    static struct subscriber s;
    static struct merchant dropped;

    (void)state;
    subscriber_init(&s);
    for (unsigned i = 0; i < SUBSCRIBER_MERCHANTS_MAX; i++) {
        struct merchant *m = subscriber_add(&s, &dropped);

        assert_non_null(m);
        assert_string_equal(dropped.regno, "");
        fill_merchant(m, i);
        m->status = MERCHANT_TERKIRIM;
    }
    assert_null(subscriber_add(&s, &dropped));
    s.merchants[1].status = MERCHANT_DITOLAK;
    s.merchants[3].status = MERCHANT_DIBATALKAN;
    assert_int_equal(subscriber_count_live(&s), SUBSCRIBER_MERCHANTS_MAX - 2);
    assert_non_null(subscriber_add(&s, &dropped));
    assert_string_equal(dropped.regno, "18710000011");
    assert_int_equal(s.merchant_count, SUBSCRIBER_MERCHANTS_MAX);
    assert_null(subscriber_find(&s, "18710000011"));
    assert_string_equal(subscriber_find(&s, "18710000031")->regno, "18710000031");
    assert_string_equal(s.merchants[SUBSCRIBER_MERCHANTS_MAX - 1].regno, "");
}

static void test_flags_for_the_officer(void **state)
{
    static struct merchant m;
    const int64_t now = INT64_C(1795453200000); /* 24 November 2026 */

    (void)state;
    text_copy(m.name, sizeof(m.name), "SITI AMINAH");
    assert_int_equal(merchant_find_flags(&m, "6281200000001", now), 0);
    text_copy(m.name, sizeof(m.name), "SITI");
    assert_int_equal(merchant_find_flags(&m, "6281200000001", now), MERCHANT_FLAG_NAME_WORDS);
    text_copy(m.name, sizeof(m.name), "A B C D E F");
    text_copy(m.sales, sizeof(m.sales), "5");
    assert_int_equal(merchant_find_flags(&m, "60123456789", now), MERCHANT_FLAG_NAME_WORDS |
                                                                      MERCHANT_FLAG_SALES_LARGE |
                                                                      MERCHANT_FLAG_MSISDN_UNKNOWN);
    text_copy(m.name, sizeof(m.name), "SITI AMINAH");
    text_copy(m.sales, sizeof(m.sales), "1");
    text_copy(m.nik, sizeof(m.nik), "5400990101159999");
    assert_int_equal(merchant_find_flags(&m, "6281200000001", now),
                     MERCHANT_FLAG_NIK_PROVINCE | MERCHANT_FLAG_NIK_OUTSIDE_LAMPUNG |
                         MERCHANT_FLAG_NIK_REGION | MERCHANT_FLAG_NIK_AGE);
}

static void expect_told(const char *manual, const char *word)
{
    char item[64];

    snprintf(item, sizeof(item), "\n.Li %s", word);
    if (strstr(manual, item) == NULL)
        fail_msg("warungctl(1) does not say what %s is", word);
}

/* What officers see in a list, they can look up. */
static void test_words_of_the_officer_stand_in_the_manual(void **state)
{
    char *manual = files_read("docs/man/warungctl.1");

    (void)state;
    for (unsigned bit = 0; bit < MERCHANT_FLAG_COUNT; bit++)
        expect_told(manual, merchant_flag_name(bit));
    for (unsigned kind = 0; kind < TICKET_KIND_COUNT; kind++)
        expect_told(manual, ticket_kind_name((enum ticket_kind)kind));
    mem_free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_transition),
        cmocka_unit_test(test_every_event_has_its_sms),
        cmocka_unit_test(test_status_words),
        cmocka_unit_test(test_what_a_merchant_may_change),
        cmocka_unit_test(test_no_two_changes_have_the_same_second),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_record_survives_storage),
        cmocka_unit_test(test_damaged_record_is_refused),
        cmocka_unit_test(test_values_out_of_range_are_refused),
        cmocka_unit_test(test_stored_records_stay_readable),
        cmocka_unit_test(test_a_plain_registration_is_small),
        cmocka_unit_test(test_record_keeps_the_live_ones),
        cmocka_unit_test(test_flags_for_the_officer),
        cmocka_unit_test(test_words_of_the_officer_stand_in_the_manual),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Entries of the journal and of the consent log: what stands in Redis, and that it is little. */
#include "merchants/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct span encode(const char *who, const char *event, const char *object,
                          const char *detail, struct journal_entry *e)
{
    static uint8_t octets[JOURNAL_BYTES];

    memset(e, 0, sizeof(*e));
    journal_fill(e, who, event, "852273a43f14abb7", object, detail);
    return journal_encode(e, octets);
}

static void test_entries_come_back(void **state)
{
    static const char *const rows[][4] = {
        {"merchant", "send", "18110002636", ">TERKIRIM"},
        {"unix:sri", "approve", "18710000421", "DIPERIKSA>DISETUJUI"},
        {"user:sri", "list", "*", "12-records"},
        {"retention", "ticket-expire", "T0000042", "TIKET>"},
        {"x", "", NULL, "a b\x01\xff"},
        {"01234567890123456789012345678901234567890123456789", "abc", "0", "f"},
        {"deadbeef", "deadbee", "DEADBEEF", "deadbeeg"},
        {"WARUNG", "id", "*", "-"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct journal_entry before, after;
        struct span body = encode(rows[i][0], rows[i][1], rows[i][2], rows[i][3], &before);

        assert_true(journal_decode(&after, body));
        assert_string_equal(after.who, before.who);
        assert_string_equal(after.event, before.event);
        assert_string_equal(after.subject, "852273a43f14abb7");
        assert_string_equal(after.object, before.object);
        assert_string_equal(after.detail, before.detail);
        for (size_t cut = 0; cut < body.size; cut++)
            assert_false(journal_decode(&after, span_of(body.data, cut)));
    }
}

static void test_a_long_entry_has_room(void **state)
{
    struct journal_entry before, after;
    static uint8_t octets[JOURNAL_BYTES];
    char longest[JOURNAL_WORD_BYTES];

    (void)state;
    memset(longest, 'w', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    memset(&before, 0, sizeof(before));
    journal_fill(&before, longest, longest, longest, longest, longest);
    assert_true(journal_decode(&after, journal_encode(&before, octets)));
    assert_memory_equal(&after, &before, sizeof(after));
}

static void test_an_entry_is_small(void **state)
{
    struct journal_entry e;

    (void)state;
    assert_int_equal(encode("merchant", "send", "18110002636", ">TERKIRIM", &e).size, 20);
}

static void test_what_is_no_entry_is_refused(void **state)
{
    struct journal_entry e;

    (void)state;
    assert_false(journal_decode(&e, span_of_string("merchant send 852273a43f14abb7 - -")));
    assert_false(journal_decode(&e, span_of("\x0f\x80\x80\x80\x80", 5)));      /* four words */
    assert_true(journal_decode(&e, span_of("\x1f\x80\x80\x80\x80\x80", 6)));   /* five */
    assert_false(journal_decode(&e, span_of("\x1f\x80\x80\x80\x80\1 ", 7)));   /* no word */
    assert_false(journal_decode(&e, span_of("\x1f\x80\x80\x80\x80\x80x", 7))); /* more */
}

static void test_consents_come_back(void **state)
{
    static uint8_t octets[JOURNAL_CONSENT_BYTES];
    const struct journal_consent full = {.subject = "852273a43f14abb7",
                                         .version = "08e012c405160be5",
                                         .words = "5260aad9ac9d3f09f89d9772006880f5",
                                         .language = "id",
                                         .channel = "ussd",
                                         .link = "op1",
                                         .session = "ae00"};
    struct journal_consent after, least = {.subject = "852273a43f14abb7",
                                           .version = "08e012c405160be5",
                                           .language = "en",
                                           .channel = "sms",
                                           .link = "op1"};
    struct span body = journal_encode_consent(&full, octets);

    (void)state;
    assert_in_range(body.size, 40, 46);
    assert_true(journal_decode_consent(&after, body));
    assert_memory_equal(&after, &full, sizeof(after));
    for (size_t cut = 0; cut < body.size; cut++)
        assert_false(journal_decode_consent(&after, span_of(body.data, cut)));
    assert_true(journal_decode_consent(&after, journal_encode_consent(&least, octets)));
    assert_memory_equal(&after, &least, sizeof(after));
    /* every field at its longest */
    memset(&least, 'w', sizeof(least));
    least.subject[sizeof(least.subject) - 1] = least.version[sizeof(least.version) - 1] = '\0';
    least.words[sizeof(least.words) - 1] = least.language[sizeof(least.language) - 1] = '\0';
    least.channel[sizeof(least.channel) - 1] = least.link[sizeof(least.link) - 1] = '\0';
    least.session[sizeof(least.session) - 1] = '\0';
    assert_true(journal_decode_consent(&after, journal_encode_consent(&least, octets)));
    assert_memory_equal(&after, &least, sizeof(after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_come_back),
        cmocka_unit_test(test_a_long_entry_has_room),
        cmocka_unit_test(test_an_entry_is_small),
        cmocka_unit_test(test_what_is_no_entry_is_refused),
        cmocka_unit_test(test_consents_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/support/store_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Cases of one program share their data: each has numbers of its own. */
#define NUMBER(case_number, n) "62812" #case_number "0000" #n

static const struct store_owed_id start = {0, 0};

static void add(struct store_rig *rig, unsigned bucket, enum store_log log, const char *body)
{
    assert_int_equal(store_rig_log_add(rig, rig->store, bucket, log, body)->result, STORE_OK);
}

/* Entries that were there before are another case's. */
static struct store_owed_id end_of(struct store_rig *rig, unsigned bucket, enum store_log log)
{
    struct store_owed_id id = start;

    for (;;) {
        const struct store_sweep *page = store_rig_log_read(rig, rig->store, bucket, log, id, 100);

        assert_int_equal(page->result, STORE_OK);
        if (page->taken_count == 0)
            return id;
        id = page->taken[page->taken_count - 1].id;
    }
}

static void test_logs_are_read_in_pages(void **state)
{
    struct store_rig *rig = *state;
    unsigned bucket = store_bucket(rig->store, NUMBER(30, 1));
    struct store_owed_id from = end_of(rig, bucket, STORE_LOG_JOURNAL);
    const struct store_sweep *page;

    add(rig, bucket, STORE_LOG_JOURNAL, "one");
    add(rig, bucket, STORE_LOG_JOURNAL, "two");
    add(rig, bucket, STORE_LOG_JOURNAL, "three");
    page = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_JOURNAL, from, 2);
    assert_int_equal(page->taken_count, 2);
    assert_true(span_is_equal(page->taken[0].body, span_of_string("one")));
    assert_true(span_is_equal(page->taken[1].body, span_of_string("two")));
    from = page->taken[1].id;
    page = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_JOURNAL, from, 2);
    assert_int_equal(page->taken_count, 1);
    assert_true(span_is_equal(page->taken[0].body, span_of_string("three")));
}

static void test_a_commit_writes_journal_and_consents(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(31, 1);
    unsigned bucket = store_bucket(rig->store, number);
    struct store_owed_id journal = end_of(rig, bucket, STORE_LOG_JOURNAL);
    struct store_owed_id consents = end_of(rig, bucket, STORE_LOG_CONSENT);
    struct store_commit c = {.msisdn = number,
                             .journal = {span_of_string("changed")},
                             .journal_count = 1,
                             .consents = {span_of_string("agreed")},
                             .consent_count = 1};
    const struct store_sweep *page;

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    page = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_JOURNAL, journal, 9);
    assert_int_equal(page->taken_count, 1);
    assert_true(span_is_equal(page->taken[0].body, span_of_string("changed")));
    page = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_CONSENT, consents, 9);
    assert_int_equal(page->taken_count, 1);
    assert_true(span_is_equal(page->taken[0].body, span_of_string("agreed")));
}

static void test_logs_are_trimmed_by_age(void **state)
{
    struct store_rig *rig = *state;
    unsigned bucket = store_bucket(rig->store, NUMBER(32, 1));
    int64_t between_ms;

    add(rig, bucket, STORE_LOG_CONSENT, "old");
    store_rig_pass(rig, 20);
    between_ms = store_rig_wall_ms(rig);
    store_rig_pass(rig, 20);
    add(rig, bucket, STORE_LOG_CONSENT, "new");
    assert_true(
        store_rig_log_trim(rig, rig->store, bucket, STORE_LOG_CONSENT, between_ms)->number >= 1);
    assert_int_equal(
        store_rig_log_read(rig, rig->store, bucket, STORE_LOG_CONSENT, start, 9)->taken_count, 1);
    assert_true(span_is_equal(rig->outcome.sweep.taken[0].body, span_of_string("new")));
    assert_int_equal(
        store_rig_log_trim(rig, rig->store, bucket, STORE_LOG_CONSENT, between_ms)->number, 0);
}

static void enter(struct store_rig *rig, const char *number, const char *member, int64_t at_ms)
{
    struct store_commit c = {.msisdn = number,
                             .index = {{.member = member, .enter_set = "PAGES33", .at_ms = at_ms}},
                             .index_count = 1};

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
}

/* In pages of two, among them several of one instant; a member that leaves in between does not
 * stop the walk. */
static void test_lists_go_on_behind_an_item(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(33, 1);
    unsigned bucket = store_bucket(rig->store, number);
    static const char *const members[] = {"33-A", "33-B", "33-C", "33-D", "33-E"};
    static const int64_t times[] = {10, 20, 20, 20, 30};
    struct store_cursor after = {.member = NULL};
    char last[STORE_NAME_BYTES_MAX + 1];
    const struct store_list *page;

    for (unsigned i = 5; i-- > 0;)
        enter(rig, number, members[i], times[i]);
    for (unsigned i = 0; i < 5; i += 2) {
        page = store_rig_list_behind(rig, rig->store, bucket, "PAGES33", after, 2);
        assert_int_equal(page->count, i < 4 ? 2 : 1);
        assert_int_equal(page->more, i < 4);
        assert_string_equal(page->items[0].member, members[i]);
        text_copy(last, sizeof(last), page->items[page->count - 1].member);
        after = (struct store_cursor){page->items[page->count - 1].at_ms, last};
    }
    after = (struct store_cursor){20, "33-BB"}; /* has left */
    page = store_rig_list_behind(rig, rig->store, bucket, "PAGES33", after, 9);
    assert_int_equal(page->count, 3);
    assert_string_equal(page->items[0].member, "33-C");
}

static bool is_among_people(struct store_rig *rig, const char *number)
{
    const struct store_list *list =
        store_rig_list(rig, rig->store, store_bucket(rig->store, number), STORE_PEOPLE_SET, 100);
    bool found = false;

    for (size_t i = 0; i < list->count; i++) {
        assert_string_equal(list->items[i].member, list->items[i].msisdn);
        found |= strcmp(list->items[i].msisdn, number) == 0;
    }
    return found;
}

static void test_people_are_who_has_a_record(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(34, 1);
    struct store_commit c = store_case_session(number, 0, "a session alone");
    const struct store_reply *reply = store_rig_commit(rig, rig->store, &c);

    assert_int_equal(reply->result, STORE_OK);
    assert_false(is_among_people(rig, number));
    c = (struct store_commit){.msisdn = number, .merchant = span_of_string("record")};
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    assert_true(is_among_people(rig, number));
    c.merchant_version = store_rig_load(rig, rig->store, number)->subscriber.merchant.version;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    assert_true(is_among_people(rig, number));
    c.merchant_version = store_next_version(c.merchant_version, c.merchant);
    c.merchant = span_of(NULL, 0);
    c.merchant_delete = true;
    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
    assert_false(is_among_people(rig, number));
}

static void owe(struct store_rig *rig, const char *number, const char *subject, bool is_forgotten,
                const char *body)
{
    struct store_commit c = {.msisdn = number,
                             .owner = "gw1",
                             .owed = {span_of_string(body)},
                             .owed_count = 1,
                             .subject = subject,
                             .owed_forgotten = is_forgotten};

    assert_int_equal(store_rig_commit(rig, rig->store, &c)->result, STORE_OK);
}

static void settle_all(struct store_rig *rig, const char *number, unsigned count)
{
    unsigned bucket = store_bucket(rig->store, number);

    for (unsigned i = 0; i < count; i++) {
        struct store_owed_id id =
            store_rig_log_read(rig, rig->store, bucket, STORE_LOG_OUTBOX, start, 9)->taken[0].id;

        assert_int_equal(store_rig_settle(rig, rig->store, number, &id, 1)->result, STORE_OK);
    }
}

/* Of one number what was owed until then; of the messages nothing. */
static void test_what_was_owed_until_then_can_be_forgotten(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(35, 2);
    unsigned bucket = store_bucket(rig->store, number);
    struct store_commit cut = {.msisdn = number,
                               .owner = "gw1",
                               .owed = {span_of_string("the last")},
                               .owed_count = 1,
                               .subject = "subject-a"};
    const struct store_sweep *left;

    owe(rig, number, "subject-a", false, "before");
    owe(rig, number, "subject-b", false, "another's");
    left = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_OUTBOX, start, 9);
    assert_int_equal(left->taken_count, 2);
    cut.owed_cut_ms = (int64_t)left->taken[1].id.ms;
    store_rig_pass(rig, 2); /* not in the same millisecond */
    owe(rig, number, "subject-a", false, "since");
    assert_int_equal(store_rig_commit(rig, rig->store, &cut)->result, STORE_OK);
    left = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_OUTBOX, start, 9);
    assert_int_equal(left->taken_count, 3);
    assert_true(span_is_equal(left->taken[0].body, span_of_string("another's")));
    assert_true(span_is_equal(left->taken[1].body, span_of_string("since")));
    assert_true(span_is_equal(left->taken[2].body, span_of_string("the last")));
    settle_all(rig, number, 3);
}

/* What is owed to one number goes; what the same commit owes, and what others are owed, stays. */
static void test_what_is_owed_can_be_forgotten(void **state)
{
    struct store_rig *rig = *state;
    const char *number = NUMBER(35, 1);
    unsigned bucket = store_bucket(rig->store, number);
    const struct store_sweep *left;

    owe(rig, number, "subject-a", false, "forgotten");
    owe(rig, number, "subject-b", false, "another's");
    owe(rig, number, "subject-a", true, "the last");
    left = store_rig_log_read(rig, rig->store, bucket, STORE_LOG_OUTBOX, start, 9);
    assert_int_equal(left->taken_count, 2);
    assert_true(span_is_equal(left->taken[0].body, span_of_string("another's")));
    assert_true(span_is_equal(left->taken[1].body, span_of_string("the last")));
    settle_all(rig, number, 2);
}

const struct store_case store_log_cases[] = {
    {"logs are read in pages", test_logs_are_read_in_pages},
    {"a commit writes journal and consents", test_a_commit_writes_journal_and_consents},
    {"logs are trimmed by age", test_logs_are_trimmed_by_age},
    {"lists go on behind an item", test_lists_go_on_behind_an_item},
    {"people are who has a record", test_people_are_who_has_a_record},
    {"what is owed can be forgotten", test_what_is_owed_can_be_forgotten},
    {"what was owed until then can be forgotten", test_what_was_owed_until_then_can_be_forgotten},
    {NULL, NULL},
};

#include "tests/support/programme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct programme_world world;

void world_begin(void)
{
    bool is_readable =
        programme_begin(&world.p, WORLD_MSISDN, span_of(world.record, world.record_size),
                        world.now_ms, &world.state);

    assert_true(is_readable);
    world.p.bucket = 7;
    world.p.buckets = 256;
    if (world.voice.menu_id != NULL)
        world.p.voice = world.voice;
}

void world_end(void)
{
    struct writer w;

    if (!world.p.record_changed)
        return;
    writer_init(&w, world.record, sizeof(world.record));
    programme_encode(&world.p, &w);
    assert_false(w.failed);
    world.record_size = world.p.is_erased ? 0 : writer_size(&w);
}

int world_setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    menu_state_init(&world.state);
    text_copy(world.state.language, sizeof(world.state.language), "id");
    world.now_ms = WORLD_NOW;
    world.next_number = 42;
    return 0;
}

/* As the driver does: runs the action anew once a need is satisfied. */
const char *world_act(const char *action)
{
    const char *result;

    world_begin();
    result = programme_act(&world.p, action, &world.state);
    if (result == NULL && world.p.need.kind == PROGRAMME_NEEDS_NUMBER) {
        struct programme_need need = world.p.need;

        world.asked_numbers++;
        world_begin();
        programme_numbers_add(&world.p.numbers, need.key, world.next_number++);
        result = programme_act(&world.p, action, &world.state);
    } else if (result == NULL && world.p.need.kind == PROGRAMME_NEEDS_RECORD) {
        world_begin();
        world.p.has_found = true;
        world.p.found = world.other_msisdn != NULL;
        world.p.other = world.other;
        if (world.p.found)
            text_copy(world.p.other_msisdn, sizeof(world.p.other_msisdn), world.other_msisdn);
        result = programme_act(&world.p, action, &world.state);
    }
    assert_non_null(result);
    world_end();
    return result;
}

enum programme_verdict world_decide(const char *regno, enum merchant_event event,
                                    const char *reason)
{
    enum programme_verdict verdict;

    world_begin();
    verdict = programme_decide(&world.p, regno, event, reason);
    world_end();
    return verdict;
}

void world_fire(const char *kind)
{
    world_begin();
    programme_on_timer(&world.p, kind, &world.state);
    world_end();
}

void world_answer(const char *field, const char *value)
{
    assert_true(menu_state_set_answer(&world.state, field, value));
}

void world_fill_draft(void)
{
    world.state.has_draft = true;
    world.state.draft_since_ms = world.now_ms;
    world_answer("nama", "SITI AMINAH");
    world_answer("usaha", "WARUNG SITI");
    world_answer("jenis", "WARUNG");
    world_answer("kab", "1872");
    world_answer("kec", "187201");
    world_answer("omzet", "1");
    world_answer("hp", "3");
}

const char *world_fact(const char *name)
{
    static char value[MENU_VALUE_BYTES];
    struct menu_facts facts = programme_facts(&world.p);

    return facts.get(facts.ctx, name, value) ? value : "";
}

const char *world_register_merchant(void)
{
    static char regno[MERCHANT_REGNO_BYTES];

    world_fill_draft();
    assert_string_equal(world_act("daftar"), "terkirim");
    text_copy(regno, sizeof(regno), world.p.focus);
    world.now_ms += 1000;
    return regno;
}

const struct merchant *world_merchant_at(unsigned i)
{
    assert_true(i < world.p.subscriber.merchant_count);
    return &world.p.subscriber.merchants[i];
}

int64_t world_armed(const char *kind)
{
    for (unsigned i = 0; i < world.p.timer_count; i++) {
        if (strcmp(world.p.timers[i].kind, kind) == 0)
            return world.p.timers[i].due_ms;
    }
    return -1;
}

void assert_owes(const char *text)
{
    if (text == NULL) {
        assert_int_equal(world.p.sms_count, 0);
        return;
    }
    assert_int_equal(world.p.sms_count, 1);
    assert_string_equal(world.p.sms[0], text);
}

void assert_changed(unsigned i, const char *leave, const char *enter, const char *event)
{
    assert_true(i < world.p.change_count);
    if (leave == NULL)
        assert_null(world.p.changes[i].leave_set);
    else
        assert_string_equal(world.p.changes[i].leave_set, leave);
    if (enter == NULL)
        assert_null(world.p.changes[i].enter_set);
    else
        assert_string_equal(world.p.changes[i].enter_set, enter);
    assert_string_equal(world.p.changes[i].event, event);
}

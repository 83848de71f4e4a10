/* Any doings of two subscribers and an officer on the shipped menu: each line of the input begins
 * with what is done. Whatever happens, a page fits the link, an SMS fits one part, and no number
 * has more registrations than the programme allows. */
#include "gateway/smpp/text.h"
#include "menus/load.h"
#include "merchants/calendar.h"
#include "merchants/rehearsal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 182, SMS_SEPTETS = 160, LINE_BYTES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct menu *shipped(void)
{
    static struct menu *menu;

    if (menu == NULL)
        menu = menu_load_file("conf/menus/terususaha.cfg", &programme_vocabulary, NULL, NULL);
    assert(menu != NULL); /* run it from the project's folder */
    return menu;
}

static void check_text(const char *text, size_t limit)
{
    size_t septets;

    assert(text_units(TEXT_GSM, text, &septets) && septets <= limit);
}

static void check_world(struct rehearsal *r)
{
    static struct subscriber s;
    const char *sms;

    while ((sms = rehearsal_take_sms(r)) != NULL)
        check_text(sms, SMS_SEPTETS);
    if (rehearsal_record(r).size == 0)
        return;
    assert(subscriber_decode(&s, rehearsal_record(r)));
    assert(subscriber_count_live(&s) <= SUBSCRIBER_LIVE_MAX);
}

static void check_screen(const struct menu_outcome *outcome)
{
    if (outcome->kind != MENU_SILENT)
        check_text(outcome->text, LIMIT);
}

static void decide(struct rehearsal *r, const char *reason)
{
    static const enum merchant_event events[] = {MERCHANT_EVENT_REVIEW, MERCHANT_EVENT_APPROVE,
                                                 MERCHANT_EVENT_FIX, MERCHANT_EVENT_REJECT};

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (rehearsal_decide(r, events[i], reason) == PROGRAMME_DONE)
            break;
    }
}

static void plan_training(struct rehearsal *r, const char *title)
{
    struct training plan = {.at_ms = rehearsal_now(r) + 5 * CALENDAR_DAY_MS, .seats = 1};

    text_copy(plan.title, sizeof(plan.title), title);
    text_copy(plan.place, sizeof(plan.place), "Metro");
    rehearsal_plan(r, &plan);
}

static void do_line(struct rehearsal *r, char what, const char *rest)
{
    switch (what) {
    case 'd':
        check_screen(rehearsal_dial(r, rest));
        break;
    case 'a':
        check_screen(rehearsal_type(r, rest));
        break;
    case 's':
        rehearsal_sms(r, rest);
        break;
    case 'l':
        rehearsal_wait(r, (int64_t)(strtoul(rest, NULL, 10) % 100000) * CALENDAR_MINUTE_MS);
        break;
    case 'h':
        rehearsal_hang_up(r);
        break;
    case 'o':
        decide(r, rest);
        break;
    case 'p':
        rehearsal_take_phone(r, rest[0] == '2' ? "6281300000002" : "6281200000001");
        break;
    case 't':
        plan_training(r, rest);
        break;
    default:
        break;
    }
    check_world(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rehearsal *r = rehearsal_new(shipped(), "*384#", INT64_C(1795489200000));
    const uint8_t *at = data, *end = data + size;

    for (unsigned lines = 0; at < end && lines < 200; lines++) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        size_t bytes = stop != NULL ? (size_t)(stop - at) : (size_t)(end - at);
        char line[LINE_BYTES];

        if (bytes > 0 && bytes < sizeof(line) && memchr(at, 0, bytes) == NULL) {
            memcpy(line, at, bytes);
            line[bytes] = '\0';
            do_line(r, line[0], line + 1);
        }
        at += bytes + (stop != NULL);
    }
    rehearsal_free(r);
    return 0;
}

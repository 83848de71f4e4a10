#include "tests/support/menus.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *rule_member(const char *typed, char value[MENU_VALUE_BYTES])
{
    if (strlen(typed) != 4) {
        snprintf(value, MENU_VALUE_BYTES, "%zu", strlen(typed));
        return "LENGTH";
    }
    if (strspn(typed, "0123456789") != 4)
        return "DIGITS";
    strcpy(value, typed);
    return NULL;
}

static const char *rule_two_codes(const char *typed, char value[MENU_VALUE_BYTES])
{
    strcpy(value, "1");
    return strstr(typed, "1111111111111111") != NULL ? NULL : "NO";
}

const struct menu_vocabulary menu_test_vocabulary = {
    .rules =
        (const struct menu_rule[]){
            {"member", rule_member, (const char *const[]){"LENGTH", "DIGITS", NULL}, "jml", 4},
            {"two_codes", rule_two_codes, (const char *const[]){"NO", NULL}, NULL, 1}},
    .rule_count = 2,
    .actions =
        (const struct menu_action[]){{"join", (const char *const[]){"ok", "full", NULL}},
                                     {"find", (const char *const[]){"ok", "wrong", NULL}},
                                     {"gift", (const char *const[]){"ok", NULL}},
                                     {"await", (const char *const[]){"ok", "full", "late", NULL}}},
    .action_count = 4,
    .later = (const struct menu_later[]){{"await", "late", .instead = "full"}},
    .later_count = 1,
    .facts = (const struct menu_fact[]){{"joined", MENU_FACT_FLAG, 1, NULL},
                                        {"level", MENU_FACT_WORD, 0,
                                         (const char *const[]){"GOLD", "TIN", NULL}},
                                        {"card", MENU_FACT_TEXT, 13, NULL}},
    .fact_count = 3,
    .owed = (const struct menu_owed[]){{"SMS_GIFT", (const char *const[]){"gift", NULL},
                                        (const char *const[]){"PIN", NULL}}},
    .owed_count = 1,
};

static void collect(void *arg, const struct menu_fault *fault)
{
    char **faults = arg;
    char place[32] = "", *longer;

    if (fault->column != 0)
        snprintf(place, sizeof(place), "%u:%u", fault->line, fault->column);
    else
        snprintf(place, sizeof(place), "%u", fault->line);
    if (asprintf(&longer, "%s%s: %s%s\n", *faults != NULL ? *faults : "", place,
                 fault->is_warning ? "warning: " : "", fault->text) < 0)
        abort();
    free(*faults);
    *faults = longer;
}

struct menu *menu_from_text(const char *text, const struct menu_vocabulary *vocabulary,
                            char **faults)
{
    *faults = NULL;
    return menu_load_source(span_of(text, strlen(text)), vocabulary, collect, faults);
}

struct menu *menu_from_file(const char *path, const struct menu_vocabulary *vocabulary,
                            char **faults)
{
    *faults = NULL;
    return menu_load_file(path, vocabulary, collect, faults);
}

void menu_phone_init(struct menu_phone *phone, const struct menu *menu)
{
    *phone = (struct menu_phone){.menu = menu,
                                 .code = "*384#",
                                 .limits = {.gsm_septets = 182, .ucs2_units = 80},
                                 .now_ms = 1764000000000};
    menu_state_init(&phone->state);
}

/* What the store would do between two steps. */
static void keep(struct menu_phone *phone)
{
    uint8_t octets[MENU_STATE_BYTES_MAX];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    menu_state_encode(&phone->state, &w);
    assert(!w.failed);
    if (!menu_state_decode(&phone->state, writer_span(&w)))
        abort();
}

const char *menu_phone_event(struct menu_phone *phone, enum menu_event_kind kind, const char *text)
{
    struct menu_event event = {
        .kind = kind, .text = text, .code = phone->code, .now_ms = phone->now_ms};

    menu_step(phone->menu, &phone->state, &event, &phone->facts, phone->limits, &phone->outcome);
    if (phone->outcome.kind != MENU_ACT)
        keep(phone);
    return phone->outcome.text;
}

const char *menu_phone_dial(struct menu_phone *phone, const char *dialled)
{
    return menu_phone_event(phone, MENU_EVENT_DIAL, dialled);
}

const char *menu_phone_type(struct menu_phone *phone, const char *input)
{
    return menu_phone_event(phone, MENU_EVENT_INPUT, input);
}

const char *menu_phone_sms(struct menu_phone *phone, const char *text)
{
    return menu_phone_event(phone, MENU_EVENT_SMS, text);
}

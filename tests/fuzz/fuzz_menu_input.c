/*
 * Any lines, decoded as those of a phone are, as what a subscriber does: the engine shows
 * pages within the limit, in the alphabet, and its state comes through its encoding. The first
 * octet of a line says what it is: d dial, s SMS, r result of an action, p push, a abort, l limit,
 * t time; else it is typed.
 */
#include "gateway/smpp/text.h"
#include "tests/support/menus.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MENU "tests/menus/fuzzed.cfg"

static bool get_fact(void *ctx, const char *name, char value[MENU_VALUE_BYTES])
{
    (void)ctx;
    strcpy(value, strcmp(name, "joined") == 0  ? "1"
                  : strcmp(name, "level") == 0 ? "GOLD"
                                               : "1871-000042-1");
    return true;
}

static void check(const struct menu_phone *p)
{
    size_t units = 0;

    if (p->outcome.kind != MENU_ASK)
        return;
    assert(text_units(p->outcome.ucs2 ? TEXT_UCS2 : TEXT_GSM, p->outcome.text, &units));
    assert(units <= (p->outcome.ucs2 ? p->limits.ucs2_units : p->limits.gsm_septets));
    assert(p->state.is_open && p->state.screen[0] != '\0');
}

static void do_line(struct menu_phone *p, const char *line)
{
    static const char *const results[] = {"ok", "full", "wrong", "none"};

    if (p->outcome.kind == MENU_ACT) {
        menu_phone_event(p, MENU_EVENT_RESULT, results[(uint8_t)line[0] % 4]);
        return;
    }
    switch (line[0]) {
    case 'd':
        menu_phone_dial(p, line + 1);
        break;
    case 's':
        menu_phone_sms(p, line + 1);
        break;
    case 'r':
        menu_phone_event(p, MENU_EVENT_RESULT, line + 1);
        break;
    case 'p':
        menu_phone_event(p, MENU_EVENT_PUSH, line + 1);
        break;
    case 'a':
        menu_phone_event(p, MENU_EVENT_ABORT, "");
        break;
    case 'l':
        p->limits = menu_limits_of(120 + (uint8_t)line[1] % 63);
        return; /* for the next page: the last one keeps its length */
    case 't':
        p->now_ms += (int64_t)(uint8_t)line[1] * 3600000;
        return; /* shows nothing */
    default:
        menu_phone_type(p, line);
        break;
    }
    check(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct menu *menu; /* read once: the inputs are what varies */
    char *faults = NULL, *text, *rest, *line;
    struct menu_phone phone;

    if (menu == NULL)
        menu = menu_from_file(MENU, &menu_test_vocabulary, &faults);
    if (menu == NULL) {
        fprintf(stderr, "%s", faults != NULL ? faults : MENU);
        abort();
    }
    rest = text = malloc(size * 3 + 1);
    text_decode(TEXT_UTF8, span_of(data, size), text, size * 3 + 1);
    menu_phone_init(&phone, menu);
    phone.outcome.kind = MENU_SILENT;
    phone.facts.get = get_fact;
    while ((line = strsep(&rest, "\n")) != NULL)
        do_line(&phone, line);
    free(text);
    free(faults);
    return 0;
}

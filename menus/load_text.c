#include "menus/loader.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "gateway/smpp/text.h"
#include "menus/render.h"

#include <stdio.h>
#include <string.h>

enum { TEMPLATE_PARTS_MAX = 64 };

/* One string being split into literals and placeholders. */
struct compiler {
    struct menu_loader *l;
    const config_setting_t *setting;
    const char *whole;
    enum menu_text_use use;
    uint16_t language;
    bool is_ucs2;
    bool has_fault;
    struct menu_part parts[TEMPLATE_PARTS_MAX];
    unsigned count;
    char literal[MENU_TEXT_BYTES];
    size_t literal_bytes;
};

static void push(struct compiler *c, struct menu_part part)
{
    if (c->count < TEMPLATE_PARTS_MAX) {
        c->parts[c->count++] = part;
        return;
    }
    menu_load_fault(c->l, c->setting,
                    "this text has more than %d parts: placeholders, and what is between them",
                    TEMPLATE_PARTS_MAX);
    c->has_fault = true;
}

static void flush(struct compiler *c)
{
    char *literal;

    if (c->literal_bytes == 0)
        return;
    literal = menu_model_alloc(c->l->menu, c->literal_bytes + 1);
    memcpy(literal, c->literal, c->literal_bytes);
    push(c, (struct menu_part){.kind = MENU_PART_LITERAL,
                               .literal = literal,
                               .literal_bytes = (uint16_t)c->literal_bytes,
                               .units = (uint16_t)menu_text_units(literal, c->is_ucs2)});
    c->literal_bytes = 0;
}

static void add_literal(struct compiler *c, const char *text, size_t bytes)
{
    if (c->literal_bytes + bytes >= sizeof(c->literal)) {
        if (!c->has_fault)
            menu_load_fault(c->l, c->setting, "this text is too long: %d octets at most",
                            MENU_TEXT_BYTES - 1);
        c->has_fault = true;
        return;
    }
    memcpy(c->literal + c->literal_bytes, text, bytes);
    c->literal_bytes += bytes;
}

/* Copied along from a web page or a word processor: joiners, marks of direction, soft hyphens. */
static bool is_invisible(uint32_t code_point)
{
    return code_point == 0xAD || (code_point >= 0x200B && code_point <= 0x200F) ||
           (code_point >= 0x202A && code_point <= 0x202E) ||
           (code_point >= 0x2060 && code_point <= 0x2064) || code_point == 0xFEFF;
}

static void refuse_character(struct compiler *c, const char *at, size_t bytes, uint32_t code_point)
{
    char one[8] = {0}, folded[32], advice[96] = "write it with the letters of GSM 03.38";

    c->has_fault = true;
    memcpy(one, at, bytes);
    if (text_fold_gsm(one, folded, sizeof(folded)) && strcmp(folded, " ") == 0)
        snprintf(advice, sizeof(advice), "write an ordinary space");
    else if (is_invisible(code_point))
        snprintf(advice, sizeof(advice), "it cannot be seen: delete it");
    else if (text_fold_gsm(one, folded, sizeof(folded)) && folded[0] != '\0')
        snprintf(advice, sizeof(advice), "write %s", folded);
    if (code_point < ' ')
        menu_load_fault_at(c->l, c->setting, (size_t)(at - c->whole),
                           "a control character (0x%02X); only \\n is possible here", code_point);
    else
        menu_load_fault_at(c->l, c->setting, (size_t)(at - c->whole),
                           "%s (U+%04X) is not in GSM 03.38 and would cut every page to half; %s",
                           one, code_point, advice);
}

static void take_character(struct compiler *c, const char **at)
{
    const char *from = *at;
    uint32_t code_point = utf8_next(at);
    bool is_break = code_point == '\n';

    if ((code_point < ' ' && !is_break) ||
        (!c->is_ucs2 && menu_code_point_units(code_point, false) == 0)) {
        refuse_character(c, from, (size_t)(*at - from), code_point);
    } else if (is_break && (c->use == MENU_TEXT_LABEL || c->use == MENU_TEXT_FIXED)) {
        c->has_fault = true;
        menu_load_fault_at(c->l, c->setting, (size_t)(from - c->whole),
                           "this must be one line: take the line break out");
    } else {
        add_literal(c, from, (size_t)(*at - from));
    }
}

static bool is_rule_word(const struct menu_loader *l, const char *name)
{
    for (size_t i = 0; i < l->vocabulary->rule_count; i++)
        if (l->vocabulary->rules[i].shows != NULL &&
            strcmp(l->vocabulary->rules[i].shows, name) == 0)
            return true;
    return false;
}

static const struct {
    const char *name;
    enum menu_part_kind kind;
    bool on_screens_only;
} builtins[] = {
    {"kode", MENU_PART_CODE, false},    {"t", MENU_PART_STEPS, false},
    {"n", MENU_PART_DRAFT_STEP, false}, {"s", MENU_PART_STEP, true},
    {"page", MENU_PART_PAGE, true},     {"pages", MENU_PART_PAGES, true},
};

enum { BUILTINS = sizeof(builtins) / sizeof(builtins[0]), BUILTINS_EVERYWHERE = 3 };

static bool builtin_kind(const struct compiler *c, const char *name, enum menu_part_kind *kind)
{
    for (size_t i = 0; i < BUILTINS; i++)
        if (strcmp(name, builtins[i].name) == 0 &&
            (!builtins[i].on_screens_only || c->use == MENU_TEXT_SCREEN)) {
            *kind = builtins[i].kind;
            return true;
        }
    return false;
}

bool menu_load_is_builtin(const char *name)
{
    for (size_t i = 0; i < BUILTINS; i++)
        if (strcmp(name, builtins[i].name) == 0)
            return true;
    return false;
}

static const char *known_name(void *ctx, size_t i)
{
    const struct compiler *c = ctx;
    const struct menu_loader *l = c->l;
    const struct menu *menu = l->menu;
    size_t builtin_count = c->use == MENU_TEXT_SCREEN ? BUILTINS : BUILTINS_EVERYWHERE;

    if (i < builtin_count)
        return builtins[i].name;
    i -= builtin_count;
    if (i < menu->value_count)
        return menu->values[i].name;
    i -= menu->value_count;
    if (i < menu->field_count)
        return menu->fields[i].name;
    i -= menu->field_count;
    if (i < l->vocabulary->fact_count)
        return l->vocabulary->facts[i].name;
    i -= l->vocabulary->fact_count;
    return i < menu->constant_count ? menu->constants[i].name : NULL;
}

static void add_constant(struct compiler *c, const struct menu_text *text)
{
    const struct menu_template *t = &text->by_language[c->language];

    for (unsigned i = 0; i < t->part_count; i++)
        add_literal(c, t->parts[i].literal, t->parts[i].literal_bytes);
}

static void add_part(struct compiler *c, enum menu_part_kind kind, uint16_t value)
{
    flush(c);
    push(c, (struct menu_part){.kind = kind, .value = value});
}

static void take_placeholder(struct compiler *c, const char *open, const char *name)
{
    enum menu_part_kind kind;
    struct menu_constant *constant;
    char hint[MENU_NAME_BYTES + 32];
    uint16_t value;

    if (builtin_kind(c, name, &kind)) {
        add_part(c, kind, 0);
        return;
    }
    value = menu_load_find_value(c->l, name);
    constant = value == MENU_NONE ? menu_load_find_constant(c->l->menu, name) : NULL;
    if (value != MENU_NONE) {
        if (c->l->menu->values[value].field != NULL)
            menu_load_note_read(c->l, c->l->menu->values[value].field);
        add_part(c, MENU_PART_VALUE, value);
    } else if (constant != NULL) {
        constant->is_used = true;
        add_constant(c, constant->text);
    } else if (is_rule_word(c->l, name)) {
        add_part(c, MENU_PART_SHOWN, 0);
    } else {
        menu_load_hint(c->l, name, known_name, c, hint, sizeof(hint));
        menu_load_fault_at(c->l, c->setting, (size_t)(open - c->whole),
                           "unknown placeholder {%s}: no answer, fact or constant has this name%s",
                           name, hint);
        c->has_fault = true;
    }
}

/* At an opening brace: "{{" is a brace, else a name follows. */
static void take_brace(struct compiler *c, const char **at)
{
    const char *open = *at, *close = strchr(open, '}');
    char name[MENU_NAME_BYTES] = "";

    if (open[1] == '{') {
        add_literal(c, "{", 1);
        *at += 2;
        return;
    }
    if (close == NULL || close == open + 1 || (size_t)(close - open) > sizeof(name)) {
        menu_load_fault_at(c->l, c->setting, (size_t)(open - c->whole),
                           "a placeholder is {name}; for a brace itself write {{");
        c->has_fault = true;
        *at += 1;
        return;
    }
    memcpy(name, open + 1, (size_t)(close - open - 1));
    *at = close + 1;
    if (c->use == MENU_TEXT_FIXED) {
        menu_load_fault_at(c->l, c->setting, (size_t)(open - c->whole),
                           "no placeholders are possible here");
        c->has_fault = true;
        return;
    }
    take_placeholder(c, open, name);
}

static void compile(struct compiler *c, const char *text)
{
    for (const char *at = text; *at != '\0' && !(c->has_fault && c->count == TEMPLATE_PARTS_MAX);) {
        if (*at == '{') {
            take_brace(c, &at);
        } else if (*at == '}') {
            if (at[1] != '}') {
                menu_load_fault_at(c->l, c->setting, (size_t)(at - c->whole),
                                   "this } closes no placeholder; for a brace itself write }}");
                c->has_fault = true;
            }
            add_literal(c, "}", 1);
            at += at[1] == '}' ? 2 : 1;
        } else {
            take_character(c, &at);
        }
    }
    flush(c);
}

static void finish_template(struct compiler *c, struct menu_template *t)
{
    /* Never without a part: a label's first literal is what lookups give. */
    if (c->count == 0)
        c->parts[c->count++] = (struct menu_part){.kind = MENU_PART_LITERAL, .literal = ""};
    t->part_count = (uint16_t)c->count;
    t->parts = menu_model_alloc(c->l->menu, c->count * sizeof(*t->parts));
    memcpy(t->parts, c->parts, c->count * sizeof(*t->parts));
    t->is_fixed = true;
    for (unsigned i = 0; i < c->count; i++) {
        if (c->parts[i].kind == MENU_PART_LITERAL)
            t->fixed_units = (uint16_t)(t->fixed_units + c->parts[i].units);
        else
            t->is_fixed = false;
    }
    t->worst_units = t->fixed_units;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \n")] == '\0';
}

static bool compile_template(struct menu_loader *l, const config_setting_t *setting,
                             enum menu_text_use use, uint16_t language, const char *prefix,
                             struct menu_template *t)
{
    struct compiler *c = mem_zalloc(sizeof(*c));
    bool ok;

    c->l = l;
    c->setting = setting;
    c->use = use;
    c->language = language;
    c->is_ucs2 = l->menu->languages[language].is_ucs2;
    c->whole = config_setting_get_string(setting);
    add_literal(c, prefix, strlen(prefix));
    compile(c, c->whole);
    finish_template(c, t);
    ok = !c->has_fault;
    if (use == MENU_TEXT_LABEL && is_blank(c->whole)) {
        menu_load_fault(l, setting, "an empty label");
        ok = false;
    }
    mem_free(c);
    return ok;
}

static void keep_text(struct menu_loader *l, struct menu_text *text)
{
    if (l->text_count == l->text_capacity) {
        l->text_capacity = l->text_capacity != 0 ? 2 * l->text_capacity : 256;
        l->texts = mem_realloc_array(l->texts, l->text_capacity, sizeof(struct menu_text *));
    }
    l->texts[l->text_count++] = text;
}

/* The string of one language in a group of them; NULL with a fault when it is missing. */
static config_setting_t *language_member(struct menu_loader *l, const config_setting_t *group,
                                         uint16_t language)
{
    const struct menu_language *lang = &l->menu->languages[language];
    config_setting_t *member = config_setting_get_member(group, lang->code);

    if (member == NULL && lang->is_partial)
        return language != l->menu->fallback ? language_member(l, group, l->menu->fallback) : NULL;
    if (member == NULL) {
        const char *name = config_setting_name(group);

        menu_load_fault(l, group, "%s has no text in %s: add %s = \"...\"",
                        name != NULL ? name : "this", lang->name, lang->code);
    }
    if (member != NULL && config_setting_type(member) != CONFIG_TYPE_STRING) {
        menu_load_fault(l, member, "the text of a language is a string in quotes");
        return NULL;
    }
    return member;
}

static void check_languages(struct menu_loader *l, config_setting_t *group)
{
    const char *codes[MENU_LANGUAGES_MAX + 1] = {NULL};

    for (unsigned i = 0; i < l->menu->language_count; i++)
        codes[i] = l->menu->languages[i].code;
    menu_load_check_keys(l, group, "a text", codes);
}

void menu_load_blank_text(struct menu_loader *l, struct menu_text *text)
{
    struct menu *menu = l->menu;

    text->by_language = menu_model_alloc(menu, menu->language_count * sizeof(*text->by_language));
    for (unsigned i = 0; i < menu->language_count; i++) {
        struct menu_template *t = &text->by_language[i];

        t->parts = menu_model_alloc(menu, sizeof(*t->parts));
        t->parts[0].literal = "";
        t->part_count = 1;
        t->is_fixed = true;
    }
}

static bool load_text(struct menu_loader *l, const config_setting_t *setting,
                      enum menu_text_use use, const char *prefix, struct menu_text *text)
{
    struct menu *menu = l->menu;
    int type = config_setting_type(setting);
    bool ok = type == CONFIG_TYPE_STRING || type == CONFIG_TYPE_GROUP;

    menu_load_blank_text(l, text);
    text->line = menu_load_line(setting);
    keep_text(l, text);
    if (!ok)
        menu_load_fault(l, setting,
                        "a text is a string in quotes, or { %s = \"...\"; } with every language",
                        menu->languages[0].code);
    else if (type == CONFIG_TYPE_GROUP)
        check_languages(l, (config_setting_t *)setting);
    for (uint16_t i = 0; i < menu->language_count; i++) {
        const config_setting_t *string = type == CONFIG_TYPE_STRING ? setting
                                         : type == CONFIG_TYPE_GROUP
                                             ? language_member(l, setting, i)
                                             : NULL;

        if (string == NULL || !compile_template(l, string, use, i, prefix, &text->by_language[i]))
            ok = false;
        else if ((use == MENU_TEXT_PLAIN || use == MENU_TEXT_SCREEN) &&
                 is_blank(config_setting_get_string(string)))
            menu_load_fault(l, string, "an empty text: nobody could read anything");
    }
    return ok;
}

bool menu_load_text(struct menu_loader *l, const config_setting_t *setting, enum menu_text_use use,
                    struct menu_text *text)
{
    return load_text(l, setting, use, "", text);
}

struct menu_text *menu_load_key_line(struct menu_loader *l, const config_setting_t *setting,
                                     const char *key)
{
    struct menu_text *text = menu_model_alloc(l->menu, sizeof(*text));
    char prefix[MENU_NAME_BYTES + 4];

    snprintf(prefix, sizeof(prefix), "%.*s. ", MENU_NAME_BYTES, key);
    load_text(l, setting, MENU_TEXT_LABEL, prefix, text);
    return text;
}

bool menu_load_value_template(struct menu_loader *l, const config_setting_t *setting,
                              struct menu_template *t)
{
    if (menu_load_string_of(l, setting) == NULL)
        return false;
    return compile_template(l, setting, MENU_TEXT_PLAIN, l->menu->fallback, "", t);
}

/* The longest that a placeholder shows, in units of the language. */
static unsigned value_units(const struct menu *menu, const struct menu_value *value,
                            uint16_t language)
{
    unsigned units = value->max;

    if (value->table != MENU_NONE && menu->tables[value->table].worst_label[language] < units)
        units = menu->tables[value->table].worst_label[language];
    return units;
}

static unsigned digits_of(unsigned number)
{
    return number < 10 ? 1 : number < 100 ? 2 : 3;
}

static unsigned most_steps(const struct menu *menu)
{
    unsigned most = 1;

    for (unsigned i = 0; i < menu->flow_count; i++)
        if (menu->flows[i].step_count > most)
            most = menu->flows[i].step_count;
    return most;
}

static unsigned part_worst(const struct menu *menu, const struct menu_part *part, uint16_t language)
{
    enum { SHOWN_MAX = 3, PAGE_DIGITS = 1 };

    switch (part->kind) {
    case MENU_PART_LITERAL:
        return part->units;
    case MENU_PART_VALUE:
        return value_units(menu, &menu->values[part->value], language);
    case MENU_PART_CODE:
        return menu->code_max;
    case MENU_PART_STEP:
    case MENU_PART_STEPS:
    case MENU_PART_DRAFT_STEP:
        return digits_of(most_steps(menu));
    case MENU_PART_PAGE:
    case MENU_PART_PAGES:
        return PAGE_DIGITS;
    case MENU_PART_SHOWN:
        return SHOWN_MAX;
    }
    return 0;
}

void menu_load_count_texts(struct menu_loader *l)
{
    for (size_t i = 0; i < l->text_count; i++)
        for (uint16_t lang = 0; lang < l->menu->language_count; lang++) {
            struct menu_template *t = &l->texts[i]->by_language[lang];

            t->worst_units = 0;
            for (unsigned p = 0; p < t->part_count; p++) {
                t->parts[p].units = (uint16_t)part_worst(l->menu, &t->parts[p], lang);
                t->worst_units = (uint16_t)(t->worst_units + t->parts[p].units);
                l->menu->shows_code |= t->parts[p].kind == MENU_PART_CODE;
            }
        }
}

#include "menus/load.h"

#include "base/mem.h"
#include "base/syntax.h"
#include "menus/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {
    "menu",       "languages", "fallback",  "start",    "first",  "resume",       "exit",
    "keys",       "lines",     "page",      "attempts", "errors", "number_words", "draft_days",
    "utc_offset", "code_max",  "constants", "values",   "tables", "texts",        "messages",
    "flows",      "screens",   "sms",       "notices",  NULL};

/* --- the head of the file ----------------------------------------------------------------- */

static void load_language(struct menu_loader *l, config_setting_t *group,
                          struct menu_language *lang)
{
    static const char *const keys[] = {"code", "name", "ucs2", "partial", NULL};

    *lang = (struct menu_language){.code = "", .name = ""};
    if (!config_setting_is_group(group)) {
        menu_load_fault(l, group, "a language is a group { code = \"id\"; name = \"...\"; }");
        return;
    }
    menu_load_check_keys(l, group, "a language", keys);
    lang->code = menu_load_string(l, group, "code", true);
    lang->name = menu_load_string(l, group, "name", true);
    lang->is_ucs2 = menu_load_flag(l, group, "ucs2");
    lang->is_partial = menu_load_flag(l, group, "partial");
    if (lang->code == NULL || !menu_load_is_name(l, group, lang->code, "language code"))
        lang->code = "";
    if (strlen(lang->code) > MENU_LANGUAGE_MAX)
        menu_load_fault(l, group, "the code of a language has at most %d characters, such as id",
                        MENU_LANGUAGE_MAX);
    if (lang->name == NULL)
        lang->name = lang->code;
}

static bool load_languages(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *list = menu_load_member(l, l->root, "languages", CONFIG_TYPE_LIST, true);
    int count = list != NULL ? config_setting_length(list) : 0;
    config_setting_t *fallback =
        menu_load_member(l, l->root, "fallback", CONFIG_TYPE_STRING, false);

    if (list != NULL && (count == 0 || count > MENU_LANGUAGES_MAX))
        menu_load_fault(l, list, "a menu has 1 to %d languages", MENU_LANGUAGES_MAX);
    for (int i = 0; i < count && i < MENU_LANGUAGES_MAX; i++) {
        struct menu_language *lang = &menu->languages[menu->language_count];

        load_language(l, config_setting_get_elem(list, (unsigned)i), lang);
        for (unsigned k = 0; k < menu->language_count && lang->code[0] != '\0'; k++)
            if (strcmp(menu->languages[k].code, lang->code) == 0)
                menu_load_fault(l, config_setting_get_elem(list, (unsigned)i),
                                "the language %s is there twice", lang->code);
        menu->language_count++;
    }
    menu->fallback = MENU_NONE;
    for (uint16_t i = 0; fallback != NULL && i < menu->language_count; i++)
        if (strcmp(menu->languages[i].code, config_setting_get_string(fallback)) == 0)
            menu->fallback = i;
    if (fallback != NULL && menu->fallback == MENU_NONE)
        menu_load_fault_at(l, fallback, 0, "%s is no language of this menu",
                           config_setting_get_string(fallback));
    if (menu->fallback == MENU_NONE)
        menu->fallback = 0;
    if (menu->language_count > 0 && menu->languages[menu->fallback].is_partial)
        menu_load_fault(l, list, "the fallback language cannot be partial");
    return menu->language_count > 0;
}

static const char *load_key(struct menu_loader *l, config_setting_t *group, const char *name,
                            const char *otherwise)
{
    const char *key = group != NULL ? menu_load_string(l, group, name, false) : NULL;

    if (key == NULL)
        return otherwise;
    if (key[0] == '\0' || strspn(key, "0123456789") != strlen(key) || strlen(key) > 3) {
        menu_load_fault_at(l, config_setting_get_member(group, name), 0,
                           "a key is 1 to 3 digits (phones take * and # for a new dial)");
        return otherwise;
    }
    return key;
}

static void load_keys(struct menu_loader *l)
{
    static const char *const keys[] = {"back", "main", "next", NULL};
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "keys", CONFIG_TYPE_GROUP, false);

    if (group != NULL)
        menu_load_check_keys(l, group, "keys", keys);
    menu->key_back = load_key(l, group, "back", "0");
    menu->key_main = load_key(l, group, "main", "00");
    menu->key_next = load_key(l, group, "next", "98");
    if (strcmp(menu->key_back, menu->key_main) == 0 ||
        strcmp(menu->key_back, menu->key_next) == 0 || strcmp(menu->key_main, menu->key_next) == 0)
        menu_load_fault(l, group, "two of the keys back, main and next are the same");
}

static struct menu_text *load_line(struct menu_loader *l, config_setting_t *group, const char *name,
                                   const char *key)
{
    config_setting_t *member = group != NULL ? config_setting_get_member(group, name) : NULL;

    return member != NULL ? menu_load_key_line(l, member, key) : NULL;
}

static void load_lines(struct menu_loader *l)
{
    static const char *const keys[] = {"back", "main", "next", NULL};
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "lines", CONFIG_TYPE_GROUP, true);

    if (group == NULL)
        return;
    menu_load_check_keys(l, group, "lines", keys);
    menu->line_back = load_line(l, group, "back", menu->key_back);
    menu->line_main = load_line(l, group, "main", menu->key_back);
    menu->line_next = load_line(l, group, "next", menu->key_next);
    if (menu->line_back == NULL || menu->line_next == NULL)
        menu_load_fault(l, group, "lines needs back and next: the words after their keys");
}

static void load_number_words(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *array =
        menu_load_member(l, l->root, "number_words", CONFIG_TYPE_ARRAY, false);
    int count = array != NULL ? config_setting_length(array) : 1;

    menu->number_words = menu_model_alloc(menu, ((size_t)count + 1) * sizeof(char *));
    if (array == NULL)
        menu->number_words[menu->number_word_count++] = "no";
    for (int i = 0; array != NULL && i < count; i++) {
        const char *word = menu_load_string_of(l, config_setting_get_elem(array, (unsigned)i));

        if (word != NULL && word[0] != '\0')
            menu->number_words[menu->number_word_count++] = word;
    }
}

static void load_utc_offset(struct menu_loader *l)
{
    config_setting_t *setting =
        menu_load_member(l, l->root, "utc_offset", CONFIG_TYPE_STRING, false);
    int hours, minutes;
    char sign, rest;

    if (setting == NULL)
        return;
    if (sscanf(config_setting_get_string(setting), "%c%2d:%2d%c", &sign, &hours, &minutes, &rest) !=
            3 ||
        (sign != '+' && sign != '-') || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        menu_load_fault_at(l, setting, 0, "utc_offset is written like +07:00");
    else
        l->menu->utc_offset_s = (sign == '-' ? -60 : 60) * (hours * 60 + minutes);
}

static void load_name(struct menu_loader *l)
{
    struct menu *menu = l->menu;

    menu->name = menu_load_string(l, l->root, "menu", true);
    if (menu->name == NULL || !menu_load_is_name(l, config_setting_get_member(l->root, "menu"),
                                                 menu->name, "menu's name"))
        menu->name = "menu";
}

static void load_head(struct menu_loader *l)
{
    static const char *const keys[] = {"items", "gsm", "ucs2", NULL};
    enum { MS_PER_DAY = 86400000 };
    struct menu *menu = l->menu;
    config_setting_t *page = menu_load_member(l, l->root, "page", CONFIG_TYPE_GROUP, false);
    config_setting_t *top = l->root;

    load_keys(l);
    if (page != NULL)
        menu_load_check_keys(l, page, "page", keys);
    else
        page = top; /* no such keys there: the defaults */
    menu->page_items = (uint16_t)menu_load_number(l, page, "items", 1, 50, 7);
    menu->page_gsm = (uint16_t)menu_load_number(l, page, "gsm", 60, 182, 160);
    menu->page_ucs2 = (uint16_t)menu_load_number(l, page, "ucs2", 40, 91, 70);
    menu->attempts = (uint8_t)menu_load_number(l, top, "attempts", 1, 99, 3);
    menu->code_max = (uint16_t)menu_load_number(l, top, "code_max", 2, 40, 9);
    menu->draft_ms = menu_load_number(l, top, "draft_days", 1, 365, 7) * MS_PER_DAY;
    load_number_words(l);
    load_utc_offset(l);
}

/* --- named texts -------------------------------------------------------------------------- */

static void load_named_text(struct menu_loader *l, config_setting_t *setting, bool is_message)
{
    struct menu *menu = l->menu;
    struct menu_text *text = &menu->texts[menu->text_count];

    text->name = menu_model_strdup(menu, config_setting_name(setting));
    text->is_message = is_message;
    text->line = menu_load_line(setting);
    menu_load_is_name(l, setting, text->name, "text's name");
    if (menu_index_find(&menu->text_index, text->name) != MENU_NONE)
        menu_load_fault(l, setting, "%s is there twice, in texts and in messages", text->name);
    menu_index_add(&menu->text_index, text->name, menu->text_count++);
}

/* The names first: targets and errors point at them. */
static void load_text_names(struct menu_loader *l)
{
    struct menu *menu = l->menu;
    config_setting_t *groups[2] = {
        menu_load_member(l, l->root, "texts", CONFIG_TYPE_GROUP, false),
        menu_load_member(l, l->root, "messages", CONFIG_TYPE_GROUP, false)};
    size_t count = 0;

    for (unsigned k = 0; k < 2; k++)
        count += groups[k] != NULL ? (size_t)config_setting_length(groups[k]) : 0;
    menu->texts = menu_model_alloc(menu, (count + 1) * sizeof(*menu->texts));
    l->text_is_used = menu_model_alloc(menu, count + 1);
    menu_index_build(menu, &menu->text_index, count);
    for (unsigned k = 0; k < 2; k++)
        for (int i = 0; groups[k] != NULL && i < config_setting_length(groups[k]); i++)
            load_named_text(l, config_setting_get_elem(groups[k], (unsigned)i), k == 1);
}

static void load_named_texts(struct menu_loader *l)
{
    uint16_t at = 0;

    for (unsigned k = 0; k < 2; k++) {
        config_setting_t *group = config_setting_get_member(l->root, k == 0 ? "texts" : "messages");

        for (int i = 0;
             group != NULL && config_setting_is_group(group) && i < config_setting_length(group);
             i++)
            menu_load_text(l, config_setting_get_elem(group, (unsigned)i), MENU_TEXT_PLAIN,
                           &l->menu->texts[at++]);
    }
}

static uint16_t load_error_text(struct menu_loader *l, config_setting_t *group, const char *key)
{
    config_setting_t *setting = config_setting_get_member(group, key);

    if (setting == NULL) {
        menu_load_fault(l, group, "errors needs %s: the name of a text", key);
        return MENU_NONE;
    }
    return menu_load_text_ref(l, setting);
}

/* Where a dialogue ends: with something to read. */
static struct menu_target load_ending(struct menu_loader *l, config_setting_t *group,
                                      const char *key)
{
    struct menu_target target = menu_load_target_key(l, group, key);

    if (target.kind == MENU_TO_SILENT)
        menu_load_fault_at(l, config_setting_get_member(group, key), 0,
                           "%s cannot be @silent: a dialogue waits for an answer", key);
    return target;
}

static void load_errors(struct menu_loader *l)
{
    static const char *const keys[] = {
        "invalid", "too_many", "too_many_fresh", "busy", "busy_fresh", "wait", NULL};
    struct menu *menu = l->menu;
    config_setting_t *group = menu_load_member(l, l->root, "errors", CONFIG_TYPE_GROUP, true);

    if (group == NULL)
        return;
    menu_load_check_keys(l, group, "errors", keys);
    menu->invalid = load_error_text(l, group, "invalid");
    menu->busy = load_error_text(l, group, "busy");
    menu->busy_fresh = menu->busy;
    if (config_setting_get_member(group, "busy_fresh") != NULL)
        menu->busy_fresh = load_error_text(l, group, "busy_fresh");
    if (config_setting_get_member(group, "wait") != NULL)
        menu->wait = load_error_text(l, group, "wait");
    menu->too_many = load_ending(l, group, "too_many");
    menu->too_many_fresh = load_ending(l, group, "too_many_fresh");
    if (config_setting_get_member(group, "too_many") == NULL)
        menu_load_fault(l, group,
                        "errors needs too_many: what ends a dialogue after too many "
                        "refused inputs");
    if (config_setting_get_member(group, "too_many_fresh") == NULL)
        menu->too_many_fresh = menu->too_many;
}

/* Texts that only pushes show. */
static void load_notices(struct menu_loader *l)
{
    config_setting_t *array = menu_load_member(l, l->root, "notices", CONFIG_TYPE_ARRAY, false);

    for (int i = 0; array != NULL && i < config_setting_length(array); i++)
        menu_load_text_ref(l, config_setting_get_elem(array, (unsigned)i));
}

static void load_ways_in(struct menu_loader *l)
{
    struct menu *menu = l->menu;

    if (config_setting_get_member(l->root, "start") == NULL) {
        menu_load_fault(l, l->root, "start is missing: the screen of a new dial");
        l->has_lost_way = true;
    }
    menu->start = menu_load_screen_key(l, l->root, "start");
    menu->first = menu_load_screen_key(l, l->root, "first");
    menu->resume = menu_load_screen_key(l, l->root, "resume");
    menu->exit = load_ending(l, l->root, "exit");
}

/* --- the whole ---------------------------------------------------------------------------- */

/* A text that ends a dialogue has pages where the link carries less than it takes. */
static void make_text_screens(struct menu *menu)
{
    menu->text_screens = menu_model_alloc(menu, (menu->text_count + 1u) * sizeof(*menu->screens));
    for (unsigned i = 0; i < menu->text_count; i++)
        menu->text_screens[i] = (struct menu_screen){
            .name = menu->texts[i].name,
            .line = menu->texts[i].line,
            .kind = MENU_SCREEN_END,
            .text = &menu->texts[i],
            .question = {.field = MENU_NONE, .guessed = MENU_NONE, .error = MENU_NONE},
            .back = MENU_BACK_HIDDEN,
            .flow = MENU_NONE};
}

static void load_all(struct menu_loader *l)
{
    menu_load_check_keys(l, l->root, "a menu", top_keys);
    load_name(l);
    if (!load_languages(l))
        return;
    load_head(l);
    menu_load_constants(l);
    menu_load_tables(l);
    load_text_names(l);
    menu_load_screen_names(l);
    if (l->screens == NULL)
        return;
    menu_load_fields(l);
    menu_load_flows(l);
    load_ways_in(l);
    load_notices(l);
    menu_load_questions(l);
    menu_load_values(l);
    load_lines(l); /* from here on texts may hold placeholders */
    load_named_texts(l);
    load_errors(l);
    menu_load_screens(l);
    menu_load_sms(l);
    menu_load_complete_values(l);
    menu_load_count_texts(l);
    make_text_screens(l->menu);
    menu_check(l);
}

/* 64 bits of FNV-1a over the whole text, with its length: the same on every machine. */
static void make_id(struct menu *menu)
{
    const char *text = source_text(menu->source);
    size_t bytes = source_text_bytes(menu->source);
    uint64_t h;

    /* Reading a text ends it with a line break of its own: a stored text is still the same one. */
    while (bytes > 0 && text[bytes - 1] == '\n')
        bytes--;
    h = 14695981039346656037u ^ bytes;
    for (size_t i = 0; i < bytes; i++)
        h = (h ^ (uint8_t)text[i]) * 1099511628211u;
    h ^= h >> 29;
    for (unsigned i = 0; i < MENU_ID_BYTES; i++)
        menu->id[i] = (uint8_t)(h >> (8 * i));
    menu->id[0] |= menu->id[0] == 0; /* all zeros mean "no version" */
}

struct fault_bridge {
    menu_fault_fn *on_fault;
    void *arg;
};

static void bridge_fault(void *ctx, const char *file, unsigned line, unsigned column,
                         const char *text)
{
    struct fault_bridge *bridge = ctx;
    struct menu_fault fault = {.file = file, .line = line, .column = column, .text = text};

    bridge->on_fault(bridge->arg, &fault);
}

static struct menu *load(struct source *source, const struct menu_vocabulary *vocabulary,
                         menu_fault_fn *on_fault, void *arg)
{
    static const struct menu_vocabulary nothing;
    struct menu *menu = menu_model_new();
    struct menu_loader l = {.menu = menu, .vocabulary = vocabulary != NULL ? vocabulary : &nothing};
    struct syntax_fault fault;
    config_t config;
    bool has_error;

    menu->source = source;
    menu_faults_init(&l.faults);
    config_init(&config);
    if (!syntax_check(source_text(source), &fault)) {
        menu_faults_add(&l.faults, false, fault.line, fault.column, "%s", fault.text);
    } else if (config_read_string(&config, source_text(source)) != CONFIG_TRUE) {
        menu_faults_add(&l.faults, false, (unsigned)config_error_line(&config), 0, "%s",
                        syntax_explain(config_error_text(&config)));
    } else {
        l.root = config_root_setting(&config);
        load_all(&l);
        make_id(menu);
    }
    config_destroy(&config);
    menu_faults_tell(&l.faults, source, on_fault, arg);
    has_error = l.faults.error_count > 0;
    menu_faults_fini(&l.faults);
    mem_free(l.texts);
    if (!has_error)
        return menu;
    menu_free(menu);
    return NULL;
}

struct menu *menu_load_file(const char *path, const struct menu_vocabulary *vocabulary,
                            menu_fault_fn *on_fault, void *arg)
{
    struct fault_bridge bridge = {on_fault, arg};
    struct source *source = source_read(path, bridge_fault, &bridge);

    return source != NULL ? load(source, vocabulary, on_fault, arg) : NULL;
}

struct menu *menu_load_source(struct span text, const struct menu_vocabulary *vocabulary,
                              menu_fault_fn *on_fault, void *arg)
{
    struct fault_bridge bridge = {on_fault, arg};
    struct source *source = source_from_text("menu", text, bridge_fault, &bridge);

    return source != NULL ? load(source, vocabulary, on_fault, arg) : NULL;
}

struct span menu_source(const struct menu *menu)
{
    return span_of(source_text(menu->source), source_text_bytes(menu->source));
}

#include "gateway/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/syntax.h"
#include "gateway/config_reader.h"
#include "gateway/config_table.h"

enum {
    CONFIG_LIMIT_MIN = 20, /* septets, as max_gsm of dialects.cfg(5) */
    SOCKET_PATH_BYTES = sizeof(((struct sockaddr_un *)NULL)->sun_path),
};

struct fault {
    char *file;
    unsigned line;
    size_t order; /* as found: keeps the sort stable */
    char *text;
};

/* Faults are gathered first, so that they come out by line whatever found them. */
struct faults {
    struct fault *items;
    size_t count;
    bool has_unread;  /* some key has no value, or not the one that stands there */
    bool has_control; /* the text of `control` stands in the file, and may be a socket's */
};

static void faults_add(void *arg, const char *file, unsigned line, unsigned column,
                       const char *text)
{
    struct faults *f = arg;

    (void)column;
    f->items = mem_realloc_array(f->items, f->count + 1, sizeof(*f->items));
    f->items[f->count] = (struct fault){mem_strdup(file), line, f->count, mem_strdup(text)};
    f->count++;
}

static void __attribute__((format(printf, 3, 4)))
faults_report(struct faults *f, const struct config_place *place, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    faults_add(f, place->file, place->line, 0, text);
}

static int faults_compare(const void *a, const void *b)
{
    const struct fault *x = a, *y = b;
    int files = strcmp(x->file, y->file);

    if (files != 0)
        return files;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* Hands them on and forgets them; true when there was none. */
static bool faults_finish(struct faults *f, source_fault_fn *on_fault, void *arg)
{
    bool none = f->count == 0;

    if (!none)
        qsort(f->items, f->count, sizeof(*f->items), faults_compare);
    for (size_t i = 0; i < f->count; i++) {
        on_fault(arg, f->items[i].file, f->items[i].line, 0, f->items[i].text);
        mem_free(f->items[i].file);
        mem_free(f->items[i].text);
    }
    mem_free(f->items);
    return none;
}

/* The first line of a file, as a secret is kept; "" after a fault. */
static const char *read_secret(struct config *c, struct faults *f, const struct config_place *place,
                               const char *path, unsigned most)
{
    char text[512] = ""; /* more than any limit */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    const char *secret = "";

    if (size < 0) {
        faults_report(f, place, "cannot read password_file %s: %s", path, strerror(errno));
    } else {
        size_t length;

        text[size] = '\0';
        length = strcspn(text, "\r\n");
        if (length < (size_t)size && text[length] == '\0')
            faults_report(f, place, "password_file %s has a NUL octet in its first line", path);
        text[length] = '\0';
        if (length == 0)
            faults_report(f, place, "password_file %s holds no password in its first line", path);
        if (strlen(text) > most)
            faults_report(f, place,
                          "password_file %s holds a password of %zu characters; %u are allowed",
                          path, strlen(text), most);
        secret = config_memory_dup(c->memory, text);
    }
    if (fd >= 0)
        close(fd);
    explicit_bzero(text, sizeof(text));
    return secret;
}

static void take_secret(struct config *c, struct faults *f, const struct config_place *place,
                        const char *what, const char **password, const char *password_file,
                        unsigned most)
{
    if (password_file[0] == '\0')
        return;
    if ((*password)[0] != '\0')
        faults_report(f, place, "%s has both password and password_file; one is enough", what);
    else
        *password = read_secret(c, f, place, password_file, most);
}

/* What a dialect's name means; NULL after a fault. */
static const struct dialect *find_dialect(const struct config *c, struct faults *f,
                                          const struct config_place *place, const char *name)
{
    const struct dialect *d = dialects_find(c->dialects, name);

    if (d == NULL)
        faults_report(f, place, "dialect: \"%s\" is neither a preset nor in dialects_file", name);
    return d;
}

/* Below this the lines of the keys ("98. Lanjut") leave no room for a word. */
static void check_limit(struct faults *f, const struct config_place *place, unsigned limit)
{
    if (limit != 0 && limit < CONFIG_LIMIT_MIN)
        faults_report(f, place, "limit is %u; it must be 0 or %d to 182", limit, CONFIG_LIMIT_MIN);
}

/* The other side can give back only what we send. */
static void check_turn_token(struct faults *f, const struct config_place *place,
                             enum config_token turn_token, const struct dialect *spoken,
                             const char *dialect)
{
    if (turn_token == CONFIG_TOKEN_ECHO && spoken != NULL && !dialect_numbers_units(spoken))
        faults_report(f, place,
                      "turn_token \"echo\": dialect \"%s\" does not number its units (it needs "
                      "session_out = \"echo+unit\")",
                      dialect);
}

static void check_smsc(struct config *c, struct faults *f)
{
    for (size_t i = 0; i < c->smsc_count; i++) {
        struct config_smsc *s = &c->smsc[i];
        char name[32];

        if (s->name[0] == '\0') {
            snprintf(name, sizeof(name), "smsc%zu", i + 1);
            s->name = config_memory_dup(c->memory, name);
        }
        for (size_t j = 0; j < i; j++)
            if (strcmp(c->smsc[j].name, s->name) == 0)
                faults_report(f, &s->place, "smsc \"%s\": line %u has the same name", s->name,
                              c->smsc[j].place.line);
        take_secret(c, f, &s->place, "smsc", &s->password, s->password_file,
                    CONFIG_SMSC_PASSWORD_MAX);
        s->spoken = find_dialect(c, f, &s->place, s->dialect);
        check_turn_token(f, &s->place, s->turn_token, s->spoken, s->dialect);
        check_limit(f, &s->place, s->limit);
    }
}

/* Whoever can reach the port could be it. A key that was refused has its own fault. */
static void check_is_guarded(struct faults *f, const struct config_account *a)
{
    if (!f->has_unread && a->password_file[0] == '\0' && a->password[0] == '\0' &&
        a->password_hash[0] == '\0' && a->allow.count == 0)
        faults_report(f, &a->place,
                      "account \"%s\" is open to everybody: it needs a password, or allow",
                      a->system_id);
}

static void check_accounts(struct config *c, struct faults *f, const struct config_place *whole)
{
    const struct config_partners *p = &c->partners;

    for (size_t i = 0; i < p->account_count; i++) {
        struct config_account *a = &p->accounts[i];

        for (size_t j = 0; j < i; j++)
            if (strcmp(p->accounts[j].system_id, a->system_id) == 0)
                faults_report(f, &a->place, "account \"%s\": line %u has the same system_id",
                              a->system_id, p->accounts[j].place.line);
        for (size_t j = 0; j < c->smsc_count; j++)
            if (strcmp(c->smsc[j].name, a->system_id) == 0)
                faults_report(f, &a->place, "account \"%s\": the smsc in line %u has this name",
                              a->system_id, c->smsc[j].place.line);
        check_is_guarded(f, a);
        check_limit(f, &a->place, a->limit);
        take_secret(c, f, &a->place, "account", &a->password, a->password_file,
                    CONFIG_ACCOUNT_PASSWORD_MAX);
        a->spoken = find_dialect(c, f, &a->place, a->dialect);
        check_turn_token(f, &a->place, a->turn_token, a->spoken, a->dialect);
        if (a->password[0] != '\0' && a->password_hash[0] != '\0')
            faults_report(f, &a->place, "account \"%s\" has both a password and a password_hash",
                          a->system_id);
    }
    if (p->account_count > 0 && p->listen.count == 0 && !f->has_unread)
        faults_report(f, &c->at[CONFIG_AT_ACCOUNTS], "partners.accounts needs partners.listen");
    if (c->smsc_count == 0 && p->account_count == 0)
        faults_report(f, whole, "there is neither an smsc nor a partners.accounts entry");
}

static bool has_text(const struct config_strings *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

/* Both would answer somebody: one for some peers goes before one for all. */
static bool are_rivals(const struct config_menu *a, const struct config_menu *b)
{
    if (a->peers.count == 0 || b->peers.count == 0)
        return a->peers.count == b->peers.count;
    for (size_t i = 0; i < a->peers.count; i++)
        if (has_text(&b->peers, a->peers.items[i]))
            return true;
    return false;
}

static void check_peers(const struct config *c, struct faults *f, const struct config_menu *m)
{
    for (size_t i = 0; i < m->peers.count; i++) {
        bool is_known = false;

        for (size_t j = 0; j < c->smsc_count; j++)
            is_known = is_known || strcmp(c->smsc[j].name, m->peers.items[i]) == 0;
        for (size_t j = 0; j < c->partners.account_count; j++)
            is_known =
                is_known || strcmp(c->partners.accounts[j].system_id, m->peers.items[i]) == 0;
        if (!is_known)
            faults_report(f, &m->place, "peers: there is no smsc and no account %s",
                          m->peers.items[i]);
    }
}

/* Two menus for one code would make the answer depend on their order. */
static void check_codes(const struct config *c, struct faults *f, bool is_sms)
{
    for (size_t i = 0; i < c->menu_count; i++) {
        const struct config_strings *mine = is_sms ? &c->menus[i].sms : &c->menus[i].codes;

        for (size_t j = 0; j < i; j++) {
            const struct config_strings *other = is_sms ? &c->menus[j].sms : &c->menus[j].codes;

            if (!are_rivals(&c->menus[i], &c->menus[j]))
                continue;
            for (size_t a = 0; a < mine->count; a++)
                for (size_t b = 0; b < other->count; b++)
                    if (strcmp(mine->items[a], other->items[b]) == 0)
                        faults_report(
                            f, &c->menus[i].place, "%s %s belongs to the menu in line %u already",
                            is_sms ? "SMS number" : "code", mine->items[a], c->menus[j].place.line);
        }
    }
}

static void check_menus(const struct config *c, struct faults *f)
{
    const struct config_menu *standard = NULL;

    if (c->menu_count > CONFIG_MENUS_MAX)
        faults_report(f, &c->menus[CONFIG_MENUS_MAX].place, "more than %d menus", CONFIG_MENUS_MAX);
    check_codes(c, f, false);
    check_codes(c, f, true);
    for (size_t i = 0; i < c->menu_count; i++) {
        const struct config_menu *m = &c->menus[i];

        check_peers(c, f, m);
        if (m->codes.count == 0 && m->sms.count == 0 && !m->is_default)
            faults_report(f, &m->place, "this menu has neither codes nor sms numbers");
        if (m->is_default && standard != NULL)
            faults_report(f, &m->place, "the menu in line %u is the default already",
                          standard->place.line);
        if (m->is_default)
            standard = m;
    }
}

static void check_whole(struct config *c, struct faults *f)
{
    struct config_place whole = {c->path, 1};

    take_secret(c, f, &c->at[CONFIG_AT_REDIS], "redis", &c->redis.password, c->redis.password_file,
                CONFIG_REDIS_PASSWORD_MAX);
    take_secret(c, f, &c->at[CONFIG_AT_REDIS], "redis, for the sentinels,",
                &c->redis.sentinel_password, c->redis.sentinel_password_file,
                CONFIG_REDIS_PASSWORD_MAX);
    if (c->redis.mode == CONFIG_REDIS_STANDALONE && c->redis.servers.count > 1)
        faults_report(f, &c->at[CONFIG_AT_SERVERS],
                      "redis.servers: mode \"standalone\" takes one server");
    if (strlen(c->control) >= SOCKET_PATH_BYTES)
        faults_report(f, &c->at[CONFIG_AT_CONTROL], "control: the path %s is too long for a socket",
                      c->control);
    if (c->dialects_file[0] != '\0' && access(c->dialects_file, R_OK) != 0)
        faults_report(f, &c->at[CONFIG_AT_DIALECTS_FILE], "cannot read dialects_file %s: %s",
                      c->dialects_file, strerror(errno));
    else if (c->dialects_file[0] != '\0')
        c->dialects = dialects_load(c->dialects_file, faults_add, f);
    check_smsc(c, f);
    check_accounts(c, f, &whole);
    check_menus(c, f);
}

/* The folder of a path, without its slash; "" for a bare name. */
static char *folder_of(struct config_memory *m, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = config_memory_dup(m, path);

    folder[slash == NULL ? 0 : slash == path ? 1 : slash - path] = '\0';
    return folder;
}

static void note_spots(struct config *c, const config_t *tree, const struct source *source)
{
    static const char *const paths[CONFIG_SPOTS] = {
        "redis",        "redis.servers",    "control",   "partners.listen", "partners.accounts",
        "partners.tls", "admin.users_file", "keys_file", "cdr.key_file",    "dialects_file",
    };

    for (unsigned i = 0; i < CONFIG_SPOTS; i++) {
        const config_setting_t *setting = config_lookup(tree, paths[i]);
        char group[32];

        if (setting == NULL) { /* a default: its group will do */
            snprintf(group, sizeof(group), "%.*s", (int)strcspn(paths[i], "."), paths[i]);
            setting = config_lookup(tree, group);
        }
        c->at[i] = (struct config_place){c->path, 1};
        if (setting != NULL)
            source_place(source, config_setting_source_line(setting), &c->at[i].file,
                         &c->at[i].line);
    }
}

static void read_tree(struct config *c, const struct source *source, struct faults *f)
{
    struct config_reader reader = {.source = source,
                                   .memory = c->memory,
                                   .folder = folder_of(c->memory, c->path),
                                   .on_fault = faults_add,
                                   .arg = f};
    struct syntax_fault fault;
    config_t tree;
    const char *file;
    unsigned line;

    if (!syntax_check(source_text(source), &fault)) {
        source_place(source, fault.line, &file, &line);
        faults_add(f, file, line, fault.column, fault.text);
        return;
    }
    config_init(&tree);
    if (config_read_string(&tree, source_text(source)) == CONFIG_TRUE) {
        config_reader_read(&reader, config_root_setting(&tree), c);
        note_spots(c, &tree, source);
        f->has_control = config_lookup_string(&tree, "control", &file) == CONFIG_TRUE &&
                         strlen(file) < SOCKET_PATH_BYTES;
        f->has_unread = f->count > 0;
        check_whole(c, f);
    } else {
        source_place(source, (unsigned)config_error_line(&tree), &file, &line);
        faults_add(f, file, line, 0, syntax_explain(config_error_text(&tree)));
    }
    config_destroy(&tree);
}

/* The places of entries point into the source, which goes: keep the names. */
static void keep_places(struct config *c)
{
    for (size_t i = 0; i < c->smsc_count; i++)
        c->smsc[i].place.file = config_memory_dup(c->memory, c->smsc[i].place.file);
    for (size_t i = 0; i < c->partners.account_count; i++)
        c->partners.accounts[i].place.file =
            config_memory_dup(c->memory, c->partners.accounts[i].place.file);
    for (size_t i = 0; i < c->menu_count; i++)
        c->menus[i].place.file = config_memory_dup(c->memory, c->menus[i].place.file);
    for (size_t i = 0; i < CONFIG_SPOTS; i++)
        if (c->at[i].file != NULL)
            c->at[i].file = config_memory_dup(c->memory, c->at[i].file);
}

/* What could be read, with its faults; NULL when that is nothing. */
static struct config *read_file(const char *path, struct faults *f)
{
    struct source *source = source_read(path, faults_add, f);
    struct config_memory *memory;
    struct config *c;

    if (source == NULL)
        return NULL;
    memory = mem_zalloc(sizeof(*memory));
    c = config_memory_alloc(memory, sizeof(*c));
    c->memory = memory;
    c->path = config_memory_dup(memory, path);
    read_tree(c, source, f);
    keep_places(c);
    source_free(source);
    return c;
}

struct config *config_load(const char *path, source_fault_fn *on_fault, void *arg)
{
    struct faults faults = {0};
    struct config *c = read_file(path, &faults);

    if (faults_finish(&faults, on_fault, arg))
        return c;
    config_free(c);
    return NULL;
}

char *config_load_control(const char *path, source_fault_fn *on_fault, void *arg)
{
    struct faults faults = {0};
    struct config *c = read_file(path, &faults);
    bool is_known = c != NULL && (faults.count == 0 || faults.has_control);
    char *control = is_known ? mem_strdup(c->control) : NULL;

    faults_finish(&faults, on_fault, arg);
    config_free(c);
    return control;
}

static int64_t days_ms(unsigned days)
{
    return (int64_t)days * 86400 * 1000;
}

struct programme_periods config_periods(const struct config *config)
{
    const struct config_retention *r = &config->retention;

    return (struct programme_periods){
        .draft_ms = (int64_t)config->turn.draft_ttl_s * 1000,
        .approved_ms = days_ms(r->approved_d),
        .rejected_ms = days_ms(r->rejected_d),
        .cancelled_ms = days_ms(r->cancelled_d),
        .ticket_ms = days_ms(r->ticket_d),
        .other_ms = days_ms(r->other_d),
    };
}

struct turn_settings config_turn_settings(const struct config *config)
{
    const struct config_turn *c = &config->turn;

    return (struct turn_settings){
        .instance = config->instance,
        .periods = config_periods(config),
        .retention_s = config->retention.every_s,
        .journal_keep_s = config->retention.journal_d * 86400,
        .consent_keep_s = config->retention.consent_d * 86400,
        .turns_max = c->turns_max,
        .mailbox_max = c->mailbox_max,
        .cache_max = c->cache_max,
        .cache_bytes_max = (size_t)c->cache_mib << 20,
        .answer_window_ms = c->answer_window_ms,
        .redelivery_horizon_s = c->redelivery_horizon_s,
        .session_idle_s = c->session_idle_s,
        .reply_deadline_ms = c->reply_deadline_ms,
        .draft_ttl_s = c->draft_ttl_s,
        .remember_s = c->remember_s,
        .sms_expiry_s = c->sms_expiry_s,
        .receipt_margin_s = c->receipt_margin_s,
        .owed_idle_ms = c->owed_idle_ms,
        .sweep_ms = c->sweep_ms,
        .settle_ms = c->settle_ms,
        .parts_max = c->parts_max,
        .parts_keep_s = c->parts_keep_s,
        .push_expiry_s = c->push_expiry_s,
    };
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    dialects_free(config->dialects);
    config_memory_free(config->memory);
}

static bool texts_are_equal(const struct config_strings *a, const struct config_strings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

static bool row_is_equal(const struct config_row *row, const void *a, const void *b)
{
    const char *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case CONFIG_NUMBER:
    case CONFIG_WORD:
        return *(const unsigned *)x == *(const unsigned *)y;
    case CONFIG_FLAG:
        return *(const bool *)x == *(const bool *)y;
    case CONFIG_TEXTS:
        return texts_are_equal((const struct config_strings *)x, (const struct config_strings *)y);
    case CONFIG_GROUP:
        return (row->flags & CONFIG_PRESENCE) == 0 || *(const bool *)x == *(const bool *)y;
    case CONFIG_LIST:
        break; /* its members have rows of their own */
    }
    return true;
}

static void copy_texts(struct config_memory *m, const struct config_strings *from,
                       struct config_strings *to)
{
    to->items = config_memory_alloc(m, from->count * sizeof(*to->items));
    to->count = from->count;
    for (size_t i = 0; i < from->count; i++)
        to->items[i] = config_memory_dup(m, from->items[i]);
}

static void copy_row(const struct config_row *row, const struct config *from, struct config *to)
{
    const char *x = (const char *)from + row->offset;
    char *y = (char *)to + row->offset;

    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        *(const char **)y = config_memory_dup(to->memory, *(const char *const *)x);
        break;
    case CONFIG_NUMBER:
    case CONFIG_WORD:
        *(unsigned *)y = *(const unsigned *)x;
        break;
    case CONFIG_FLAG:
    case CONFIG_GROUP: /* that differs: it has a bool */
        *(bool *)y = *(const bool *)x;
        break;
    case CONFIG_TEXTS:
        copy_texts(to->memory, (const struct config_strings *)x, (struct config_strings *)y);
        break;
    case CONFIG_LIST:
        break; /* never differs */
    }
}

void config_keep_until_restart(const struct config *old, struct config *new,
                               config_changed_fn *on_changed, void *arg)
{
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];

        if ((row->flags & CONFIG_RESTART) == 0 || !config_row_is_in(row, "") ||
            row_is_equal(row, old, new))
            continue;
        on_changed(arg, row->path);
        copy_row(row, old, new);
    }
}

bool config_smsc_is_equal(const struct config_smsc *a, const struct config_smsc *b)
{
    for (size_t i = 0; i < config_row_count; i++)
        if (config_row_is_in(&config_rows[i], "smsc[]") && !row_is_equal(&config_rows[i], a, b))
            return false;
    return dialect_is_equal(a->spoken, b->spoken);
}

/* What it cites may hold anything: a fault is one line, and nothing that a terminal obeys. */
static void print_plain(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ' || c == 0x7F)
            fprintf(file, "\\x%02x", c);
        else
            fputc(c, file);
    }
}

void config_print_fault(void *file, const char *path, unsigned line, unsigned column,
                        const char *text)
{
    print_plain(file, path);
    if (line > 0)
        fprintf(file, ":%u", line);
    if (column > 0)
        fprintf(file, ": column %u", column);
    fputs(": ", file);
    print_plain(file, text);
    fputc('\n', file);
}

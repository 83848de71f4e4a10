/* gateway/config: values, defaults, every fault with its place; and, like PgBouncer's optscan, the
 * table of keys against the manual and the sample. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <libconfig.h>

#include "base/mem.h"
#include "gateway/config.h"
#include "gateway/config_table.h"
#include "tests/support/files.h"

static char folder[FILES_FOLDER_BYTES];

static int make_folder(void **state)
{
    (void)state;
    files_make_folder(folder, "config");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return files_remove_folder(folder);
}

static const char *put(const char *name, const char *text)
{
    return files_write(folder, name, text);
}

static void hear(void *heard, const char *file, unsigned line, unsigned column, const char *text)
{
    char *all = heard;
    const char *name = strrchr(file, '/');
    size_t used = strlen(all);

    (void)column;
    snprintf(all + used, 8192 - used, "%s:%u: %s\n", name != NULL ? name + 1 : file, line, text);
}

static struct config *load(const char *text, char heard[8192])
{
    heard[0] = '\0';
    return config_load(put("w.cfg", text), hear, heard);
}

/* Longer than a socket's path may be. */
#define TEN       "0123456789"
#define LONG_NAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

#define LEAST                                                                                      \
    "redis = { servers = [ \"unix:/r\" ]; };\n"                                                    \
    "smsc = ( { } );\n"                                                                            \
    "menus = ( { file = \"m.cfg\"; codes = [ \"*1#\" ]; } );\n"

static void the_least_file_gets_all_defaults(void **state)
{
    char heard[8192];
    struct config *c = load(LEAST, heard);

    (void)state;
    assert_string_equal(heard, "");
    assert_non_null(c);
    assert_string_equal(c->instance, "gw1");
    assert_int_equal(c->redis.mode, CONFIG_REDIS_STANDALONE);
    assert_int_equal(c->redis.buckets, 256);
    assert_int_equal(c->smsc_count, 1);
    assert_string_equal(c->smsc[0].name, "smsc1");
    assert_string_equal(c->smsc[0].host, "127.0.0.1");
    assert_int_equal(c->smsc[0].port, 2775);
    assert_int_equal(c->smsc[0].bind, CONFIG_BIND_TRANSCEIVER);
    assert_int_equal(c->smsc[0].codes.count, 0);
    assert_int_equal(c->partners.account_count, 0);
    assert_string_equal(c->menus[0].codes.items[0], "*1#");
    assert_string_equal(c->menus[0].file, files_path(folder, "m.cfg"));
    assert_int_equal(c->menus[0].place.line, 3);
    assert_string_equal(c->admin.listen, "127.0.0.1:8080");
    assert_string_equal(c->keys_file, files_path(folder, "keys"));
    assert_int_equal(c->log.level, LOG_LEVEL_INFO);
    assert_int_equal(c->turn.draft_ttl_s, 7 * 86400);
    config_free(c);
}

/* Simulator, scenarios and tests take the one for the other. */
static void what_turns_are_tested_with_is_what_a_file_gives(void **state)
{
    char heard[8192];
    struct config *c = load(LEAST, heard);
    struct turn_settings given = config_turn_settings(c), tested = turn_settings_default();

    (void)state;
    assert_string_equal(given.instance, tested.instance);
    given.instance = tested.instance;
    assert_memory_equal(&given, &tested, sizeof(given));
    config_free(c);
}

static void values_are_taken(void **state)
{
    char heard[8192];
    struct config *c;

    (void)state;
    put("secret", "s3cret\nsecond line\n");
    c = load("instance = \"gw-2\";\n"
             "redis = { mode = \"cluster\"; servers = [ \"10.0.0.1:7000\", \"[::1]:7001\" ];\n"
             "          buckets = 16; };\n"
             "smsc = ( { name = \"op1\"; bind = \"pair\"; binds = 2; password_file = \"secret\";\n"
             "           codes = [ \"*384#\", \"384\" ]; },\n"
             "         { name = \"op2\"; host = \"smsc.example.net\"; port = 3000; } );\n"
             "menus = ( { file = \"/abs/m.cfg\"; sms = [ \"384\" ]; default = true; } );\n"
             "log = { level = \"warning\"; format = \"json\"; };\n"
             "admin = { listen = \"\"; };\n",
             heard);
    assert_string_equal(heard, "");
    assert_non_null(c);
    assert_string_equal(c->instance, "gw-2");
    assert_int_equal(c->redis.servers.count, 2);
    assert_string_equal(c->redis.servers.items[1], "[::1]:7001");
    assert_int_equal(c->smsc[0].bind, CONFIG_BIND_PAIR);
    assert_string_equal(c->smsc[0].password, "s3cret");
    assert_string_equal(c->smsc[0].codes.items[1], "384");
    assert_int_equal(c->smsc[1].port, 3000);
    assert_string_equal(c->menus[0].file, "/abs/m.cfg");
    assert_true(c->menus[0].is_default);
    assert_int_equal(c->log.level, LOG_LEVEL_WARNING);
    assert_int_equal(c->log.format, LOG_FORMAT_JSON);
    assert_string_equal(c->admin.listen, "");
    config_free(c);
}

/* "credential:NAME" is the unit's LoadCredential=, or the folder that it loads from. */
static void credentials_are_found_in_both_places(void **state)
{
    static const char text[] = "redis = { servers = [ \"unix:/r\" ]; };\n"
                               "smsc = ( { password_file = \"credential:op1\"; } );\n"
                               "menus = ( { file = \"m\"; codes = [ \"*1#\" ]; } );\n"
                               "keys_file = \"credential:keys\";\n";
    char heard[8192];
    struct config *c;

    (void)state;
    assert_return_code(mkdir(files_path(folder, "secrets"), 0700), errno);
    put("secrets/op1", "by hand\n");
    unsetenv("CREDENTIALS_DIRECTORY");
    c = load(text, heard);
    assert_string_equal(heard, "");
    assert_string_equal(c->smsc[0].password, "by hand");
    assert_string_equal(c->keys_file, files_path(folder, "secrets/keys"));
    config_free(c);

    put("secrets_op1", "by unit\n");
    assert_return_code(setenv("CREDENTIALS_DIRECTORY", folder, 1), errno);
    c = load(text, heard);
    assert_string_equal(heard, "");
    assert_string_equal(c->smsc[0].password, "by unit");
    config_free(c);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static const struct {
    const char *text, *fault;
} faulty[] = {
    {LEAST "windows = 1;", "w.cfg:4: unknown key windows\n"},
    {LEAST "log = {\n levle = \"info\"; };",
     "w.cfg:5: unknown key log.levle; did you mean level?\n"},
    {LEAST "drain_timeout_s = \"5\";", "w.cfg:4: drain_timeout_s must be a number, not a text\n"},
    {LEAST "drain_timeout_s = 3601;", "w.cfg:4: drain_timeout_s is 3601; it must be 0 to 3600\n"},
    {LEAST "drain_timeout_s = -1;", "w.cfg:4: drain_timeout_s is -1; it must be 0 to 3600\n"},
    {LEAST "drain_timeout_s = 4294967297L;",
     "w.cfg:4: drain_timeout_s is 4294967297; it must be 0 to 3600\n"},
    {LEAST "drain_timeout_s = 1.5;",
     "w.cfg:4: drain_timeout_s must be a whole number, not a number with a fraction\n"},
    {LEAST "log = { level = \"loud\"; };", "w.cfg:4: log.level is \"loud\"; it must be one of "
                                           "debug, info, warning, error, off\n"},
    {LEAST "log = { show_msisdn = 1; };",
     "w.cfg:4: log.show_msisdn must be true or false, not a number\n"},
    {LEAST "log = 1;", "w.cfg:4: log must be a group: { ... }, not a number\n"},
    {LEAST "partners = { listen = \"x\"; };",
     "w.cfg:4: partners.listen must be an array of texts: [ \"...\" ], not a text\n"},
    {LEAST "admin = { listen = \"localhost:80\"; };",
     "w.cfg:4: admin.listen: \"localhost:80\" is no ADDRESS:PORT (an IP address, IPv6 in "
     "brackets)\n"},
    {LEAST "instance = \"\";", "w.cfg:4: instance must not be empty\n"},
    {LEAST "instance = \"a b\";", "w.cfg:4: instance: \"a b\" may hold only letters, digits, "
                                  "dot, dash and underscore\n"},
    {LEAST "x = 1\ny = ;", "w.cfg:5: a value is expected before ;\n"},
    {"", "w.cfg:1: redis.servers is missing\nw.cfg:1: menus is missing\n"
         "w.cfg:1: there is neither an smsc nor a partners.accounts entry\n"},
    {"redis = { servers = [ \"unix:\", \"nowhere\", \"localhost:6379\" ]; };\n"
     "smsc = ( { name = \"a\"; },\n { name = \"a\"; password = \"p\";\n password_file = \"f\"; "
     "} );\n"
     "menus = ( { file = \"m\"; } );",
     "w.cfg:1: redis.servers: \"unix:\" names no socket after unix:\n"
     "w.cfg:1: redis.servers: \"nowhere\" is neither unix:PATH nor ADDRESS:PORT (an IP address, "
     "IPv6 in brackets)\n"
     "w.cfg:1: redis.servers: \"localhost:6379\" is neither unix:PATH nor ADDRESS:PORT (an IP "
     "address, IPv6 in brackets)\n"
     "w.cfg:3: smsc \"a\": line 2 has the same name\n"
     "w.cfg:3: smsc has both password and password_file; one is enough\n"
     "w.cfg:5: this menu has neither codes nor sms numbers\n"},
    {LEAST "partners = { listen = [ \"127.0.0.1:1\" ];\n"
           "accounts = ( { system_id = \"p\"; allow = [ \"10.0.0.0/33\" ]; },\n"
           " { system_id = \"p\"; }, { } ); };",
     "w.cfg:5: partners.accounts[].allow: \"10.0.0.0/33\" is no IP address and no network such "
     "as 192.0.2.0/24 (no bits behind the mask)\n"
     "w.cfg:6: partners.accounts[].system_id is missing\n"
     "w.cfg:6: account \"p\": line 5 has the same system_id\n"},
    {LEAST "partners = { listen = [ \"127.0.0.1:1\" ]; accounts = (\n"
           " { system_id = \"\\xC3\\xA9\"; password = \"\\xff\"; },\n"
           " { system_id = \"a\\xff\"; password = \"b\"; } ); };",
     "w.cfg:6: partners.accounts[].system_id: \"a\xff\" is no UTF-8\n"},
    {LEAST "partners = {\n accounts = ( { system_id = \"p\";\n allow = [ \"10.0.0.0/8\" ]; },\n"
           " {system_id=\"q\"; limit=19; turn_token=\"echo\";});};\ncontrol = \"/" LONG_NAME "\";",
     "w.cfg:5: partners.accounts needs partners.listen\n"
     "w.cfg:7: account \"q\" is open to everybody: it needs a password, or allow\n"
     "w.cfg:7: limit is 19; it must be 0 or 20 to 182\n"
     "w.cfg:7: turn_token \"echo\": dialect \"spec34\" does not number its units "
     "(it needs session_out = \"echo+unit\")\n"
     "w.cfg:8: control: the path /" LONG_NAME " is too long for a socket\n"},
    {"\nredis = {\n servers = [ \"10.0.0.1:1\", \"10.0.0.2:1\" ]; password = \"x\"; password_file "
     "= \"f\"; sentinel_password = \"x\"; sentinel_password_file = \"f\"; };\n"
     "smsc = ( { limit = 1; } );\nmenus = ( { file = \"m\"; sms = [ \"1\" ]; } );",
     "w.cfg:2: redis has both password and password_file; one is enough\n"
     "w.cfg:2: redis, for the sentinels, has both password and password_file; one is enough\n"
     "w.cfg:3: redis.servers: mode \"standalone\" takes one server\n"
     "w.cfg:4: limit is 1; it must be 0 or 20 to 182\n"},
    {"\nredis = {mode = \"cluster\";};\nsmsc = ({});\nmenus = ({file = \"m\"; sms = [\"1\"];});",
     "w.cfg:2: redis.servers is missing\n"},
    {LEAST "partners = { listen = [ \"127.0.0.1:1\" ];\n"
           "accounts = ( { system_id = \"p\"; password_hash = \"abc\"; } ); };",
     "w.cfg:5: partners.accounts[].password_hash: \"***\" is no hash of crypt(5); `openssl "
     "passwd -6` makes one\n"},
    {LEAST "instance = \"gw1;\nlog = { level = \"info\"; };",
     "w.cfg:4: this string goes on in the next line: is its closing quote missing?\n"},
    {LEAST "drain_timeout_s = 9999999999;",
     "w.cfg:4: the number 9999999999 does not fit in 32 bits; write it with an L at its end\n"},
};

static void each_fault_is_told_with_its_place(void **state)
{

    (void)state;
    for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
        char heard[8192];

        assert_null(load(faulty[i].text, heard));
        assert_string_equal(heard, faulty[i].fault);
    }
}

static void menus_may_not_share_a_code(void **state)
{
    char heard[8192];
    struct config *c;

    (void)state;
    assert_null(load("redis = { servers = [ \"unix:/r\" ]; }; smsc = ( { } );\n"
                     "menus = ( { file = \"a\"; codes = [ \"*1#\" ]; default = true; },\n"
                     "          { file = \"b\"; codes = [ \"*2#\", \"*1#\" ]; default = true; } );",
                     heard));
    assert_string_equal(heard, "w.cfg:3: code *1# belongs to the menu in line 2 already\n"
                               "w.cfg:3: the menu in line 2 is the default already\n");
    /* For different peers they may; and one for some goes before one for all. */
    heard[0] = '\0';
    c = load("redis = { servers = [ \"unix:/r\" ]; }; smsc = ( { name = \"x\"; } );\n"
             "menus = ( { file = \"a\"; codes = [ \"*1#\" ]; },\n"
             "          { file = \"b\"; codes = [ \"*1#\" ]; peers = [ \"x\" ]; } );",
             heard);
    assert_non_null(c);
    config_free(c);
    assert_null(
        load("redis = { servers = [ \"unix:/r\" ]; }; smsc = ( { name = \"x\"; } );\n"
             "menus = ( { file = \"a\"; codes = [ \"*1#\" ]; peers = [ \"x\" ]; },\n"
             "          { file = \"b\"; codes = [ \"*1#\" ]; peers = [ \"x\", \"y\" ]; } );",
             heard));
    assert_string_equal(heard, "w.cfg:3: code *1# belongs to the menu in line 2 already\n"
                               "w.cfg:3: peers: there is no smsc and no account y\n");
}

static void a_fault_in_an_included_file_names_it(void **state)
{
    char heard[8192];

    (void)state;
    put("part.cfg", "\ninstances = 1;\n");
    assert_null(load(LEAST "@include \"part.cfg\"\n", heard));
    assert_string_equal(heard, "part.cfg:2: unknown key instances; did you mean instance?\n");
}

static void dialects_of_the_installation_are_known(void **state)
{
    char heard[8192];
    struct config *c, *other;

    (void)state;
    put("d.cfg", "dialects = ( { name = \"mine\"; max_gsm = 140; } );\n");
    c = load("dialects_file = \"d.cfg\";\nredis = { servers = [ \"unix:/r\" ]; };\n"
             "smsc = ( { dialect = \"mine\"; } );\nmenus = ( { file = \"m\"; sms = [ \"1\" ]; } );",
             heard);
    assert_string_equal(heard, "");
    assert_int_equal(dialect_limit(c->smsc[0].spoken, false), 140);
    /* The same name with another knob is another link. */
    put("d.cfg", "dialects = ( { name = \"mine\"; max_gsm = 150; } );\n");
    other = config_load(c->path, hear, heard);
    assert_non_null(other);
    assert_false(config_smsc_is_equal(&c->smsc[0], &other->smsc[0]));
    config_free(other);
    config_free(c);
    put("d.cfg", "dialects = (\n{ name = \"mine\"; colour = 1; } );\n");
    assert_null(load("dialects_file = \"d.cfg\";\nredis = { servers = [ \"unix:/r\" ]; };\n"
                     "smsc = ( { dialect = \"other\"; turn_token = \"none\"; },\n"
                     "  { name = \"b\"; turn_token = \"echo\"; } );\n"
                     "menus = ( { file = \"m\"; sms = [ \"1\" ]; } );",
                     heard));
    assert_string_equal(
        heard, "d.cfg:2: no dialect knob is called \"colour\"\n"
               "w.cfg:3: dialect: \"other\" is neither a preset nor in dialects_file\n"
               "w.cfg:4: turn_token \"echo\": dialect \"spec34\" does not number its units "
               "(it needs session_out = \"echo+unit\")\n");
    /* The line that names it, where there is none. */
    assert_null(load("redis = { servers = [ \"unix:/r\" ]; };\ndialects_file = \"none.cfg\";\n"
                     "smsc = ( { } );\nmenus = ( { file = \"m\"; sms = [ \"1\" ]; } );",
                     heard));
    assert_memory_equal(heard, "w.cfg:2: cannot read dialects_file ", 35);
    assert_non_null(strstr(heard, "none.cfg: No such file or directory\n"));
}

static void a_secret_never_stands_in_a_message(void **state)
{
    char heard[8192], text[512], secret[80];

    (void)state;
    memset(secret, 'x', sizeof(secret) - 1);
    secret[sizeof(secret) - 1] = '\0';
    snprintf(text, sizeof(text),
             "redis = { servers = [ \"unix:/r\" ]; };\nsmsc = ( { password = \"%s\"; } );\n"
             "menus = ( { file = \"m\"; sms = [ \"1\" ]; } );",
             secret);
    assert_null(load(text, heard));
    assert_string_equal(heard, "w.cfg:2: smsc[].password has 79 characters; 8 are allowed\n");
}

/* What a bind or AUTH cannot carry is told when the file is checked, not cut or found out later. */
static void a_secret_of_a_file_has_the_same_limit(void **state)
{
    static const char text[] =
        "redis = { servers = [ \"unix:/r\" ];\n password_file = \"long\"; };\n"
        "smsc = ( { password_file = \"nine\"; } );\n"
        "partners = { listen = [ \"127.0.0.1:2775\" ]; accounts = (\n"
        "{ system_id = \"a\"; password_file = \"long\"; } ); };\n"
        "menus = ( { file = \"m\"; codes = [ \"*1#\" ]; } );\n";
    char heard[8192], secret[302], expected[8192];

    (void)state;
    memset(secret, 'x', 300);
    memcpy(secret + 300, "\n", 2);
    put("long", secret);
    put("nine", "ninechars\n");
    assert_null(load(text, heard));
    snprintf(expected, sizeof(expected),
             "w.cfg:1: password_file %s/long holds a password of 300 characters; 255 are allowed\n"
             "w.cfg:3: password_file %s/nine holds a password of 9 characters; 8 are allowed\n"
             "w.cfg:5: password_file %s/long holds a password of 300 characters; 63 are allowed\n",
             folder, folder, folder);
    assert_string_equal(heard, expected);
    put("nine", "eight888\n");
    assert_null(load(text, heard));
    assert_null(strstr(heard, files_path(folder, "nine")));
}

static void remember(void *heard, const char *path)
{
    strcat(heard, path);
    strcat(heard, " ");
}

static void what_needs_a_restart_is_named_and_kept(void **state)
{
    char heard[8192], changes[256] = "";
    struct config *old = load(LEAST, heard);
    struct config *new =
        load("redis = { servers = [ \"unix:/s\" ]; };\n"
             "smsc = ( { } );\nmenus = ( { file = \"n.cfg\"; sms = [ \"1\" ]; } );\n"
             "instance = \"other\"; log = { level = \"debug\"; };\nturn = { sweep_ms = 900; };\n"
             "partners = { tls = { }; };",
             heard);

    (void)state;
    assert_non_null(old);
    assert_non_null(new);
    config_keep_until_restart(old, new, remember, changes);
    assert_string_equal(changes, "instance redis.servers partners.tls turn.sweep_ms ");
    assert_string_equal(new->instance, "gw1");
    assert_int_equal(new->redis.servers.count, 1);
    assert_string_equal(new->redis.servers.items[0], "unix:/r");
    assert_false(new->partners.tls.is_on);
    assert_int_equal(new->turn.sweep_ms, 1000);
    assert_int_equal(new->log.level, LOG_LEVEL_DEBUG);
    assert_true(config_smsc_is_equal(&old->smsc[0], &new->smsc[0]));
    new->smsc[0].window = 9;
    assert_false(config_smsc_is_equal(&old->smsc[0], &new->smsc[0]));
    config_free(old);
    config_free(new);
}

/* The sample with its "//=" lines taken in, so that every key stands in it. */
static char *whole_sample(void)
{
    char *text = files_read("conf/warung.cfg");

    for (char *at = text; (at = strstr(at, "//=")) != NULL;)
        memcpy(at, "   ", 3);
    return text;
}

/* config_lookup goes by "smsc.[0].host". */
static const char *lookup_path(const char *path)
{
    static char lookup[128];
    char *to = lookup;

    for (const char *c = path; *c != '\0'; c++) {
        if (*c == '[') {
            memcpy(to, ".[0", 3);
            to += 3;
        } else {
            *to++ = *c;
        }
    }
    *to = '\0';
    return lookup;
}

static bool is_default(const config_setting_t *s, const struct config_row *row)
{
    char text[128] = "";

    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
        snprintf(text, sizeof(text), "%d", config_setting_get_int(s));
        break;
    case CONFIG_TYPE_BOOL:
        snprintf(text, sizeof(text), "%s", config_setting_get_bool(s) ? "true" : "false");
        break;
    case CONFIG_TYPE_STRING:
        snprintf(text, sizeof(text), "%s", config_setting_get_string(s));
        break;
    }
    return strcmp(text, row->initial) == 0;
}

/* Every key stands in the sample, and what is commented out there has the default. */
static void the_sample_has_every_key(void **state)
{
    char *sample = files_read("conf/warung.cfg"), *whole = whole_sample();
    config_t shown, all;

    (void)state;
    config_init(&shown);
    config_init(&all);
    assert_int_equal(config_read_string(&shown, sample), CONFIG_TRUE);
    assert_int_equal(config_read_string(&all, whole), CONFIG_TRUE);
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];
        const char *path = lookup_path(row->path);
        const config_setting_t *s = config_lookup(&all, path);

        if (s == NULL)
            fail_msg("conf/warung.cfg lacks %s", row->path);
        if (config_lookup(&shown, path) == NULL && row->initial != NULL && !is_default(s, row) &&
            strncmp(row->path, "partners", 8) != 0)
            fail_msg("conf/warung.cfg shows another default for %s", row->path);
    }
    config_destroy(&shown);
    config_destroy(&all);
    mem_free(sample);
    mem_free(whole);
}

static void the_sample_is_accepted(void **state)
{
    char heard[8192] = "";
    char *whole;
    struct config *c = config_load("conf/warung.cfg", hear, heard);

    (void)state;
    assert_string_equal(heard, "");
    assert_non_null(c);
    assert_string_equal(c->menus[0].file, "conf/menus/terususaha.cfg");
    config_free(c);
    /* Whole: only the two passwords given twice are in the way. */
    whole = whole_sample();
    c = load(whole, heard);
    if (c == NULL)
        fail_msg("%s", heard);
    config_free(c);
    mem_free(whole);
}

/* The default as the manual writes it. */
static void manual_default(const struct config_row *row, char *text, size_t text_bytes)
{
    bool is_quoted =
        row->type == CONFIG_TEXT || row->type == CONFIG_PATH || row->type == CONFIG_WORD;

    if (row->type == CONFIG_TEXTS)
        snprintf(text, text_bytes, "\n.Li [] .\n");
    else if (is_quoted)
        snprintf(text, text_bytes, "\n.Li \\(dq%s\\(dq .\n", row->initial);
    else
        snprintf(text, text_bytes, "\n.Li %s .\n", row->initial);
}

static void check_manual_item(const char *manual, const struct config_row *row)
{
    char item[160], want[160];
    const char *at, *end;
    char *text;

    snprintf(item, sizeof(item), "\n.It Va %s\n", row->path);
    at = strstr(manual, item);
    if (at == NULL) {
        fail_msg("warung.cfg(5) lacks %s", row->path);
        return; /* for the compiler: fail_msg does not come back */
    }
    end = strstr(at + 1, "\n.It ");
    if (end == NULL)
        end = strstr(at, "\n.El");
    assert_non_null(end);
    text = mem_zalloc((size_t)(end - at) + 2);
    memcpy(text, at, (size_t)(end - at) + 1);
    if ((row->flags & CONFIG_REQUIRED) != 0) {
        if (strcasestr(text, "required") == NULL)
            fail_msg("warung.cfg(5): %s is required", row->path);
    } else if (row->type != CONFIG_GROUP && row->type != CONFIG_LIST) {
        manual_default(row, want, sizeof(want));
        if (strstr(text, want) == NULL)
            fail_msg("warung.cfg(5): the default of %s is not %s", row->path, want);
    }
    if (row->type == CONFIG_NUMBER) {
        snprintf(want, sizeof(want), "%lld to %lld", (long long)row->min, (long long)row->max);
        if (strstr(text, want) == NULL)
            fail_msg("warung.cfg(5): the range of %s is not %s", row->path, want);
    }
    if (((row->flags & CONFIG_RESTART) != 0) != (strstr(text, "needs a restart") != NULL))
        fail_msg("warung.cfg(5): wrong about a restart for %s", row->path);
    mem_free(text);
}

static void the_manual_has_every_key(void **state)
{
    char *manual = files_read("docs/man/warung.cfg.5");
    unsigned items = 0;

    (void)state;
    for (size_t i = 0; i < config_row_count; i++)
        check_manual_item(manual, &config_rows[i]);
    for (const char *at = manual; (at = strstr(at, "\n.It Va ")) != NULL; at++)
        items++;
    assert_int_equal(items, config_row_count);
    mem_free(manual);
}

static char *control_of(const char *text, char heard[8192])
{
    heard[0] = '\0';
    return config_load_control(put("w.cfg", text), hear, heard);
}

static void a_fault_elsewhere_leaves_control_known(void **state)
{
    char heard[8192], text[8192];
    char *control = control_of(LEAST "control = \"gw2.sock\";\nnonsense = 1;\n", heard);

    (void)state;
    assert_string_equal(control, files_path(folder, "gw2.sock"));
    assert_string_equal(heard, "w.cfg:5: unknown key nonsense\n");
    mem_free(control);
    control = control_of(LEAST, heard);
    assert_string_equal(control, files_path(folder, "warungd.sock"));
    assert_string_equal(heard, "");
    mem_free(control);
    /* The default may be that of another gateway. */
    assert_null(control_of(LEAST "controll = \"gw2.sock\";\n", heard));
    assert_string_equal(heard, "w.cfg:4: unknown key controll; did you mean control?\n");
    assert_null(control_of(LEAST "control = 2;\n", heard));
    assert_string_equal(heard, "w.cfg:4: control must be a text, not a number\n");
    assert_null(control_of(LEAST "control = \"gw2.sock\";\nnonsense = ;\n", heard));
    snprintf(text, sizeof(text), LEAST "control = \"%05000d\";\n", 0);
    assert_null(control_of(text, heard));
    assert_string_equal(heard, "w.cfg:4: control has 5000 characters; 4000 are allowed\n");
    assert_null(config_load_control("no/such.cfg", hear, heard));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_file_gets_all_defaults),
        cmocka_unit_test(what_turns_are_tested_with_is_what_a_file_gives),
        cmocka_unit_test(values_are_taken),
        cmocka_unit_test(credentials_are_found_in_both_places),
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(menus_may_not_share_a_code),
        cmocka_unit_test(a_fault_in_an_included_file_names_it),
        cmocka_unit_test(dialects_of_the_installation_are_known),
        cmocka_unit_test(a_secret_never_stands_in_a_message),
        cmocka_unit_test(a_secret_of_a_file_has_the_same_limit),
        cmocka_unit_test(what_needs_a_restart_is_named_and_kept),
        cmocka_unit_test(the_sample_has_every_key),
        cmocka_unit_test(the_sample_is_accepted),
        cmocka_unit_test(the_manual_has_every_key),
        cmocka_unit_test(a_fault_elsewhere_leaves_control_known),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

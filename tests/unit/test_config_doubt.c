/* config_doubt(): what a configuration may say, and is hardly meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/config.h"
#include "tests/support/files.h"

static char folder[FILES_FOLDER_BYTES];

static int make_folder(void **state)
{
    (void)state;
    files_make_folder(folder, "doubt");
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

#define LEAST                                                                                      \
    "redis = { servers = [ \"unix:/r\" ]; };\n"                                                    \
    "smsc = ( { } );\n"                                                                            \
    "menus = ( { file = \"m.cfg\"; codes = [ \"*1#\" ]; } );\n"

static void what_is_hardly_meant_is_told(void **state)
{
    char heard[8192];
    struct config *c = load("redis = { servers = [ \"unix:/r\" ]; };\n"
                            "smsc = ( { name = \"a\"; codes = [ \"*1#\" ]; } );\n"
                            "partners = {\n listen = [ \"0.0.0.0:1\", \"127.0.0.1:80\", "
                            "\"127.0.0.1:0\", \"127.0.0.1:0\" ]; };\n"
                            "admin = { listen = \"127.0.0.1:80\"; };\n"
                            "menus = ( { file = \"m\"; codes = [ \"*1#\", \"*1*2#\", \"*2#\" ]; "
                            "sms = [ \"1\" ]; },\n"
                            " { file = \"n\"; sms = [ \"3\" ]; } );",
                            heard);

    (void)state;
    assert_non_null(c);
    assert_string_equal(heard, "");
    config_doubt(c, hear, heard);
    assert_string_equal(
        heard, "w.cfg:4: warning: partners.listen: 127.0.0.1:80 is taken twice: the gateway will "
               "not start\n"
               "w.cfg:4: warning: partners.listen without accounts: nobody can bind\n"
               "w.cfg:6: warning: no smsc and no account of this menu has *2# among its codes\n"
               "w.cfg:7: warning: no smsc and no account of this menu has 3 among its codes\n");
    config_free(c);
    c = load(LEAST, heard);
    config_doubt(c, hear, heard);
    assert_string_equal(heard, "");
    config_free(c);
    c = load("redis = { servers = [ \"unix:/r\" ]; };\n"
             "menus = ( { file = \"m\"; codes = [ \"*1#\" ]; } );\n"
             "partners = { listen = [ \"0.0.0.0:1\" ]; unbound_per_address_max = 7; accounts = (\n"
             " { system_id = \"a\"; password = \"p\"; max_binds = 7; },\n"
             " { system_id = \"b\"; password = \"p\"; max_binds = 8; } ); };",
             heard);
    assert_string_equal(heard, "");
    config_doubt(c, hear, heard);
    assert_string_equal(heard,
                        "w.cfg:5: warning: account \"b\" may have 8 binds, and of those that "
                        "come from one address at once all but 7 are cut off: raise "
                        "partners.unbound_per_address_max\n");
    config_free(c);
}

static void what_can_match_nothing_is_told(void **state)
{
    char heard[8192];
    struct config *c = load("redis = { servers = [ \"unix:/r\" ]; };\n"
                            "smsc = ( { codes = [ \"*1#\", \"1\", \"#1#\", \"1#\" ];\n"
                            " prefixes = [ \"62812\", \"0812\" ]; } );\n"
                            "partners = { listen = [ \"0.0.0.0:1\" ]; accounts = (\n"
                            " { system_id = \"a\"; password = \"p\"; codes = [ \"#1\" ];\n"
                            " prefixes = [ \"08\" ]; } ); };\n"
                            "menus = ( { file = \"m\"; codes = [ \"*1\" ]; } );",
                            heard);

    (void)state;
    assert_string_equal(heard, "");
    config_doubt(c, hear, heard);
    assert_string_equal(heard,
                        "w.cfg:2: warning: code 1#: no input comes for it; a USSD code is as "
                        "*384#, a short number as 384\n"
                        "w.cfg:2: warning: prefix 0812: no number begins so; with its country "
                        "code it is as 62812\n"
                        "w.cfg:5: warning: code #1: no input comes for it; a USSD code is as "
                        "*384#, a short number as 384\n"
                        "w.cfg:5: warning: prefix 08: no number begins so; with its country code "
                        "it is as 62812\n"
                        "w.cfg:7: warning: code *1: no input comes for it; a USSD code is as "
                        "*384#, a short number as 384\n");
    config_free(c);
}

static void a_dial_without_a_way_back_is_told(void **state)
{
    char heard[8192];
    struct config *c = load("redis = { servers = [ \"unix:r\" ]; };\n"
                            "smsc = ( { name = \"op1\"; bind = \"receiver\"; },\n"
                            "         { name = \"op2\"; host = \"::2\"; bind = \"receiver\"; "
                            "codes = [ \"384\" ]; },\n"
                            "         { name = \"op3\"; host = \"::3\"; bind = \"receiver\"; "
                            "codes = [ \"384\", \"#384#\" ]; },\n"
                            "         { name = \"op4\"; host = \"::4\"; bind = \"pair\"; } );\n"
                            "menus = ( { file = \"m\"; codes = [ \"*384#\" ]; } );\n",
                            heard);

    (void)state;
    assert_non_null(c);
    config_doubt(c, hear, heard);
    assert_string_equal(heard,
                        "w.cfg:2: warning: smsc \"op1\" only receives: who dials through it gets "
                        "no screen, whatever other entries can send; \"pair\" binds a "
                        "transmitter, too\n"
                        "w.cfg:4: warning: smsc \"op3\" only receives: who dials through it gets "
                        "no screen, whatever other entries can send; \"pair\" binds a "
                        "transmitter, too\n");
    config_free(c);
    heard[0] = '\0';
    c = load("redis = { servers = [ \"unix:r\" ]; };\n"
             "smsc = ( { bind = \"receiver\"; }, { host = \"::2\"; bind = \"transmitter\"; } );\n"
             "menus = ( { file = \"m\"; sms = [ \"384\" ]; } );\n",
             heard);
    assert_non_null(c);
    config_doubt(c, hear, heard);
    assert_string_equal(heard, ""); /* nobody dials */
    config_free(c);
}

static void a_certificate_that_has_ended_is_told(void **state)
{
    char heard[8192];
    struct config *c =
        load("redis = { servers = [ \"unix:/r\" ]; };\n"
             "smsc = ( { name = \"a\"; },\n"
             " { name = \"b\"; tls = { cert = \"/b.pem\"; key = \"/b.key\"; }; } );\n"
             "partners = {\n listen = [ \"127.0.0.1:0\" ];\n"
             " tls = { cert = \"/p.pem\"; key = \"/p.key\"; }; };\n"
             "menus = ( { file = \"m\"; codes = [ \"*1#\" ]; } );",
             heard);

    (void)state;
    assert_non_null(c);
    c->smsc[1].tls.expires_s = 1767322800;
    c->partners.tls.expires_s = 1767322860;
    config_doubt_certificates(c, 1767322799, hear, heard);
    assert_string_equal(heard, "");
    config_doubt_certificates(c, 1767322860, hear, heard);
    assert_string_equal(heard,
                        "w.cfg:3: warning: a certificate of /b.pem ended at 2026-01-02 03:00 "
                        "UTC: who checks it will turn us away\n"
                        "w.cfg:6: warning: a certificate of /p.pem ended at 2026-01-02 03:01 "
                        "UTC: who checks it will turn us away\n");
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hardly_meant_is_told),
        cmocka_unit_test(what_can_match_nothing_is_told),
        cmocka_unit_test(a_dial_without_a_way_back_is_told),
        cmocka_unit_test(a_certificate_that_has_ended_is_told),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

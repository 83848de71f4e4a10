/* The shipped menu on a real turn engine and the store in memory: what actions need from outside is
 * fetched, what they change in shared records is written first, and what is owed is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gateway/turn/turn.h"
#include "merchants/calendar.h"
#include "merchants/programme.h"
#include "sessions/store_memory.h"
#include "sessions/vault.h"
#include "tests/support/menus.h"

enum { PHONES = 3, BUCKETS = 16, SENT_MAX = 8 };

/* Tuesday 24 November 2026, 10:00 in Lampung. */
#define NOW INT64_C(1795489200000)

/* What came to one phone. */
struct handset {
    char msisdn[24];
    char screen[MENU_TEXT_BYTES];
    bool is_open;
    char sms[SENT_MAX][MENU_TEXT_BYTES];
    unsigned sms_count;
};

static struct rig {
    int64_t wall_ms;
    struct timer_queue timers;
    struct deferred_queue deferred;
    struct memory_data *data;
    struct store *store;
    struct vault *vault;
    struct menu *menu;
    struct turn_engine *engine;
    struct handset phones[PHONES];
    uint32_t sequence;
    uint64_t fingerprint;
} rig;

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return rig.wall_ms;
}

static uint64_t random_number(void *ctx)
{
    (void)ctx;
    return 4; /* nothing here depends on luck */
}

static struct handset *phone_of(const char *msisdn)
{
    for (unsigned i = 0; i < PHONES; i++) {
        if (strcmp(rig.phones[i].msisdn, msisdn) == 0)
            return &rig.phones[i];
    }
    fail_msg("nobody has the number %s", msisdn);
    return NULL;
}

/* --- the links ------------------------------------------------------------------------------ */

/* The outcome of a message is told by a timer: never from inside the call. */
struct outcome {
    struct timer timer;
    turn_sent_fn *fn;
    void *arg;
};
static struct outcome outcomes[64];

static void on_outcome(struct timer *timer, void *arg)
{
    struct outcome *o = arg;
    struct turn_sent sent = {.kind = TURN_SENT_OK, .connection = 1, .message_id = ""};
    turn_sent_fn *fn = o->fn;

    (void)timer;
    o->fn = NULL;
    fn(o->arg, &sent);
}

static bool tell_later(turn_sent_fn *fn, void *arg)
{
    for (unsigned i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (outcomes[i].fn != NULL)
            continue;
        outcomes[i] = (struct outcome){.fn = fn, .arg = arg};
        timer_init(&outcomes[i].timer, on_outcome, &outcomes[i]);
        timer_start(&rig.timers, &outcomes[i].timer, 1);
        return true;
    }
    return false;
}

static void port_answer(void *ctx, const struct turn_origin *origin, uint32_t command_status)
{
    (void)ctx;
    (void)origin;
    assert_int_equal(command_status, ESME_ROK);
}

static bool port_show(void *ctx, const struct turn_screen *screen, uint64_t deadline_ms,
                      turn_sent_fn *fn, void *arg)
{
    struct handset *phone = phone_of(screen->reply.msisdn);

    (void)ctx;
    (void)deadline_ms;
    text_copy(phone->screen, sizeof(phone->screen), screen->reply.text);
    phone->is_open = screen->reply.kind == DIALECT_ASK;
    return tell_later(fn, arg);
}

static bool port_send_sms(void *ctx, const char *link_name, const char *source, const char *msisdn,
                          const char *text, uint64_t deadline_ms, turn_sent_fn *fn, void *arg)
{
    struct handset *phone = phone_of(msisdn);

    (void)ctx;
    (void)link_name;
    (void)source;
    (void)deadline_ms;
    assert_true(phone->sms_count < SENT_MAX);
    text_copy(phone->sms[phone->sms_count++], MENU_TEXT_BYTES, text);
    return tell_later(fn, arg);
}

static const struct menu *port_find_menu(void *ctx, const char *link_name, const char *code,
                                         bool is_sms, const uint8_t *id)
{
    (void)ctx;
    (void)link_name;
    (void)code;
    (void)is_sms;
    (void)id;
    return rig.menu;
}

static const char *port_shown_code(void *ctx, const char *code)
{
    (void)ctx;
    (void)code;
    return "*384#";
}

static struct turn_traits port_traits(void *ctx, const char *link_name)
{
    (void)ctx;
    (void)link_name;
    return (struct turn_traits){{.gsm_septets = 182, .ucs2_units = 80}, TURN_TOKEN_NONE};
}

static bool port_can_send_sms(void *ctx)
{
    (void)ctx;
    return true;
}

/* --- the rig -------------------------------------------------------------------------------- */

static int setup(void **state)
{
    static const char *const numbers[PHONES] = {"6281200000001", "6281300000002", "6281400000003"};
    struct store_memory_settings store = {.timers = &rig.timers, .deferred = &rig.deferred};
    struct turn_settings settings = turn_settings_default();
    struct turn_env env = {.timers = &rig.timers, .wall_ms = wall_ms, .random = random_number};
    char *faults = NULL;

    (void)state;
    memset(&rig, 0, sizeof(rig));
    memset(outcomes, 0, sizeof(outcomes));
    rig.wall_ms = NOW;
    timer_queue_init(&rig.timers, 1000);
    deferred_queue_init(&rig.deferred);
    rig.data = memory_data_new(BUCKETS, wall_ms, NULL);
    store.data = rig.data;
    rig.store = store_memory_new(&store);
    rig.vault = vault_new_plain();
    rig.menu = menu_from_file("conf/menus/terususaha.cfg", &programme_vocabulary, &faults);
    assert_null(faults);
    settings.instance = "gw1";
    env.store = rig.store;
    env.vault = rig.vault;
    env.ports = (struct turn_ports){.answer = port_answer,
                                    .show = port_show,
                                    .send_sms = port_send_sms,
                                    .find_menu = port_find_menu,
                                    .shown_code = port_shown_code,
                                    .traits = port_traits,
                                    .can_send_sms = port_can_send_sms};
    rig.engine = turn_engine_new(&env, &settings);
    for (unsigned i = 0; i < PHONES; i++)
        text_copy(rig.phones[i].msisdn, sizeof(rig.phones[i].msisdn), numbers[i]);
    return 0;
}

static void settle(void)
{
    for (unsigned i = 0; i < 50; i++) {
        deferred_run(&rig.deferred);
        rig.wall_ms += 10;
        timer_queue_run(&rig.timers, rig.timers.now_ms + 10);
    }
    deferred_run(&rig.deferred);
}

static int teardown(void **state)
{
    (void)state;
    settle();
    assert_int_equal(turn_live(rig.engine), 0);
    store_free(rig.store);
    turn_engine_free(rig.engine);
    for (unsigned i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        timer_stop(&rig.timers, &outcomes[i].timer);
    timer_queue_fini(&rig.timers);
    vault_free(rig.vault);
    memory_data_free(rig.data);
    menu_free(rig.menu);
    return 0;
}

static void deliver(unsigned phone, enum dialect_kind kind, const char *code, const char *text)
{
    struct dialect_input input = {.kind = kind, .fingerprint = ++rig.fingerprint};
    struct turn_origin origin = {
        .link = &rig, .link_name = "op1", .connection = 1, .sequence_number = ++rig.sequence};

    text_copy(input.msisdn, sizeof(input.msisdn), rig.phones[phone].msisdn);
    text_copy(input.code, sizeof(input.code), code);
    text_copy(input.text, sizeof(input.text), text);
    rig.phones[phone].screen[0] = '\0';
    turn_deliver(rig.engine, &origin, &input);
}

static const char *dial(unsigned phone, const char *dialled)
{
    deliver(phone, DIALECT_BEGIN, "*384#", dialled);
    settle();
    return rig.phones[phone].screen;
}

static const char *type(unsigned phone, const char *text)
{
    deliver(phone, DIALECT_ANSWER, "*384#", text);
    settle();
    return rig.phones[phone].screen;
}

/* The SMS that came last; "" when none did. */
static const char *sms(unsigned phone, const char *text)
{
    struct handset *p = &rig.phones[phone];

    p->sms_count = 0;
    deliver(phone, DIALECT_SMS, "384", text);
    settle();
    return p->sms_count > 0 ? p->sms[p->sms_count - 1] : "";
}

static void assert_begins(const char *text, const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) != 0)
        fail_msg("expected: %s\nshown: %s", begin, text);
}

static void write_trainings(const struct trainings *t, uint64_t version)
{
    static uint8_t plain[TRAININGS_BYTES_MAX], sealed[TRAININGS_BYTES_MAX + VAULT_OVERHEAD_BYTES];
    struct writer w, s;
    struct store_reply reply;

    writer_init(&w, plain, sizeof(plain));
    trainings_encode(t, &w);
    writer_init(&s, sealed, sizeof(sealed));
    assert_true(vault_seal(rig.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, writer_span(&w), &s));
    memory_data_shared_commit(rig.data, PROGRAMME_TRAININGS_KEY, version, writer_span(&s), 0,
                              &reply);
    assert_int_equal(reply.result, STORE_OK);
}

static const struct trainings *read_trainings(void)
{
    static uint8_t plain[TRAININGS_BYTES_MAX];
    static struct trainings t;
    struct store_reply reply;
    struct writer w;

    memory_data_shared_load(rig.data, PROGRAMME_TRAININGS_KEY, &reply);
    writer_init(&w, plain, sizeof(plain));
    assert_true(vault_open(rig.vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY,
                           reply.subscriber.session.data, &w));
    assert_true(trainings_decode(&t, writer_span(&w)));
    return &t;
}

static void plan(uint16_t seats)
{
    struct trainings t = {.count = 0};
    struct training item = {.at_ms = NOW + 4 * CALENDAR_DAY_MS, .seats = seats};
    char id[TRAINING_ID_BYTES];

    text_copy(item.title, sizeof(item.title), "Foto produk");
    text_copy(item.place, sizeof(item.place), "Balai Desa Natar");
    assert_int_equal(trainings_add(&t, &item, NOW, id), TRAINING_DONE);
    write_trainings(&t, 0);
}

/* --- what is shown -------------------------------------------------------------------------- */

static void test_registration_and_its_number(void **state)
{
    (void)state;
    assert_begins(dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1#"),
                  "Langkah 9/9 Periksa:\nSITI AMINAH\n");
    assert_begins(type(0, "1"), "Terima kasih, pendaftaran terkirim.\nNo: 1872-");
    assert_false(rig.phones[0].is_open);
    assert_int_equal(rig.phones[0].sms_count, 1);
    assert_begins(rig.phones[0].sms[0], "#TerusUsaha: pendaftaran 1872-");
    assert_begins(dial(0, "*384*2#"), "1872-");
}

static void test_somebodys_status_is_fetched(void **state)
{
    char regno[16] = "";

    (void)state;
    dial(0, "*384*1*1*SITI AMINAH*1*WARUNG SITI*1*2*1*1*1*1#");
    assert_int_equal(sscanf(rig.phones[0].screen, "%*[^0-9]%13s", regno), 1);
    assert_begins(dial(1, "*384*2*2#"), "Ketik nomor daftar");
    type(1, regno);
    assert_begins(type(1, "9999"), "Angka tidak cocok.\n");
    assert_begins(type(1, "0001"), regno);
    assert_begins(dial(1, "*384*2*2*18710000421#"), "Ketik 4 angka");
    assert_begins(type(1, "0001"), "Angka tidak cocok.\n"); /* nobody has that number */
}

static void test_sms_name_the_code_to_dial(void **state)
{
    (void)state;
    assert_string_equal(sms(0, "STATUS"), "#TerusUsaha: nomor HP ini belum terdaftar. Daftar "
                                          "gratis: tekan *384# atau balas DAFTAR");
    assert_begins(sms(0, "DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT"),
                  "#TerusUsaha: SITI AMINAH, WARUNG SITI, Metro Barat.");
    assert_begins(sms(0, "YA"), "#TerusUsaha: pendaftaran 1872-");
    assert_string_equal(sms(0, "REG 1871990101809999#1871010203040506"),
                        "#TerusUsaha: ini bukan registrasi kartu SIM (4444). NIK dan KK Anda tidak "
                        "kami simpan. Daftar UMKM: tekan *384#");
}

static void test_a_timer_sends_what_is_due(void **state)
{
    (void)state;
    dial(0, "*384*1*1*SITI AMINAH#");
    rig.phones[0].sms_count = 0;
    rig.wall_ms += 31 * CALENDAR_MINUTE_MS;
    for (unsigned i = 0; i < 10; i++)
        settle();
    assert_int_equal(rig.phones[0].sms_count, 1);
    assert_begins(rig.phones[0].sms[0], "#TerusUsaha: pendaftaran Anda belum selesai.");
}

/* --- shared records ------------------------------------------------------------------------- */

static void test_a_seat_is_taken_and_given_back(void **state)
{
    (void)state;
    assert_begins(dial(0, "*384*4#"), "Belum ada jadwal");
    plan(1);
    assert_begins(dial(0, "*384*4*1#"), "Foto produk\n28-11-26 10.00\nBalai Desa Natar\n"
                                        "Sisa kursi: 1\n");
    assert_begins(type(0, "1"), "Anda terdaftar pelatihan 28-11-26 10.00");
    assert_int_equal(read_trainings()->items[0].taken, 1);
    assert_int_equal(rig.phones[0].sms_count, 1);
    assert_begins(rig.phones[0].sms[0], "#TerusUsaha: Anda terdaftar pelatihan Foto produk");
    assert_begins(dial(1, "*384*4*1*1#"), "Maaf, kursi sudah penuh.\nFoto produk\n");
    assert_begins(sms(0, "BATAL"),
                  "#TerusUsaha: keikutsertaan pelatihan 28-11-26 10.00 dibatalkan");
    assert_int_equal(read_trainings()->items[0].taken, 0);
    assert_begins(type(1, "1"), "Anda terdaftar pelatihan");
}

static void test_one_seat_for_two_at_once(void **state)
{
    unsigned booked = 0, refused = 0;

    (void)state;
    plan(1);
    dial(0, "*384*4*1#");
    dial(1, "*384*4*1#");
    deliver(0, DIALECT_ANSWER, "*384#", "1");
    deliver(1, DIALECT_ANSWER, "*384#", "1");
    settle();
    for (unsigned i = 0; i < 2; i++) {
        booked += strncmp(rig.phones[i].screen, "Anda terdaftar", 14) == 0;
        refused += strncmp(rig.phones[i].screen, "Maaf, kursi", 11) == 0;
    }
    assert_int_equal(booked, 1);
    assert_int_equal(refused, 1);
    assert_int_equal(read_trainings()->items[0].taken, 1);
}

static void test_two_seats_for_two_at_once(void **state)
{
    (void)state;
    plan(5);
    dial(0, "*384*4*1#");
    dial(1, "*384*4*1#");
    deliver(0, DIALECT_ANSWER, "*384#", "1");
    deliver(1, DIALECT_ANSWER, "*384#", "1");
    settle();
    assert_begins(rig.phones[0].screen, "Anda terdaftar");
    assert_begins(rig.phones[1].screen, "Anda terdaftar");
    assert_int_equal(read_trainings()->items[0].taken, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_registration_and_its_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_somebodys_status_is_fetched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sms_name_the_code_to_dial, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_timer_sends_what_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_seat_is_taken_and_given_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_seat_for_two_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_seats_for_two_at_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

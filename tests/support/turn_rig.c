#include "tests/support/turn_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/turn/push.h"
#include "merchants/programme.h"
#include "tests/support/menus.h"

enum { READ_MARK = 7 };

struct turn_rig turn_rig;

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return turn_rig.wall_ms;
}

static int64_t engine_wall_ms(void *ctx)
{
    return wall_ms(ctx) + turn_rig.ahead_ms;
}

static uint64_t random_number(void *ctx)
{
    (void)ctx;
    return random_next(&turn_rig.random);
}

static struct turn_rig_phone *phone_of(const char *msisdn)
{
    for (unsigned i = 0; i < TURN_RIG_PHONES; i++) {
        if (strcmp(turn_rig.phones[i].msisdn, msisdn) == 0)
            return &turn_rig.phones[i];
    }
    fail_msg("nobody has the number %s", msisdn);
    return NULL;
}

/* --- the links ------------------------------------------------------------------------------ */

/* The outcome of a message is told by a timer: never from inside the call. */
struct outcome {
    struct timer timer;
    enum turn_sent_kind kind;
    uint64_t connection;
    const char *receipt_name;
    bool has_name;  /* of the dialogue that a push has opened */
    bool is_ailing; /* the centre, rather than in want of a pause */
    turn_sent_fn *fn;
    void *arg;
};
static struct outcome outcomes[64];

static uint32_t status_of(enum turn_sent_kind kind)
{
    if (kind == TURN_SENT_TEMPORARY)
        return ESME_RTHROTTLED;
    return kind == TURN_SENT_OK ? ESME_ROK : ESME_RINVDSTADR;
}

static void on_outcome(struct timer *timer, void *arg)
{
    struct outcome *o = arg;
    struct turn_sent sent = {.kind = o->kind,
                             .command_status = o->is_ailing ? ESME_RSYSERR : status_of(o->kind),
                             .is_slow_down = o->kind == TURN_SENT_TEMPORARY && !o->is_ailing,
                             .connection = o->connection,
                             .link_name = turn_rig.sms_link,
                             .message_id = ""};
    struct store_receipt_key key = {.text = o->receipt_name};
    struct dialect_session name = {.octets = "ni", .size = 2};
    turn_sent_fn *fn = o->fn;

    (void)timer;
    if (o->has_name && o->kind == TURN_SENT_OK)
        sent.session = &name;
    if (turn_rig.is_pair)
        sent.unread_mark = READ_MARK;
    o->fn = NULL;
    if (o->receipt_name != NULL) {
        sent.keys = &key;
        sent.key_count = sent.parts = 1;
    }
    fn(o->arg, &sent);
}

static struct turn_sending *tell_later(enum turn_sent_kind kind, unsigned delay_ms,
                                       const char *receipt_name, bool has_name, turn_sent_fn *fn,
                                       void *arg)
{
    for (unsigned i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (outcomes[i].fn != NULL)
            continue;
        outcomes[i] = (struct outcome){.kind = kind,
                                       .connection = turn_rig.show_connection,
                                       .receipt_name = receipt_name,
                                       .has_name = has_name,
                                       .fn = fn,
                                       .arg = arg};
        timer_init(&outcomes[i].timer, on_outcome, &outcomes[i]);
        timer_start(&turn_rig.timers, &outcomes[i].timer, delay_ms);
        return (struct turn_sending *)&outcomes[i];
    }
    return NULL;
}

static void forget_outcomes(void)
{
    for (unsigned i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        timer_stop(&turn_rig.timers, &outcomes[i].timer);
        outcomes[i].fn = NULL;
    }
}

static void port_answer(void *ctx, const struct turn_origin *origin, uint32_t command_status)
{
    (void)ctx;
    (void)origin;
    turn_rig.answers++;
    if (command_status == ESME_ROK)
        return;
    turn_rig.refusals++;
    turn_rig.refused_with = command_status;
}

static bool port_is_connected(void *ctx, const struct turn_origin *origin)
{
    (void)ctx;
    (void)origin;
    return !turn_rig.is_disconnected;
}

static uint64_t port_ask_read(void *ctx, const struct turn_origin *origin)
{
    (void)ctx;
    (void)origin;
    turn_rig.reads_asked++;
    return READ_MARK;
}

static bool port_has_read(void *ctx, const struct turn_origin *origin, uint64_t mark)
{
    (void)ctx;
    (void)origin;
    assert_int_equal(mark, READ_MARK);
    return !turn_rig.is_unread;
}

static struct turn_sending *port_show(void *ctx, const struct turn_screen *screen,
                                      uint64_t deadline_ms, turn_sent_fn *fn, void *arg)
{
    struct turn_rig_phone *phone = phone_of(screen->reply.msisdn);

    turn_rig.show_by_ms = deadline_ms;
    if (screen->answers)
        port_answer(ctx, &screen->origin,
                    turn_rig.has_link ? screen->answer_status : ESME_RX_T_APPN);
    turn_rig.shows++;
    turn_rig.shows_again += screen->is_again;
    if (!turn_rig.has_link || (turn_rig.push_link != NULL && screen->origin.link == NULL &&
                               strcmp(screen->origin.link_name, turn_rig.push_link) != 0))
        return NULL;
    if (turn_rig.show_ends == TURN_SENT_OK) {
        text_copy(phone->screen, sizeof(phone->screen), screen->reply.text);
        phone->kind = screen->reply.kind;
        phone->is_open = screen->reply.kind == DIALECT_ASK || screen->reply.kind == DIALECT_PUSH;
        phone->was_pushed = screen->reply.network_initiated;
        phone->session = screen->reply.session;
        phone->screen_count++;
    }
    return tell_later(turn_rig.show_ends, turn_rig.show_ms, NULL,
                      turn_rig.names_pushes && screen->reply.kind == DIALECT_PUSH, fn, arg);
}

static bool port_withdraw(void *ctx, struct turn_sending *sending)
{
    struct outcome *o = (struct outcome *)sending;

    (void)ctx;
    if (!turn_rig.is_queued)
        return false; /* it has left */
    timer_stop(&turn_rig.timers, &o->timer);
    o->fn = NULL;
    return true;
}

static bool port_is_full(void *ctx, const struct turn_origin *origin)
{
    (void)ctx;
    (void)origin;
    return false;
}

static bool port_has_way_back(void *ctx, const struct turn_origin *origin)
{
    (void)ctx;
    (void)origin;
    return !turn_rig.is_unbinding;
}

static bool has_sender(const char *instance, const struct turn_sms *sms)
{
    return turn_rig.has_link &&
           (turn_rig.cut_off == NULL || strcmp(instance, turn_rig.cut_off) != 0) &&
           (turn_rig.unreached == NULL || strcmp(sms->msisdn, turn_rig.unreached) != 0);
}

static bool port_has_sms_sender(void *ctx, const struct turn_sms *sms)
{
    return has_sender(ctx, sms);
}

static struct turn_sending *port_send_sms(void *ctx, const struct turn_sms *sms,
                                          uint64_t deadline_ms, turn_sent_fn *fn, void *arg)
{
    struct turn_rig_phone *phone = phone_of(sms->msisdn);
    bool is_ailing = turn_rig.ailing != NULL && strcmp(ctx, turn_rig.ailing) == 0;
    enum turn_sent_kind ends = is_ailing ? TURN_SENT_TEMPORARY : turn_rig.sms_ends;
    struct turn_sending *sending;

    (void)deadline_ms;
    /* Else nobody may be found who sends it. */
    assert_string_not_equal(sms->link_name, "");
    assert_string_not_equal(sms->source, "");
    if (!has_sender(ctx, sms))
        return NULL;
    turn_rig.sms_validity_s = sms->validity_s;
    if (ends == TURN_SENT_OK) {
        assert_true(phone->sms_count < TURN_RIG_SMS_MAX);
        text_copy(phone->sms[phone->sms_count++], MENU_TEXT_BYTES, sms->text);
    }
    sending = tell_later(ends, turn_rig.sms_ms, turn_rig.receipt_name, false, fn, arg);
    if (sending != NULL)
        ((struct outcome *)sending)->is_ailing = is_ailing;
    return sending;
}

static bool port_find_push_link(void *ctx, const char *preferred, const char *code,
                                const char *msisdn, char *name, size_t name_bytes)
{
    (void)ctx;
    (void)code;
    (void)msisdn;
    if (turn_rig.push_commit_lost_ms != 0)
        store_memory_set_next(turn_rig.store, STORE_MEMORY_COMMIT,
                              (struct store_memory_fate){.kind = STORE_MEMORY_UNKNOWN_DONE,
                                                         .back_ms = turn_rig.push_commit_lost_ms});
    turn_rig.push_commit_lost_ms = 0;
    return turn_rig.has_push_link && text_copy(name, name_bytes,
                                               turn_rig.push_link != NULL ? turn_rig.push_link
                                               : preferred[0] != '\0'     ? preferred
                                                                          : "op1");
}

static const struct menu *port_find_menu(void *ctx, const char *link_name, const char *code,
                                         bool is_sms, const uint8_t *id, const char *msisdn)
{
    (void)ctx;
    (void)link_name;
    (void)is_sms;
    (void)id;
    (void)msisdn;
    if (turn_rig.other_menu != NULL && strcmp(code, TURN_RIG_OTHER_CODE) == 0)
        return turn_rig.other_menu;
    return code[0] != '\0' && !turn_rig.is_code_gone ? turn_rig.menu : NULL;
}

static const struct menu *port_find_text(void *ctx, const char *text, const char **code)
{
    (void)ctx;
    if (turn_rig.menu == NULL || !menu_has_text(turn_rig.menu, text))
        return NULL;
    *code = turn_rig.is_code_gone ? "*385#" : "*384#";
    return turn_rig.menu;
}

static const char *port_service_code(void *ctx, const char *link_name, const char *dialled,
                                     const char *code)
{
    (void)ctx;
    (void)link_name;
    (void)dialled;
    (void)code;
    return NULL;
}

static const char *port_shown_code(void *ctx, const char *code)
{
    (void)ctx;
    return strcmp(code, TURN_RIG_OTHER_CODE) == 0 ? TURN_RIG_OTHER_CODE : "*384#";
}

static struct turn_traits port_traits(void *ctx, const char *link_name)
{
    (void)ctx;
    if (link_name[0] == '\0')
        return (struct turn_traits){.limits = {160, 70}}; /* as ports.c: of no link */
    return turn_rig.traits;
}

static bool port_is_one_centre(void *ctx, const char *link_name, const char *other)
{
    (void)ctx;
    return strcmp(link_name, other) == 0 ||
           (turn_rig.push_link != NULL && !turn_rig.is_elsewhere); /* its other name */
}

static size_t port_sms_room(void *ctx)
{
    (void)ctx;
    return turn_rig.has_link ? turn_rig.sms_room : 0;
}

static void port_record(void *ctx, const struct turn_record *record)
{
    (void)ctx;
    if (turn_rig.record_count == TURN_RIG_RECORDS_MAX) {
        turn_rig.record_count--;
        memmove(&turn_rig.records[0], &turn_rig.records[1],
                turn_rig.record_count * sizeof(turn_rig.records[0]));
    }
    turn_rig.records[turn_rig.record_count++] = *record;
}

static void port_moved(void *ctx, const struct turn_move *move)
{
    (void)ctx;
    turn_rig.move = *move;
    turn_rig.moves++;
}

/* --- the rig -------------------------------------------------------------------------------- */

static void start_engine(void)
{
    static char names[][4] = {"gw1", "gw2"};
    struct store_memory_settings store = {
        .data = turn_rig.data, .timers = &turn_rig.timers, .deferred = &turn_rig.deferred};
    struct turn_env env = {
        .timers = &turn_rig.timers, .wall_ms = engine_wall_ms, .random = random_number};

    turn_rig.store = store_memory_new(&store);
    env.store = turn_rig.store;
    env.vault = turn_rig.vault;
    env.ports = (struct turn_ports){.answer = port_answer,
                                    .is_connected = port_is_connected,
                                    .ask_read = port_ask_read,
                                    .has_read = port_has_read,
                                    .show = port_show,
                                    .withdraw = port_withdraw,
                                    .is_full = port_is_full,
                                    .has_way_back = port_has_way_back,
                                    .send_sms = port_send_sms,
                                    .has_sms_sender = port_has_sms_sender,
                                    .find_push_link = port_find_push_link,
                                    .find_menu = port_find_menu,
                                    .find_text = port_find_text,
                                    .service_code = port_service_code,
                                    .shown_code = port_shown_code,
                                    .traits = port_traits,
                                    .is_one_centre = port_is_one_centre,
                                    .sms_room = port_sms_room,
                                    .record = port_record,
                                    .moved = port_moved};
    env.ports.ctx = names[strcmp(turn_rig.settings.instance, names[0]) != 0];
    turn_rig.engine = turn_engine_new(&env, &turn_rig.settings);
}

static void stop_engine(void)
{
    store_free(turn_rig.store);
    turn_engine_free(turn_rig.engine);
    forget_outcomes();
}

void turn_rig_change_gateway(void)
{
    struct turn_engine *engine = turn_rig.engine;
    struct store *store = turn_rig.store;

    turn_rig.engine = turn_rig.other_engine;
    turn_rig.store = turn_rig.other_store;
    if (turn_rig.engine == NULL) {
        turn_rig.settings.instance = "gw2";
        start_engine();
    }
    turn_rig.other_engine = engine;
    turn_rig.other_store = store;
}

int turn_rig_setup(void **state)
{
    static const char *const numbers[TURN_RIG_PHONES] = {"6281200000001", "6281300000002",
                                                         "6281400000003"};
    char *faults = NULL;

    (void)state;
    memset(&turn_rig, 0, sizeof(turn_rig));
    memset(outcomes, 0, sizeof(outcomes));
    turn_rig.wall_ms = TURN_RIG_NOW;
    turn_rig.has_link = turn_rig.has_push_link = true;
    turn_rig.sms_room = 1000;
    turn_rig.show_ms = turn_rig.sms_ms = 1;
    turn_rig.show_connection = 1;
    turn_rig.traits = (struct turn_traits){.limits = {.gsm_septets = 182, .ucs2_units = 80}};
    timer_queue_init(&turn_rig.timers, 1000);
    deferred_queue_init(&turn_rig.deferred);
    turn_rig.data = memory_data_new(TURN_RIG_BUCKETS, wall_ms, NULL);
    turn_rig.vault = vault_new_plain();
    turn_rig.menu = menu_from_file("conf/menus/terususaha.cfg", &programme_vocabulary, &faults);
    assert_null(faults);
    turn_rig.settings = turn_settings_default();
    turn_rig.settings.instance = "gw1";
    for (unsigned i = 0; i < TURN_RIG_PHONES; i++)
        text_copy(turn_rig.phones[i].msisdn, sizeof(turn_rig.phones[i].msisdn), numbers[i]);
    start_engine();
    return 0;
}

int turn_rig_teardown(void **state)
{
    (void)state;
    turn_rig_settle();
    assert_int_equal(turn_live(turn_rig.engine), 0);
    if (turn_rig.other_engine != NULL) {
        assert_int_equal(turn_live(turn_rig.other_engine), 0);
        turn_rig_change_gateway();
        store_free(turn_rig.other_store);
        turn_engine_free(turn_rig.other_engine);
    }
    stop_engine();
    timer_queue_fini(&turn_rig.timers);
    vault_free(turn_rig.vault);
    memory_data_free(turn_rig.data);
    menu_free(turn_rig.menu);
    return 0;
}

void turn_rig_restart(void)
{
    stop_engine();
    start_engine();
}

void turn_rig_pass(unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 10) {
        deferred_run(&turn_rig.deferred);
        turn_rig.wall_ms += 10;
        timer_queue_run(&turn_rig.timers, turn_rig.timers.now_ms + 10);
    }
    deferred_run(&turn_rig.deferred);
}

void turn_rig_settle(void)
{
    turn_rig_pass(500);
}

struct dialect_input turn_rig_input(unsigned phone, enum dialect_kind kind, const char *code,
                                    const char *text)
{
    struct dialect_input input = {.kind = kind, .fingerprint = ++turn_rig.fingerprint};

    text_copy(input.msisdn, sizeof(input.msisdn), turn_rig.phones[phone].msisdn);
    text_copy(input.code, sizeof(input.code), code);
    text_copy(input.text, sizeof(input.text), text);
    return input;
}

void turn_rig_deliver(const struct dialect_input *input)
{
    struct turn_origin origin = {.link = &turn_rig,
                                 .link_name = "op1",
                                 .connection = 1,
                                 .sequence_number = ++turn_rig.sequence};

    turn_deliver(turn_rig.engine, &origin, input);
}

static const char *show(unsigned phone, enum dialect_kind kind, const char *text)
{
    struct dialect_input input = turn_rig_input(phone, kind, "*384#", text);

    turn_rig.phones[phone].screen[0] = '\0';
    turn_rig_deliver(&input);
    turn_rig_settle();
    return turn_rig.phones[phone].screen;
}

const char *turn_rig_dial(unsigned phone, const char *dialled)
{
    return show(phone, DIALECT_BEGIN, dialled);
}

const char *turn_rig_type(unsigned phone, const char *text)
{
    return show(phone, DIALECT_ANSWER, text);
}

const char *turn_rig_sms(unsigned phone, const char *text)
{
    struct turn_rig_phone *p = &turn_rig.phones[phone];
    struct dialect_input input = turn_rig_input(phone, DIALECT_SMS, "384", text);

    p->sms_count = 0;
    turn_rig_deliver(&input);
    turn_rig_settle();
    return p->sms_count > 0 ? p->sms[p->sms_count - 1] : "";
}

const char *turn_rig_answer(const char *name, const char *text)
{
    struct dialect_input input = turn_rig_input(0, DIALECT_ANSWER, "*384#", text);

    input.session.size = (uint8_t)strlen(name);
    memcpy(input.session.octets, name, strlen(name));
    turn_rig.phones[0].screen[0] = '\0';
    turn_rig_deliver(&input);
    turn_rig_settle();
    return turn_rig.phones[0].screen;
}

const struct turn_counters *turn_rig_counters(void)
{
    return turn_counters(turn_rig.engine);
}

size_t turn_rig_owed(void)
{
    return memory_data_owed_count(turn_rig.data);
}

void turn_rig_assert_begins(const char *text, const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) != 0)
        fail_msg("expected: %s\nshown: %s", begin, text);
}

void turn_rig_owe_push(unsigned n, const char *screen, int64_t for_ms)
{
    struct push_entry entry = {.expires_ms = turn_rig.wall_ms + for_ms};
    uint8_t octets[STORE_OWED_BYTES_MAX];
    char subject[VAULT_SUBJECT_BYTES];
    struct store_commit c = {
        .msisdn = turn_rig.phones[n].msisdn, .owed_count = 1, .subject = subject};
    struct store_reply reply;
    struct writer w;

    vault_subject(turn_rig.vault, c.msisdn, subject);
    text_copy(entry.msisdn, sizeof(entry.msisdn), turn_rig.phones[n].msisdn);
    text_copy(entry.code, sizeof(entry.code), "*384#");
    text_copy(entry.screen, sizeof(entry.screen), screen);
    writer_init(&w, octets, sizeof(octets));
    assert_true(push_encode(&entry, turn_rig.vault, &w));
    c.owed[0] = writer_span(&w);
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
}

static void take_away(unsigned n, bool has_merchant, const char *subject)
{
    struct store_commit c = {.msisdn = turn_rig.phones[n].msisdn,
                             .session_delete = true,
                             .merchant_delete = has_merchant,
                             .merchant_checked = has_merchant,
                             .subject = subject,
                             .owed_forgotten = subject != NULL};
    struct store_reply reply;

    memory_data_load(turn_rig.data, c.msisdn, &reply);
    c.session_version = reply.subscriber.session.version;
    c.merchant_version = reply.subscriber.merchant.version;
    memory_data_commit(turn_rig.data, &c, &reply);
    assert_int_equal(reply.result, STORE_OK);
}

void turn_rig_end_session(unsigned n)
{
    take_away(n, false, NULL);
}

void turn_rig_erase_all(unsigned n)
{
    char subject[VAULT_SUBJECT_BYTES];

    vault_subject(turn_rig.vault, turn_rig.phones[n].msisdn, subject);
    take_away(n, true, subject);
}

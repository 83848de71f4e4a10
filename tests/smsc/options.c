#include "tests/smsc/options.h"

#include "tests/smsc/conn.h"
#include "tests/smsc/speech.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_STRING, KIND_NUMBER, KIND_PERCENT, KIND_FLAG, KIND_LIST };

enum { ALL = OPTION_PHONE | OPTION_RUN | OPTION_LOAD | OPTION_MIRROR | OPTION_CONFORM };

struct option {
    const char *name;
    enum kind kind;
    size_t offset;
    unsigned commands;
    const char *argument;
    const char *help;
};

#define FIELD(f) offsetof(struct options, f)

static const struct option table[] = {
    {"listen", KIND_STRING, FIELD(listen), ALL, "HOST:PORT", "where the gateway binds to us"},
    {"connect", KIND_STRING, FIELD(connect), ALL, "HOST:PORT", "be a partner: bind to the gateway"},
    {"system-id", KIND_STRING, FIELD(system_id), ALL, "ID", "demanded of a bind, or bound with"},
    {"password", KIND_STRING, FIELD(password), ALL, "WORD", "likewise"},
    {"system-type", KIND_STRING, FIELD(system_type), ALL, "TYPE", "as partner: bound with"},
    {"bind", KIND_STRING, FIELD(bind), ALL, "MODE",
     "as partner: transceiver, transmitter, receiver or pair"},
    {"binds", KIND_NUMBER, FIELD(binds), ALL, "N",
     "binds to wait for; as partner: to keep; a pair is one (default 1)"},
    {"wait-bind", KIND_NUMBER, FIELD(wait_bind_s), ALL, "S", "how long to wait for them (20)"},
    {"window", KIND_NUMBER, FIELD(window), ALL, "N", "requests in flight per bind (10; load 512)"},
    {"enquire-link", KIND_NUMBER, FIELD(enquire_link_s), ALL, "S",
     "ask after this much silence; 0 = never (30)"},
    {"response-timeout", KIND_NUMBER, FIELD(response_timeout_ms), ALL, "MS",
     "an input not answered by then is delivered again (10000)"},
    {"retry", KIND_NUMBER, FIELD(retry_ms), ALL, "MS", "wait before delivering again (1000)"},
    {"give-up", KIND_NUMBER, FIELD(give_up_ms), ALL, "MS",
     "an input nobody took by then is given up (60000)"},
    {"port-file", KIND_STRING, FIELD(port_file), ALL, "FILE", "write the port listened on"},
    {"trace", KIND_STRING, FIELD(trace), ALL, "FILE", "one line a PDU; - is standard error"},
    {"control", KIND_STRING, FIELD(control), OPTION_PHONE | OPTION_RUN | OPTION_LOAD, "PATH",
     "take commands on this unix socket; see the manual"},
    {"sticky", KIND_FLAG, FIELD(sticky), ALL, NULL, "keep a subscriber to one bind"},
    {"data-sm", KIND_FLAG, FIELD(data_sm), ALL, NULL, "send inputs as data_sm"},
    {"dialect", KIND_STRING, FIELD(dialect),
     OPTION_PHONE | OPTION_RUN | OPTION_LOAD | OPTION_CONFORM, "NAME",
     "how the centre speaks USSD (spec34); see the manual"},
    {"its", KIND_STRING, FIELD(its), ALL, "MODE",
     "unit number in its_session_info: echo (default) or constant"},
    {"payload", KIND_FLAG, FIELD(payload), ALL, NULL, "USSD text in message_payload"},
    {"fault", KIND_STRING, FIELD(fault), ALL, "NAME=P,...", "faults in percent; see the manual"},
    {"seed", KIND_NUMBER, FIELD(seed), ALL, "N", "of all chance (1)"},
    {"repeat-after", KIND_NUMBER, FIELD(repeat_ms), ALL, "MS",
     "fault repeat: the copy's delay (50)"},
    {"late-by", KIND_NUMBER, FIELD(late_ms), ALL, "MS", "fault late: the response's delay (500)"},
    {"trickle", KIND_FLAG, FIELD(trickle), ALL, NULL, "write one octet at a time"},
    {"receipts", KIND_STRING, FIELD(receipts), OPTION_PHONE | OPTION_RUN | OPTION_LOAD, "FORM",
     "delivery receipts when asked for: off, text, tlv or both (both)"},
    {"receipt-delay", KIND_NUMBER, FIELD(receipt_delay_ms), OPTION_PHONE | OPTION_RUN | OPTION_LOAD,
     "MS", "after the message was taken (100)"},
    {"receipt-ids", KIND_STRING, FIELD(receipt_ids), OPTION_PHONE | OPTION_RUN | OPTION_LOAD,
     "BASE", "hex as in the response (default), or decimal"},
    {"receipt-fail", KIND_PERCENT, FIELD(receipt_fail_percent),
     OPTION_PHONE | OPTION_RUN | OPTION_LOAD, "PERCENT", "of messages end as UNDELIV (0)"},
    {"phone", KIND_STRING, FIELD(phone), OPTION_PHONE | OPTION_RUN | OPTION_CONFORM, "NUMBER",
     "the handset's number (6281200000001); conform: the first of many"},
    {"code", KIND_LIST, FIELD(codes), OPTION_PHONE, "CODE",
     "a code that the network routes, as *384#; repeat it; none = all"},
    {"sms", KIND_STRING, FIELD(sms), OPTION_PHONE | OPTION_CONFORM, "CODE",
     "where `sms TEXT` goes (384)"},
    {"reply-timeout", KIND_NUMBER, FIELD(reply_timeout_ms),
     OPTION_PHONE | OPTION_RUN | OPTION_CONFORM, "MS", "how long to wait for a screen (15000)"},
    {"sms-wait", KIND_NUMBER, FIELD(sms_wait_ms), OPTION_PHONE, "MS",
     "from a pipe: how long to wait for the answer to a text (3000)"},
    {"tail", KIND_NUMBER, FIELD(tail_ms), OPTION_PHONE, "MS",
     "from a pipe: how long to stay for late messages at the end (300)"},
    {"flow", KIND_STRING, FIELD(flow), OPTION_LOAD | OPTION_MIRROR, "FILE",
     "what each subscriber goes through"},
    {"dialogues", KIND_NUMBER, FIELD(dialogues), OPTION_LOAD, "N",
     "at once (100); in the open loop at most (200000)"},
    {"rate", KIND_NUMBER, FIELD(rate), OPTION_LOAD, "N",
     "open loop: inputs a second by the clock; 0 = closed loop (0)"},
    {"think", KIND_NUMBER, FIELD(think_ms), OPTION_LOAD, "MS",
     "open loop: from one input of a subscriber's to the next (200)"},
    {"seconds", KIND_NUMBER, FIELD(seconds), OPTION_LOAD, "S", "measured time; 0 = no end (10)"},
    {"count", KIND_NUMBER, FIELD(count), OPTION_LOAD, "N", "dialogues to run; 0 = no end (0)"},
    {"warmup", KIND_NUMBER, FIELD(warmup_ms), OPTION_LOAD, "MS",
     "not measured (1000; with --count 0); the open loop adds a dialogue's length"},
    {"drain", KIND_NUMBER, FIELD(drain_s), OPTION_LOAD, "S",
     "how long the last dialogues may take to end (30)"},
    {"stay", KIND_FLAG, FIELD(stay), OPTION_LOAD, NULL,
     "after the last dialogue, be a centre until the command quit"},
    {"screen-timeout", KIND_NUMBER, FIELD(screen_timeout_ms), OPTION_LOAD, "MS",
     "a screen that is missed this long is lost (15000)"},
    {"first-phone", KIND_STRING, FIELD(first_phone), OPTION_LOAD, "NUMBER",
     "of the subscribers' range (6281300000000)"},
    {"phones", KIND_NUMBER, FIELD(phones), OPTION_LOAD, "N",
     "subscribers in the range, used in turn (10000000)"},
    {"hang-up", KIND_PERCENT, FIELD(hang_up_percent), OPTION_LOAD, "PERCENT",
     "of questions at which the subscriber hangs up (0)"},
    {"walk-off", KIND_PERCENT, FIELD(walk_off_percent), OPTION_LOAD, "PERCENT",
     "of questions that are left open: nothing is sent any more (0)"},
    {"reenter", KIND_NUMBER, FIELD(reenter_ms), OPTION_LOAD, "MS",
     "type again when only the last screen came again; 0 = never (0)"},
    {"json", KIND_FLAG, FIELD(json), OPTION_LOAD, NULL, "the report as JSON"},
    {"ledger-out", KIND_STRING, FIELD(ledger_out), OPTION_LOAD, "FILE",
     "every subscriber's account as JSON"},
    {"as", KIND_STRING, FIELD(as), OPTION_CONFORM, "ROLE",
     "centre (with --listen) or partner (with --connect)"},
    {"dial", KIND_STRING, FIELD(dial), OPTION_CONFORM, "CODE", "what is dialled (*384#)"},
    {"answer", KIND_STRING, FIELD(answer), OPTION_CONFORM, "TEXT",
     "a right answer to the first question (1)"},
    {"only", KIND_STRING, FIELD(only), OPTION_CONFORM, "TEXT", "cases whose name holds this"},
    {"bug", KIND_STRING, FIELD(bug), OPTION_MIRROR, "NAME=P,...",
     "mistakes in percent: double, lose, forgetful, refuse, no-sms, change"},
};

enum { OPTION_COUNT = sizeof(table) / sizeof(table[0]) };

void options_init(struct options *o, enum option_command command)
{
    *o = (struct options){
        .system_id = "",
        .password = "",
        .system_type = "",
        .bind = "transceiver",
        .binds = 1,
        .window = command & (OPTION_LOAD | OPTION_MIRROR) ? 512 : 10,
        .enquire_link_s = 30,
        .response_timeout_ms = 10000,
        .retry_ms = 1000,
        .give_up_ms = 60000,
        .wait_bind_s = 20,
        .dialect = "spec34",
        .its = "echo",
        .seed = 1,
        .repeat_ms = 50,
        .receipts = "both",
        .receipt_ids = "hex",
        .receipt_delay_ms = 100,
        .late_ms = 500,
        .phone = "6281200000001",
        .sms = "384",
        .reply_timeout_ms = command == OPTION_CONFORM ? 5000 : 15000,
        .sms_wait_ms = 3000,
        .tail_ms = 300,
        .flow = "",
        .think_ms = 200,
        .seconds = 10,
        .warmup_ms = OPTIONS_AUTOMATIC,
        .drain_s = 30,
        .screen_timeout_ms = 15000,
        .first_phone = "6281300000000",
        .phones = 10000000,
        .dial = "*384#",
        .answer = "1",
    };
}

static const struct option *find_option(const char *name, size_t size, enum option_command command)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strlen(table[i].name) == size && memcmp(table[i].name, name, size) == 0 &&
            (table[i].commands & command))
            return &table[i];
    return NULL;
}

static bool set_number(unsigned *field, const char *value, unsigned long max)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || n > max)
        return false;
    *field = (unsigned)n;
    return true;
}

static bool set_option(struct options *o, const struct option *option, const char *value)
{
    char *field = (char *)o + option->offset;

    switch (option->kind) {
    case KIND_STRING:
        *(const char **)(void *)field = value;
        return true;
    case KIND_NUMBER:
        return set_number((unsigned *)(void *)field, value, UINT32_MAX / 2);
    case KIND_PERCENT:
        return set_number((unsigned *)(void *)field, value, 100);
    case KIND_FLAG:
        *(bool *)field = true;
        return true;
    case KIND_LIST:
        if (o->code_count == OPTIONS_CODES_MAX)
            return false;
        o->codes[o->code_count++] = value;
        return true;
    }
    return false;
}

int options_parse(struct options *o, enum option_command command, int argc, char **argv)
{
    int rest = 0;

    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        const char *equals = strchr(word, '=');
        size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
        const struct option *option;
        const char *value = equals != NULL ? equals + 1 : NULL;

        if (strncmp(word, "--", 2) != 0) {
            argv[rest++] = argv[i];
            continue;
        }
        option = find_option(word + 2, size - 2, command);
        if (option == NULL) {
            fprintf(stderr, "warung-smsc: unknown option %s\n", word);
            return -1;
        }
        if (value == NULL && option->kind != KIND_FLAG && i + 1 < argc)
            value = argv[++i];
        if ((value == NULL) != (option->kind == KIND_FLAG) || !set_option(o, option, value)) {
            fprintf(stderr, "warung-smsc: --%s wants %s\n", option->name,
                    option->argument != NULL ? option->argument : "no value");
            return -1;
        }
    }
    return rest;
}

void options_print_help(enum option_command command, FILE *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        char left[40];

        if (!(table[i].commands & command))
            continue;
        snprintf(left, sizeof(left), "--%s %s", table[i].name,
                 table[i].argument != NULL ? table[i].argument : "");
        fprintf(out, "  %-26s %s\n", left, table[i].help);
    }
}

static bool parse_bind(const char *word, struct centre_settings *s)
{
    static const struct {
        const char *word;
        uint32_t command;
    } modes[] = {{"transceiver", WIRE_BIND_TRANSCEIVER},
                 {"transmitter", WIRE_BIND_TRANSMITTER},
                 {"receiver", WIRE_BIND_RECEIVER},
                 {"pair", WIRE_BIND_RECEIVER}};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(word, modes[i].word) == 0) {
            s->peers.peer.bind_command = modes[i].command;
            s->peers.pair = strcmp(word, "pair") == 0;
            return true;
        }
    fprintf(stderr, "warung-smsc: --bind wants transceiver, transmitter, receiver or pair\n");
    return false;
}

static bool parse_receipts(const struct options *o, struct receipts_settings *s)
{
    static const char *const forms[] = {"off", "text", "tlv", "both"};

    for (int i = 0; i < 4; i++)
        if (strcmp(o->receipts, forms[i]) == 0) {
            s->form = (enum receipts_form)i;
            s->delay_ms = o->receipt_delay_ms;
            s->is_decimal = strcmp(o->receipt_ids, "decimal") == 0;
            s->fail_percent = o->receipt_fail_percent;
            if (s->is_decimal || strcmp(o->receipt_ids, "hex") == 0)
                return true;
        }
    fprintf(stderr, "warung-smsc: --receipts wants off, text, tlv or both, --receipt-ids hex or "
                    "decimal\n");
    return false;
}

static bool is_address(const char *option, const char *value)
{
    if (value == NULL || conn_is_address(value))
        return true;
    fprintf(stderr, "warung-smsc: --%s wants HOST:PORT or unix:PATH, not %s\n", option, value);
    return false;
}

bool options_settings(const struct options *o, struct centre_settings *s, struct faults *faults)
{
    const char *bad = NULL;

    memset(s, 0, sizeof(*s));
    if ((o->listen == NULL) == (o->connect == NULL)) {
        fprintf(stderr, "warung-smsc: one of --listen and --connect is needed\n");
        return false;
    }
    if (!is_address("listen", o->listen) || !is_address("connect", o->connect))
        return false;
    if (o->as != NULL && strcmp(o->as, o->connect != NULL ? "partner" : "centre") != 0) {
        fprintf(stderr,
                "warung-smsc: --as centre goes with --listen, --as partner with --connect\n");
        return false;
    }
    if (strcmp(o->its, "echo") != 0 && strcmp(o->its, "constant") != 0) {
        fprintf(stderr, "warung-smsc: --its wants echo or constant\n");
        return false;
    }
    if (speech_find(o->dialect) == NULL) {
        fprintf(stderr, "warung-smsc: --dialect: there is no %s\n", o->dialect);
        return false;
    }
    faults_init(faults, o->seed);
    if (o->fault != NULL && !faults_parse(faults, o->fault, &bad)) {
        fprintf(stderr, "warung-smsc: --fault: not NAME=PERCENT: %s\n", bad);
        return false;
    }
    s->peers.listen = o->listen;
    s->peers.connect = o->connect;
    s->peers.binds = o->binds;
    s->sticky = o->sticky;
    s->late_ms = o->late_ms;
    s->carrier.command_id = o->connect != NULL ? WIRE_SUBMIT_SM : WIRE_DELIVER_SM;
    s->carrier.response_timeout_ms = o->response_timeout_ms;
    s->carrier.retry_ms = o->retry_ms;
    s->carrier.give_up_ms = o->give_up_ms;
    s->carrier.repeat_ms = o->repeat_ms;
    s->peers.peer.role = o->connect != NULL ? PEER_ESME : PEER_CENTRE;
    s->peers.peer.system_id = o->system_id;
    s->peers.peer.password = o->password;
    s->peers.peer.system_type = o->system_type;
    s->peers.peer.window = o->window != 0 ? o->window : 1;
    s->peers.peer.enquire_link_ms = o->enquire_link_s * 1000;
    s->peers.peer.response_timeout_ms = o->response_timeout_ms;
    s->peers.peer.session_init_ms = 30000;
    s->peers.peer.trickle = o->trickle;
    return parse_bind(o->bind, s) && parse_receipts(o, &s->receipts);
}

bool options_open_trace(const struct options *o, FILE **trace)
{
    *trace = NULL;
    if (o->trace == NULL)
        return true;
    *trace = strcmp(o->trace, "-") == 0 ? stderr : fopen(o->trace, "w");
    if (*trace == NULL)
        fprintf(stderr, "warung-smsc: cannot write %s: %s\n", o->trace, strerror(errno));
    return *trace != NULL;
}

bool options_announce(const struct options *o, unsigned port)
{
    FILE *f;

    if (o->port_file == NULL)
        return true;
    f = fopen(o->port_file, "w");
    if (f == NULL || fprintf(f, "%u\n", port) < 0 || fclose(f) != 0) {
        fprintf(stderr, "warung-smsc: cannot write %s: %s\n", o->port_file, strerror(errno));
        return false;
    }
    return true;
}

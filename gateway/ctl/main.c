/*
 * warungctl: options and the choice of a command.
 */
#include <assert.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/isotime.h"
#include "base/log.h"
#include "base/span.h"
#include "base/streams.h"
#include "base/version.h"
#include "gateway/core_dump.h"
#include "gateway/ctl/command.h"
#include "merchants/training.h"

#define DEFAULT_CONFIG "/etc/warung/warung.cfg"

enum { HEAD_COLUMNS = 44 }; /* of the list of commands */

/* The value of one: a text as it is, a number, a time in seconds, or none. */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_TIME, KIND_FLAG };

struct option_row {
    const char *name;
    enum kind kind;
    size_t offset;     /* in struct ctl_call */
    unsigned min, max; /* of a number */
};

#define AT(member) offsetof(struct ctl_call, member)

/* In the order of enum ctl_option. */
static const struct option_row rows[] = {
    {"status", KIND_TEXT, AT(status), 0, 0},
    {"regency", KIND_TEXT, AT(regency), 0, 0},
    {"reason", KIND_TEXT, AT(reason), 0, 0},
    {"csv", KIND_FLAG, AT(is_csv), 0, 0},
    {"reveal", KIND_FLAG, AT(is_revealed), 0, 0},
    {"lang", KIND_TEXT, AT(lang), 0, 0},
    {"limit", KIND_NUMBER, AT(limit), 40, 182},
    {"role", KIND_TEXT, AT(role), 0, 0},
    {"code", KIND_TEXT, AT(code), 0, 0},
    {"seats", KIND_NUMBER, AT(seats), 1, TRAINING_SEATS_MAX},
    {"link", KIND_TEXT, AT(link), 0, 0},
    {"for", KIND_TIME, AT(for_s), 0, 0},
    {"menu", KIND_TEXT, AT(menu), 0, 0},
    {"percent", KIND_NUMBER, AT(percent), 1, 100},
    {"numbers", KIND_TEXT, AT(numbers), 0, 0},
    {"key", KIND_TEXT, AT(key), 0, 0},
    {"screen", KIND_TEXT, AT(screen), 0, 0},
    {"frozen", KIND_FLAG, AT(is_frozen), 0, 0},
    {"again", KIND_FLAG, AT(is_again), 0, 0},
    {"plain", KIND_FLAG, AT(is_plain), 0, 0},
    {"seen", KIND_TEXT, AT(seen), 0, 0},
};

/* What getopt_long() gives: the first of rows, and those that every command takes. */
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]), OPTION_FIRST = 256 };
static_assert(CTL_OPTION_SEEN == 1 << (ROW_COUNT - 1), "a row each");
enum { OPTION_VERSION = OPTION_FIRST + ROW_COUNT, OPTION_HELP, OPTION_JSON };

void ctl_complain(const char *format, ...)
{
    va_list args;

    fputs("warungctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void ctl_print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

json_t *ctl_time(int64_t wall_ms)
{
    char text[ISOTIME_BYTES];

    isotime_format(wall_ms, text);
    return wall_ms != 0 ? json_string(text) : json_null();
}

void ctl_print_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    /* Warnings are for `menu check` and warungd -n. */
    if (strncmp(text, SOURCE_WARNING, strlen(SOURCE_WARNING)) != 0)
        config_print_fault(arg, file, line, column, text);
}

bool ctl_load_setup(const struct ctl_call *call, enum setup_for what, struct setup *setup)
{
    return setup_load(setup, call->config, what, ctl_print_fault, stderr);
}

/* All commands, or those of one group. */
static void print_commands(FILE *out, const char *group)
{
    for (const struct ctl_command *c = ctl_commands; c->group != NULL; c++) {
        char head[128];

        if (group != NULL && strcmp(group, c->group) != 0)
            continue;
        snprintf(head, sizeof(head), "%s%s%s %s", c->group, c->verb != NULL ? " " : "",
                 c->verb != NULL ? c->verb : "", c->usage);
        if (strlen(head) > HEAD_COLUMNS)
            fprintf(out, "  %s\n  %-*s %s\n", head, HEAD_COLUMNS, "", c->help);
        else
            fprintf(out, "  %-*s %s\n", HEAD_COLUMNS, head, c->help);
    }
}

static void print_usage(FILE *out)
{
    fputs("usage: warungctl [-c FILE] [--json] COMMAND ...\n\n", out);
    print_commands(out, NULL);
    fputs("\n  -c FILE    configuration (default " DEFAULT_CONFIG ")\n"
          "  --json     for machines: whatever lists or shows\n",
          out);
}

/* "90", "90s", "5m", "1h": seconds, from one to those of a day. */
static bool take_duration(const char *text, unsigned *seconds)
{
    char *unit;
    unsigned long value = strtoul(text, &unit, 10);
    unsigned factor = *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 1;

    if (*text < '0' || *text > '9' ||
        (*unit != '\0' && (strchr("smh", *unit) == NULL || unit[1] != '\0')))
        return false;
    *seconds = (unsigned)(value * factor);
    return value >= 1 && value <= 24 * 3600 / factor;
}

/* False when the value is none for this option; that was said. */
static bool take_option(struct ctl_call *call, const struct option_row *row, const char *value)
{
    void *member = (char *)call + row->offset;
    uint64_t number;

    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)member = value;
        return true;
    case KIND_FLAG:
        *(bool *)member = true;
        return true;
    case KIND_NUMBER:
        if (text_number(value, row->max, &number) && number >= row->min) {
            *(unsigned *)member = (unsigned)number;
            return true;
        }
        ctl_complain("--%s takes %u to %u", row->name, row->min, row->max);
        return false;
    case KIND_TIME:
        if (take_duration(value, member))
            return true;
        ctl_complain("--%s takes a time: 60s, 5m, 1h, at most 24h", row->name);
        return false;
    }
    return false;
}

/* For getopt_long(): the rows and what every command takes, ended by zeros. */
static void list_options(struct option longs[ROW_COUNT + 4])
{
    static const struct option common[] = {{"version", no_argument, NULL, OPTION_VERSION},
                                           {"help", no_argument, NULL, OPTION_HELP},
                                           {"json", no_argument, NULL, OPTION_JSON},
                                           {NULL, 0, NULL, 0}};

    for (int i = 0; i < ROW_COUNT; i++)
        longs[i] = (struct option){rows[i].name,
                                   rows[i].kind == KIND_FLAG ? no_argument : required_argument,
                                   NULL, OPTION_FIRST + i};
    memcpy(longs + ROW_COUNT, common, sizeof(common));
}

/* True when there is a command to look for; else *status is how the program ends. */
static bool parse_options(int argc, char **argv, struct ctl_call *call, unsigned *given,
                          enum ctl_status *status)
{
    struct option longs[ROW_COUNT + 4];
    int option;

    list_options(longs);
    *status = CTL_DONE;
    while ((option = getopt_long(argc, argv, "c:h", longs, NULL)) != -1)
        switch (option) {
        case 'c':
            call->config = optarg;
            break;
        case OPTION_JSON:
            call->is_json = true;
            break;
        case OPTION_VERSION:
            puts("warungctl " WARUNG_VERSION);
            return false;
        case 'h':
        case OPTION_HELP:
            print_usage(stdout);
            return false;
        case '?':
            *status = CTL_USAGE;
            return false;
        default:
            *given |= 1U << (option - OPTION_FIRST);
            if (take_option(call, &rows[option - OPTION_FIRST], optarg))
                break;
            *status = CTL_USAGE;
            return false;
        }
    call->words = argv + optind;
    call->word_count = argc - optind;
    return true;
}

/* Takes the command's words off the call. */
static const struct ctl_command *find_command(struct ctl_call *call)
{
    for (const struct ctl_command *c = ctl_commands; c->group != NULL; c++) {
        int own = c->verb != NULL ? 2 : 1;

        if (call->word_count < own || strcmp(call->words[0], c->group) != 0 ||
            (c->verb != NULL && strcmp(call->words[1], c->verb) != 0))
            continue;
        call->words += own;
        call->word_count -= own;
        return c;
    }
    return NULL;
}

static bool is_group(const char *word)
{
    const struct ctl_command *c = ctl_commands;

    while (c->group != NULL && strcmp(c->group, word) != 0)
        c++;
    return c->group != NULL;
}

static void complain_about_words(const struct ctl_call *call)
{
    const char *first = call->word_count > 0 ? call->words[0] : NULL;

    if (first == NULL) {
        print_usage(stderr);
    } else if (!is_group(first)) {
        ctl_complain("there is no command %s; warungctl --help lists them", first);
    } else {
        if (call->word_count > 1)
            ctl_complain("there is no command %s %s; there are", first, call->words[1]);
        else
            ctl_complain("%s needs another word; there are", first);
        print_commands(stderr, first);
    }
}

static bool is_well_formed(const struct ctl_command *c, const struct ctl_call *call, unsigned given)
{
    if (call->word_count >= c->words_min &&
        (c->words_max < 0 || call->word_count <= c->words_max) && (given & ~c->options) == 0)
        return true;
    ctl_complain("usage: warungctl %s%s%s %s", c->group, c->verb != NULL ? " " : "",
                 c->verb != NULL ? c->verb : "", c->usage);
    return false;
}

/* Ends the program where nobody reads its output any more; a server that hangs up is an error of
 * the write, and is told. */
static void on_broken_pipe(int number)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    if (poll(&output, 1, 0) != 1 || (output.revents & (POLLERR | POLLHUP)) == 0)
        return;
    signal(number, SIG_DFL);
    raise(number);
}

static enum ctl_status run(int argc, char **argv)
{
    struct ctl_call call = {.config = DEFAULT_CONFIG};
    const struct ctl_command *command;
    enum ctl_status status;
    unsigned given = 0;

    if (!parse_options(argc, argv, &call, &given, &status))
        return status;
    command = find_command(&call);
    if (command == NULL) {
        complain_about_words(&call);
        return CTL_USAGE;
    }
    return is_well_formed(command, &call, given) ? command->run(&call) : CTL_USAGE;
}

int main(int argc, char **argv)
{
    enum ctl_status status;

    streams_guard();
    signal(SIGPIPE, on_broken_pipe);
    core_dump_forbid();
    log_set_level(LOG_LEVEL_ERROR);
    status = run(argc, argv);
    return streams_finish("warungctl") ? status : CTL_REFUSED;
}

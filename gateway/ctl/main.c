/*
 * warungctl: options and the choice of a command.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/isotime.h"
#include "base/log.h"
#include "base/version.h"
#include "gateway/core_dump.h"
#include "gateway/ctl/command.h"

#define DEFAULT_CONFIG "/etc/warung/warung.cfg"

enum { HEAD_COLUMNS = 44 }; /* of the list of commands */
enum { OPTION_VERSION = 256, OPTION_HELP, OPTION_JSON, OPTION_FIRST };

static const struct option longs[] = {
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {"json", no_argument, NULL, OPTION_JSON},
    /* The rest in the order of enum ctl_option. */
    {"status", required_argument, NULL, OPTION_FIRST},
    {"regency", required_argument, NULL, OPTION_FIRST + 1},
    {"reason", required_argument, NULL, OPTION_FIRST + 2},
    {"csv", no_argument, NULL, OPTION_FIRST + 3},
    {"reveal", no_argument, NULL, OPTION_FIRST + 4},
    {"lang", required_argument, NULL, OPTION_FIRST + 5},
    {"limit", required_argument, NULL, OPTION_FIRST + 6},
    {"role", required_argument, NULL, OPTION_FIRST + 7},
    {"code", required_argument, NULL, OPTION_FIRST + 8},
    {"seats", required_argument, NULL, OPTION_FIRST + 9},
    {"link", required_argument, NULL, OPTION_FIRST + 10},
    {"for", required_argument, NULL, OPTION_FIRST + 11},
    {"menu", required_argument, NULL, OPTION_FIRST + 12},
    {"percent", required_argument, NULL, OPTION_FIRST + 13},
    {"numbers", required_argument, NULL, OPTION_FIRST + 14},
    {"key", required_argument, NULL, OPTION_FIRST + 15},
    {"screen", required_argument, NULL, OPTION_FIRST + 16},
    {"frozen", no_argument, NULL, OPTION_FIRST + 17},
    {NULL, 0, NULL, 0},
};

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

static void on_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    /* Warnings are for `menu check` and warungd -n. */
    if (strncmp(text, "warning: ", 9) != 0)
        config_print_fault(arg, file, line, column, text);
}

bool ctl_load_setup(const struct ctl_call *call, struct setup *setup)
{
    return setup_load(setup, call->config, on_fault, stderr);
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

    if (*unit != '\0' && (strchr("smh", *unit) == NULL || unit[1] != '\0'))
        return false;
    *seconds = (unsigned)(value * factor);
    return value >= 1 && value <= 24 * 3600 / factor;
}

static bool take_option(struct ctl_call *call, int option, unsigned *given)
{
    char *end;

    *given |= option >= OPTION_FIRST ? 1U << (option - OPTION_FIRST) : 0;
    switch (option >= OPTION_FIRST ? 1 << (option - OPTION_FIRST) : 0) {
    case CTL_OPTION_STATUS:
        call->status = optarg;
        break;
    case CTL_OPTION_REGENCY:
        call->regency = optarg;
        break;
    case CTL_OPTION_REASON:
        call->reason = optarg;
        break;
    case CTL_OPTION_CSV:
        call->is_csv = true;
        break;
    case CTL_OPTION_REVEAL:
        call->is_revealed = true;
        break;
    case CTL_OPTION_FROZEN:
        call->is_frozen = true;
        break;
    case CTL_OPTION_LANG:
        call->lang = optarg;
        break;
    case CTL_OPTION_LIMIT:
        call->limit = (unsigned)strtoul(optarg, &end, 10);
        return *end == '\0' && call->limit >= 40 && call->limit <= 182;
    case CTL_OPTION_KEY:
        call->key = optarg;
        break;
    case CTL_OPTION_ROLE:
        call->role = optarg;
        break;
    case CTL_OPTION_CODE:
        call->code = optarg;
        break;
    case CTL_OPTION_SEATS:
        call->seats = (unsigned)strtoul(optarg, &end, 10);
        return *end == '\0' && call->seats >= 1;
    case CTL_OPTION_LINK:
        call->link = optarg;
        break;
    case CTL_OPTION_FOR:
        return take_duration(optarg, &call->for_s);
    case CTL_OPTION_MENU:
        call->menu = optarg;
        break;
    case CTL_OPTION_PERCENT:
        call->percent = (unsigned)strtoul(optarg, &end, 10);
        return *end == '\0' && call->percent >= 1 && call->percent <= 100;
    case CTL_OPTION_NUMBERS:
        call->numbers = optarg;
        break;
    case CTL_OPTION_SCREEN:
        call->screen = optarg;
        break;
    default:
        return false;
    }
    return true;
}

/* True when there is a command to look for; else *status is how the program ends. */
static bool parse_options(int argc, char **argv, struct ctl_call *call, unsigned *given,
                          enum ctl_status *status)
{
    int option;

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
        default:
            if (take_option(call, option, given))
                break;
            if (option == OPTION_FIRST + 6)
                ctl_complain("--limit takes 40 to 182");
            if (option == OPTION_FIRST + 9)
                ctl_complain("--seats takes a number");
            if (option == OPTION_FIRST + 11)
                ctl_complain("--for takes a time: 60s, 5m, 1h, at most 24h");
            if (option == OPTION_FIRST + 13)
                ctl_complain("--percent takes 1 to 100");
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

int main(int argc, char **argv)
{
    struct ctl_call call = {.config = DEFAULT_CONFIG};
    const struct ctl_command *command;
    enum ctl_status status;
    unsigned given = 0;

    core_dump_forbid();
    log_set_level(LOG_LEVEL_ERROR);
    if (!parse_options(argc, argv, &call, &given, &status))
        return status;
    command = find_command(&call);
    if (command == NULL) {
        complain_about_words(&call);
        return CTL_USAGE;
    }
    if (!is_well_formed(command, &call, given))
        return CTL_USAGE;
    status = command->run(&call);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ctl_complain("cannot write the output");
        return CTL_REFUSED;
    }
    return status;
}

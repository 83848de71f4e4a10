/*
 * warung-smsc: the simulated SMS and USSD centre, handset and load generator of Warung.
 */
#include "base/log.h"
#include "base/streams.h"
#include "base/version.h"
#include "tests/smsc/conform.h"
#include "tests/smsc/load.h"
#include "tests/smsc/mirror.h"
#include "tests/smsc/phone.h"
#include "tests/smsc/run.h"
#include "tests/smsc/tell.h"

#include <event2/event.h>
#include <signal.h>
#include <string.h>

enum { STATUS_USAGE = 2, STATUS_NO_FILE = 3 };

typedef int command_fn(struct loop *loop, const struct options *options,
                       const struct centre_settings *settings, struct faults *faults);

static const struct command {
    const char *name;
    enum option_command options;
    command_fn *run;
    const char *summary;
} commands[] = {
    {"phone", OPTION_PHONE, phone_run, "a handset: type, or pipe lines in"},
    {"run", OPTION_RUN, run_run, "scripts: dialogues as tests, reported in TAP"},
    {"load", OPTION_LOAD, load_run, "many subscribers on one flow: throughput, latency, ledger"},
    {"conform", OPTION_CONFORM, conform_run, "a conformance report on the peer"},
    {"mirror", OPTION_MIRROR, mirror_run, "stands in for a gateway, to try the others"},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
    fprintf(out, "usage: warung-smsc COMMAND [options]\n\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "  %-8s %s\n", "tell", "PATH COMMAND: one command for a running centre");
    fprintf(out, "\nwarung-smsc COMMAND --help lists the command's options.\n");
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void on_signal(evutil_socket_t signal_number, short what, void *arg)
{
    (void)signal_number;
    (void)what;
    loop_stop(arg);
}

static int run_command(const struct command *command, const struct options *options)
{
    struct centre_settings settings;
    struct faults faults;
    struct loop loop;
    struct event *signals[2];
    int status;

    if (!options_settings(options, &settings, &faults))
        return STATUS_USAGE;
    if (!options_open_trace(options, &settings.trace))
        return STATUS_NO_FILE;
    loop_init(&loop);
    signals[0] = evsignal_new(loop.base, SIGINT, on_signal, &loop);
    signals[1] = evsignal_new(loop.base, SIGTERM, on_signal, &loop);
    for (int i = 0; i < 2; i++)
        evsignal_add(signals[i], NULL);
    status = command->run(&loop, options, &settings, &faults);
    for (int i = 0; i < 2; i++)
        event_free(signals[i]);
    loop_fini(&loop);
    if (settings.trace != NULL && settings.trace != stderr)
        fclose(settings.trace);
    return status;
}

static int run_tell(int argc, char **argv)
{
    bool is_help = argc > 0 && strcmp(argv[0], "--help") == 0;

    if (argc == 2)
        return tell_run(argv[0], argv[1]);
    fprintf(
        is_help ? stdout : stderr,
        "usage: warung-smsc tell PATH COMMAND\n\n"
        "PATH is the socket of the centre's --control. COMMAND is one word to the shell, such as\n"
        "\"stats\" or \"fault mute 5\"; warung-smsc(1) has them.\n");
    return is_help ? 0 : STATUS_USAGE;
}

static int run(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
    struct options options;
    int rest;

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("warung-smsc %s\n", WARUNG_VERSION);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "tell") == 0)
        return run_tell(argc - 2, argv + 2);
    if (command == NULL) {
        bool is_help = argc > 1 && strcmp(argv[1], "--help") == 0;

        print_usage(is_help ? stdout : stderr);
        return is_help ? 0 : STATUS_USAGE;
    }
    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
        printf("usage: warung-smsc %s [options]\n\n", command->name);
        options_print_help(command->options, stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_LEVEL_WARNING);
    options_init(&options, command->options);
    rest = options_parse(&options, command->options, argc - 2, argv + 2);
    if (rest < 0)
        return STATUS_USAGE;
    options.files = argv + 2;
    options.file_count = (unsigned)rest;
    if (rest > 0 && command->options != OPTION_RUN) {
        fprintf(stderr, "warung-smsc: %s takes no further word: %s\n", command->name, argv[2]);
        return STATUS_USAGE;
    }
    return run_command(command, &options);
}

int main(int argc, char **argv)
{
    int status;

    streams_guard();
    status = run(argc, argv);
    return streams_finish("warung-smsc") ? status : STATUS_NO_FILE;
}

/* The command line: one table, from which parsing and --help are made. */
#ifndef WARUNG_SMSC_OPTIONS_H
#define WARUNG_SMSC_OPTIONS_H

#include "tests/smsc/centre.h"

enum { OPTIONS_CODES_MAX = 8 };

#define OPTIONS_AUTOMATIC UINT32_MAX /* a number that was not given */

struct options {
    /* the centre */
    const char *listen;
    const char *connect;
    const char *system_id;
    const char *password;
    const char *system_type;
    const char *bind;
    unsigned binds;
    unsigned window;
    unsigned enquire_link_s;
    unsigned response_timeout_ms;
    unsigned retry_ms;
    unsigned give_up_ms;
    unsigned wait_bind_s;
    const char *port_file;
    const char *trace;
    const char *control;
    bool sticky;
    bool data_sm;
    /* how the subscriber's side speaks */
    const char *dialect;
    const char *its;
    bool payload;
    /* faults */
    const char *fault;
    unsigned seed;
    unsigned repeat_ms;
    unsigned late_ms;
    bool trickle;
    /* receipts */
    const char *receipts;
    const char *receipt_ids;
    unsigned receipt_delay_ms;
    unsigned receipt_fail_percent;
    /* phone */
    const char *phone;
    const char *codes[OPTIONS_CODES_MAX];
    unsigned code_count;
    const char *sms;
    unsigned reply_timeout_ms;
    unsigned sms_wait_ms;
    unsigned tail_ms;
    /* load */
    const char *flow;
    unsigned dialogues; /* at once, at most; 0 = the mode's default */
    unsigned rate;      /* inputs a second; 0 = closed loop */
    unsigned think_ms;
    unsigned seconds;
    unsigned count; /* of dialogues; 0 = as many as the time allows */
    unsigned warmup_ms;
    unsigned drain_s;
    unsigned screen_timeout_ms;
    const char *first_phone;
    unsigned phones;
    unsigned hang_up_percent;
    unsigned walk_off_percent;
    unsigned reenter_ms;
    bool json;
    bool stay;
    const char *ledger_out;
    /* run: the words that are no options */
    char **files;
    unsigned file_count;
    /* conform */
    const char *as;
    const char *dial;
    const char *answer;
    const char *only; /* conform: part of the names of cases; NULL = all */
    /* mirror */
    const char *bug;
};

enum option_command {
    OPTION_PHONE = 1,
    OPTION_RUN = 2,
    OPTION_LOAD = 4,
    OPTION_MIRROR = 8,
    OPTION_CONFORM = 16
};

void options_init(struct options *o, enum option_command command);
/* Takes what begins with "--" from argv[0 .. argc); the rest is counted and moved to the front of
 * argv. -1 after a message on standard error. */
int options_parse(struct options *o, enum option_command command, int argc, char **argv);
void options_print_help(enum option_command command, FILE *out);
/* Makes the settings that a centre needs; the options must outlive them. False after a message. */
bool options_settings(const struct options *o, struct centre_settings *s, struct faults *faults);
/* What --trace names, for the caller to close unless it is stderr; NULL without the option. False
 * after a message. */
bool options_open_trace(const struct options *o, FILE **trace);

/* Writes the port to --port-file; false after a message. */
bool options_announce(const struct options *o, unsigned port);

#endif

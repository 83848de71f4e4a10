/*
 * A script: a dialogue as a test, one statement a line.
 *
 *     phone 6281200000002          the statements that follow are this handset's
 *     dial *384#                   ... and wait for the screen
 *     | #TerusUsaha Lampung*       the screen's lines; * = any text, a line "..." = any lines
 *     | ...
 *     answer 1                     ... and wait for the screen
 *     hangup
 *     text 384 DAFTAR              sends a short message
 *     message 384                  waits for one from there; its lines may follow
 *     | ...
 *     screen                       waits for a screen that nothing asked for (a replay, a push)
 *     same                         the last screen is the one before it, letter by letter
 *     asked | ended                a question is open | the dialogue is over
 *     save NAME after "No: "       keeps a word of the last screen or message, for {NAME} behind it
 *     nothing 500                  no screen and no message in so many ms
 *     wait 500                     lets so many ms pass
 *     binds 2                      waits for so many binds
 *     nowait dial|answer TEXT      does not wait for the screen
 *     taken                        waits until all inputs are taken
 *
 * and the commands of control.h. A screen that nobody waited for by the end is a failure.
 */
#ifndef WARUNG_SMSC_SCRIPT_H
#define WARUNG_SMSC_SCRIPT_H

#include "tests/smsc/options.h"

enum script_verb {
    SCRIPT_PHONE,
    SCRIPT_DIAL,
    SCRIPT_ANSWER,
    SCRIPT_HANGUP,
    SCRIPT_TEXT,
    SCRIPT_MESSAGE,
    SCRIPT_SCREEN,
    SCRIPT_LINES, /* | lines: what the last screen or message must be */
    SCRIPT_SAME,
    SCRIPT_ASKED,
    SCRIPT_ENDED,
    SCRIPT_SAVE,
    SCRIPT_NOTHING,
    SCRIPT_WAIT,
    SCRIPT_BINDS,
    SCRIPT_TAKEN,
    SCRIPT_CONTROL,
    SCRIPT_VERB_COUNT
};

struct script_step {
    enum script_verb verb;
    unsigned line;
    bool nowait;
    char *argument; /* the rest of the line; of SCRIPT_LINES all lines, without their bars */
};

struct script {
    char *name;
    struct script_step *steps;
    size_t count;
};

/* NULL after "file:line: text" on standard error. */
struct script *script_load(const char *file);
struct script *script_parse(const char *name, const char *text);
void script_free(struct script *s);

/* Whether the text is what the pattern lines say. */
bool script_matches(const char *pattern, const char *text);
/* Shows both line by line, marking those that differ; each line begins with "# ". */
void script_print_difference(const char *pattern, const char *text, FILE *out);

#endif

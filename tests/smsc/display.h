/*
 * What a handset shows: boxes on a terminal, plain lines in a pipe.
 */
#ifndef WARUNG_SMSC_DISPLAY_H
#define WARUNG_SMSC_DISPLAY_H

#include <stdbool.h>
#include <stdio.h>

struct display {
    FILE *out;
    bool boxed;
    bool prompted; /* a prompt stands on the current line */
};

void display_screen(struct display *d, const char *text, bool ended);
void display_sms(struct display *d, const char *from, const char *text);
/* What the subscriber did; only in a pipe, where nobody sees the keys. */
void display_input(struct display *d, const char *line);
/* A word of the phone's or the network's own. */
void display_note(struct display *d, const char *text);
/* Only on a terminal. */
void display_prompt(struct display *d, const char *prompt);
/* The user pressed return: the prompt's line is over. */
void display_prompt_done(struct display *d);

#endif

/*
 * A flow: what a subscriber goes through, as a small text file, one step a line.
 *
 *     dial   *384#
 *     maybe  "Tabik pun!"            answer 1
 *     screen "#TerusUsaha Lampung"   answer 1
 *     screen has "Ketik nama"        answer "{name}"
 *     end    "Terima kasih"          save "No: "
 *     busy   "Maaf, layanan sedang sibuk"
 *     sms    "#TerusUsaha: pendaftaran"
 *
 * A screen is recognised by how it begins, or with `has` by what it holds; ? stands for any one
 * character, \n for a line break. `maybe` is a screen that may be left out. `end` closes the flow;
 * `save` keeps the word that follows the given text. `busy` are texts with which the service may
 * end a dialogue early without a fault; `sms` is a message that each finished dialogue must bring.
 * In answers: {phone}, {n} (the subscriber's number in the run), {name} (a person's name), {3..15}
 * (a number between the two, by chance but the same for the same seed, subscriber and step).
 * Because the flow says which screen follows which input, an input eaten or doubled shows up as a
 * wrong screen.
 */
#ifndef WARUNG_SMSC_FLOW_H
#define WARUNG_SMSC_FLOW_H

#include "base/span.h"

enum {
    FLOW_STEPS_MAX = 64,
    FLOW_TEXT_BYTES = 128,
    FLOW_OTHERS_MAX = 8,
    FLOW_DIAL_BYTES = 32,
};

struct flow_match {
    bool anywhere;
    uint8_t size;                 /* 0 = matches everything */
    uint8_t gsm[FLOW_TEXT_BYTES]; /* unpacked septets, as on the wire */
};

struct flow_step {
    struct flow_match match;
    bool is_optional;
    bool is_end;
    char answer[FLOW_TEXT_BYTES]; /* UTF-8 with placeholders; empty at the end */
    bool is_fixed;                /* the answer has no placeholder: `gsm` holds it encoded */
    uint8_t gsm_size;
    uint8_t gsm[FLOW_TEXT_BYTES];
};

struct flow {
    char dial[FLOW_DIAL_BYTES];
    struct flow_step steps[FLOW_STEPS_MAX];
    unsigned step_count;
    unsigned inputs; /* of one dialogue with all its optional screens, the dialling included */
    struct flow_match save; /* size 0: nothing is saved */
    struct flow_match busy[FLOW_OTHERS_MAX];
    unsigned busy_count;
    struct flow_match sms;
    bool wants_sms;
};

/* "" is register.flow, which the program has in it. NULL after "file:line: text" on standard error.
 * Free with flow_free(). */
struct flow *flow_load(const char *file);
/* The same from text in memory; `name` is for messages. */
struct flow *flow_parse(const char *name, const char *text);
void flow_free(struct flow *f);

bool flow_matches(const struct flow_match *m, struct span gsm);
bool flow_is_busy(const struct flow *f, struct span gsm);

struct flow_subscriber {
    const char *phone;
    uint64_t number;
    uint64_t seed;
};

/* The answer of a step, as unpacked septets. Returns its size, 0 when it does not fit. */
size_t flow_answer(const struct flow *f, unsigned step, const struct flow_subscriber *who,
                   uint8_t *gsm, size_t gsm_bytes);
/* The word behind the flow's `save` text; empty when there is none. */
void flow_saved(const struct flow *f, struct span gsm, char *word, size_t word_bytes);

#endif

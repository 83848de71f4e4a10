#include "tests/smsc/phone.h"

#include "tests/smsc/control.h"
#include "tests/smsc/display.h"
#include "tests/smsc/handset.h"
#include "tests/smsc/input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STOP_WAIT_MS = 1000, STATUS_NO_ANSWER = 1, STATUS_CANNOT_START = 3 };

/* What the next line from a pipe waits for. */
enum waiting { WAIT_NOTHING, WAIT_BIND, WAIT_SCREEN, WAIT_SMS, WAIT_PAUSE, WAIT_TAIL };

struct phone {
    struct loop *loop;
    const struct options *options;
    struct centre *centre;
    struct control *control;
    struct handset handset;
    struct display display;
    struct input input;
    enum waiting waiting;
    struct timer deadline;
    struct deferred go_on;
    bool is_terminal;
    int status;
};

/* ---- waiting ---- */

static void wait_for(struct phone *p, enum waiting what, uint64_t limit_ms)
{
    p->waiting = what;
    timer_start(&p->loop->timers, &p->deadline, limit_ms);
}

static void waited(struct phone *p, enum waiting what)
{
    if (p->waiting != what)
        return;
    p->waiting = WAIT_NOTHING;
    timer_stop(&p->loop->timers, &p->deadline);
    deferred_add(&p->loop->deferred, &p->go_on);
}

static void finish(struct phone *p, int status)
{
    p->status = status;
    loop_stop(p->loop);
}

static void on_deadline(struct timer *t, void *arg)
{
    struct phone *p = arg;
    enum waiting what = p->waiting;

    (void)t;
    p->waiting = WAIT_NOTHING;
    switch (what) {
    case WAIT_BIND:
        fprintf(stderr, "warung-smsc: no gateway bound within %u s\n", p->options->wait_bind_s);
        finish(p, STATUS_NO_ANSWER);
        return;
    case WAIT_SCREEN:
        display_note(&p->display, "the service did not answer");
        p->handset.state = HANDSET_IDLE;
        if (!p->is_terminal) {
            finish(p, STATUS_NO_ANSWER);
            return;
        }
        break;
    case WAIT_TAIL:
        finish(p, 0);
        return;
    case WAIT_NOTHING:
    case WAIT_SMS:
    case WAIT_PAUSE:
        break;
    }
    deferred_add(&p->loop->deferred, &p->go_on);
}

/* ---- what the user does ---- */

static bool is_routed(const struct phone *p, const char *dialled)
{
    if (p->options->code_count == 0)
        return true;
    for (unsigned i = 0; i < p->options->code_count; i++) {
        const char *code = p->options->codes[i];
        size_t size = strlen(code);

        if (size != 0 && code[size - 1] == '#')
            size--;
        if (strncmp(dialled, code, size) == 0 && (dialled[size] == '*' || dialled[size] == '#'))
            return true;
    }
    return false;
}

static void dial(struct phone *p, const char *line)
{
    if (!is_routed(p, line)) {
        display_note(&p->display, "the network does not know this code");
        return;
    }
    handset_dial(&p->handset, line);
    wait_for(p, WAIT_SCREEN, p->options->reply_timeout_ms);
}

/* "sms 384 TEXT" or "sms TEXT"; a word of digits is the number. */
static void text(struct phone *p, const char *line)
{
    char to[HANDSET_NUMBER_BYTES];
    size_t digits;

    line += strspn(line, " ");
    digits = strspn(line, "0123456789");
    text_copy(to, sizeof(to), p->options->sms);
    if (digits != 0 && digits < sizeof(to) && line[digits] == ' ') {
        memcpy(to, line, digits);
        to[digits] = '\0';
        line += digits + 1;
    }
    if (*line == '\0' || !handset_text(&p->handset, to, line))
        display_note(&p->display, "this text cannot be sent");
    else if (!p->is_terminal)
        wait_for(p, WAIT_SMS, p->options->sms_wait_ms);
}

static void hang_up(struct phone *p)
{
    if (p->handset.state == HANDSET_IDLE)
        return;
    handset_hang_up(&p->handset);
    display_note(&p->display, "hung up");
    timer_stop(&p->loop->timers, &p->deadline);
    p->waiting = WAIT_NOTHING;
}

static void answer(struct phone *p, const char *line)
{
    if (p->handset.state == HANDSET_WAITING)
        display_note(&p->display, "wait for the screen");
    else if (p->handset.state == HANDSET_IDLE)
        display_note(&p->display, "no dialogue is open: dial first");
    else if (handset_answer(&p->handset, line))
        wait_for(p, WAIT_SCREEN, p->options->reply_timeout_ms);
    else
        display_note(&p->display, "this answer is too long");
}

static void show_help(struct phone *p)
{
    static const char *const lines[] = {
        "*384#          dials (any code); a number or words answer the question",
        "an empty line  hangs up, as does: hangup",
        "sms 384 DAFTAR sends a message",
        "quit           or Ctrl-D leaves",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        display_note(&p->display, lines[i]);
}

static void on_line(struct phone *p, const char *line)
{
    bool is_idle = p->handset.state == HANDSET_IDLE;

    display_input(&p->display, line);
    if (handset_is_dial(line))
        dial(p, line);
    else if (*line == '\0' || strcmp(line, "hangup") == 0)
        hang_up(p);
    else if (strncmp(line, "sms ", 4) == 0 && (is_idle || (line[4] >= '0' && line[4] <= '9')))
        text(p, line + 4);
    else if (strncmp(line, "wait ", 5) == 0 && strspn(line + 5, "0123456789") == strlen(line + 5))
        wait_for(p, WAIT_PAUSE, strtoul(line + 5, NULL, 10));
    else if (is_idle && (strcmp(line, "help") == 0 || strcmp(line, "?") == 0))
        show_help(p);
    else if (is_idle && strcmp(line, "sms") == 0)
        display_note(&p->display, "what does it say? for instance: sms STATUS");
    else if (is_idle && strcmp(line, "quit") == 0)
        finish(p, 0);
    else
        answer(p, line);
}

static void prompt(struct phone *p)
{
    if (p->handset.state == HANDSET_WAITING || p->waiting == WAIT_BIND)
        return;
    display_prompt(&p->display, p->handset.state == HANDSET_ASKED ? "Answer:" : "Dial:");
}

/* From a pipe each line waits for the reply to the one before; a person may type at any time. */
static void take_lines(struct phone *p)
{
    char line[INPUT_LINE_BYTES];

    while (!p->loop->stopped && p->waiting != WAIT_BIND &&
           (p->is_terminal || p->waiting == WAIT_NOTHING)) {
        enum input_result result = input_next(&p->input, line, sizeof(line));

        if (result == INPUT_NOTHING_YET)
            break;
        if (result == INPUT_END) {
            if (p->waiting != WAIT_TAIL)
                wait_for(p, WAIT_TAIL, p->is_terminal ? 0 : p->options->tail_ms);
            return;
        }
        display_prompt_done(&p->display);
        on_line(p, line);
    }
    prompt(p);
}

static void on_input(void *ctx)
{
    take_lines(ctx);
}

static void go_on(struct deferred *d, void *arg)
{
    (void)d;
    take_lines(arg);
}

/* ---- what the gateway does ---- */

static void on_screen(void *ctx, const char *screen, bool ended)
{
    struct phone *p = ctx;

    display_screen(&p->display, screen, ended);
    waited(p, WAIT_SCREEN);
    if (p->is_terminal)
        deferred_add(&p->loop->deferred, &p->go_on);
}

static void on_sms(void *ctx, const char *from, const char *message)
{
    struct phone *p = ctx;

    display_sms(&p->display, from, message);
    waited(p, WAIT_SMS);
    if (p->is_terminal)
        deferred_add(&p->loop->deferred, &p->go_on);
}

static void on_failed(void *ctx, const char *reason)
{
    struct phone *p = ctx;

    display_note(&p->display, reason);
    if (p->waiting == WAIT_SCREEN && !p->is_terminal)
        finish(p, STATUS_NO_ANSWER);
    waited(p, WAIT_SCREEN);
}

static const struct handset_owner handset_owner = {on_screen, on_sms};

static void on_binds(void *ctx, unsigned count)
{
    struct phone *p = ctx;

    if (count == 0) {
        if (p->display.boxed)
            display_note(&p->display, "no network: the gateway is gone");
        else
            fprintf(stderr, "warung-smsc: the gateway is gone; waiting for it\n");
    }
    if (p->display.boxed && count == 1)
        display_note(&p->display, "the network is there; type help to see the keys");
    if (count >= p->options->binds)
        waited(p, WAIT_BIND);
    if (p->display.boxed)
        deferred_add(&p->loop->deferred, &p->go_on);
}

static void on_message(void *ctx, const struct wire_message *m)
{
    struct phone *p = ctx;

    if (handset_is_for(&p->handset, m))
        handset_on_message(&p->handset, m);
    else
        fprintf(stderr, "warung-smsc: a message for %.*s, who is not here\n",
                (int)m->destination.digits.size, (const char *)m->destination.digits.data);
}

static void on_accepted(void *ctx, const struct delivery *d)
{
    (void)ctx;
    (void)d;
}

static void on_refused(void *ctx, const struct delivery *d, uint32_t status)
{
    struct phone *p = ctx;
    char reason[80];

    snprintf(reason, sizeof(reason), "the gateway refused it: %s", wire_status_name(status));
    if (d->input == p->handset.input)
        p->handset.state = HANDSET_IDLE;
    on_failed(p, reason);
}

static const struct centre_owner centre_callbacks = {
    .on_binds = on_binds,
    .on_message = on_message,
    .on_accepted = on_accepted,
    .on_refused = on_refused,
};

int phone_run(struct loop *loop, const struct options *options,
              const struct centre_settings *settings, struct faults *faults)
{
    struct phone p = {.loop = loop, .options = options};
    struct centre_owner centre_owner = centre_callbacks;

    centre_owner.binds_ctx = &p;
    p.centre = centre_new(loop, settings, faults, &centre_owner, &p);
    if (p.centre == NULL)
        return STATUS_CANNOT_START;
    if (options->control != NULL)
        p.control = control_new(loop, options->control, p.centre, faults);
    if ((options->control != NULL && p.control == NULL) ||
        !options_announce(options, centre_port(p.centre))) {
        control_free(p.control);
        centre_free(p.centre);
        return STATUS_CANNOT_START;
    }
    p.is_terminal = isatty(STDIN_FILENO);
    p.display.out = stdout;
    p.display.boxed = p.is_terminal && isatty(STDOUT_FILENO);
    handset_init(&p.handset, p.centre, options->phone, &handset_owner, &p);
    p.handset.echo_unit = strcmp(options->its, "echo") == 0;
    p.handset.by_payload = options->payload;
    p.handset.by_data_sm = options->data_sm;
    p.handset.speech = speech_find(options->dialect);
    timer_init(&p.deadline, on_deadline, &p);
    deferred_init(&p.go_on, go_on, &p);
    input_init(&p.input, loop, STDIN_FILENO, on_input, &p);
    if (p.display.boxed)
        printf("\n  Phone %s, waiting for the network...\n", options->phone);
    wait_for(&p, WAIT_BIND, options->wait_bind_s * UINT64_C(1000));
    loop_run(loop);
    if (p.display.boxed)
        putchar('\n');
    input_fini(&p.input);
    timer_stop(&loop->timers, &p.deadline);
    deferred_cancel(&loop->deferred, &p.go_on);
    centre_stop(p.centre, STOP_WAIT_MS);
    control_free(p.control);
    centre_free(p.centre);
    handset_fini(&p.handset);
    return p.status;
}

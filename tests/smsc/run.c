#include "tests/smsc/run.h"

#include "base/mem.h"
#include "tests/smsc/control.h"
#include "tests/smsc/handset.h"
#include "tests/smsc/script.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATUS_FAILED = 1,
    STATUS_BAD_SCRIPT = 2,
    STATUS_CANNOT_START = 3,
    STOP_WAIT_MS = 1000,
    HANDSETS_MAX = 32,
    NAMES_MAX = 16,
    NAME_BYTES = 32,
    VALUE_BYTES = 64,
    TEXT_BYTES = 4096,
};

/* What came for a handset and was not looked at yet. */
struct event_item {
    struct list_node node;
    bool is_sms;
    char from[HANDSET_NUMBER_BYTES];
    char *text;
};

struct actor {
    struct handset handset;
    struct list events;
    char *shown;        /* the screen or message that was looked at last */
    char *shown_before; /* the one before */
};

struct saved {
    char name[NAME_BYTES];
    char value[VALUE_BYTES];
};

struct run {
    struct loop *loop;
    const struct options *options;
    struct faults *faults;
    struct centre *centre;
    struct control *control;
    const struct script *script;
    struct actor *actors[HANDSETS_MAX];
    unsigned actor_count;
    struct actor *actor; /* whose statements these are */
    struct saved saved[NAMES_MAX];
    unsigned saved_count;
    struct timer deadline;
    bool is_late;
    bool has_failed;
    const struct script_step *step;
};

/* ---- failing ---- */

static void fail(struct run *r, const char *why)
{
    if (!r->has_failed)
        printf("# %s:%u: %s\n", r->script->name, r->step != NULL ? r->step->line : 0, why);
    r->has_failed = true;
}

/* ---- handsets ---- */

static void add_event(struct actor *a, bool is_sms, const char *from, const char *text)
{
    struct event_item *e = mem_zalloc(sizeof(*e));

    e->is_sms = is_sms;
    text_copy(e->from, sizeof(e->from), from);
    e->text = mem_strdup(text);
    list_push_back(&a->events, &e->node);
}

static void on_screen(void *ctx, const char *text, bool ended)
{
    (void)ended;
    add_event(ctx, false, "", text);
}

static void on_sms(void *ctx, const char *from, const char *text)
{
    add_event(ctx, true, from, text);
}

static const struct handset_owner handset_owner = {on_screen, on_sms};

static void free_event(struct actor *a, struct event_item *e)
{
    list_remove(&a->events, &e->node);
    mem_free(e->text);
    mem_free(e);
}

static void use_phone(struct run *r, const char *number)
{
    struct actor *a;

    for (unsigned i = 0; i < r->actor_count; i++)
        if (strcmp(r->actors[i]->handset.msisdn, number) == 0) {
            r->actor = r->actors[i];
            return;
        }
    if (r->actor_count == HANDSETS_MAX) {
        fail(r, "too many phones");
        return;
    }
    a = mem_zalloc(sizeof(*a));
    list_init(&a->events);
    handset_init(&a->handset, r->centre, number, &handset_owner, a);
    a->handset.echo_unit = strcmp(r->options->its, "echo") == 0;
    a->handset.by_payload = r->options->payload;
    a->handset.by_data_sm = r->options->data_sm;
    a->handset.speech = speech_find(r->options->dialect);
    r->actors[r->actor_count++] = a;
    r->actor = a;
}

static void free_actors(struct run *r)
{
    for (unsigned i = 0; i < r->actor_count; i++) {
        struct actor *a = r->actors[i];

        carrier_forget(centre_carrier(r->centre), &a->handset);
        LIST_FOREACH(node, &a->events)
            free_event(a, LIST_ITEM(node, struct event_item, node));
        handset_fini(&a->handset);
        mem_free(a->shown);
        mem_free(a->shown_before);
        mem_free(a);
    }
    r->actor_count = 0;
    r->saved_count = 0;
}

/* ---- waiting: the loop turns until a condition holds or its time is over ---- */

typedef bool condition_fn(struct run *r, unsigned number);

static void on_deadline(struct timer *t, void *arg)
{
    struct run *r = arg;

    (void)t;
    r->is_late = true;
}

static bool wait_until(struct run *r, condition_fn *condition, unsigned number, uint64_t limit_ms)
{
    r->is_late = false;
    timer_start(&r->loop->timers, &r->deadline, limit_ms);
    while (!condition(r, number) && !r->is_late && !r->has_failed && !r->loop->stopped)
        loop_turn(r->loop);
    timer_stop(&r->loop->timers, &r->deadline);
    return condition(r, number);
}

static struct event_item *find_event(struct actor *a, bool is_sms)
{
    LIST_FOREACH(node, &a->events) {
        struct event_item *e = LIST_ITEM(node, struct event_item, node);

        if (e->is_sms == is_sms)
            return e;
    }
    return NULL;
}

static bool has_screen(struct run *r, unsigned number)
{
    (void)number;
    return find_event(r->actor, false) != NULL;
}

static bool has_sms(struct run *r, unsigned number)
{
    (void)number;
    return find_event(r->actor, true) != NULL;
}

static bool has_binds(struct run *r, unsigned number)
{
    return centre_binds(r->centre) >= number;
}

static bool has_nothing_pending(struct run *r, unsigned number)
{
    (void)number;
    return carrier_pending(centre_carrier(r->centre)) == 0;
}

static bool never(struct run *r, unsigned number)
{
    (void)r;
    (void)number;
    return false;
}

static bool has_anything(struct run *r, unsigned number)
{
    (void)number;
    return !list_is_empty(&r->actor->events);
}

/* ---- statements ---- */

static void look_at(struct run *r, bool is_sms)
{
    struct actor *a = r->actor;
    struct event_item *e = find_event(a, is_sms);

    assert(e != NULL); /* the caller has waited for it */
    mem_free(a->shown_before);
    a->shown_before = a->shown;
    a->shown = mem_strdup(e->text);
    free_event(a, e);
}

static void expect_screen(struct run *r)
{
    if (wait_until(r, has_screen, 0, r->options->reply_timeout_ms))
        look_at(r, false);
    else
        fail(r, "no screen came");
}

static void dial(struct run *r, const char *text)
{
    if (!handset_dial(&r->actor->handset, text))
        fail(r, "this is no dial string");
    else if (!r->step->nowait)
        expect_screen(r);
}

static void answer(struct run *r, const char *text)
{
    if (!handset_answer(&r->actor->handset, text))
        fail(r, "no question is open, or the answer is too long");
    else if (!r->step->nowait)
        expect_screen(r);
}

static void text_to(struct run *r, const char *argument)
{
    char to[HANDSET_NUMBER_BYTES];
    size_t size = strcspn(argument, " ");

    if (argument[size] == '\0' || size >= sizeof(to)) {
        fail(r, "text wants a number and a text");
        return;
    }
    memcpy(to, argument, size);
    to[size] = '\0';
    if (!handset_text(&r->actor->handset, to, argument + size + 1))
        fail(r, "this text cannot be sent");
}

static void expect_message(struct run *r, const char *from)
{
    struct event_item *e;

    if (!wait_until(r, has_sms, 0, r->options->reply_timeout_ms)) {
        fail(r, "no message came");
        return;
    }
    e = find_event(r->actor, true);
    assert(e != NULL); /* has_sms */
    if (strcmp(e->from, from) != 0) {
        printf("# it came from %s\n", e->from);
        fail(r, "the message is not from there");
    }
    look_at(r, true);
}

static void expect_lines(struct run *r, const char *pattern)
{
    const char *text = r->actor->shown;

    if (text == NULL) {
        fail(r, "nothing was shown yet");
        return;
    }
    if (script_matches(pattern, text))
        return;
    fail(r, "this is not what was shown:");
    script_print_difference(pattern, text, stdout);
}

static void expect_same(struct run *r)
{
    const struct actor *a = r->actor;

    if (a->shown == NULL || a->shown_before == NULL || strcmp(a->shown, a->shown_before) != 0)
        fail(r, "the last two screens differ");
}

static void expect_state(struct run *r, enum handset_state state, const char *why)
{
    if (r->actor->handset.state != state)
        fail(r, why);
}

static void expect_nothing(struct run *r, unsigned limit_ms)
{
    if (!wait_until(r, has_anything, 0, limit_ms))
        return;
    printf("# %s\n", LIST_ITEM(list_first(&r->actor->events), struct event_item, node)->text);
    fail(r, "something came");
}

/* save NAME after "TEXT" */
static void save(struct run *r, const char *argument)
{
    char name[NAME_BYTES], after[VALUE_BYTES];
    struct saved *s = &r->saved[r->saved_count];
    const char *at;

    if (sscanf(argument, "%31s after \"%63[^\"]\"", name, after) != 2 ||
        r->saved_count == NAMES_MAX) {
        fail(r, "save wants NAME after \"TEXT\"");
        return;
    }
    at = r->actor->shown != NULL ? strstr(r->actor->shown, after) : NULL;
    if (at == NULL) {
        fail(r, "this text was not shown");
        return;
    }
    at += strlen(after);
    text_copy(s->name, sizeof(s->name), name);
    snprintf(s->value, sizeof(s->value), "%.*s", (int)strcspn(at, " \n"), at);
    r->saved_count++;
}

static void command(struct run *r, const char *line)
{
    char reply[CONTROL_REPLY_BYTES];

    if (!control_execute(r->loop, r->centre, r->faults, line, reply, sizeof(reply)))
        fail(r, reply);
    else if (strcmp(reply, "ok") != 0)
        printf("# %s\n", reply);
}

/* Puts saved values for their {NAME}; the newest of a name counts. */
static void expand(const struct run *r, const char *text, char *out, size_t out_bytes)
{
    size_t size = 0;

    while (*text != '\0' && size + 1 < out_bytes) {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        const struct saved *found = NULL;

        for (unsigned i = 0; close != NULL && i < r->saved_count; i++)
            if (strlen(r->saved[i].name) == (size_t)(close - text - 1) &&
                memcmp(r->saved[i].name, text + 1, (size_t)(close - text - 1)) == 0)
                found = &r->saved[i];
        if (found == NULL) {
            out[size++] = *text++;
            continue;
        }
        for (const char *p = found->value; *p != '\0' && size + 1 < out_bytes; p++)
            out[size++] = *p;
        text = close + 1;
    }
    out[size] = '\0';
}

static void do_step(struct run *r, const char *argument)
{
    unsigned number = (unsigned)strtoul(argument, NULL, 10);

    switch (r->step->verb) {
    case SCRIPT_PHONE:
        use_phone(r, argument);
        break;
    case SCRIPT_DIAL:
        dial(r, argument);
        break;
    case SCRIPT_ANSWER:
        answer(r, argument);
        break;
    case SCRIPT_HANGUP:
        handset_hang_up(&r->actor->handset);
        break;
    case SCRIPT_TEXT:
        text_to(r, argument);
        break;
    case SCRIPT_MESSAGE:
        expect_message(r, argument);
        break;
    case SCRIPT_SCREEN:
        expect_screen(r);
        break;
    case SCRIPT_LINES:
        expect_lines(r, argument);
        break;
    case SCRIPT_SAME:
        expect_same(r);
        break;
    case SCRIPT_ASKED:
        expect_state(r, HANDSET_ASKED, "no question is open");
        break;
    case SCRIPT_ENDED:
        expect_state(r, HANDSET_IDLE, "the dialogue goes on");
        break;
    case SCRIPT_SAVE:
        save(r, argument);
        break;
    case SCRIPT_NOTHING:
        expect_nothing(r, number);
        break;
    case SCRIPT_WAIT:
        wait_until(r, never, 0, number);
        break;
    case SCRIPT_BINDS:
        if (!wait_until(r, has_binds, number, r->options->wait_bind_s * UINT64_C(1000)))
            fail(r, "not so many binds");
        break;
    case SCRIPT_TAKEN:
        if (!wait_until(r, has_nothing_pending, 0, r->options->reply_timeout_ms))
            fail(r, "an input was not taken");
        break;
    case SCRIPT_CONTROL:
        command(r, argument);
        break;
    case SCRIPT_VERB_COUNT:
        break;
    }
}

static void check_leftovers(struct run *r)
{
    for (unsigned i = 0; i < r->actor_count && !r->has_failed; i++) {
        r->actor = r->actors[i];
        if (!has_screen(r, 0))
            continue;
        printf("# %s\n", find_event(r->actor, false)->text);
        fail(r, "a screen that nobody waited for");
    }
}

static bool play(struct run *r, const struct script *script)
{
    r->script = script;
    r->step = NULL;
    r->has_failed = false;
    use_phone(r, r->options->phone);
    for (size_t i = 0; i < script->count && !r->has_failed && !r->loop->stopped; i++) {
        char argument[TEXT_BYTES];

        r->step = &script->steps[i];
        expand(r, r->step->argument, argument, sizeof(argument));
        do_step(r, argument);
    }
    check_leftovers(r);
    free_actors(r);
    return !r->has_failed && !r->loop->stopped;
}

/* ---- the centre ---- */

static void on_binds(void *ctx, unsigned count)
{
    (void)ctx;
    (void)count;
}

static void on_message(void *ctx, const struct wire_message *m)
{
    struct run *r = ctx;

    for (unsigned i = 0; i < r->actor_count; i++)
        if (handset_is_for(&r->actors[i]->handset, m))
            handset_on_message(&r->actors[i]->handset, m);
}

static void on_accepted(void *ctx, const struct delivery *d)
{
    (void)ctx;
    (void)d;
}

static void on_refused(void *ctx, const struct delivery *d, uint32_t status)
{
    (void)d;
    printf("# the gateway refused an input: %s\n", wire_status_name(status));
    fail(ctx, "an input was refused");
}

static const struct centre_owner centre_owner = {
    .on_binds = on_binds,
    .on_message = on_message,
    .on_accepted = on_accepted,
    .on_refused = on_refused,
};

static int play_all(struct run *r, struct script **scripts, unsigned count)
{
    unsigned failed = 0;

    if (!wait_until(r, has_binds, r->options->binds, r->options->wait_bind_s * UINT64_C(1000))) {
        printf("Bail out! no gateway bound within %u s\n", r->options->wait_bind_s);
        return STATUS_FAILED;
    }
    printf("1..%u\n", count);
    for (unsigned i = 0; i < count; i++) {
        bool passed = play(r, scripts[i]);

        printf("%sok %u - %s\n", passed ? "" : "not ", i + 1, scripts[i]->name);
        fflush(stdout);
        failed += !passed;
    }
    return failed != 0 ? STATUS_FAILED : 0;
}

static int run_with_centre(struct run *r, const struct centre_settings *settings,
                           struct script **scripts, unsigned count)
{
    int status = STATUS_CANNOT_START;

    r->centre = centre_new(r->loop, settings, r->faults, &centre_owner, r);
    if (r->centre == NULL)
        return status;
    if (r->options->control != NULL)
        r->control = control_new(r->loop, r->options->control, r->centre, r->faults);
    if (options_announce(r->options, centre_port(r->centre)) &&
        (r->options->control == NULL || r->control != NULL)) {
        status = play_all(r, scripts, count);
        centre_stop(r->centre, STOP_WAIT_MS);
    }
    control_free(r->control);
    centre_free(r->centre);
    return status;
}

int run_run(struct loop *loop, const struct options *options,
            const struct centre_settings *settings, struct faults *faults)
{
    struct run r = {.loop = loop, .options = options, .faults = faults};
    struct script **scripts = mem_zalloc((options->file_count + 1) * sizeof(*scripts));
    unsigned count = 0;
    int status = STATUS_BAD_SCRIPT;

    timer_init(&r.deadline, on_deadline, &r);
    while (count < options->file_count &&
           (scripts[count] = script_load(options->files[count])) != NULL)
        count++;
    if (count == options->file_count && count != 0)
        status = run_with_centre(&r, settings, scripts, count);
    else if (options->file_count == 0)
        fprintf(stderr, "warung-smsc: run wants scripts\n");
    for (unsigned i = 0; i < count; i++)
        script_free(scripts[i]);
    mem_free(scripts);
    return status;
}

#include "tests/smsc/control.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESS_BYTES = 128, LINE_BYTES = 256 };

struct target {
    struct loop *loop;
    struct centre *centre;
    struct faults *faults;
    const char *argument; /* what follows the command's word */
    char *reply;
    size_t reply_bytes;
};

static bool refuse(struct target *t, const char *why)
{
    snprintf(t->reply, t->reply_bytes, "error: %s", why);
    return false;
}

static bool drop_all(struct target *t)
{
    centre_drop_all(t->centre);
    return true;
}

static bool repeat_last(struct target *t)
{
    return carrier_repeat_last(centre_carrier(t->centre)) || refuse(t, "nothing was accepted yet");
}

static bool set_fault(struct target *t)
{
    size_t size = strcspn(t->argument, " ");
    enum fault fault = fault_find(t->argument, size);
    char *end;
    double percent = strtod(t->argument + size, &end);

    if (fault == FAULT_COUNT || end == t->argument + size || *end != '\0' ||
        !faults_set(t->faults, fault, percent))
        return refuse(t, "fault wants NAME PERCENT");
    return true;
}

static bool set_trickle(struct target *t)
{
    if (strcmp(t->argument, "on") != 0 && strcmp(t->argument, "off") != 0)
        return refuse(t, "trickle wants on or off");
    centre_set_trickle(t->centre, strcmp(t->argument, "on") == 0);
    return true;
}

static bool pause_inputs(struct target *t)
{
    carrier_set_paused(centre_carrier(t->centre), true);
    return true;
}

static bool resume_inputs(struct target *t)
{
    carrier_set_paused(centre_carrier(t->centre), false);
    return true;
}

static bool tell_stats(struct target *t)
{
    struct centre_stats s = centre_stats(t->centre);

    snprintf(t->reply, t->reply_bytes,
             "{\"binds\":%u,\"pending\":%u,\"sent\":%" PRIu64 ",\"accepted\":%" PRIu64
             ",\"repeated\":%" PRIu64 ",\"throttled\":%" PRIu64 ",\"temporary\":%" PRIu64
             ",\"refused\":%" PRIu64 ",\"unanswered\":%" PRIu64 ",\"cut\":%" PRIu64
             ",\"messages\":%" PRIu64 ",\"turned_away\":%" PRIu64 ",\"disconnects\":%" PRIu64
             ",\"receipts\":%" PRIu64 "}",
             centre_binds(t->centre), carrier_pending(centre_carrier(t->centre)), s.carrier.sent,
             s.carrier.accepted, s.carrier.repeated, s.carrier.throttled, s.carrier.temporary,
             s.carrier.refused, s.carrier.unanswered, s.carrier.cut, s.messages, s.turned_away,
             s.disconnects, s.receipts);
    return true;
}

static bool quit(struct target *t)
{
    loop_stop(t->loop);
    return true;
}

static const struct {
    const char *word;
    bool (*run)(struct target *t);
} commands[] = {
    {"drop", drop_all},       {"repeat", repeat_last}, {"fault", set_fault},
    {"trickle", set_trickle}, {"pause", pause_inputs}, {"resume", resume_inputs},
    {"stats", tell_stats},    {"quit", quit},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int find_command(const char *line)
{
    size_t size = strcspn(line, " ");

    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strlen(commands[i].word) == size && memcmp(commands[i].word, line, size) == 0)
            return i;
    return -1;
}

bool control_is_command(const char *line)
{
    return find_command(line) >= 0;
}

bool control_execute(struct loop *loop, struct centre *centre, struct faults *faults,
                     const char *line, char *reply, size_t reply_bytes)
{
    int command = find_command(line);
    size_t size = strcspn(line, " ");
    struct target t = {loop,  centre,     faults, line + size + strspn(line + size, " "),
                       reply, reply_bytes};

    snprintf(reply, reply_bytes, "ok");
    if (command < 0)
        return refuse(&t, "unknown command");
    return commands[command].run(&t);
}

/* ---- the socket ---- */

struct client {
    struct list_node node;
    struct control *control;
    struct conn conn;
};

struct control {
    struct loop *loop;
    struct centre *centre;
    struct faults *faults;
    char path[ADDRESS_BYTES];
    int listener;
    struct event *accept_event;
    struct list clients;
};

static void on_line(struct client *cl, const char *line)
{
    char reply[CONTROL_REPLY_BYTES];

    control_execute(cl->control->loop, cl->control->centre, cl->control->faults, line, reply,
                    sizeof(reply));
    conn_write(&cl->conn, span_of_string(reply));
    conn_write(&cl->conn, span_of_string("\n"));
}

static size_t on_data(void *ctx, struct span data)
{
    struct client *cl = ctx;
    size_t done = 0;
    const uint8_t *end;

    while (done < data.size && (end = memchr(data.data + done, '\n', data.size - done)) != NULL) {
        size_t size = (size_t)(end - data.data) - done;
        char line[LINE_BYTES];

        if (size >= sizeof(line))
            size = sizeof(line) - 1;
        memcpy(line, data.data + done, size);
        line[size] = '\0';
        on_line(cl, line);
        done = (size_t)(end - data.data) + 1;
    }
    if (data.size - done >= LINE_BYTES)
        conn_close(&cl->conn, "line too long");
    return done;
}

static void on_closed(void *ctx, const char *reason)
{
    struct client *cl = ctx;

    (void)reason;
    list_remove(&cl->control->clients, &cl->node);
    conn_fini(&cl->conn);
    mem_free(cl);
}

static const struct conn_owner conn_owner = {NULL, on_data, on_closed};

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
    struct control *c = arg;
    int fd = accept(listener, NULL, NULL);
    struct client *cl;

    (void)what;
    if (fd < 0)
        return;
    cl = mem_zalloc(sizeof(*cl));
    cl->control = c;
    list_push_back(&c->clients, &cl->node);
    conn_init(&cl->conn, c->loop, fd, &conn_owner, cl);
}

struct control *control_new(struct loop *loop, const char *path, struct centre *centre,
                            struct faults *faults)
{
    struct control *c = mem_zalloc(sizeof(*c));

    c->loop = loop;
    c->centre = centre;
    c->faults = faults;
    list_init(&c->clients);
    snprintf(c->path, sizeof(c->path), "unix:%s", path);
    c->listener = conn_listen(c->path);
    if (c->listener < 0) {
        fprintf(stderr, "warung-smsc: cannot listen on %s: %s\n", path, strerror(errno));
        mem_free(c);
        return NULL;
    }
    c->accept_event = event_new(loop->base, c->listener, EV_READ | EV_PERSIST, on_accept, c);
    assert(c->accept_event != NULL);
    event_add(c->accept_event, NULL);
    return c;
}

void control_free(struct control *c)
{
    if (c == NULL)
        return;
    LIST_FOREACH(node, &c->clients) {
        struct client *cl = LIST_ITEM(node, struct client, node);

        list_remove(&c->clients, node);
        conn_fini(&cl->conn);
        mem_free(cl);
    }
    event_free(c->accept_event);
    close(c->listener);
    unlink(c->path + strlen("unix:"));
    mem_free(c);
}

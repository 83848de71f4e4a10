/*
 * warungctl links | trace | pcap.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/ctl/daemon.h"
#include "gateway/ctl/table.h"

enum { POLL_NS = 200 * 1000 * 1000, TAP_DEFAULT_S = 60, TAP_MAX_S = 3600 };

/* ---- the table ---- */

/* "12/32": in flight of the window; "-" while there is no connection to count for. */
static void format_window(const json_t *link, char cell[48])
{
    if (json_object_get(link, "window") == NULL)
        text_copy(cell, 48, "-");
    else
        snprintf(cell, 48, "%lld/%lld", ctl_number(link, "in_flight"), ctl_number(link, "window"));
}

/* "50/s", with the pacer's word while it is slowed down. */
static void format_rate(const json_t *link, char cell[48])
{
    double rate = json_real_value(json_object_get(link, "rate"));
    const char *pace = ctl_text(link, "pace");
    bool is_slow = *pace != '\0' && strcmp(pace, "running") != 0;

    if (rate > 0)
        snprintf(cell, 48, "%.3g/s%s%s", rate, is_slow ? " " : "", is_slow ? pace : "");
    else
        text_copy(cell, 48, is_slow ? pace : "-");
}

static void format_round_trip(const json_t *link, char cell[48])
{
    snprintf(cell, 48, "%lld/%lld ms", ctl_number(link, "round_trip_p50_ms"),
             ctl_number(link, "round_trip_p99_ms"));
}

/* The newest error: its name, its number where the name is but a class, and when. */
static void format_error(const json_t *link, char cell[96])
{
    const json_t *newest = json_array_get(json_object_get(link, "errors"), 0);
    long long status = newest != NULL ? ctl_number(newest, "command_status") : 0;

    if (newest == NULL)
        text_copy(cell, 96, "-");
    else if (status != 0 && strncmp(ctl_text(newest, "name"), "ESME_R", 6) != 0)
        snprintf(cell, 96, "%s(%08llx) %s", ctl_text(newest, "name"), status,
                 ctl_text(newest, "at"));
    else
        snprintf(cell, 96, "%s %s", ctl_text(newest, "name"), ctl_text(newest, "at"));
}

static void add_row(struct table *t, const json_t *link)
{
    char window[48], rate[48], round_trip[48], error[96], counts[4][24];
    static const char *const numbers[] = {"queued", "messages_in", "submits_out", "timeouts"};
    const char *service = ctl_text(link, "service");

    for (int i = 0; i < 4; i++)
        snprintf(counts[i], sizeof(counts[i]), "%lld", ctl_number(link, numbers[i]));
    format_window(link, window);
    format_rate(link, rate);
    format_round_trip(link, round_trip);
    format_error(link, error);
    table_add(t, (const char *const[]){ctl_text(link, "link"), ctl_text(link, "role"),
                                       strcmp(service, "serving") != 0 ? service
                                                                       : ctl_text(link, "state"),
                                       ctl_text(link, "since"), window, rate, round_trip, counts[0],
                                       counts[1], counts[2], counts[3], error});
}

static void print_links(const json_t *links)
{
    struct table *t = table_new((const char *const[]){"LINK", "ROLE", "STATE", "SINCE", "WINDOW",
                                                      "RATE", "P50/P99", "QUEUED", "RECEIVED",
                                                      "SENT", "TIMEOUTS", "LAST ERROR", NULL});
    size_t index;
    json_t *link;

    json_array_foreach(links, index, link) add_row(t, link);
    table_print(t);
}

enum ctl_status ctl_links(const struct ctl_call *call)
{
    enum ctl_status status;
    json_t *links = ctl_ask(call, "/api/v1/links", NULL, &status);

    if (links == NULL)
        return status;
    if (call->is_json)
        ctl_print_json(links);
    else
        print_links(links);
    json_decref(links);
    return CTL_DONE;
}

/* ---- orders ---- */

/* Takes the object. NULL after telling why: only a name that was given can be in its way. */
static char *text_of_body(json_t *object)
{
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;

    if (text == NULL)
        ctl_complain("a name is UTF-8");
    json_decref(object);
    return text;
}

static enum ctl_status order(const struct ctl_call *call, const char *path, const char *done)
{
    json_t *object = json_pack("{s:s}", "name", call->words[0]);
    enum ctl_status status;
    char *body;

    if (call->for_s != 0)
        json_object_set_new(object, "for_s", json_integer(call->for_s));
    body = text_of_body(object);
    if (body == NULL)
        return CTL_USAGE;
    status = ctl_order(call, path, body, done);
    free(body);
    return status;
}

enum ctl_status ctl_links_disable(const struct ctl_call *call)
{
    return order(call, "/api/v1/links/disable", "disabled");
}

enum ctl_status ctl_links_enable(const struct ctl_call *call)
{
    return order(call, "/api/v1/links/enable", "enabled");
}

enum ctl_status ctl_links_drain(const struct ctl_call *call)
{
    return order(call, "/api/v1/links/drain", "draining");
}

/* ---- looking ---- */

static bool is_counted(const char *key)
{
    static const char *const keys[] = {"seq", "dcs", "octets", "pdu_octets"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* "seq=7 source=62812***0061 ... 1501:4": what has no key is a TLV, by its tag and size. */
static void take_words(json_t *object, char *words)
{
    json_t *tlvs = json_array();
    char *word;

    while ((word = strsep(&words, " ")) != NULL) {
        char *value = strchr(word, '=');

        if (value == NULL) {
            json_array_append_new(tlvs, json_string(word));
            continue;
        }
        *value++ = '\0';
        json_object_set_new(object, word,
                            is_counted(word) ? json_integer(strtoll(value, NULL, 10))
                                             : json_string(value));
    }
    if (json_array_size(tlvs) != 0)
        json_object_set(object, "tlvs", tlvs);
    json_decref(tlvs);
}

/* "12:00:00.123 op1:1 < submit_sm seq=7 ...", or "(3 PDUs are missing here)". */
static json_t *object_of(char *line)
{
    const char *at, *link, *direction, *command;
    json_t *object;
    long long missing;

    if (sscanf(line, "(%lld PDUs", &missing) == 1)
        return json_pack("{s:I}", "missing", (json_int_t)missing);
    at = strsep(&line, " ");
    link = strsep(&line, " ");
    direction = strsep(&line, " ");
    command = strsep(&line, " ");
    if (command == NULL)
        return NULL;
    object = json_pack("{s:s, s:s, s:s, s:s}", "at", at, "link", link, "direction",
                       *direction == '<' ? "in" : "out", "command", command);
    if (line != NULL)
        take_words(object, line);
    return object;
}

/* An object a line, each when it comes. The lines of a reply are whole. */
static void write_objects(char *lines, FILE *out)
{
    char *line;

    while ((line = strsep(&lines, "\n")) != NULL) {
        json_t *object = object_of(line);

        if (object == NULL)
            continue;
        json_dumpf(object, out, JSON_COMPACT);
        fputc('\n', out);
        json_decref(object);
    }
}

/* Fetches what has passed into `out`; false when that was the last of it, or failed. */
static bool fetch(const struct ctl_call *call, json_int_t tap, FILE *out, enum ctl_status *status)
{
    struct ctl_reply reply;
    char body[64];
    bool is_open;

    snprintf(body, sizeof(body), "{\"tap\":%lld}", (long long)tap);
    if (!ctl_request(call, "/api/v1/links/tap/read", body, &reply, status))
        return false;
    is_open = reply.status == 206;
    if (reply.size > 0 && call->is_json)
        write_objects(reply.text, out);
    else if (reply.size > 0)
        fwrite(reply.text, 1, reply.size, out);
    mem_free(reply.text);
    if (fflush(out) == 0)
        return is_open;
    ctl_complain("cannot write the output");
    *status = CTL_REFUSED;
    return false;
}

/* Waits for the next time to ask; true when the user has had enough. The signals are blocked, so
 * that none can cut a packet in two. */
static bool wait_or_stop(const sigset_t *stops)
{
    static const struct timespec poll = {.tv_nsec = POLL_NS};

    return sigtimedwait(stops, NULL, &poll) > 0;
}

/* The API refuses it, too, but in words of its own. */
static bool is_too_long(const struct ctl_call *call)
{
    if (call->for_s <= TAP_MAX_S)
        return false;
    ctl_complain("--for takes at most 1h here");
    return true;
}

static enum ctl_status watch(const struct ctl_call *call, const char *format, FILE *out)
{
    sigset_t stops;
    char *body = text_of_body(
        json_pack("{s:s, s:s, s:i}", "link", call->link != NULL ? call->link : "", "format", format,
                  "for_s", (int)(call->for_s != 0 ? call->for_s : TAP_DEFAULT_S)));
    enum ctl_status status;
    json_t *answer;
    json_int_t tap;

    if (body == NULL)
        return CTL_USAGE;
    answer = ctl_ask(call, "/api/v1/links/tap", body, &status);
    tap = json_integer_value(json_object_get(answer, "tap"));
    free(body);
    json_decref(answer);
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    while (status == CTL_DONE && fetch(call, tap, out, &status))
        if (wait_or_stop(&stops)) {
            fetch(call, tap, out, &status); /* what came until now */
            break;
        }
    return status;
}

/* One gateway, whatever becomes of the configuration meanwhile. */
static enum ctl_status look(const struct ctl_call *call, const char *format, FILE *out)
{
    struct ctl_call known = *call;
    char *control = ctl_control(call);
    enum ctl_status status = CTL_REFUSED;

    known.control = control;
    known.is_json = call->is_json && strcmp(format, "lines") == 0;
    if (control != NULL)
        status = watch(&known, format, out);
    mem_free(control);
    return status;
}

enum ctl_status ctl_trace(const struct ctl_call *call)
{
    return is_too_long(call) ? CTL_USAGE : look(call, "lines", stdout);
}

/* A new file that nobody else may read. NULL after telling why. */
static FILE *create_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = NULL;

    if (fd >= 0 && fchmod(fd, 0600) == 0)
        file = fdopen(fd, "w");
    if (file == NULL)
        ctl_complain("cannot create %s: %m", path);
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

enum ctl_status ctl_pcap(const struct ctl_call *call)
{
    bool is_stdout = strcmp(call->words[0], "-") == 0;
    enum ctl_status status;
    FILE *file;

    if (is_too_long(call))
        return CTL_USAGE;
    file = is_stdout ? stdout : create_private(call->words[0]);
    if (file == NULL)
        return CTL_REFUSED;
    ctl_complain("%s will hold texts and numbers of subscribers: guard it, and delete it when you "
                 "are done",
                 call->words[0]);
    status = look(call, "pcap", file);
    if (!is_stdout && status != CTL_DONE && ftell(file) == 0)
        unlink(call->words[0]); /* it would be in the way of the next try */
    if (!is_stdout && fclose(file) != 0 && status == CTL_DONE) {
        ctl_complain("cannot write %s", call->words[0]);
        status = CTL_REFUSED;
    }
    return status;
}

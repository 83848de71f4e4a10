#include "gateway/taps.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/span.h"
#include "gateway/link/pcap.h"
#include "gateway/smpp/line.h"

enum { NAME_BYTES = 48, LOOK_MS = 1000, STAMP_BYTES = 32 };

struct tap {
    uint64_t number; /* 0: not in use */
    char name[NAME_BYTES];
    enum tap_format format;
    uint64_t until_ms;
    uint64_t read_ms; /* when its reader last asked */
    uint64_t missed;  /* PDUs left out since then */
    bool is_held, is_refused;
    struct evbuffer *octets;
};

struct taps {
    struct timer_queue *timers;
    int64_t (*wall_ms)(void *ctx);
    void *wall_ctx;
    struct link_watch watch;
    struct timer look;
    uint64_t last_number;
    unsigned count;
    struct tap items[TAPS_MAX];
};

static void add(struct tap *tap, const void *octets, size_t size)
{
    if (evbuffer_add(tap->octets, octets, size) != 0)
        abort(); /* out of memory */
}

/* ---- what passes ---- */

static bool is_meant(const struct tap *tap, const char *link)
{
    size_t size = strlen(tap->name);

    if (size == 0)
        return true;
    return strncmp(tap->name, link, size) == 0 && (link[size] == '\0' || link[size] == ':');
}

/* "22:15:03.123", UTC. */
static void format_stamp(int64_t wall_ms, char stamp[STAMP_BYTES])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    snprintf(stamp, STAMP_BYTES, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
             (int)(wall_ms % 1000));
}

static void add_line(struct tap *tap, const struct link *link, enum link_direction direction,
                     struct span pdu, int64_t wall_ms)
{
    char text[SMPP_LINE_BYTES], stamp[STAMP_BYTES];

    smpp_line_format(pdu, text);
    format_stamp(wall_ms, stamp);
    if (evbuffer_add_printf(tap->octets, "%s %s %s %s\n", stamp, link_name(link),
                            direction == LINK_PDU_IN ? "<" : ">", text) < 0)
        abort(); /* out of memory */
}

static void add_packets(struct tap *tap, const struct link *link, enum link_direction direction,
                        struct span pdu, int64_t wall_ms)
{
    size_t room = pcap_room(pdu.size);
    uint8_t *octets = mem_alloc(room);
    struct writer w;

    writer_init(&w, octets, room);
    pcap_write_pdu(&w, link, direction, pdu, wall_ms);
    add(tap, octets, writer_size(&w));
    mem_free(octets);
}

static void on_pdu(void *ctx, const struct link *link, enum link_direction direction,
                   struct span pdu)
{
    struct taps *taps = ctx;
    int64_t wall_ms = taps->wall_ms(taps->wall_ctx);

    for (unsigned i = 0; i < TAPS_MAX; i++) {
        struct tap *tap = &taps->items[i];

        if (tap->number == 0 || !is_meant(tap, link_name(link)) ||
            taps->timers->now_ms >= tap->until_ms)
            continue;
        if (evbuffer_get_length(tap->octets) + pcap_room(pdu.size) > TAP_BYTES_MAX)
            tap->missed++;
        else if (tap->format == TAP_LINES)
            add_line(tap, link, direction, pdu, wall_ms);
        else
            add_packets(tap, link, direction, pdu, wall_ms);
    }
}

/* ---- lifetime ---- */

static void close_tap(struct taps *taps, struct tap *tap)
{
    log_info("tap.closed", LOG_U("tap", tap->number));
    evbuffer_free(tap->octets);
    memset(tap, 0, sizeof(*tap));
    if (--taps->count > 0)
        return;
    taps->watch.fn = NULL;
    timer_stop(taps->timers, &taps->look);
}

static void on_look(struct timer *timer, void *arg)
{
    struct taps *taps = arg;

    timer_start(taps->timers, timer, LOOK_MS);
    for (unsigned i = 0; i < TAPS_MAX; i++)
        if (taps->items[i].number != 0 &&
            taps->timers->now_ms - taps->items[i].read_ms >= TAP_UNREAD_MS)
            close_tap(taps, &taps->items[i]);
}

struct taps *taps_new(struct timer_queue *timers, int64_t (*wall_ms)(void *ctx), void *wall_ctx)
{
    struct taps *taps = mem_zalloc(sizeof(*taps));

    taps->timers = timers;
    taps->wall_ms = wall_ms;
    taps->wall_ctx = wall_ctx;
    taps->watch.ctx = taps;
    timer_init(&taps->look, on_look, taps);
    return taps;
}

void taps_free(struct taps *taps)
{
    for (unsigned i = 0; i < TAPS_MAX; i++)
        if (taps->items[i].number != 0)
            close_tap(taps, &taps->items[i]);
    mem_free(taps);
}

const struct link_watch *taps_watch(const struct taps *taps)
{
    return &taps->watch;
}

/* ---- readers ---- */

static struct tap *find(struct taps *taps, uint64_t number)
{
    for (unsigned i = 0; i < TAPS_MAX; i++)
        if (taps->items[i].number == number)
            return &taps->items[i];
    return NULL;
}

uint64_t taps_open(struct taps *taps, const char *name, enum tap_format format, unsigned seconds)
{
    struct tap *tap = find(taps, 0);
    uint8_t header[PCAP_FILE_HEADER_BYTES];
    struct writer w;

    if (tap == NULL)
        return 0;
    tap->number = ++taps->last_number;
    text_copy(tap->name, sizeof(tap->name), name);
    tap->format = format;
    tap->read_ms = taps->timers->now_ms;
    tap->until_ms = tap->read_ms + (uint64_t)seconds * 1000;
    tap->octets = evbuffer_new();
    if (tap->octets == NULL)
        abort(); /* out of memory */
    if (format == TAP_PCAP) {
        writer_init(&w, header, sizeof(header));
        pcap_write_file_header(&w);
        add(tap, header, writer_size(&w));
    }
    if (taps->count++ == 0)
        timer_start(taps->timers, &taps->look, LOOK_MS);
    taps->watch.fn = on_pdu;
    log_info("tap.open", LOG_U("tap", tap->number), LOG_S("link", tap->name),
             LOG_S("format", format == TAP_LINES ? "lines" : "pcap"), LOG_U("seconds", seconds));
    return tap->number;
}

void taps_hold(struct taps *taps, uint64_t number)
{
    struct tap *tap = number != 0 ? find(taps, number) : NULL;

    if (tap != NULL)
        tap->is_held = true;
}

void taps_release(struct taps *taps, uint64_t number)
{
    struct tap *tap = number != 0 ? find(taps, number) : NULL;

    if (tap != NULL)
        tap->is_held = false;
}

void taps_refuse(struct taps *taps, uint64_t number)
{
    struct tap *tap = number != 0 ? find(taps, number) : NULL;

    if (tap != NULL)
        tap->is_refused = true;
}

static void tell_missed(struct tap *tap)
{
    if (tap->missed == 0)
        return;
    log_warning("tap.missed", LOG_U("tap", tap->number), LOG_U("pdus", tap->missed));
    if (tap->format == TAP_LINES)
        evbuffer_add_printf(tap->octets, "(%llu PDUs are missing here)\n",
                            (unsigned long long)tap->missed);
    tap->missed = 0;
}

enum tap_state taps_read(struct taps *taps, uint64_t number, struct evbuffer *out)
{
    struct tap *tap = number != 0 ? find(taps, number) : NULL;

    if (tap == NULL)
        return TAP_GONE;
    if (tap->is_refused) {
        close_tap(taps, tap);
        return TAP_REFUSED;
    }
    tap->read_ms = taps->timers->now_ms;
    if (tap->is_held)
        return TAP_OPEN;
    tell_missed(tap);
    evbuffer_add_buffer(out, tap->octets);
    if (tap->read_ms < tap->until_ms)
        return TAP_OPEN;
    close_tap(taps, tap);
    return TAP_OVER;
}

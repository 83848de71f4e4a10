#include "tests/smsc/conform.h"

#include "base/mem.h"
#include "tests/smsc/conform_kit.h"
#include "tests/smsc/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_FAILED = 1, STATUS_CANNOT_START = 3, STOP_WAIT_MS = 1000 };

/* ---- what comes ---- */

static void on_bound(void *ctx, struct peer *p, uint32_t status)
{
    (void)ctx;
    (void)p;
    (void)status;
}

static void on_message(void *ctx, struct peer *p, const struct wire_header *h,
                       const struct wire_message *m)
{
    struct kit *k = ctx;

    (void)m;
    if (!k->answer_never && !k->answer_by_case)
        peer_answer(p, h->command_id, h->sequence_number, k->answer_status, "c0ffee");
}

static void on_response(void *ctx, struct peer *p, const struct wire_header *h, void *tag,
                        struct span message_id)
{
    (void)ctx;
    (void)p;
    (void)h;
    (void)tag;
    (void)message_id;
}

static void on_lost(void *ctx, struct peer *p, void *tag)
{
    (void)ctx;
    (void)p;
    (void)tag;
}

static void on_closed(void *ctx, struct peer *p, const char *reason)
{
    struct kit *k = ctx;

    (void)reason;
    if (k->peer != p)
        return;
    k->peer = NULL;
    k->is_closed = true;
}

static void on_pdu(void *ctx, struct peer *p, bool sent, struct span octets)
{
    struct kit *k = ctx;
    struct kit_pdu *pdu;

    kit_remember(k, sent, peer_number(p), octets);
    if (sent)
        return;
    pdu = mem_zalloc(sizeof(*pdu) + octets.size);
    pdu->peer = p;
    pdu->size = octets.size;
    memcpy(pdu->octets, octets.data, octets.size);
    wire_look(octets, WIRE_PDU_BYTES_MAX, &pdu->header);
    list_push_back(&k->inbox, &pdu->node);
}

static const struct peer_owner peer_owner = {on_bound, on_message, on_response,
                                             on_lost,  on_closed,  on_pdu};

/* ---- the report ---- */

/* What it was, as far as it can be read: "deliver_sm_resp seq=7 status=ESME_RINVMSGLEN(0x1)". */
static void print_name(const struct kit_history *h)
{
    struct reader r;
    uint32_t command_length, command_id;

    if (h->size <= KIT_HISTORY_BYTES && trace_describe(stdout, span_of(h->octets, h->size)))
        return;
    reader_init(&r, span_of(h->octets, h->size < KIT_HISTORY_BYTES ? h->size : KIT_HISTORY_BYTES));
    command_length = reader_u32(&r);
    command_id = reader_u32(&r);
    if (r.failed)
        printf("no header");
    else
        printf("%s, command_length %u", wire_command_name(command_id), command_length);
}

static void print_history(const struct kit *k)
{
    unsigned first = k->history_count > KIT_HISTORY ? k->history_count - KIT_HISTORY : 0;

    for (unsigned i = first; i < k->history_count; i++) {
        const struct kit_history *h = &k->history[i % KIT_HISTORY];
        size_t size = h->size < KIT_HISTORY_BYTES ? h->size : KIT_HISTORY_BYTES;

        printf("#   +%llu ms, session %u, %s %zu octets: ",
               (unsigned long long)(h->at_us - k->began_us) / 1000, h->peer,
               h->sent ? "we sent" : "it sent", h->size);
        print_name(h);
        printf("\n#     ");
        for (size_t o = 0; o < size; o++)
            printf("%02x", h->octets[o]);
        puts(size < h->size ? "..." : "");
    }
}

static void empty_inbox(struct kit *k)
{
    struct list_node *node;

    while ((node = list_pop_front(&k->inbox)) != NULL)
        mem_free(LIST_ITEM(node, struct kit_pdu, node));
}

static bool run_case(struct kit *k, const struct kit_case *c, unsigned number)
{
    bool passed;

    empty_inbox(k);
    k->current = c;
    k->why[0] = '\0';
    k->answer_status = WIRE_OK;
    k->answer_never = k->answer_by_case = false;
    k->history_count = 0;
    k->began_us = k->loop->now_us;
    kit_next_phone(k);
    passed = kit_take_session(k) && c->run(k);
    if (!passed) {
        printf("# %s\n", k->why);
        print_history(k);
        if (k->failed_count < KIT_FAILED_MAX)
            k->failed[k->failed_count++] = c;
        /* Whatever is left of this session shall not spoil the next case. */
        if (k->peer != NULL)
            peer_close(k->peer, "a case failed");
        kit_wait(k, 10);
    }
    printf("%sok %u - %s\n", passed ? "" : "not ", number, c->name);
    fflush(stdout);
    return passed;
}

static const struct kit_case *const tables[] = {kit_link_cases, kit_message_cases, kit_bad_cases,
                                                kit_dialogue_cases};

enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

static bool is_wanted(const struct kit *k, const struct kit_case *c)
{
    return (c->roles & k->role) != 0 &&
           (k->options->only == NULL || strstr(c->name, k->options->only) != NULL);
}

static unsigned count_cases(const struct kit *k)
{
    unsigned count = 0;

    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct kit_case *c = tables[t]; c->name != NULL; c++)
            count += is_wanted(k, c);
    return count;
}

static void print_end(const struct kit *k, unsigned number, unsigned failed)
{
    for (unsigned i = 0; i < k->failed_count; i++)
        printf("# failed: %s\n", k->failed[i]->name);
    if (failed != 0)
        printf("# one case alone: --only \"%s\"\n", k->failed[0]->name);
    printf("# %u of %u cases passed, dialect %s, as %s\n", number - failed, number, k->speech->name,
           k->role == KIT_CENTRE ? "centre" : "partner");
}

static int run_cases(struct kit *k)
{
    unsigned number = 0;
    unsigned failed = 0;

    if (!kit_take_session(k)) {
        printf("Bail out! nobody bound within %u s\n", k->options->wait_bind_s);
        return STATUS_FAILED;
    }
    printf("1..%u\n", count_cases(k));
    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct kit_case *c = tables[t]; c->name != NULL && !k->loop->stopped; c++)
            if (is_wanted(k, c))
                failed += !run_case(k, c, ++number);
    print_end(k, number, failed);
    return failed != 0 || k->loop->stopped ? STATUS_FAILED : 0;
}

static void stop(struct kit *k)
{
    peers_stop(&k->peers);
    for (uint64_t waited = 0; k->peers.count != 0 && waited < STOP_WAIT_MS; waited += 20)
        kit_wait(k, 20);
    peers_fini(&k->peers);
    empty_inbox(k);
}

int conform_run(struct loop *loop, const struct options *options,
                const struct centre_settings *settings, struct faults *faults)
{
    struct kit *k = mem_zalloc(sizeof(*k));
    int status = STATUS_CANNOT_START;

    (void)faults;
    k->loop = loop;
    k->options = options;
    k->speech = speech_find(options->dialect);
    k->role = options->connect != NULL ? KIT_PARTNER : KIT_CENTRE;
    k->next_phone = strtoull(options->phone, NULL, 10);
    k->session = (uint8_t)(loop->now_us >> 16);
    snprintf(k->code, sizeof(k->code), "%.*s", (int)strspn(options->dial + 1, "0123456789"),
             options->dial + 1);
    list_init(&k->inbox);
    if (peers_init(&k->peers, loop, &settings->peers, &peer_owner, k)) {
        if (options_announce(options, peers_port(&k->peers)))
            status = run_cases(k);
        stop(k);
    } else
        peers_fini(&k->peers);
    mem_free(k);
    return status;
}

#include "tests/sim/mail.h"

#include "base/mem.h"
#include "gateway/turn/outbox.h"
#include "menus/state.h"
#include "merchants/merchant.h"
#include "sessions/session.h"
#include "sessions/vault.h"
#include "tests/sim/phone.h"

#include <string.h>

enum { MAIL_NUDGE_MS = 25 * 3600 * 1000 }; /* at night nobody is told */

struct letter_owed {
    char msisdn[STORE_MSISDN_BYTES_MAX + 1];
    enum mail_kind kind;
    int64_t draft_ms; /* of a nudge: that draft was begun */
    char *text;
};

struct mail {
    const struct world *world;
    struct memory_data *data;
    const struct smsc *smsc;
    struct vault *vault;
    struct letter_owed *owed; /* the oldest first */
    size_t count, room;
    size_t copied; /* of them, by the replica */
};

static enum mail_kind kind_of(const char *text)
{
    static const struct {
        enum mail_kind kind;
        const char *words;
    } texts[] = {{MAIL_ONCE, " terkirim. Hasil "},
                 {MAIL_ONCE, " DISETUJUI. Petugas "},
                 {MAIL_ONCE, " belum dapat diterima: "},
                 {MAIL_ONCE, " dibatalkan atas permintaan "},
                 {MAIL_ONCE, " masih perlu perbaikan sampai "},
                 {MAIL_NUDGE, " pendaftaran Anda belum selesai. "},
                 {MAIL_CHANGED, " sudah diubah "},
                 {MAIL_REPLY, ". Cek lagi kapan saja: "},
                 {MAIL_REPLY, " belum terdaftar. "},
                 {MAIL_REPLY, "Balas YA."},
                 {MAIL_REPLY, " Balas HAPUS YA "},
                 {MAIL_REPLY, " permintaan hapus data "},
                 {MAIL_ERASED, " semua data Anda (T"},
                 {MAIL_REPLY, ", ketik: DAFTAR#"},
                 {MAIL_REPLY, " belum ada. Balas, contoh: "}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strstr(text, texts[i].words) != NULL)
            return texts[i].kind;
    return MAIL_OTHER;
}

/* 0 = there is none */
static int64_t draft_of(struct mail *m, const char *msisdn)
{
    static uint8_t plain[STORE_SESSION_BYTES_MAX];
    static struct session session;
    static struct menu_state state;
    struct store_reply reply;
    struct writer w;

    memory_data_load(m->data, msisdn, &reply);
    writer_init(&w, plain, sizeof(plain));
    if (reply.subscriber.session.version == 0 ||
        !vault_open(m->vault, VAULT_SESSION, msisdn, reply.subscriber.session.data, &w) ||
        !session_decode(&session, writer_span(&w)) ||
        !menu_state_decode(&state, span_of(session.state, session.state_size)))
        return 0;
    return state.has_draft ? state.draft_since_ms : 0;
}

static bool is_same(const struct letter_owed *a, const struct letter_owed *b)
{
    return a->kind == b->kind && a->draft_ms == b->draft_ms && strcmp(a->msisdn, b->msisdn) == 0 &&
           (a->kind == MAIL_NUDGE || strcmp(a->text, b->text) == 0);
}

static void check(const struct mail *m, const struct letter_owed *owed)
{
    if (owed->kind != MAIL_ONCE && owed->kind != MAIL_NUDGE && owed->kind != MAIL_ERASED)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (is_same(&m->owed[i], owed))
            world_violation(m->world, "an SMS is owed again", owed->msisdn, owed->text);
}

static void add(struct mail *m, const struct outbox_entry *entry)
{
    struct letter_owed owed = {.kind = kind_of(entry->text)};

    if (owed.kind == MAIL_OTHER)
        return;
    text_copy(owed.msisdn, sizeof(owed.msisdn), entry->msisdn);
    if (owed.kind == MAIL_NUDGE)
        owed.draft_ms = draft_of(m, entry->msisdn);
    owed.text = mem_strdup(entry->text);
    check(m, &owed);
    if (m->count == m->room) {
        m->room += m->room / 2 + 64;
        m->owed = mem_realloc_array(m->owed, m->room, sizeof(*m->owed));
    }
    m->owed[m->count++] = owed;
    world_tell(m->world, "%s is owed \"%s\"", owed.msisdn, owed.text);
}

static void tell_erased(const struct mail *m, const struct store_commit *c)
{
    static uint8_t plain[STORE_MERCHANT_BYTES_MAX];
    static struct subscriber left;
    struct writer w;

    writer_init(&w, plain, sizeof(plain));
    if (!c->merchant_delete && (!vault_open(m->vault, VAULT_MERCHANT, c->msisdn, c->merchant, &w) ||
                                !subscriber_decode(&left, writer_span(&w))))
        world_violation(m->world, "what stays cannot be read", c->msisdn, "");
    phone_erased(smsc_find(m->smsc, span_of_string(c->msisdn)), c->merchant_delete ? NULL : &left);
}

/* A screen to be pushed is owed, too: it is no such entry. */
static void on_commit(void *ctx, const struct store_commit *c)
{
    struct mail *m = ctx;

    if (c->owed_count != 0 && c->session.size != 0)
        outcome_excuse(&smsc_find(m->smsc, span_of_string(c->msisdn))->outcome);
    for (unsigned i = 0; i < c->owed_count; i++) {
        struct outbox_entry entry;

        if (!outbox_decode(&entry, m->vault, c->owed[i]))
            continue;
        add(m, &entry);
        if (kind_of(entry.text) == MAIL_ERASED)
            tell_erased(m, c);
    }
}

struct mail *mail_new(const struct world *w, struct memory_data *data, const struct smsc *smsc)
{
    struct mail *m = mem_zalloc(sizeof(*m));

    m->world = w;
    m->data = data;
    m->smsc = smsc;
    m->vault = vault_new_plain();
    memory_data_watch(data, on_commit, m);
    return m;
}

void mail_copied(struct mail *m)
{
    m->copied = m->count;
}

void mail_failed_over(struct mail *m)
{
    while (m->count > m->copied)
        mem_free(m->owed[--m->count].text);
}

unsigned mail_count(const struct mail *m, const char *msisdn, enum mail_kind kind)
{
    unsigned count = 0;

    for (size_t i = 0; i < m->count; i++)
        count += m->owed[i].kind == kind && strcmp(m->owed[i].msisdn, msisdn) == 0;
    return count;
}

void mail_compare(struct mail *m, const char *msisdn)
{
    struct letter_owed due = {.kind = MAIL_NUDGE, .draft_ms = draft_of(m, msisdn)};

    if (due.draft_ms == 0 || world_wall_ms((void *)m->world) - due.draft_ms < MAIL_NUDGE_MS)
        return;
    text_copy(due.msisdn, sizeof(due.msisdn), msisdn);
    for (size_t i = 0; i < m->count; i++)
        if (is_same(&m->owed[i], &due))
            return;
    world_violation(m->world, "nobody was told of a draft", msisdn, "");
}

void mail_free(struct mail *m)
{
    memory_data_watch(m->data, NULL, NULL);
    m->copied = 0;
    mail_failed_over(m);
    mem_free(m->owed);
    vault_free(m->vault);
    mem_free(m);
}

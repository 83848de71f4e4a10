#include "merchants/journal.h"

#include "merchants/pack.h"

#include <assert.h>
#include <string.h>

static void put(char word[JOURNAL_WORD_BYTES], const char *text)
{
    text_copy(word, JOURNAL_WORD_BYTES, text != NULL && text[0] != '\0' ? text : "-");
    for (char *c = word; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F)
            *c = '_';
}

void journal_fill(struct journal_entry *e, const char *who, const char *event, const char *subject,
                  const char *object, const char *detail)
{
    put(e->who, who);
    put(e->event, event);
    put(e->subject, subject);
    put(e->object, object);
    put(e->detail, detail);
}

void journal_fill_change(struct journal_entry *e, const struct programme_change *change,
                         const char *who, const char *subject)
{
    char moved[JOURNAL_WORD_BYTES];

    text_join(moved, sizeof(moved), change->leave_set != NULL ? change->leave_set : "", '>',
              change->enter_set != NULL ? change->enter_set : "");
    journal_fill(e, who != NULL ? who : change->actor, change->event, subject, change->member,
                 moved);
    e->object[strcspn(e->object, "/")] = '\0'; /* behind it stands the number */
}

#define WORD(member) PACK_FIELD(struct journal_entry, member, PACK_CODE)
static const struct pack_field words[] = {WORD(who), WORD(event), WORD(subject), WORD(object),
                                          WORD(detail)};

struct span journal_encode(const struct journal_entry *e, uint8_t octets[JOURNAL_BYTES])
{
    struct writer w;

    writer_init(&w, octets, JOURNAL_BYTES);
    pack_write(&w, e, words, PACK_COUNT(words));
    assert(!w.failed);
    return writer_span(&w);
}

static bool is_word(const char *word)
{
    for (const char *c = word; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F)
            return false;
    return word[0] != '\0';
}

bool journal_decode(struct journal_entry *e, struct span body)
{
    struct reader r;

    memset(e, 0, sizeof(*e));
    reader_init(&r, body);
    pack_read(&r, e, words, PACK_COUNT(words));
    return !r.failed && reader_left(&r) == 0 && is_word(e->who) && is_word(e->event) &&
           is_word(e->subject) && is_word(e->object) && is_word(e->detail);
}

#define CONSENT(member) PACK_FIELD(struct journal_consent, member, PACK_CODE)
static const struct pack_field consent_fields[] = {
    CONSENT(subject), CONSENT(version), CONSENT(words),   CONSENT(language),
    CONSENT(channel), CONSENT(link),    CONSENT(session),
};

struct span journal_encode_consent(const struct journal_consent *c,
                                   uint8_t octets[JOURNAL_CONSENT_BYTES])
{
    struct writer w;

    writer_init(&w, octets, JOURNAL_CONSENT_BYTES);
    pack_write(&w, c, consent_fields, PACK_COUNT(consent_fields));
    assert(!w.failed);
    return writer_span(&w);
}

bool journal_decode_consent(struct journal_consent *c, struct span body)
{
    struct reader r;

    memset(c, 0, sizeof(*c));
    reader_init(&r, body);
    pack_read(&r, c, consent_fields, PACK_COUNT(consent_fields));
    return !r.failed && reader_left(&r) == 0 && c->subject[0] != '\0';
}

#include "merchants/journal.h"

#include <assert.h>
#include <stdio.h>
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

    snprintf(moved, sizeof(moved), "%s>%s", change->leave_set != NULL ? change->leave_set : "",
             change->enter_set != NULL ? change->enter_set : "");
    journal_fill(e, who != NULL ? who : change->actor, change->event, subject, change->member,
                 moved);
    e->object[strcspn(e->object, "/")] = '\0'; /* behind it stands the number */
}

struct span journal_encode(const struct journal_entry *e, char text[JOURNAL_BYTES])
{
    char whole[5 * JOURNAL_WORD_BYTES];
    int size = snprintf(whole, sizeof(whole), "%s %s %s %s %s", e->who, e->event, e->subject,
                        e->object, e->detail);

    assert(size > 0);
    text_copy(text, JOURNAL_BYTES, whole);
    return span_of_string(text);
}

bool journal_decode(struct journal_entry *e, struct span body)
{
    char *const words[] = {e->who, e->event, e->subject, e->object, e->detail};
    size_t word = 0, used = 0;

    memset(e, 0, sizeof(*e));
    for (size_t i = 0; i < body.size; i++) {
        char c = (char)body.data[i];

        if (c == ' ') {
            word++;
            used = 0;
        } else if (word < 5 && used + 1 < JOURNAL_WORD_BYTES && (unsigned char)c > ' ' &&
                   (unsigned char)c < 0x7F) {
            words[word][used++] = c;
        } else {
            return false;
        }
    }
    return word == 4 && e->detail[0] != '\0';
}

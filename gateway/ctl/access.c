#include "gateway/ctl/access.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { TRIES_MAX = 3 };

/* Only root can have come by sudo: of anybody else the variable proves nothing. */
void access_user(char name[JOURNAL_WORD_BYTES])
{
    const char *behind = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    const struct passwd *user = getpwuid(getuid());

    if (behind != NULL && behind[0] != '\0')
        text_copy(name, JOURNAL_WORD_BYTES, behind);
    else if (user != NULL)
        text_copy(name, JOURNAL_WORD_BYTES, user->pw_name);
    else
        text_decimal(name, getuid());
}

void access_who(char who[JOURNAL_WORD_BYTES])
{
    char name[JOURNAL_WORD_BYTES];

    access_user(name);
    (void)text_join(who, JOURNAL_WORD_BYTES, "unix", ':', name);
}

static enum ctl_status write_entry(struct dossier *d, unsigned bucket, const char *event,
                                   const char *subject, const char *object, const char *detail)
{
    char who[JOURNAL_WORD_BYTES];
    uint8_t octets[JOURNAL_BYTES];
    struct journal_entry entry;
    enum store_result result = STORE_UNKNOWN;

    access_who(who);
    journal_fill(&entry, who, event, subject, object, detail);
    /* Without an answer it may be there: twice is better than not at all. */
    for (int i = 0; i < TRIES_MAX && result == STORE_UNKNOWN && hand_await(d->hand); i++)
        result = hand_journal_add(d->hand, bucket, journal_encode(&entry, octets));
    if (result == STORE_OK)
        return CTL_DONE;
    ctl_complain("the access cannot be logged (%s): nothing is shown", store_result_name(result));
    return CTL_UNREACHABLE;
}

enum ctl_status access_log(struct dossier *d, const char *event, const char *object,
                           const char *detail)
{
    char subject[VAULT_SUBJECT_BYTES];

    vault_subject(d->setup.vault, d->msisdn, subject);
    return write_entry(d, store_bucket(hand_store(d->hand), d->msisdn), event, subject, object,
                       detail);
}

enum ctl_status access_log_other(struct dossier *d, const char *event, const char *object,
                                 const char *detail)
{
    return write_entry(d, 0, event, "*", object, detail);
}

void access_log_files(const struct config *config, const char *event, const char *object)
{
    struct hand *hand = hand_open(config, NULL);
    char who[JOURNAL_WORD_BYTES];
    uint8_t octets[JOURNAL_BYTES];
    struct journal_entry entry;

    access_who(who);
    journal_fill(&entry, who, event, "*", object, "ok");
    if (hand == NULL || hand_journal_add(hand, 0, journal_encode(&entry, octets)) != STORE_OK)
        ctl_complain("this is not in the journal: %s by %s", event, who);
    hand_close(hand);
}

void access_count_init(struct access_count *a, const struct dossier *d)
{
    a->counts = mem_zalloc(hand_store(d->hand)->buckets * sizeof(a->counts[0]));
}

void access_count_free(struct access_count *a)
{
    mem_free(a->counts);
}

void access_count_add(struct access_count *a, const struct dossier *d, const char *msisdn)
{
    a->counts[store_bucket(hand_store(d->hand), msisdn)]++;
}

enum ctl_status access_log_list(struct dossier *d, const struct access_count *a, const char *event,
                                const char *object)
{
    unsigned buckets = hand_store(d->hand)->buckets, total = 0;
    enum ctl_status status = CTL_DONE;
    char detail[32];

    for (unsigned bucket = 0; bucket < buckets && status == CTL_DONE; bucket++) {
        if (a->counts[bucket] == 0)
            continue;
        total += a->counts[bucket];
        snprintf(detail, sizeof(detail), "%u-records", a->counts[bucket]);
        status = write_entry(d, bucket, event, "*", object, detail);
    }
    return total > 0 ? status : access_log_other(d, event, object, "0-records");
}

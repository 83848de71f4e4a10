/*
 * Who sees and changes personal data by warungctl, written down before anything is shown: what
 * cannot be logged is not shown (UU 27/2022 Art. 31). Entries are merchants/journal.h's.
 */
#ifndef WARUNG_CTL_ACCESS_H
#define WARUNG_CTL_ACCESS_H

#include "gateway/ctl/dossier.h"
#include "merchants/journal.h"

/* "sri": who runs this program; behind sudo, who asked for it. */
void access_user(char name[JOURNAL_WORD_BYTES]);
/* "unix:sri" */
void access_who(char who[JOURNAL_WORD_BYTES]);

/* One subscriber (d->msisdn) was looked at. CTL_DONE, or what was told: then show nothing. */
enum ctl_status access_log(struct dossier *d, const char *event, const char *object,
                           const char *detail);
/* Something of nobody's in particular (a training, the journal as a whole). */
enum ctl_status access_log_other(struct dossier *d, const char *event, const char *object,
                                 const char *detail);

/* A change of files that the gateway's people own (keys, users): written down where there is a
 * store, and told on standard error where there is none. */
void access_log_files(const struct config *config, const char *event, const char *object);

/* A list of many: an entry in each bucket of which something is shown. */
struct access_count {
    unsigned *counts; /* one a bucket */
};
void access_count_init(struct access_count *a, const struct dossier *d);
void access_count_free(struct access_count *a);
void access_count_add(struct access_count *a, const struct dossier *d, const char *msisdn);
enum ctl_status access_log_list(struct dossier *d, const struct access_count *a, const char *event,
                                const char *object);

#endif

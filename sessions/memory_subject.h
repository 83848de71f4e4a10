/*
 * What store_memory keeps of one subject's messages: those awaited, those that ended lately, and
 * receipts that were here first. The twin of read_subject() and what follows it in functions.lua.
 */
#ifndef WARUNG_SESSIONS_MEMORY_SUBJECT_H
#define WARUNG_SESSIONS_MEMORY_SUBJECT_H

#include "sessions/memory_bucket.h"

void memory_subjects_clear(struct list *subjects);
/* `to` is empty. */
void memory_subjects_copy(struct list *to, const struct list *from);

/* Each fills in fate, end and tally of a reply. */
void memory_subject_settle(struct memory_bucket *b, const struct store_settlement *s,
                           struct store_reply *reply);
void memory_subject_receipt(struct memory_bucket *b, const struct store_receipt *receipt,
                            struct store_reply *reply);
void memory_subject_lapse(struct memory_bucket *b, const char *subject, int64_t now_ms,
                          struct store_reply *reply);
/* Forgets all; what was awaited is counted as erased. */
void memory_subject_erase(struct memory_bucket *b, const char *subject);
/* Fills a list of STORE_AWAITED_MAX + STORE_ENDED_MAX, oldest first; returns how many. */
size_t memory_subject_list(struct memory_bucket *b, const char *subject, int64_t now_ms,
                           struct store_message *list);

#endif

/*
 * The journal and the consents as officers read them: of one person, of one registration, of all.
 */
#ifndef WARUNG_CTL_TRAIL_H
#define WARUNG_CTL_TRAIL_H

#include <jansson.h>

#include "gateway/ctl/dossier.h"

/* About one registration; with regno "" about the number d->msisdn, lists that may have shown it
 * included; of everybody when that is "" too. Oldest first within a bucket. Adds objects with at,
 * who, event, subject, object, detail to the array. A registration or number need not exist (any
 * more). */
enum store_result trail_add_journal(struct dossier *d, const char *regno, json_t *list);
/* Consents: at, subject, consent. */
enum store_result trail_add_consents(struct dossier *d, json_t *list);

#endif

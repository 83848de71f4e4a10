/*
 * The dialects of an installation: dialects.cfg, and the presets behind it.
 *
 *     dialects = ( { name = "p2"; base = "bare"; packing = "ascii"; dcs_out = "gsm:15"; } );
 *
 * Each entry is a dialect of an earlier one or a preset (base, default "spec34") with some knobs
 * turned (smpp/dialect.h: dialect_set_knob(); dialects.cfg(5)).
 */
#ifndef WARUNG_GATEWAY_DIALECTS_H
#define WARUNG_GATEWAY_DIALECTS_H

#include "base/source.h"
#include "gateway/smpp/dialect.h"

enum { DIALECTS_MAX = 256 };

struct dialects;

/* NULL after any fault; every one was reported with its line. */
struct dialects *dialects_load(const char *path, source_fault_fn *on_fault, void *arg);
/* An own dialect or a preset; NULL when there is none. `dialects` may be NULL: the presets alone.
 * An own one lives as long as `dialects`. */
const struct dialect *dialects_find(const struct dialects *dialects, const char *name);
void dialects_free(struct dialects *dialects);

#endif

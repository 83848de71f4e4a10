/*
 * The dialects that Warung knows by name (dialects.cfg(5)).
 */
#ifndef WARUNG_SMPP_PRESETS_H
#define WARUNG_SMPP_PRESETS_H

#include <stddef.h>

#include "gateway/smpp/dialect_knobs.h"

/* The index-th preset; NULL behind the last. */
const struct dialect *preset_at(size_t index);

#endif

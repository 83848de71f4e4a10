/* What a load run found: for people, as JSON, and the ledger as a file. */
#ifndef WARUNG_SMSC_LOAD_REPORT_H
#define WARUNG_SMSC_LOAD_REPORT_H

#include "tests/smsc/load.h"

void load_report_print(const struct load *l, const struct ledger_sum *sum, FILE *out);
void load_report_json(const struct load *l, const struct ledger_sum *sum, FILE *out);
/* One object a subscriber: phone, inputs, accepted, screens, finished, saved... False after a
 * message. */
bool load_report_ledger(const struct load *l, const struct ledger_sum *sum, const char *file);

#endif

/* A folder for CDR files, with a key, as the state of a test. */
#ifndef WARUNG_TESTS_SUPPORT_CDR_RIG_H
#define WARUNG_TESTS_SUPPORT_CDR_RIG_H

#include "base/timer.h"
#include "gateway/cdr/cdr_file.h"
#include "gateway/cdr/cdr_key.h"

struct cdr_rig {
    char folder[64], key_path[96], error[512];
    struct cdr_key *private_key, *public_key;
    struct timer_queue timers;
};

extern struct cdr_rig cdr_rig;

int cdr_rig_set_up(void **state);
/* Fails when the folder holds other folders. */
int cdr_rig_tear_down(void **state);
/* Of file `sequence` of gw1; `end` stands behind its name. Lives until the next call. */
const char *cdr_rig_path(unsigned sequence, const char *end);
void cdr_rig_each(void (*fn)(const char *path));
void cdr_rig_remove(const char *path);
long cdr_rig_size_of(const char *path);
/* That what verifying finds begins so; "": that it finds nothing. */
void cdr_rig_assert_fault(unsigned sequence, const char *begin);
void cdr_rig_open_chain(struct cdr_chain *chain);
struct cdr_file *cdr_rig_write_lines(const struct cdr_chain *chain, unsigned count);
/* Of three lines each. */
void cdr_rig_write_files(unsigned count);

#endif

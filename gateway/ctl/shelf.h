/*
 * Menu versions as a command uses them: the list and the sources in the store, and a change of the
 * list that gateways then follow. What goes wrong is told on standard error.
 */
#ifndef WARUNG_CTL_SHELF_H
#define WARUNG_CTL_SHELF_H

#include "gateway/ctl/command.h"
#include "gateway/ctl/hand.h"
#include "gateway/releases.h"

struct shelf {
    struct config *config;
    struct hand *hand;
    struct releases releases;
    uint64_t version; /* of the record */
    uint8_t *octets;  /* HAND_SHARED_BYTES */
    const struct ctl_call *call;
};

/* Reads the configuration (not the menu files: they may be what is wrong) and the list. NULL: told,
 * *status is how the command ends. */
struct shelf *shelf_open(const struct ctl_call *call, enum ctl_status *status);
void shelf_close(struct shelf *s);

/* The menu that is meant: by --menu, else the only one. NULL: told. Valid until the list changes.
 */
const char *shelf_menu(const struct shelf *s);
/* Is there a version of this menu? NULL: of any. False: told. */
bool shelf_knows(const struct shelf *s, const char *menu);
/* A version by the beginning of its hash, 4 digits at least. NULL: told. */
const struct release *shelf_find(const struct shelf *s, const char *word);
/* A version's source, checked as a file is: NULL, with every fault told, when it is not kept any
 * more or not good for this program. */
struct menu *shelf_load(struct shelf *s, const struct release *release);
/* A version or a file, loaded and checked. */
struct menu *shelf_load_word(struct shelf *s, const char *word);
/* Puts a menu's source into the store, so that it can be in the list. */
enum ctl_status shelf_keep(struct shelf *s, const struct menu *menu);

/* Changes the list: `fn` on the list as it is now, anew when another one was ahead. */
typedef enum ctl_status shelf_change_fn(struct shelf *s, void *arg);
enum ctl_status shelf_change(struct shelf *s, shelf_change_fn *fn, void *arg);

/* Has a router serve the menus of the configuration in the versions in force, as the gateways do,
 * so that SMS say what theirs would. What cannot be had is as the file has it; of a file with a
 * fault what is in force is enough. False: told. */
bool shelf_route(struct hand *hand, const struct config *config, struct router *router);

#endif

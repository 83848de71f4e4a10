#include "gateway/ctl/command.h"

#include <stddef.h>

/* clang-format off */
const struct ctl_command ctl_commands[] = {
    {"merchants", "list", "[--status S] [--regency K]", "registrations, oldest first",
     CTL_OPTION_STATUS | CTL_OPTION_REGENCY, 0, 0, ctl_merchants_list},
    {"merchants", "show", "REGNO|MSISDN [--reveal]", "one registration; --reveal shows the whole NIK",
     CTL_OPTION_REVEAL, 1, 1, ctl_merchants_show},
    {"merchants", "review", "REGNO", "begin to check it", 0, 1, 1, ctl_merchants_review},
    {"merchants", "approve", "REGNO", "approve it", 0, 1, 1, ctl_merchants_approve},
    {"merchants", "reject", "REGNO --reason T01", "do not accept it", CTL_OPTION_REASON, 1, 1, ctl_merchants_reject},
    {"merchants", "fix", "REGNO --reason P01", "ask for a correction", CTL_OPTION_REASON, 1, 1, ctl_merchants_fix},
    {"merchants", "export", "--csv [--status S] [--regency K] [--reveal]", "registrations as a table for other programs",
     CTL_OPTION_CSV | CTL_OPTION_STATUS | CTL_OPTION_REGENCY | CTL_OPTION_REVEAL, 0, 0, ctl_merchants_export},
    {"erase", NULL, "MSISDN", "everything of one subscriber, for good", 0, 1, 1, ctl_erase},
    {"tickets", "list", "", "what officers have to do", 0, 0, 0, ctl_tickets_list},
    {"tickets", "done", "NUMBER", "a ticket has been dealt with", 0, 1, 1, ctl_tickets_done},
    {"trainings", "list", "", "trainings that are planned", 0, 0, 0, ctl_trainings_list},
    {"trainings", "add", "DATETIME TITLE PLACE --seats N [--regency K]", "plan one, 2026-11-28T09:00 in Lampung; who asked is told",
     CTL_OPTION_SEATS | CTL_OPTION_REGENCY, 3, 3, ctl_trainings_add},
    {"trainings", "cancel", "ID", "call one off; who has a seat is told", 0, 1, 1, ctl_trainings_cancel},
    {"sessions", "show", "MSISDN", "where a subscriber is", 0, 1, 1, ctl_sessions_show},
    {"status", NULL, "", "the gateway and its menus", 0, 0, 0, ctl_status},
    {"links", NULL, "", "connections to the centres", 0, 0, 0, ctl_links},
    {"drain", NULL, "", "finish what is at work, then end the gateway", 0, 0, 0, ctl_drain},
    {"reload", NULL, "", "read the configuration and the menus again", 0, 0, 0, ctl_reload},
    {"keys", "init", "", "make the file of keys for personal data", 0, 0, 0, ctl_keys_init},
    {"keys", "status", "", "the keys and which one is used", 0, 0, 0, ctl_keys_status},
    {"keys", "rotate", "", "add a key and use it from now on", 0, 0, 0, ctl_keys_rotate},
    {"users", "add", "NAME --role ROLE", "let somebody use the API; prints the token once", CTL_OPTION_ROLE, 1, 1, ctl_users_add},
    {"users", "list", "", "who may use the API", 0, 0, 0, ctl_users_list},
    {"users", "remove", "NAME", "take the right away", 0, 1, 1, ctl_users_remove},
    {"menu", "check", "FILE...", "every fault of menu files", 0, 1, -1, ctl_menu_check},
    {"menu", "graph", "FILE [--lang L]", "a drawing of a menu, for dot(1)", CTL_OPTION_LANG, 1, 1, ctl_menu_graph},
    {"menu", "play", "FILE [--lang L] [--limit N] [--code C]", "a phone in the terminal",
     CTL_OPTION_LANG | CTL_OPTION_LIMIT | CTL_OPTION_CODE, 1, 1, ctl_menu_play},
    {"menu", "test", "FILE DIALOG... [--code C]", "golden dialogues, with the differences", CTL_OPTION_CODE, 2, -1, ctl_menu_test},
    {NULL, NULL, NULL, NULL, 0, 0, 0, NULL},
};
/* clang-format on */

/*
 * What the programme lends its menus: rules, actions, facts. One row each; `menu check` and the
 * manual's reader find here what a menu file may name.
 */
#include "merchants/regno.h"
#include "merchants/rules.h"
#include "merchants/work.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const error_content[] = {"ISI", NULL};
static const char *const error_nik[] = {"PANJANG", "ISI", NULL};
static const char *const error_wrong[] = {"SALAH", NULL};
static const char *const error_not[] = {"BUKAN", NULL};
static const char *const error_none[] = {NULL};

static const struct menu_rule rules[] = {
    {"nama", rule_name, error_content, NULL, MERCHANT_NAME_CHARACTERS_MAX},
    {"nik", rule_nik, error_nik, "jml", 16},
    {"usaha", rule_business, error_content, NULL, MERCHANT_NAME_CHARACTERS_MAX},
    {"noreg", rule_regno, error_wrong, NULL, 11},
    {"noreg_sms", rule_regno_in_words, error_wrong, NULL, 11},
    {"hp4", rule_last4, error_wrong, NULL, 4},
    {"registrasi_sim", rule_sim_registration, error_not, NULL, 1},
    {"ya", rule_yes, error_not, NULL, 1},
    {"hapus_ya", rule_erase_yes, error_not, NULL, 1},
    {"mulai", rule_start, error_not, NULL, 1},
    {"kalimat", rule_sentence, error_not, NULL, 1},
    {"apa_saja", rule_anything, error_none, NULL, 1},
};

/* Answers an action reads are named after it; what it owes by SMS it owes itself. */
#define ACTIONS(ACTION)                                                                            \
    /* Consent was given: from now on the draft may be dropped, nudged, and is too old one day. */ \
    ACTION("setuju", registration_consent, "ya")                                                   \
    /* Sends the draft (nama nik usaha jenis kab kec kec_tebak omzet hp). kurang: something is */  \
    /* missing; penuh: three already; gagal: the regency has no number left. */                    \
    ACTION("daftar", registration_send, "terkirim", "penuh", "kurang", "gagal")                    \
    /* Corrects the registration that is meant by the answers baru_nama, baru_nik, ... dikirim: */ \
    /* it goes back to the officers; terkunci: not now; kosong: nothing to change. */              \
    ACTION("ubah", registration_correct, "sudah", "dikirim", "terkunci", "kosong")                 \
    ACTION("batal", registration_cancel, "batal", "tidak")                                         \
    /* Somebody's registration by noreg_cari and hp4_cari; habis: too many tries this hour. */     \
    ACTION("cari", registration_look_up, "ada", "salah", "habis")                                  \
    ACTION("salinan", registration_copy, "dikirim", "kosong")                                      \
    ACTION("stop", subscription_stop, "berhenti")                                                  \
    ACTION("mulai", subscription_start, "aktif")                                                   \
    /* An SMS when there is training nearby: an opt-in of its own, which STOP takes back. */       \
    ACTION("kabari", subscription_want_news, "dicatat")                                            \
    /* Trainings: a page of the list (facts judul1 to judul3), the next page; banyak: more than */ \
    /* one page. Any number of the list, of the answer latih_nomor, whichever page it is on. A */  \
    /* seat at the one of answer latih_pilih (1 2 3 of the page), an SMS about it; hilang: it */   \
    /* is not there any more; cukup: this number has seats enough. Giving the next seat back. */   \
    ACTION("latih", joining_list, "ada", "banyak", "kosong")                                       \
    ACTION("latih_lanjut", joining_list_more, "ada", "banyak", "kosong")                           \
    ACTION("latih_nomor", joining_pick, "ada", "salah")                                            \
    ACTION("latih_ikut", joining_join, "ikut", "penuh", "hilang", "cukup")                         \
    ACTION("latih_info", joining_inform, "dikirim", "hilang")                                      \
    ACTION("latih_batal", joining_leave, "batal", "kosong")                                        \
    /* By SMS: how many the list has, and a seat at number sms_ikut of the list sent last. */      \
    ACTION("sms_latih", joining_offer, "kosong", "satu", "dua", "tiga")                            \
    ACTION("sms_ikut", joining_accept, "ikut", "penuh", "hilang", "cukup")                         \
    ACTION("bahasa", subscription_set_language, "ya")                                              \
    /* A call back, in the slot of the answer waktu_telepon (1 2 3) if there is one. */            \
    ACTION("telepon", subscription_ask_call, "dicatat")                                            \
    ACTION("penipuan", subscription_report_fraud, "dicatat")                                       \
    /* Wants a change while the data is locked; needs help after three errors. */                  \
    ACTION("minta_ubah", subscription_ask_change, "dicatat")                                       \
    ACTION("macet", subscription_ask_help, "dicatat")                                              \
    ACTION("hapus", subscription_erase, "diterima")                                                \
    /* By SMS it takes two: the first asks, the second within 48 hours is the order. */            \
    ACTION("hapus_tanya", subscription_ask_erase, "tanya")                                         \
    ACTION("hapus_ya", subscription_confirm_erase, "diterima", "tanya")                            \
    ACTION("sms_lain", subscription_answer_unknown, "bantuan", "diam")                             \
    /* A registration by SMS (sms_nama, ... sms_kec_tebak): begun, one more field, agreed. */      \
    ACTION("sms_daftar", texting_register, "lengkap", "kurang", "penuh")                           \
    ACTION("sms_isi", texting_give, "lengkap", "kurang", "diubah", "terkunci", "kosong")           \
    ACTION("sms_ya", texting_agree, "terkirim", "sudah", "kurang", "penuh", "gagal", "hapus",      \
           "kosong")                                                                               \
    ACTION("sms_tidak", texting_refuse, "dibuang", "kosong")                                       \
    /* One's own registration, by sms_noreg if that is given. */                                   \
    ACTION("sms_status", texting_status, "ada", "salah", "kosong")

#define AS_MENU_ACTION(name, fn, ...) {name, (const char *const[]){__VA_ARGS__, NULL}},
#define AS_FUNCTION(name, fn, ...)    fn,

static const struct menu_action actions[] = {ACTIONS(AS_MENU_ACTION)};
static programme_action_fn *const functions[] = {ACTIONS(AS_FUNCTION)};
enum { ACTION_COUNT = sizeof(actions) / sizeof(actions[0]) };

/* Menus of before them do what they did; but a YA to "HAPUS YA?" registers nothing, nor does one to
 * what is registered already. */
static const struct menu_later later[] = {
    {"sms_ya", "sudah", .instead = "kosong"},      {"sms_ya", "hapus", .instead = "kosong"},
    {"sms_tidak", "kosong", .instead = "dibuang"}, {"latih_ikut", "cukup", .instead = "penuh"},
    {"sms_ikut", "cukup", .instead = "penuh"},
};

#define WORDS(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define REGISTERING WORDS("daftar", "sms_ya")
#define SEATED      WORDS("latih_ikut", "sms_ikut")
#define TOLD        WORDS("kabari", "sms_latih")
#define ERASING     WORDS("hapus", "hapus_ya")
#define NO_FRAUD    WORDS("PIN", "OTP") /* that nobody is to be given them */

static const struct menu_owed owed[] = {
    {"SMS_TERKIRIM", REGISTERING, NO_FRAUD},
    {"SMS_DIPERIKSA", REGISTERING, NO_FRAUD},
    {"SMS_PERBAIKAN", REGISTERING, NULL},
    {"SMS_PERBAIKAN_INGAT", REGISTERING, NULL},
    {"SMS_DISETUJUI", REGISTERING, NULL},
    {"SMS_DITOLAK", REGISTERING, NULL},
    {"SMS_UBAH", WORDS("ubah", "sms_isi"), NULL},
    {"SMS_BATAL", WORDS("batal"), NULL},
    {"SMS_SALINAN", WORDS("salinan"), NULL},
    {"SMS_NUDGE", WORDS("setuju"), NULL},
    {"SMS_BOCOR", REGISTERING, NULL},
    {"SMS_TAHAN", REGISTERING, NULL},
    {"SMS_LANJUT", REGISTERING, NULL},
    {"SMS_HAPUS_TERIMA", ERASING, NULL},
    {"SMS_HAPUS_SELESAI", ERASING, NULL},
    {"SMS_HAPUS_TANPA", REGISTERING, NULL},
    {"SMS_LATIH_DAFTAR", TOLD, NULL},
    {"SMS_LATIH_DAFTAR1", TOLD, NULL},
    {"SMS_LATIH_DAFTAR2", TOLD, NULL},
    {"SMS_LATIH_INFO", WORDS("latih_info"), NULL},
    {"SMS_LATIH_OK", SEATED, NULL},
    {"SMS_LATIH_BATAL", SEATED, NULL},
    {"SMS_LATIH_INGAT", SEATED, NULL},
};

bool programme_owes_message(const char *name)
{
    for (size_t i = 0; i < sizeof(owed) / sizeof(owed[0]); i++)
        if (strcmp(owed[i].message, name) == 0)
            return true;
    return false;
}

#define CODE_MAX    (MERCHANT_CODE_BYTES - 1)
#define SENT        WORDS("daftar")
#define CORRECTED   WORDS("ubah")
#define SENT_BY_SMS WORDS("sms_daftar", "sms_isi")
#define OF_A_REGISTRATION(prefix, by)                                                              \
    {.name = prefix "nama"}, {.name = prefix "nik"}, {.name = prefix "usaha"},                     \
        {.name = prefix "jenis", .actions = by, .code_max = CODE_MAX},                             \
        {.name = prefix "kab", .actions = by, .code_digits = REGNO_REGENCY_DIGITS},                \
        {.name = prefix "kec", .actions = by, .code_max = CODE_MAX}, {.name = prefix "kec_tebak"}, \
        {.name = prefix "omzet", .actions = by, .code_max = CODE_MAX},                             \
    {                                                                                              \
        .name = prefix "hp", .actions = by, .code_max = CODE_MAX                                   \
    }

static const struct menu_kept answers[] = {
    OF_A_REGISTRATION("", SENT),
    OF_A_REGISTRATION("baru_", CORRECTED),
    OF_A_REGISTRATION("sms_", SENT_BY_SMS),
    {.name = "noreg_cari"},
    {.name = "hp4_cari"},
    {.name = "pilih"},
    {.name = "pilih1"},
    {.name = "pilih2"},
    {.name = "pilih3"},
    {.name = "lihat"},
    {.name = "waktu_telepon"},
    {.name = "latih_pilih"},
    {.name = "latih_nomor"},
    {.name = "sms_noreg"},
    {.name = "sms_ikut"},
    {.name = NULL},
};

static const struct menu_need needs[] = {
    {"daftar", WORDS("nama", "usaha", "jenis", "kab", "kec"), true},
    {"sms_daftar", WORDS("sms_nama", "sms_usaha", "sms_jenis", "sms_kab", "sms_kec"), false},
    {"sms_ikut", WORDS("sms_ikut"), false},
    {"cari", WORDS("noreg_cari", "hp4_cari"), false},
};

const struct menu_vocabulary programme_vocabulary = {
    .rules = rules,
    .rule_count = sizeof(rules) / sizeof(rules[0]),
    .actions = actions,
    .action_count = ACTION_COUNT,
    .later = later,
    .later_count = sizeof(later) / sizeof(later[0]),
    .facts = programme_fact_table,
    .fact_count = PROGRAMME_FACT_COUNT,
    .owed = owed,
    .owed_count = sizeof(owed) / sizeof(owed[0]),
    .needs = needs,
    .need_count = sizeof(needs) / sizeof(needs[0]),
    .answers = answers,
};

programme_action_fn *programme_find_action(const char *name)
{
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return functions[i];
    }
    assert(!"an action of the vocabulary: the menu was checked against it");
    abort();
}

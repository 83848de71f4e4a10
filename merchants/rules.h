/*
 * What merchants may type, as named rules for menus (menus/vocabulary.h): each turns the input into
 * the value to keep, or names what is wrong with it. Pure.
 */
#ifndef WARUNG_MERCHANTS_RULES_H
#define WARUNG_MERCHANTS_RULES_H

#include "menus/vocabulary.h"

/* Owner's name: 2-60 Latin letters, space ' . , - with at least two letters. Kept in capitals with
 * single spaces; accents are dropped, as on the KTP. "ISI" = not so. */
const char *rule_name(const char *typed, char value[MENU_VALUE_BYTES]);
/* Business name: 2-60 letters and digits of GSM 03.38, space & ' . , - / ( ), at least two letters;
 * kept as typed, with single spaces. "ISI" = not so. */
const char *rule_business(const char *typed, char value[MENU_VALUE_BYTES]);
/* NIK: kept as 16 digits. "PANJANG": not 16 digits (value: how many were typed); "ISI": cannot be.
 */
const char *rule_nik(const char *typed, char value[MENU_VALUE_BYTES]);
/* Registration number with a valid check digit: kept as 11 digits. "SALAH" = not so. */
const char *rule_regno(const char *typed, char value[MENU_VALUE_BYTES]);
/* The same in words, as people write to somebody: "nomor 1872-000286-2". Words without a digit are
 * no number, and no mistake: the value is empty. */
const char *rule_regno_in_words(const char *typed, char value[MENU_VALUE_BYTES]);
/* Last four digits of a phone. "SALAH" = not four ASCII digits. */
const char *rule_last4(const char *typed, char value[MENU_VALUE_BYTES]);
/* The whole SMS holds two numbers of 16 digits, as SIM card registrations do (NIK and KK). Value is
 * empty: nothing of it is kept. "BUKAN" = it does not. */
const char *rule_sim_registration(const char *typed, char value[MENU_VALUE_BYTES]);
/* A plain yes: YA, IYA, SETUJU or SAYA SETUJU, and nothing behind it but words that only confirm or
 * are polite ("ya, benar, terima kasih"). Value is empty. "BUKAN" = anything else, also a question,
 * a number and words that are not known. */
const char *rule_yes(const char *typed, char value[MENU_VALUE_BYTES]);
/* HAPUS and a plain yes, in the same sense: "hapus ya, tidak jadi" is none. Value is empty. "BUKAN"
 * = anything else. */
const char *rule_erase_yes(const char *typed, char value[MENU_VALUE_BYTES]);
/* MULAI, in the same sense: "mulai sekarang jangan kirim SMS" is none. Value is empty. "BUKAN" =
 * anything else. */
const char *rule_start(const char *typed, char value[MENU_VALUE_BYTES]);
/* Begins with NAMA or USAHA, as what gives a name, but tells of it ("nama sudah benar", "usaha saya
 * sudah tutup"), or gives another field behind a name ("nama budi, usaha bakso"). By words that no
 * name has. Value is empty. "BUKAN" = it does not. */
const char *rule_sentence(const char *typed, char value[MENU_VALUE_BYTES]);
/* Accepts everything and keeps nothing. */
const char *rule_anything(const char *typed, char value[MENU_VALUE_BYTES]);

#endif

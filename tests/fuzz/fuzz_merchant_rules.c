/* Any text as what a merchant types: refused with a known word, or a value that the same rule takes
 * again unchanged and that a phone can show. */
#include "gateway/smpp/text.h"
#include "merchants/merchant.h"
#include "merchants/msisdn.h"
#include "merchants/rules.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_rule(menu_rule_fn *rule, const char *typed, unsigned characters_max)
{
    char value[MENU_VALUE_BYTES], again[MENU_VALUE_BYTES];
    size_t characters;

    if (rule(typed, value) != NULL) {
        assert(strlen(value) < 3); /* how many digits were typed, at most */
        return;
    }
    assert(text_is_utf8(value));
    assert(text_units(TEXT_GSM, value, &characters) && characters <= characters_max);
    assert(rule(value, again) == NULL && strcmp(value, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char typed[512], value[MENU_VALUE_BYTES], msisdn[MSISDN_BYTES], again[MSISDN_BYTES];

    if (size >= sizeof(typed) || memchr(data, 0, size) != NULL)
        return 0;
    memcpy(typed, data, size);
    typed[size] = '\0';
    try_rule(rule_name, typed, MERCHANT_NAME_CHARACTERS_MAX);
    try_rule(rule_business, typed, MERCHANT_NAME_CHARACTERS_MAX);
    try_rule(rule_nik, typed, 16);
    try_rule(rule_regno, typed, 11);
    try_rule(rule_regno_in_words, typed, 11);
    try_rule(rule_last4, typed, 4);
    rule_sim_registration(typed, value);
    rule_yes(typed, value);
    rule_start(typed, value);
    rule_erase_yes(typed, value);
    rule_sentence(typed, value);
    if (msisdn_normalise(typed, msisdn))
        assert(msisdn_normalise(msisdn, again) && strcmp(msisdn, again) == 0);
    return 0;
}

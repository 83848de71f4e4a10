#include "merchants/nik.h"

#include "merchants/calendar.h"

#include <stddef.h>
#include <string.h>

enum { NIK_DIGITS = NIK_BYTES - 1, AGE_MIN = 17, AGE_MAX = 100, LAMPUNG = 18, FEMALE_DAYS = 40 };

/* The 38 provinces (Kemendagri codes). */
static const unsigned char provinces[] = {11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33,
                                          34, 35, 36, 51, 52, 53, 61, 62, 63, 64, 65, 71, 72,
                                          73, 74, 75, 76, 81, 82, 91, 92, 93, 94, 95, 96};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned two_digits(const char *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static bool is_province(unsigned code)
{
    return memchr(provinces, (int)code, sizeof(provinces)) != NULL;
}

static void read_digits(const char *typed, struct nik *nik)
{
    size_t kept = 0;

    for (const char *at = typed; *at != '\0'; at++) {
        if (is_digit(*at)) {
            if (kept < NIK_DIGITS)
                nik->digits[kept++] = *at;
            if (nik->digit_count < 99)
                nik->digit_count++;
        } else if (*at != ' ' && *at != '.' && *at != '-') {
            nik->has_other = true;
        }
    }
    nik->digits[kept] = '\0';
}

/* Full years on the day of `today` for a person born on that date. */
static int age_on(struct date birth, struct date today)
{
    bool had_birthday =
        today.month > birth.month || (today.month == birth.month && today.day >= birth.day);

    return today.year - birth.year - !had_birthday;
}

/* The number holds two digits of the year: either century may be meant. */
static bool is_plausible_age(struct date birth_in_century, int64_t now_ms)
{
    struct date today = calendar_date_at(now_ms);

    for (int century = today.year / 100 - 1; century <= today.year / 100; century++) {
        struct date birth = birth_in_century;
        int age;

        birth.year += century * 100;
        age = age_on(birth, today);
        if (age >= AGE_MIN && age <= AGE_MAX)
            return true;
    }
    return false;
}

static unsigned find_flags(const struct nik *nik, struct date birth, int64_t now_ms)
{
    unsigned province = two_digits(nik->digits);
    unsigned flags = 0;

    if (!is_province(province))
        flags |= NIK_FLAG_PROVINCE;
    if (province != LAMPUNG)
        flags |= NIK_FLAG_OUTSIDE_LAMPUNG;
    if (two_digits(nik->digits + 2) == 0 || two_digits(nik->digits + 4) == 0)
        flags |= NIK_FLAG_REGION;
    if (!is_plausible_age(birth, now_ms))
        flags |= NIK_FLAG_AGE;
    return flags;
}

enum nik_verdict nik_check(const char *typed, int64_t now_ms, struct nik *nik)
{
    struct date birth;
    unsigned days;

    *nik = (struct nik){0};
    read_digits(typed, nik);
    if (nik->digit_count != NIK_DIGITS || nik->has_other)
        return NIK_LENGTH;

    birth.day = two_digits(nik->digits + 6);
    birth.month = two_digits(nik->digits + 8);
    birth.year = (int)two_digits(nik->digits + 10);
    nik->is_female = birth.day > FEMALE_DAYS;
    if (nik->is_female)
        birth.day -= FEMALE_DAYS;

    if (birth.month < 1 || birth.month > 12)
        return NIK_MONTH;
    /* The century is unknown, so year 00 counts as a leap year: 2000 was one. */
    days = date_days_in_month(birth.year % 4 == 0 ? 4 : 1, birth.month);
    if (birth.day < 1 || birth.day > days)
        return NIK_DAY;
    if (strcmp(nik->digits + 12, "0000") == 0)
        return NIK_SERIAL;

    nik->flags = find_flags(nik, birth, now_ms);
    return NIK_OK;
}

#include "tests/smsc/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct writer *w, struct span octets)
{
    for (size_t i = 0; i < octets.size; i += 3) {
        size_t left = octets.size - i < 3 ? octets.size - i : 3;
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < left ? octets.data[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            writer_u8(w, k <= left ? (uint8_t)alphabet[bits >> (18 - 6 * k) & 63] : '=');
    }
}

void base64_decode(struct writer *w, struct span text)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < text.size; i++) {
        const char *place = text.data[i] != '\0' ? strchr(alphabet, text.data[i]) : NULL;

        if (place == NULL)
            return;
        bits = bits << 6 | (uint32_t)(place - alphabet);
        have += 6;
        if (have >= 8) {
            have -= 8;
            writer_u8(w, (uint8_t)(bits >> have));
        }
    }
}

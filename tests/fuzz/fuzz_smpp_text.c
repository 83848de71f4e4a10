/*
 * Any octets in each coding: decoding gives UTF-8 within its room, and what it gives can be encoded
 * and decoded to the same; counting tells what encoding writes; folding keeps its word.
 */
#include "gateway/smpp/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_BYTES = 1024 };

static void check_encoding(enum text_coding coding, const char *text)
{
    uint8_t octets[4 * TEXT_BYTES];
    char again[TEXT_BYTES];
    size_t units;
    struct writer w;
    bool is_encodable = text_units(coding, text, &units);

    writer_init(&w, octets, sizeof(octets));
    assert(text_encode(coding, text, &w) == is_encodable);
    if (!is_encodable) {
        assert(text_prefix(coding, text, SIZE_MAX) < strlen(text) && writer_size(&w) == 0);
        return;
    }
    if (coding == TEXT_UCS2)
        assert(writer_size(&w) == 2 * units);
    else if (coding != TEXT_GSM_PACKED)
        assert(writer_size(&w) == units);
    else
        assert(writer_size(&w) == (units * 7 + 7) / 8);
    text_decode(coding, writer_span(&w), again, sizeof(again));
    assert(strcmp(again, text) == 0);
}

static void check_folding(const char *text)
{
    char folded[4 * TEXT_BYTES];
    size_t units;
    bool is_gsm = text_fold_gsm(text, folded, sizeof(folded));

    assert(text_is_utf8(folded));
    assert(text_units(TEXT_GSM, folded, &units) == is_gsm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum text_coding coding;
    char text[TEXT_BYTES], raw[TEXT_BYTES];
    size_t text_bytes, used;

    if (size < 2)
        return 0;
    coding = (enum text_coding)(data[0] % (TEXT_UTF8 + 1));
    text_bytes = data[1] < 200 ? sizeof(text) : (size_t)data[1] - 199;
    used = text_decode(coding, span_of(data + 2, size - 2), text, text_bytes);
    assert(used < text_bytes && strlen(text) == used && text_is_utf8(text));
    assert(used == 0 || text[used - 1] != ' ');
    check_encoding(coding, text);
    check_folding(text);
    /* The octets themselves as a text that nobody has checked. */
    snprintf(raw, sizeof(raw), "%.*s", (int)(size - 2), (const char *)data + 2);
    check_folding(raw);
    for (enum text_coding c = TEXT_GSM; c <= TEXT_UTF8; c++) {
        size_t units;

        (void)text_units(c, raw, &units);
    }
    return 0;
}

#include "gateway/smpp/udh.h"

enum { IEI_CONCATENATED_8 = 0x00, IEI_CONCATENATED_16 = 0x08 };

bool udh_split(struct span message, struct span *header, struct span *text)
{
    size_t size;

    if (message.size == 0)
        return false;
    size = (size_t)message.data[0] + 1;
    if (size > message.size)
        return false;
    *header = span_of(message.data + 1, size - 1);
    *text = span_of(message.data + size, message.size - size);
    return true;
}

static bool read_part(uint8_t iei, struct span element, struct dialect_part *part)
{
    struct reader r;

    reader_init(&r, element);
    if (iei == IEI_CONCATENATED_8 && element.size == 3) {
        part->reference = reader_u8(&r);
        part->width = 8;
    } else if (iei == IEI_CONCATENATED_16 && element.size == 4) {
        part->reference = reader_u16(&r);
        part->width = 16;
    } else {
        return false;
    }
    part->total = reader_u8(&r);
    part->number = reader_u8(&r);
    return part->total >= 2 && part->number >= 1 && part->number <= part->total;
}

bool udh_find_part(struct span header, struct dialect_part *part)
{
    struct dialect_part found;
    struct reader r;

    reader_init(&r, header);
    while (reader_left(&r) != 0) {
        uint8_t iei = reader_u8(&r);
        struct span element = reader_span8(&r);

        if (r.failed)
            return false;
        if (read_part(iei, element, &found)) {
            *part = found;
            return true;
        }
    }
    return false;
}

void udh_write_part(struct writer *w, const struct dialect_part *part)
{
    bool is_wide = part->width == 16;

    writer_u8(w, is_wide ? UDH_BYTES_16 - 1 : UDH_BYTES_8 - 1);
    writer_u8(w, is_wide ? IEI_CONCATENATED_16 : IEI_CONCATENATED_8);
    writer_u8(w, is_wide ? 4 : 3);
    if (is_wide)
        writer_u16(w, part->reference);
    else
        writer_u8(w, (uint8_t)part->reference);
    writer_u8(w, part->total);
    writer_u8(w, part->number);
}

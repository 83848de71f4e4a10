#include "gateway/cdr/cdr_tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void signed_text(const struct cdr_tail *tail, char text[CDR_TAIL_BYTES])
{
    const char *how = tail->is_recovered ? "recovered" : "closed";

    if (tail->has_dropped)
        snprintf(text, CDR_TAIL_BYTES, "warung-cdr-2 %" PRIu64 " %" PRIu64 " %s %s", tail->records,
                 tail->dropped, how, tail->sha256);
    else
        snprintf(text, CDR_TAIL_BYTES, "warung-cdr-1 %" PRIu64 " %s %s", tail->records, how,
                 tail->sha256);
}

size_t cdr_tail_write(const struct cdr_tail *tail, const struct cdr_key *key,
                      char line[CDR_TAIL_BYTES])
{
    char text[CDR_TAIL_BYTES], signature[CDR_SIGNATURE_BYTES];

    signed_text(tail, text);
    if (!cdr_key_sign(key, text, signature))
        return 0;
    return (size_t)snprintf(line, CDR_TAIL_BYTES,
                            "{\"records\":%" PRIu64 ",\"dropped\":%" PRIu64
                            ",\"recovered\":%s,\"sha256\":\"%s\",\"signature\":\"%s\"}\n",
                            tail->records, tail->dropped, tail->is_recovered ? "true" : "false",
                            tail->sha256, signature);
}

bool cdr_tail_read(struct cdr_tail *tail, const char *line, size_t size)
{
    char text[CDR_TAIL_BYTES], recovered[6], end;
    int at = 0, more = 0;

    memset(tail, 0, sizeof(*tail));
    if (size >= sizeof(text) || memchr(line, '\0', size) != NULL)
        return false;
    memcpy(text, line, size);
    text[size] = '\0';
    if (sscanf(text, "{\"records\":%" SCNu64 "%n", &tail->records, &at) != 1)
        return false;
    tail->has_dropped = sscanf(text + at, ",\"dropped\":%" SCNu64 "%n", &tail->dropped, &more) == 1;
    if (sscanf(text + at + more,
               ",\"recovered\":%5[a-z],\"sha256\":\"%64[0-9a-f]\","
               "\"signature\":\"%88[A-Za-z0-9+/=]\"}%c",
               recovered, tail->sha256, tail->signature, &end) != 4 ||
        end != '\n')
        return false;
    tail->is_recovered = strcmp(recovered, "true") == 0;
    return true;
}

bool cdr_tail_is_signed(const struct cdr_tail *tail, const struct cdr_key *key)
{
    char text[CDR_TAIL_BYTES];

    signed_text(tail, text);
    return cdr_key_verify(key, text, tail->signature);
}

bool cdr_tail_read_file(struct cdr_tail *tail, const char *path)
{
    char octets[CDR_TAIL_BYTES + 1], *line;
    FILE *f = fopen(path, "re");
    size_t size;

    if (f == NULL)
        return false;
    if (fseek(f, -CDR_TAIL_BYTES, SEEK_END) != 0)
        rewind(f);
    size = fread(octets, 1, CDR_TAIL_BYTES, f);
    fclose(f);
    octets[size] = '\0';
    if (size < 2 || octets[size - 1] != '\n')
        return false;
    octets[size - 1] = '\0';
    line = strrchr(octets, '\n');
    octets[size - 1] = '\n';
    return line != NULL && cdr_tail_read(tail, line + 1, size - (size_t)(line + 1 - octets));
}

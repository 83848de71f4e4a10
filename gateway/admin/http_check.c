#include "gateway/admin/http_check.h"

#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

static bool is_number(const char *value)
{
    return value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';
}

static const char *check_body(struct evhttp_request *request)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const char *length = evhttp_find_header(headers, "Content-Length");
    const char *coding = evhttp_find_header(headers, "Transfer-Encoding");

    if (length != NULL && !is_number(length))
        return "Content-Length is no number";
    if (coding != NULL && strcasecmp(coding, "chunked") != 0)
        return "only chunked is read";
    /* evhttp takes none with HEAD: what came would be read as the next request. */
    if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD &&
        (coding != NULL || (length != NULL && length[strspn(length, "0")] != '\0')))
        return "no body with this method";
    return NULL;
}

const char *http_check_find(struct evhttp_request *request)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const struct evkeyval *header;
    unsigned lengths = 0, codings = 0, hosts = 0;

    TAILQ_FOREACH(header, headers, next)
    {
        size_t size = strlen(header->key);

        if (size == 0 || header->key[size - 1] == ' ' || header->key[size - 1] == '\t')
            return "a header name ends with a blank";
        lengths += strcasecmp(header->key, "Content-Length") == 0;
        codings += strcasecmp(header->key, "Transfer-Encoding") == 0;
        hosts += strcasecmp(header->key, "Host") == 0;
    }
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0))
        return "more than one length";
    if (hosts > 1 || (hosts == 0 && request->major == 1 && request->minor >= 1))
        return "one Host header is needed";
    return check_body(request);
}

/* What Redis answers, as the store's results. */
#ifndef WARUNG_SESSIONS_REDIS_DECODE_H
#define WARUNG_SESSIONS_REDIS_DECODE_H

#include "sessions/redis_request.h"

struct redisReply;

enum redis_error {
    REDIS_ERROR_NONE,     /* no error reply */
    REDIS_ERROR_REFUSED,  /* certainly not done: out of memory, a full disk, ... */
    REDIS_ERROR_STRANGE,  /* refused, and this server is not what we took it for: connect anew */
    REDIS_ERROR_REDIRECT, /* refused: a Cluster's MOVED, ASK, TRYAGAIN or CLUSTERDOWN */
    REDIS_ERROR_HALFWAY,  /* a right that a function lacks: what it did before that stands */
    REDIS_ERROR_OTHER,    /* a fault of ours; whether something was done is not known */
};
enum redis_error redis_decode_error(const struct redisReply *reply);

enum redis_decoded {
    REDIS_DECODED,        /* the request's result stands in it */
    REDIS_DECODED_RELOAD, /* another version: both records must be read */
    REDIS_DECODED_HALF,   /* the session, kept; the merchant must be read */
    REDIS_DECODED_STRANGE /* no such answer was expected */
};
/* Load, commits, reserve, settle, shared records: into request->reply, whose spans point into
 * *reply. */
enum redis_decoded redis_decode_reply(struct redis_request *request,
                                      const struct redisReply *reply);
/* Into request->sweep and ->kept: a copy of its own. */
enum redis_decoded redis_decode_sweep(struct redis_request *request,
                                      const struct redisReply *reply);
/* Entries of a log: as a sweep's. */
enum redis_decoded redis_decode_log(struct redis_request *request, const struct redisReply *reply);
/* Into *list; items has room for request->limit (find: one). Texts point into *reply. */
enum redis_decoded redis_decode_list(const struct redis_request *request,
                                     const struct redisReply *reply, struct store_listed *items,
                                     struct store_list *list);

#endif

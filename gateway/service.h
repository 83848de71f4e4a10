/*
 * Whether a centre or an account serves: an operator takes it out of service, at once or after its
 * dialogues, and puts it back. Kept until the process ends; reloads leave it alone.
 *
 *   SERVING --drain--> DRAINING --quiet, or time over--> DISABLED --enable--> SERVING
 */
#ifndef WARUNG_GATEWAY_SERVICE_H
#define WARUNG_GATEWAY_SERVICE_H

#include "base/timer.h"

enum service_state {
    SERVICE_SERVING,
    SERVICE_DRAINING, /* dialogues go on; new ones are refused, SMS take other ways */
    SERVICE_DISABLED, /* its links are unbound and stay so */
};
const char *service_state_name(enum service_state state);

struct service {
    enum service_state state;
    struct timer_queue *timers;
    struct timer look;
    uint64_t input_ms; /* of the last message of a subscriber's */
    uint64_t quiet_ms; /* without one for so long, no dialogue is left */
    uint64_t until_ms;
    /* The links are to follow the state: to be unbound when it is DISABLED, else kept bound. */
    void (*on_change)(void *ctx);
    void *ctx;
};

/* SERVING. It stands still until service_fini(). */
void service_init(struct service *s, struct timer_queue *timers, void (*on_change)(void *ctx),
                  void *ctx);
void service_fini(struct service *s);
void service_note_input(struct service *s);

void service_enable(struct service *s);
void service_disable(struct service *s);
/* DISABLED when quiet_s have passed without a message, or after for_s. */
void service_drain(struct service *s, unsigned quiet_s, unsigned for_s);
/* A new one, in the place of another: goes on with what was ordered of that. */
void service_succeed(struct service *s, const struct service *former);

#endif

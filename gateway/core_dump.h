/* A core would hold personal data and keys. */
#ifndef WARUNG_GATEWAY_CORE_DUMP_H
#define WARUNG_GATEWAY_CORE_DUMP_H

/* For this process and those that it starts: no core is written, and no other process of the same
 * user may look into its memory. */
void core_dump_forbid(void);

#endif

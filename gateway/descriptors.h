/* How many connections and files may be open at once. */
#ifndef WARUNG_GATEWAY_DESCRIPTORS_H
#define WARUNG_GATEWAY_DESCRIPTORS_H

/* Takes as many as this process may have. The soft limit is often 1,024, for the sake of programs
 * that use select(): with it, partners.unbound_max silent callers alone leave no descriptor for a
 * centre, for Redis or for the admin port. */
void descriptors_raise(void);

#endif

/*
 * PDUs as a capture file: each in made-up TCP/IP headers, so that Wireshark and tshark take them
 * for SMPP.
 *
 * Ours is 192.0.2.1, the centre's port is 2775; the peer's address (10.x.y.z) and the other
 * port are made of the connection's number, so that each connection is a stream. Sequence numbers
 * are the link's octet counters. The passwords of binds are overwritten with asterisks. Everything
 * else is in it: texts and numbers of subscribers, so that whoever stores it must guard it.
 */
#ifndef WARUNG_LINK_PCAP_H
#define WARUNG_LINK_PCAP_H

#include "gateway/link/link.h"

enum {
    PCAP_FILE_HEADER_BYTES = 24,
    PCAP_OVERHEAD_BYTES = 56,       /* record, IP and TCP headers of a packet */
    PCAP_PACKET_OCTETS_MAX = 60000, /* of a PDU in one packet: an IP packet ends at 65,535 */
};

/* What comes first in a file. */
void pcap_write_file_header(struct writer *w);
/* One PDU, as a link_observer_fn is told of it: as many packets as it needs. `w` has room for
 * pcap_room(pdu.size). */
void pcap_write_pdu(struct writer *w, const struct link *link, enum link_direction direction,
                    struct span pdu, int64_t wall_ms);
size_t pcap_room(size_t pdu_bytes);

#endif

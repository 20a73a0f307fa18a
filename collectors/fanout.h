#ifndef COLLECTORS_FANOUT_H
#define COLLECTORS_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

/* Several sockets that share the frames of an interface: PACKET_FANOUT, packet(7). Which one
   gets a frame is told by a small program in the kernel from the pair of its IP addresses
   alone, behind up to two VLAN tags: so both directions and all fragments of a packet are
   together, and the frames stay as they are. The kernel's own hash would take the ports of
   first fragments, or have to put them together (PACKET_FANOUT_FLAG_DEFRAG), and then a
   mirror's frames are not what was on its link. An ICMP "unreachable" goes where the packet
   that it quotes went; what is not IP goes to the first socket. */

/* Let a packet socket of an interface that is up take part in the group of this number. False
   with errno set. */
bool fanout_join(int socket, uint16_t group);

#endif

#ifndef COLLECTORS_OPERATION_H
#define COLLECTORS_OPERATION_H

#include "collectors/packet.h"
#include "engine/base/record.h"

/* What a packet asks of an application, in the terms of enum operation_protocol:
   Modbus/TCP on port 502, DNP3 on 20000, MQTT on 1883, HTTP and RTSP on any TCP port, S7comm
   on 102, IEC 60870-5-104 on 2404, EtherNet/IP on 44818, BACnet/IP on 47808. Requests count
   once: a reply that repeats its request's function (Modbus, S7, a confirmed command of
   IEC 104) is none, one that refuses it is one. */

/* Write the operations of a decoded packet to `operations`, alike ones added up, and
   return how many places are used. Those that found no place are added to `*overflow`.
   A payload is read up to 64 application units; one that begins inside a unit (TCP is a
   stream) gives nothing. `direction`: INITIATOR or RESPONDER, who sent it. Most packets leave after
   comparing a port and a byte. */
unsigned operation_parse(const struct packet *packet, unsigned direction,
                         struct operation_count operations[RECORD_OPERATIONS],
                         unsigned *overflow);

#endif

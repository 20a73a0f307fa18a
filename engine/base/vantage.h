#ifndef ENGINE_BASE_VANTAGE_H
#define ENGINE_BASE_VANTAGE_H

#include "engine/base/address.h"

#include <stdbool.h>
#include <stdint.h>

/* X(id, name): what a packet can lie in. The decoder reads it as if it had been captured
   bare. The id that goes with each: */
#define TUNNELS(X)                                                                     \
    X(NONE, "")                                                                        \
    X(PPPOE, "pppoe")      /* session */                                               \
    X(MPLS, "mpls")        /* label at the bottom of the stack */                      \
    X(BACKBONE, "802.1ah") /* service instance */                                      \
    X(SERVICE, "nsh")      /* service path, RFC 8300 */                                \
    X(IP, "ip")            /* none: IPv4, IPv6 or Ethernet straight in IP */           \
    X(GRE, "gre")          /* key, or call of PPTP */                                  \
    X(ERSPAN, "erspan")    /* session; type I has none */                              \
    X(VXLAN, "vxlan")      /* VNI */                                                   \
    X(GENEVE, "geneve")    /* VNI */                                                   \
    X(GTP, "gtp")          /* tunnel endpoint */                                       \
    X(TEREDO, "teredo")    /* none */

enum tunnel {
#define TUNNEL_ENUM(id, name) TUNNEL_##id,
    TUNNELS(TUNNEL_ENUM)
#undef TUNNEL_ENUM
};

/* From where a packet was seen: the outermost tunnel around it whose ends have
   addresses, else the outermost. All zero: bare on the link. */
struct vantage {
    uint8_t kind;  /* enum tunnel */
    uint8_t depth; /* tunnels around the packet, at most 4 */
    bool is_cut;   /* the tunnel brought less of it than there was on the wire */
    uint16_t vlan; /* that the tunnel itself lay in, 0 untagged */
    uint32_t id;
    struct address ip[2]; /* the tunnel's ends; family 0: it is not over IP */
};

const char *tunnel_name(enum tunnel tunnel); /* "vxlan"; "" for none */

#endif

#include "collectors/fanout.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <sys/socket.h>

/* Where things lie from the network header on, behind X bytes of tags. */
#define NET(offset) ((uint32_t)(SKF_NET_OFF + (offset)))

enum {
    PROGRAM_MAX = 96,
    FOLDED = 0,
    BASE = 1
}; /* FOLDED and BASE: the words of memory */

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short length;
};

static void add(struct program *program, uint16_t code, uint32_t k) {
    program->code[program->length++] = (struct sock_filter)BPF_STMT(code, k);
}

/* The accumulator becomes the exclusive or of the words of both addresses. */
static void fold(struct program *program, uint32_t first, unsigned words) {
    add(program, BPF_LD | BPF_IMM, 0);
    add(program, BPF_ST, FOLDED);
    for (unsigned i = 0; i < words; i++) {
        add(program, BPF_LDX | BPF_MEM, BASE);
        add(program, BPF_LD | BPF_W | BPF_IND, first + 4 * i);
        add(program, BPF_LDX | BPF_MEM, FOLDED);
        add(program, BPF_ALU | BPF_XOR | BPF_X, 0);
        add(program, BPF_ST, FOLDED);
    }
}

/* Spread it: the kernel takes the rest of a division. */
static void choose(struct program *program) {
    add(program, BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1);
    add(program, BPF_ALU | BPF_RSH | BPF_K, 16);
    add(program, BPF_RET | BPF_A, 0);
}

static void choose_by_ipv4(struct program *program) {
    fold(program, NET(12), 2);
    choose(program);
}

static void choose_by_ipv6(struct program *program) {
    fold(program, NET(8), 8);
    choose(program);
}

/* What `then` adds is run only if the accumulator is `k`. */
static void when(struct program *program, uint32_t k, void (*then)(struct program *)) {
    unsigned short at = program->length;
    add(program, BPF_JMP | BPF_JEQ | BPF_K, k);
    then(program);
    program->code[at].jf = (uint8_t)(program->length - at - 1);
}

/* An ICMP error: the base moves to the packet that it quotes. */
static void follow_quote(struct program *program) {
    enum { HEADER_BYTES = 8 };
    add(program, BPF_LD | BPF_MEM, FOLDED);
    add(program, BPF_ALU | BPF_ADD, HEADER_BYTES);
    add(program, BPF_ST, BASE);
}

static void look_for_quote(struct program *program) {
    enum { UNREACHABLE = 3 };
    /* BASE + the header's length, for which FOLDED is free. */
    add(program, BPF_LD | BPF_B | BPF_IND, NET(0));
    add(program, BPF_ALU | BPF_AND | BPF_K, 0x0f);
    add(program, BPF_ALU | BPF_LSH | BPF_K, 2);
    add(program, BPF_ALU | BPF_ADD | BPF_X, 0);
    add(program, BPF_ST, FOLDED);
    add(program, BPF_MISC | BPF_TAX, 0);
    add(program, BPF_LD | BPF_B | BPF_IND, NET(0));
    when(program, UNREACHABLE, follow_quote);
}

static void take_ipv4(struct program *program) {
    enum { ICMP = 1 };
    add(program, BPF_LDX | BPF_MEM, BASE);
    add(program, BPF_LD | BPF_B | BPF_IND, NET(9));
    when(program, ICMP, look_for_quote);
    choose_by_ipv4(program);
}

static void find_base(struct program *program) {
    /* The kernel keeps the first tag apart; the second lies before the packet. */
    enum { TAG_BYTES = 4 };
    add(program, BPF_LD | BPF_IMM, TAG_BYTES);
    add(program, BPF_ST, BASE);
    add(program, BPF_LD | BPF_H | BPF_ABS, NET(2));
}

static void write_program(struct program *program) {
    program->length = 0;
    add(program, BPF_LD | BPF_IMM, 0);
    add(program, BPF_ST, BASE);
    add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
    when(program, ETH_P_8021Q, find_base);
    when(program, ETH_P_8021AD, find_base);
    when(program, ETH_P_IP, take_ipv4);
    when(program, ETH_P_IPV6, choose_by_ipv6);
    add(program, BPF_RET | BPF_K, 0);
}

bool fanout_join(int socket, uint16_t group) {
    struct program program;
    write_program(&program);
    struct sock_fprog attached = {.len = program.length, .filter = program.code};
    int argument = group | PACKET_FANOUT_CBPF << 16;
    return setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) ==
               0 &&
           setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &attached,
                      sizeof attached) == 0;
}

#include "collectors/decode.h"
#include "tests/collectors/frames.h"
#include "tests/collectors/wrapped.h"
#include "tests/suite.h"

#include <check.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What lies on each link and in the tunnels, by an independent reader: the innermost
   addresses and ports of each frame that is decoded, as tshark shows them. Frames of our
   own make are on each link type, those of others show what we did not think of. */

static const struct capture {
    const char *file;
    unsigned read;   /* frames that are decoded */
    unsigned others; /* frames that are to be read otherwise, for the reason given */
} captures[] = {
    {"tcpdump--pppoes.pcap", 2, 0},
    {"zeek--pppoe.pcap", 65, 0},
    {"zeek--ppp--quic-interop-retry.pcap", 26, 0},
    {"tcpdump--hdlc_slarp.pcapng", 0, 0},
    {"tcpdump--mpls-traceroute.pcap", 18, 0},
    {"zeek--mpls-in-vlan.pcap", 3, 0},
    {"zeek--mixed-vlan-mpls.pcap", 47, 0},
    {"tcpdump--mpls-over-udp.pcap", 2, 0},
    {"zeek--pbb.pcap", 12, 0},
    {"zeek--vntag.pcap", 3, 0},
    {"tcpdump--nsh-over-vxlan-gpe.pcap", 1, 0},
    {"zeek--tunnels--4in4.pcap", 1, 0},
    {"zeek--tunnels--4in6.pcap", 1, 0},
    {"zeek--tunnels--6in4.pcap", 1, 0},
    {"zeek--tunnels--6in6in6.pcap", 1, 0},
    {"tcpdump--ipv6-srh-ipproto-ether.pcap", 1, 0},
    {"zeek--tunnels--gre-sample.pcap", 40, 0},
    {"zeek--tunnels--gre-pptp.pcap", 2, 0},
    /* Cisco's metadata (0x8909) between GRE and IP is not read: GRE it stays. */
    {"tcpdump--various_gre.pcap", 100, 20},
    {"zeek--tunnels--gre-over-udp-4754.pcap", 14, 0},
    {"tcpdump--erspan-type-i-2.pcap", 2, 0},
    {"tcpdump--erspan-type-ii-2.pcap", 16, 0},
    {"tcpdump--erspan-type-iii-ft-0.pcap", 9, 0},
    {"tcpdump--erspan-type-iii-ft-7.pcap", 58, 0},
    {"tcpdump--erspan-type-iii-pb-1.pcap", 1, 0},
    {"zeek--tunnels--gre-erspan3-dot1q.pcap", 2, 0},
    {"tcpdump--vxlan.pcap", 10, 0},
    {"tcpdump--vxlan_port_8472.pcap", 10, 0},
    {"zeek--tunnels--vxlan-triple-v2.pcap", 1, 0},
    {"tcpdump--geneve.pcap", 39, 0},
    {"tcpdump--geneve-gcp.pcap", 1, 0},
    {"zeek--tunnels--geneve-many-options.pcap", 10, 0},
    /* Inside, an IP packet longer than what carries it: none, so the tunnel's stays. */
    {"zeek--tunnels--gtp--gtp9_unknown_or_too_short_payload.pcap", 19, 1},
    {"zeek--tunnels--gtp--gtp_ext_header.pcap", 2, 0},
    {"zeek--tunnels--gtp--gtp8_teredo.pcap", 10, 0},
    {"zeek--tunnels--Teredo.pcap", 78, 0},
    {"zeek--radiotap.pcap", 3, 0},
    {"zeek--wlanmon.pcap", 3, 0},
    {"tcpdump--802_15_4-data.pcap", 0, 0},
};
enum { CAPTURES = sizeof captures / sizeof *captures };

/* What DLT_RAW is where it differs by system. */
enum { DLT_RAW_IN_FILES = 101 };

enum { PROTOCOLS, IPV4, IPV6 = 3, TCP = 5, UDP = 7, COLUMNS = 9 };
#define FIELDS                                                                         \
    "-e frame.protocols -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst "                  \
    "-e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport"

struct ends {
    char ip[2][ADDRESS_TEXT_BYTES];
    unsigned port[2];
};

/* The `which`th of values between commas. */
static void copy_value(char *to, size_t size, const char *list, unsigned which) {
    for (; which && list; which--)
        if ((list = strchr(list, ',')))
            list++;
    snprintf(to, size, "%.*s", list ? (int)strcspn(list, ",") : 0, list ? list : "");
}

/* Columns hold a value for each header of the protocol, the outermost first; what an
   ICMP error quotes comes last. */
static void read_line(char *line, struct ends *ends) {
    char *column[COLUMNS] = {NULL};
    line[strcspn(line, "\n")] = '\0';
    for (unsigned i = 0; i < COLUMNS; i++) {
        column[i] = strsep(&line, "\t");
        ck_assert_ptr_nonnull(column[i]);
    }
    static const struct {
        const char *name;
        unsigned column;
    } known[] = {{"ip", IPV4}, {"ipv6", IPV6}, {"tcp", TCP}, {"udp", UDP}};
    unsigned seen[4] = {0};
    memset(ends, 0, sizeof *ends);
    for (char *name; (name = strsep(&column[PROTOCOLS], ":"));) {
        if (strcmp(name, "icmp") == 0 || strcmp(name, "icmpv6") == 0)
            return;
        if (strcmp(name, "eth") == 0)
            memset(ends, 0, sizeof *ends);
        for (unsigned i = 0; i < 4; i++) {
            if (strcmp(name, known[i].name) != 0)
                continue;
            char value[2][ADDRESS_TEXT_BYTES];
            for (unsigned end = 0; end < 2; end++)
                copy_value(value[end], sizeof value[end], column[known[i].column + end],
                           seen[i]);
            seen[i]++;
            if (i < 2) {
                memset(ends, 0, sizeof *ends);
                memcpy(ends->ip, value, sizeof value);
            } else {
                for (unsigned end = 0; end < 2; end++)
                    ends->port[end] = (unsigned)atoi(value[end]);
            }
        }
    }
}

static void read_packet(const struct packet *packet, struct ends *ends) {
    bool has_ports =
        packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP;
    for (unsigned end = 0; end < 2; end++) {
        address_format(&packet->ip[end], ends->ip[end]);
        ends->port[end] = has_ports ? packet->port[end] : 0;
    }
}

static bool is_same(const struct ends *a, const struct ends *b) {
    return strcmp(a->ip[0], b->ip[0]) == 0 && strcmp(a->ip[1], b->ip[1]) == 0 &&
           a->port[0] == b->port[0] && a->port[1] == b->port[1];
}

/* How many frames differ, of those that were decoded. */
static unsigned compare(const char *path, unsigned *read) {
    char command[1024], line[8192], reason[PCAP_ERRBUF_SIZE];
    snprintf(command, sizeof command,
             "tshark -n -r '%s' -o ip.defragment:FALSE -o ipv6.defragment:FALSE "
             "-d udp.port==8472,vxlan -T fields -E occurrence=a -E aggregator=, " FIELDS
             " 2>/dev/null",
             path);
    FILE *reader = popen(command, "r");
    pcap_t *capture = pcap_open_offline(path, reason);
    ck_assert_msg(reader && capture, "%s: %s", path, reason);
    unsigned others = 0, frames = 0;
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    while (pcap_next_ex(capture, &header, &bytes) == 1) {
        struct packet packet = {0};
        struct ends ours, theirs;
        frames++;
        ck_assert_msg(fgets(line, sizeof line, reader) != NULL, "%s: %u", path, frames);
        read_line(line, &theirs);
        if (decode_frame(pcap_datalink(capture), bytes, header->caplen, header->len,
                         &packet) != DECODE_OK)
            continue;
        read_packet(&packet, &ours);
        (*read)++;
        if (!is_same(&ours, &theirs)) {
            others++;
            printf("%s, %u: %s:%u to %s:%u, tshark has %s:%u to %s:%u\n", path, frames,
                   ours.ip[0], ours.port[0], ours.ip[1], ours.port[1], theirs.ip[0],
                   theirs.port[0], theirs.ip[1], theirs.port[1]);
        }
    }
    pcap_close(capture);
    pclose(reader);
    return others;
}

START_TEST(as_tshark_reads_it) {
    const char *shared = getenv("WARY_SHARED");
    for (size_t i = 0; i < CAPTURES; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/data/fuzz/%s",
                 shared ? shared : SOURCE_DIR "/../shared", captures[i].file);
        if (access(path, R_OK) != 0) {
            printf("SKIPPED: no %s\n", path);
            continue;
        }
        unsigned read = 0, others = compare(path, &read);
        ck_assert_msg(read == captures[i].read, "%s: %u read", path, read);
        ck_assert_msg(others == captures[i].others, "%s: %u differ", path, others);
    }
}
END_TEST

/* Those of our own that tshark does not read as far. */
static const char *const apart[] = {
    "jumbogram",                      /* its length is in an option */
    "pseudowire with a control word", /* takes it for IP */
    "erspan iii, platform, ip",       /* takes it for Ethernet */
    "prism",                          /* knows the longest form of the header only */
};

static bool is_apart(const char *name) {
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (strcmp(apart[i], name) == 0)
            return true;
    return false;
}

static void write_frame(pcap_dumper_t *writer, const char *name,
                        const struct bytes *frame, unsigned *count) {
    struct pcap_pkthdr header = {.caplen = frame->length, .len = frame->length};
    if (is_apart(name))
        return;
    pcap_dump((u_char *)writer, &header, frame->at);
    printf("%u: %s\n", ++*count, name);
}

/* All frames of one link type; returns how many there are. */
static unsigned write_link(const char *path, int link) {
    unsigned count = 0;
    pcap_t *dead = pcap_open_dead(link, 65535);
    pcap_dumper_t *writer = pcap_dump_open(dead, path);
    ck_assert_ptr_nonnull(writer);
    for (size_t i = 0; i < VALID; i++) {
        struct bytes frame = hex(valid[i].text);
        if (valid[i].link == link)
            write_frame(writer, valid[i].name, &frame, &count);
    }
    for (size_t i = 0; i < WRAPPED; i++) {
        struct bytes frame = lay_all(wrapped[i].layers);
        if (wrapped[i].link == link)
            write_frame(writer, wrapped[i].name, &frame, &count);
    }
    pcap_dump_close(writer);
    pcap_close(dead);
    return count;
}

START_TEST(every_link_as_tshark_reads_it) {
    enum { LINKS = 300 };
    char scratch[] = "/tmp/wary-reader-XXXXXX", path[64];
    unsigned others = 0;
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    snprintf(path, sizeof path, "%s/link.pcap", scratch);
    for (int link = 0; link < LINKS; link++) {
        if (!decode_knows(link) || link == DLT_RAW_IN_FILES)
            continue;
        printf("link %d\n", link);
        unsigned read = 0, count = write_link(path, link);
        others += compare(path, &read);
        ck_assert_msg(count > 0 && read == count, "link %d: %u of %u", link, read,
                      count);
        unlink(path);
    }
    rmdir(scratch);
    ck_assert_uint_eq(others, 0);
}
END_TEST

int main(void) {
    if (system("tshark --version >/dev/null 2>&1") != 0) {
        printf("SKIPPED: no tshark\n");
        return 77;
    }
    TCase *all = tcase_create("tunnel, reader");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, every_link_as_tshark_reads_it);
    tcase_add_test(all, as_tshark_reads_it);
    Suite *suite = suite_create("tunnel, reader");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}

/* What reading a capture costs at least: pcap_next_ex over the files, and nothing else.
   Prints packets, seconds and packets per second. */

#include <pcap/pcap.h>
#include <stdio.h>
#include <time.h>

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **paths) {
    char reason[PCAP_ERRBUF_SIZE];
    unsigned long packets = 0, bytes = 0;
    double start_s = now_s();
    for (int i = 1; i < count; i++) {
        pcap_t *handle = pcap_open_offline(paths[i], reason);
        if (!handle) {
            fprintf(stderr, "%s: %s\n", paths[i], reason);
            return 1;
        }
        struct pcap_pkthdr *header;
        const u_char *frame;
        while (pcap_next_ex(handle, &header, &frame) == 1) {
            packets++;
            bytes += header->len;
        }
        pcap_close(handle);
    }
    double seconds = now_s() - start_s;
    printf("%lu packets, %lu bytes, %.3f s, %.0f packets/s\n", packets, bytes, seconds,
           (double)packets / seconds);
    return 0;
}

/* Every capture of other projects' regression suites, through all that reads packets. They
   are not part of this tree: WARY_SHARED says where they are. */
#include "collectors/announce.h"
#include "collectors/decode.h"
#include "collectors/dns.h"
#include "collectors/operation.h"
#include "tests/collectors/hex.h"

#include <check.h>
#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>

enum { SKIPPED = 77 };

static char directory[4096];

struct totals {
    unsigned long files, unreadable, results[4], records, messages, operations;
};

static void check_text(const char *text, size_t size) {
    size_t length = strnlen(text, size);
    ck_assert_uint_lt(length, size);
    for (size_t i = 0; i < length; i++)
        ck_assert_int_ge((unsigned char)text[i], 0x20);
}

static void take_packet(const struct packet *packet, struct totals *totals) {
    struct record records[ANNOUNCE_RECORDS];
    unsigned count = announce_records(packet, records, ANNOUNCE_RECORDS);
    ck_assert_uint_le(count, ANNOUNCE_RECORDS);
    for (unsigned i = 0; i < count; i++) {
        ck_assert(records[i].kind == RECORD_CLAIM || records[i].kind == RECORD_NAME);
        if (records[i].kind == RECORD_NAME)
            check_text(records[i].name.text, sizeof records[i].name.text);
    }
    totals->records += count;

    struct dns_message message;
    if (dns_parse_packet(packet, &message)) {
        check_text(message.name, sizeof message.name);
        totals->messages++;
    }

    struct operation_count operations[RECORD_OPERATIONS];
    unsigned overflow = 0, used = operation_parse(packet, operations, &overflow);
    ck_assert_uint_le(used, RECORD_OPERATIONS);
    for (unsigned i = 0; i < used; i++)
        totals->operations += operations[i].count;
}

static void take_file(const char *path, struct totals *totals) {
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, error);
    totals->files++;
    if (!pcap) {
        totals->unreadable++;
        return;
    }
    struct pcap_pkthdr *header;
    const unsigned char *bytes;
    while (pcap_next_ex(pcap, &header, &bytes) == 1) {
        uint8_t *copy = exact_copy(bytes, header->caplen);
        struct packet packet = {0};
        enum decode_result result = decode_frame(pcap_datalink(pcap), copy,
                                                 header->caplen, header->len, &packet);
        totals->results[result]++;
        if (result == DECODE_OK)
            take_packet(&packet, totals);
        free(copy);
    }
    pcap_close(pcap);
}

START_TEST(all_are_read) {
    struct totals totals = {0};
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    ck_assert_int_gt(count, 0);
    for (int i = 0; i < count; i++) {
        char path[sizeof directory + 256];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            take_file(path, &totals);
        free(entries[i]);
    }
    free(entries);
    printf("%lu files (%lu not captures): %lu good, %lu truncated, %lu malformed, "
           "%lu unsupported; %lu records, %lu DNS messages, %lu operations\n",
           totals.files, totals.unreadable, totals.results[DECODE_OK],
           totals.results[DECODE_TRUNCATED], totals.results[DECODE_MALFORMED],
           totals.results[DECODE_UNSUPPORTED], totals.records, totals.messages,
           totals.operations);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_gt(totals.results[i], 0);
    ck_assert_uint_gt(totals.records, 0);
    ck_assert_uint_gt(totals.messages, 0);
    ck_assert_uint_gt(totals.operations, 0);
}
END_TEST

int main(void) {
    const char *shared = getenv("WARY_SHARED");
    snprintf(directory, sizeof directory, "%s/data/fuzz",
             shared ? shared : SOURCE_DIR "/../shared");
    DIR *found = opendir(directory);
    if (!found) {
        printf("skipped: no captures in %s\n", directory);
        return SKIPPED;
    }
    closedir(found);
    TCase *all = tcase_create("captures");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, all_are_read);
    Suite *suite = suite_create("captures");
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

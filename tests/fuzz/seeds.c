/* A fuzz target without a fuzzer: each seed once as it is, then a few changes of it by
   chance, whose seed is printed (WARY_SEED sets it). For `./dev test`; `./dev fuzz` goes on. */
#include "tests/models/random.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

enum { SEED_BYTES = 1 << 20, CHANGES = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                                     size_t most, unsigned int seed);

/* A few bytes become others; sometimes it ends sooner, or goes on. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) {
    unsigned kind = random_below(8);
    if (kind == 0 && size > 0)
        size = random_below((unsigned)size + 1);
    if (kind == 1)
        for (unsigned n = random_below(64); n > 0 && size < most; n--)
            data[size++] = (uint8_t)random_bits();
    for (unsigned n = 1 + random_below(4); n > 0 && size > 0; n--)
        data[random_below((unsigned)size)] = (uint8_t)random_bits();
    return size;
}

/* A copy that ends where its memory ends, so that a sanitizer sees a byte read too much. */
static void show(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static bool take(const char *path) {
    static uint8_t seed[SEED_BYTES], changed[SEED_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    show(seed, size);
    for (unsigned i = 0; i < CHANGES; i++) {
        memcpy(changed, seed, size);
        size_t length = LLVMFuzzerCustomMutator
                            ? LLVMFuzzerCustomMutator(changed, size, sizeof changed,
                                                      (unsigned)random_bits())
                            : LLVMFuzzerMutate(changed, size, sizeof changed);
        show(changed, length);
    }
    return true;
}

int main(int argc, char **argv) {
    char path[1024];
    unsigned taken = 0;
    random_start();
    DIR *directory = argc > 1 ? opendir(argv[1]) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (entry->d_name[0] != '.')
            taken += take(path);
    }
    if (directory)
        closedir(directory);
    printf("%u seeds\n", taken);
    return taken ? 0 : 1;
}

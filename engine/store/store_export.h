#ifndef ENGINE_STORE_EXPORT_H
#define ENGINE_STORE_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A state directory in an operator's hands. All but import work while another process uses it:
   they read what is committed. Each returns false with one clear line in `error`. */

/* What there is, in lines for people. */
bool store_export_info(const char *directory, FILE *out, char *error,
                       size_t error_bytes);

/* Looks at every page and every checksum. True: all is well; else what is damaged was written to
   `out`, a line each, and `error` says how much. */
bool store_export_check(const char *directory, FILE *out, char *error,
                        size_t error_bytes);

/* A compact copy of the database in a new file, complete or not there at all. Put into
   an empty directory as wary.db, it is a state directory. */
bool store_export_backup(const char *directory, const char *path, char *error,
                         size_t error_bytes);

/* JSON lines: the first names the schema, then a row each, {"table":…,"row":{…}}, in a fixed order;
   numbers exact, bytes in hexadecimal. */
bool store_export_write(const char *directory, FILE *out, char *error,
                        size_t error_bytes);

/* Takes such lines into a directory that has no database yet, or none with anything in it, all
   of them or none; of an older schema they are brought forward. `name` stands for
   `in` in what is told. */
bool store_export_read(const char *directory, FILE *in, const char *name, char *error,
                       size_t error_bytes);

#endif

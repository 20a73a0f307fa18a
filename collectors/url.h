#ifndef COLLECTORS_URL_H
#define COLLECTORS_URL_H

#include <stdbool.h>

/* Whether a requested URL carries commands for a shell, as those do that take over routers
   and cameras: something that ends one command, then the name of another and its end. Only the
   first 1,023 bytes, decoded, are looked at. Linear. */
bool url_holds_command(const char *url);

#endif

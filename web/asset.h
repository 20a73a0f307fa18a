#ifndef WEB_ASSET_H
#define WEB_ASSET_H

#include <stddef.h>

/* A file of the page (web/ui), embedded as the build bundled it. All zero where that was
   without node: the page is then the plain table that the server writes. */
struct asset {
    const unsigned char *plain;
    size_t plain_bytes;
    const unsigned char *gzip;
    size_t gzip_bytes;
};

extern const struct asset asset_script, asset_style;

#endif

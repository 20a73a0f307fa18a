#include "collectors/url.h"

#include "engine/base/hex.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char *const commands[] = {
    "wget", "curl", "tftp",  "ftpget", "chmod", "busybox", "sh",      "bash",
    "rm",   "cat",  "nc",    "id",     "ping",  "sleep",   "uname",   "echo",
    "cd",   "kill", "touch", "python", "perl",  "reboot",  "telnetd", "iptables",
};

/* Percent signs and pluses undone, in lower case. */
static void decode(const char *url, char *out, size_t size) {
    size_t used = 0;
    for (; *url && used + 1 < size; url++) {
        char c = *url;
        if (c == '%' && hex_value(url[1]) >= 0 && hex_value(url[2]) >= 0) {
            c = (char)(hex_value(url[1]) << 4 | hex_value(url[2]));
            url += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[used++] = c ? (char)tolower((unsigned char)c) : ' ';
    }
    out[used] = '\0';
}

/* What lets a shell begin with another command; a single & only divides parameters. */
static size_t separator(const char *text) {
    if (strncmp(text, "$(", 2) == 0 || strncmp(text, "&&", 2) == 0)
        return 2;
    return *text && strchr(";|`\n", *text) ? 1 : 0;
}

static bool is_command(const char *text) {
    text += strspn(text, " ");
    if (strncmp(text, "/bin/", 5) == 0)
        text += 5;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t length = strlen(commands[i]);
        if (strncmp(text, commands[i], length) == 0 &&
            strchr(" $;|`)<>\n", text[length]))
            return true;
    }
    return false;
}

bool url_holds_command(const char *url) {
    char text[1024];
    decode(url, text, sizeof text);
    for (const char *at = text; *at; at++) {
        size_t ends = separator(at);
        if (ends && is_command(at + ends))
            return true;
    }
    return false;
}

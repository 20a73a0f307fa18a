#include "engine/program/command.h"

#include "engine/program/config_keys.h"
#include "engine/snapshot.h"
#include "web/auth.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *usage, *purpose;
} verbs[] = {
    [COMMAND_RUN] = {"run", "[OPTION]… (-i IFACE… | --watch DIR | -c FILE)",
                     "watch a network and answer"},
    [COMMAND_REPLAY] = {"replay", "[OPTION]… FILE…",
                        "judge captures (pcap or pcapng, - is standard input) as one "
                        "stretch of time"},
    [COMMAND_EVALUATE] = {"evaluate",
                          "[OPTION]… (--events EVENTS.json FILE… | --suite DIR)",
                          "compare what is found with what is known"},
    [COMMAND_CHECK_CONFIG] = {"check-config", "FILE | --defaults",
                              "look for mistakes in a configuration"},
    [COMMAND_STATE] = {"state", "info|check|backup|export|import --state DIR [FILE]",
                       "look after a state directory, also while it is in use; backup "
                       "writes a database,\nexport JSON lines (to standard output, or "
                       "FILE), which import takes into a new one"},
    [COMMAND_TOKEN] = {"token", "create|list|revoke --state DIR [OPTION]… [NAME]",
                       "say who may ask the API; create prints the token, which nobody "
                       "can show again"},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

#define RUN          (1U << COMMAND_RUN)
#define REPLAY       (1U << COMMAND_REPLAY)
#define EVALUATE     (1U << COMMAND_EVALUATE)
#define CHECK_CONFIG (1U << COMMAND_CHECK_CONFIG)
#define STATE        (1U << COMMAND_STATE)
#define TOKEN        (1U << COMMAND_TOKEN)

static const struct {
    const char *name;
    char letter;    /* its short form; without one, a number of its own is returned */
    unsigned verbs; /* that take it */
    const char *value, *help;
} options[] = {
    {"config", 'c', RUN | REPLAY | EVALUATE, "FILE", "read the configuration there"},
    {"interface", 'i', RUN, "IFACE", "watch this interface; may be given again"},
    {"watch", 'W', RUN, "DIR",
     "… or the captures that appear in a directory, or come by a pipe (-)"},
    {"state", 'S', RUN | REPLAY | EVALUATE | STATE | TOKEN, "DIR",
     "keep there what was learnt, and go on from it"},
    {"timeline", 'T', REPLAY | EVALUATE, "OUT.csv",
     "write a row for each device-window (- is standard output)"},
    {"findings", 'F', REPLAY, "OUT.ndjson", "write a line for each finding (likewise)"},
    {"serve", 's', REPLAY, NULL, "answer the API, also when the files have ended"},
    {"listen", 'l', RUN | REPLAY, "ADDR:PORT",
     "where (127.0.0.1:8731; port 0: any free)"},
    {"speed", 'x', REPLAY, "max|N", "N times as fast as it was captured (max)"},
    {"json", 'j', EVALUATE, NULL, "one line of JSON for a table"},
    {"budget", 'b', EVALUATE, "N/week", "false alarms allowed per device (also N/day)"},
    {"without", 'w', EVALUATE, "FAMILY", "leave a family of evidence out"},
    {"events", 'e', EVALUATE, "EVENTS.json", "what is known of the files"},
    {"suite", 'u', EVALUATE, "DIR", "every capture there, with its events"},
    {"defaults", 'd', CHECK_CONFIG, NULL, "print every key with its default"},
    {"scopes", 'p', TOKEN, "SCOPE,…",
     "create: risk.read (the default), decide, facts.write, admin"},
    {"expires", 'X', TOKEN, "TIME", "create: so long from now on, such as 90d or 12h"},
    {"help", 'h', RUN | REPLAY | EVALUATE | CHECK_CONFIG | STATE | TOKEN, NULL,
     "print this"},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

/* Those that scripts rely on; the other letters are for the parser alone. */
static bool is_short(char letter) {
    return strchr("cih", letter) != NULL;
}

void command_help(int about, FILE *out) {
    if (about < 0) {
        fputs(
            "wary watches a network, learns how each device behaves, and says how far "
            "it may be trusted.\n\n",
            out);
        for (int verb = 0; verb < VERBS; verb++)
            fprintf(out, "  wary %-13s %s\n", verbs[verb].name, verbs[verb].purpose);
        fputs("  wary --version\n\nwary COMMAND --help says more.\n", out);
        return;
    }
    fprintf(out, "usage: wary %s %s\n%s\n\n", verbs[about].name, verbs[about].usage,
            verbs[about].purpose);
    for (int i = 0; i < OPTIONS; i++) {
        char text[48], letter[] = {'-', options[i].letter, ',', '\0'};
        if (!(options[i].verbs & 1U << about))
            continue;
        snprintf(text, sizeof text, "%3s --%s%s%s",
                 is_short(options[i].letter) ? letter : "", options[i].name,
                 options[i].value ? " " : "", options[i].value ? options[i].value : "");
        fprintf(out, "  %-26s %s\n", text, options[i].help);
    }
}

static bool parse_positive(const char *text, const char *rest, double *value) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *value = strtod(text, &end);
    return !strcmp(end, rest) && *value > 0 && *value < 1e12;
}

static bool parse_budget(const char *text, double *per_week) {
    if (parse_positive(text, "/week", per_week))
        return true;
    bool daily = parse_positive(text, "/day", per_week);
    *per_week *= 7;
    return daily;
}

static bool parse_span(const char *text, double *seconds) {
    for (const struct config_unit *unit = config_keys_span_units; unit->suffix; unit++)
        if (parse_positive(text, unit->suffix, seconds)) {
            *seconds *= unit->factor;
            return *seconds >= 1 && *seconds < 1e10;
        }
    return false;
}

static bool parse_family(const char *text, unsigned *set) {
    for (enum family family = 0; family < FAMILY_COUNT; family++)
        if (!strcmp(text, family_name(family))) {
            *set |= 1U << family;
            return true;
        }
    return false;
}

/* One option; false if its value is none. */
static bool take(struct command *command, int letter, const char *value) {
    switch (letter) {
    case 'c':
        command->config_path = value;
        return true;
    case 'i':
        if (command->interface_count == COMMAND_INTERFACES)
            return false;
        command->interfaces[command->interface_count++] = value;
        return true;
    case 'W':
        command->watch = value;
        return true;
    case 'S':
        command->state_dir = value;
        return true;
    case 'T':
        command->timeline_path = value;
        return true;
    case 'F':
        command->findings_path = value;
        return true;
    case 's':
        return command->serve = true;
    case 'l':
        command->listen = value;
        return config_parse_listen(value, &(struct web_options){.port = 0});
    case 'x':
        return !strcmp(value, "max") || parse_positive(value, "", &command->speed);
    case 'j':
        return command->json = true;
    case 'p':
        command->scopes = value;
        return auth_parse_scopes(value, &(unsigned){0});
    case 'X':
        return parse_span(value, &command->expires_s);
    case 'b':
        return parse_budget(value, &command->budget_per_week);
    case 'w':
        return parse_family(value, &command->families_off);
    case 'e':
        command->events_path = value;
        return true;
    case 'u':
        command->suite_dir = value;
        return true;
    case 'd':
        return command->defaults = true;
    default:
        return false;
    }
}

static const char *find_state_fault(const struct command *command) {
    static const char *const actions[] = {"info", "check", "backup", "export",
                                          "import"};
    size_t action = 0, least = 1;
    while (command->file_count > 0 && action < sizeof actions / sizeof *actions &&
           strcmp(command->files[0], actions[action]) != 0)
        action++;
    if (command->file_count == 0 || action == sizeof actions / sizeof *actions)
        return "info, check, backup, export or import?";
    if (!command->state_dir)
        return "no state directory (--state)";
    if (strcmp(command->files[0], "backup") == 0)
        least = 2;
    return command->file_count < least             ? "no file to write the copy to"
           : command->file_count > 2               ? "one file at most"
           : command->file_count > 1 && action < 2 ? "takes no file"
                                                   : NULL;
}

static const char *find_token_fault(const struct command *command) {
    const char *action = command->file_count > 0 ? command->files[0] : "";
    bool lists = strcmp(action, "list") == 0, creates = strcmp(action, "create") == 0;
    if (!lists && !creates && strcmp(action, "revoke") != 0)
        return "create, list or revoke?";
    return !command->state_dir ? "no state directory (--state)"
           : command->file_count != (lists ? 1U : 2U)
               ? lists ? "takes no name" : "one name, please"
           : !creates && (command->scopes || command->expires_s > 0)
               ? "only create takes --scopes and --expires"
               : NULL;
}

/* Standard input can be read once. */
static const char *find_files_fault(const struct command *command) {
    unsigned standard = 0;
    for (size_t i = 0; i < command->file_count; i++)
        standard += strcmp(command->files[i], "-") == 0;
    return command->file_count == 0 ? "no capture file"
           : standard > 1           ? "standard input (-) is given twice"
                                    : NULL;
}

static const char *find_replay_fault(const struct command *command) {
    const char *timeline = command->timeline_path, *findings = command->findings_path;
    bool same = timeline && findings && strcmp(timeline, findings) == 0 &&
                strncmp(timeline, "/dev/", 5) != 0;
    return same ? "--timeline and --findings name the same file"
                : find_files_fault(command);
}

static const char *find_fault(const struct command *command) {
    switch (command->verb) {
    case COMMAND_RUN:
        return command->interface_count == 0 && !command->watch && !command->config_path
                   ? "no interface (-i) and no directory (--watch)"
               : command->interface_count > 0 && command->watch
                   ? "-i and --watch exclude each other"
               : command->file_count > 0 ? "takes no files: wary replay does"
                                         : NULL;
    case COMMAND_REPLAY:
        return find_replay_fault(command);
    case COMMAND_EVALUATE:
        if (command->timeline_path && strcmp(command->timeline_path, "-") == 0)
            return "--timeline wants a file: standard output has the table";
        if (command->suite_dir)
            return command->events_path      ? "--events and --suite exclude each other"
                   : command->state_dir      ? "--suite judges each capture afresh"
                   : command->file_count > 0 ? "--suite takes no files"
                                             : NULL;
        return !command->events_path ? "no events (--events or --suite)"
                                     : find_files_fault(command);
    case COMMAND_STATE:
        return find_state_fault(command);
    case COMMAND_TOKEN:
        return find_token_fault(command);
    case COMMAND_CHECK_CONFIG:
        return (command->file_count == 1) == command->defaults ? "one file, please"
                                                               : NULL;
    default:
        return NULL;
    }
}

static bool parse_options(int argc, char *const *argv, struct command *command,
                          char *error, size_t error_bytes) {
    struct option known[OPTIONS + 1] = {{NULL, 0, NULL, 0}};
    const char *name = verbs[command->verb].name;
    size_t count = 0;
    for (int i = 0; i < OPTIONS; i++)
        if (options[i].verbs & 1U << command->verb)
            known[count++] = (struct option){options[i].name, options[i].value != NULL,
                                             NULL, options[i].letter};
    const char *letters = command->verb == COMMAND_RUN ? ":c:i:h"
                          : command->verb == COMMAND_CHECK_CONFIG ||
                                  command->verb == COMMAND_STATE ||
                                  command->verb == COMMAND_TOKEN
                              ? ":h"
                              : ":c:h";
    optind = 0; /* glibc: start afresh */
    for (int letter; (letter = getopt_long(argc, argv, letters, known, NULL)) >= 0;) {
        const char *given = argv[optind - 1];
        if (letter == 'h') {
            command->about = (int)command->verb;
            command->verb = COMMAND_HELP;
            return true;
        }
        if (letter == '?' || letter == ':') {
            snprintf(error, error_bytes,
                     letter == ':' ? "wary %s: %s wants a value"
                                   : "wary %s: unknown option %s (see wary %s --help)",
                     name, given, name);
            return false;
        }
        if (!take(command, letter, optarg)) {
            const char *option = "";
            for (int i = 0; i < OPTIONS; i++)
                if (options[i].letter == letter)
                    option = options[i].name;
            snprintf(error, error_bytes, "wary %s: --%s does not take '%s'", name,
                     option, optarg);
            return false;
        }
    }
    command->files = (const char *const *)argv + optind;
    command->file_count = (size_t)(argc - optind);
    const char *fault = find_fault(command);
    if (fault)
        snprintf(error, error_bytes, "wary %s: %s (see wary %s --help)", name, fault,
                 name);
    return !fault;
}

bool command_parse(int argc, char *const *argv, struct command *command, char *error,
                   size_t error_bytes) {
    *command = (struct command){.verb = COMMAND_HELP, .about = -1};
    if (argc < 2) {
        snprintf(error, error_bytes, "wary: no command (see wary --help)");
        return false;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help"))
        return true;
    if (!strcmp(argv[1], "--version")) {
        command->verb = COMMAND_VERSION;
        return true;
    }
    for (int verb = 0; verb < VERBS; verb++)
        if (!strcmp(argv[1], verbs[verb].name)) {
            command->verb = (enum command_verb)verb;
            return parse_options(argc - 1, argv + 1, command, error, error_bytes);
        }
    snprintf(error, error_bytes, "wary: unknown command '%s' (see wary --help)",
             argv[1]);
    return false;
}

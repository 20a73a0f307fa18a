#include "engine/policy/mud_set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum subject { OF_DEVICE, OF_GROUP, OF_URL, SUBJECTS };

struct mud_set {
    size_t count, binding_count, controller_count;
    struct profile {
        struct mud *mud;
        char *file;
    } profiles[MUD_PROFILES];
    struct binding {
        enum subject subject;
        size_t profile;
        char name[MUD_NAME_BYTES];
    } bindings[MUD_BINDINGS];
    struct controller {
        struct prefix prefix;
        char class[MUD_NAME_BYTES]; /* "" my-controller */
    } controllers[MUD_CONTROLLERS];
};

struct mud_set *mud_set_create(void) {
    return calloc(1, sizeof(struct mud_set));
}

void mud_set_free(struct mud_set *set) {
    for (size_t i = 0; set && i < set->count; i++) {
        mud_free(set->profiles[i].mud);
        free(set->profiles[i].file);
    }
    free(set);
}

static int is_profile(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && entry->d_name[0] != '.' && !strcmp(dot, ".json");
}

/* By bytes, the same in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool load_one(struct mud_set *set, const char *directory, const char *file,
                     struct mistake *mistake) {
    char path[4096];
    struct profile *profile = &set->profiles[set->count];
    mistake->text[0] = '\0';
    if (set->count == MUD_PROFILES)
        return place_mistake(NULL, mistake, "%.200s: more than %d profiles", directory,
                             MUD_PROFILES);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, file) >= sizeof path)
        return place_mistake(NULL, mistake, "%.200s: the path is too long", file);
    if (!(profile->mud = mud_read(path, mistake)))
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (!strcmp(mud_url(set->profiles[i].mud), mud_url(profile->mud))) {
            mud_free(profile->mud);
            return place_mistake(NULL, mistake, "%.160s: has the mud-url of %.60s",
                                 path, set->profiles[i].file);
        }
    if (!(profile->file = strdup(file))) {
        mud_free(profile->mud);
        return place_mistake(NULL, mistake, "%.160s: no memory", path);
    }
    set->count++;
    return true;
}

bool mud_set_load(struct mud_set *set, const char *directory,
                  void (*tell)(void *context, const char *text), void *context) {
    struct dirent **entries;
    struct mistake mistake = {""};
    int n = scandir(directory, &entries, is_profile, by_name);
    bool good = n >= 0;
    if (n < 0) {
        place_mistake(NULL, &mistake, "%.200s: %s", directory, strerror(errno));
        tell(context, mistake.text);
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (!load_one(set, directory, entries[i]->d_name, &mistake)) {
            good = false;
            tell(context, mistake.text);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* "LEFT = RIGHT", without the blanks around. */
static bool split(const char *text, char left[MUD_NAME_BYTES],
                  char right[MUD_NAME_BYTES]) {
    static const char blanks[] = " \t";
    const char *sign = strrchr(text, '=');
    if (!sign)
        return false;
    text += strspn(text, blanks);
    size_t length = sign > text ? (size_t)(sign - text) : 0;
    while (length && strchr(blanks, text[length - 1]))
        length--;
    sign += 1 + strspn(sign + 1, blanks);
    size_t rest = strcspn(sign, blanks);
    if (!length || length >= MUD_NAME_BYTES || !rest || rest >= MUD_NAME_BYTES ||
        sign[rest + strspn(sign + rest, blanks)])
        return false;
    memcpy(left, text, length);
    left[length] = '\0';
    memcpy(right, sign, rest);
    right[rest] = '\0';
    return true;
}

bool mud_set_bind(struct mud_set *set, const char *text, struct mistake *mistake) {
    static const char *const subjects[SUBJECTS] = {"device ", "group ", "url "};
    char left[MUD_NAME_BYTES], file[MUD_NAME_BYTES];
    enum subject subject = OF_DEVICE;
    mistake->text[0] = '\0';
    bool good = split(text, left, file);
    while (good && subject < SUBJECTS &&
           strncmp(left, subjects[subject], strlen(subjects[subject])) != 0)
        subject++;
    if (!good || subject == SUBJECTS)
        return place_mistake(NULL, mistake,
                             "'%.80s' is not device ID = FILE, group NAME = FILE or "
                             "url URL = FILE",
                             text);
    size_t profile = 0;
    while (profile < set->count && strcmp(set->profiles[profile].file, file) != 0)
        profile++;
    if (profile == set->count)
        return place_mistake(NULL, mistake, "there is no profile '%.80s'", file);
    const char *name = left + strlen(subjects[subject]);
    name += strspn(name, " \t");
    for (size_t i = 0; i < set->binding_count; i++)
        if (set->bindings[i].subject == subject &&
            !strcasecmp(set->bindings[i].name, name))
            return place_mistake(NULL, mistake, "'%.80s' is given twice", left);
    if (set->binding_count == MUD_BINDINGS)
        return place_mistake(NULL, mistake, "more than %d bindings", MUD_BINDINGS);
    struct binding *binding = &set->bindings[set->binding_count++];
    binding->subject = subject;
    binding->profile = profile;
    snprintf(binding->name, sizeof binding->name, "%s", name);
    return true;
}

bool mud_set_control(struct mud_set *set, const char *text, struct mistake *mistake) {
    char class[MUD_NAME_BYTES], network[MUD_NAME_BYTES];
    struct prefix prefix;
    mistake->text[0] = '\0';
    if (!split(text, class, network) || !prefix_parse(network, &prefix))
        return place_mistake(NULL, mistake, "'%.80s' is not CLASS = NETWORK", text);
    if (set->controller_count == MUD_CONTROLLERS)
        return place_mistake(NULL, mistake, "more than %d controllers",
                             MUD_CONTROLLERS);
    struct controller *controller = &set->controllers[set->controller_count++];
    controller->prefix = prefix;
    snprintf(controller->class, sizeof controller->class, "%s",
             strcmp(class, "my-controller") ? class : "");
    return true;
}

size_t mud_set_count(const struct mud_set *set) {
    return set->count;
}

const struct mud *mud_set_at(const struct mud_set *set, size_t i) {
    return set->profiles[i].mud;
}

const char *mud_set_file(const struct mud_set *set, size_t i) {
    return set->profiles[i].file;
}

size_t mud_set_find(const struct mud_set *set, const char *id, const char *group,
                    const char *url) {
    const char *names[SUBJECTS] = {id, group, url};
    for (enum subject subject = OF_DEVICE; subject < SUBJECTS; subject++)
        for (size_t i = 0; names[subject][0] && i < set->binding_count; i++)
            if (set->bindings[i].subject == subject &&
                !strcasecmp(set->bindings[i].name, names[subject]))
                return set->bindings[i].profile;
    size_t i = 0;
    while (i < set->count &&
           (!url[0] || strcmp(mud_url(set->profiles[i].mud), url) != 0))
        i++;
    return i;
}

bool mud_set_controls(const struct mud_set *set, const char *class,
                      const struct address *ip) {
    for (size_t i = 0; i < set->controller_count; i++)
        if (!strcmp(set->controllers[i].class, class) &&
            prefix_contains(&set->controllers[i].prefix, ip))
            return true;
    return false;
}

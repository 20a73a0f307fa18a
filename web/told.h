#ifndef WEB_TOLD_H
#define WEB_TOLD_H

#include "engine/inbox.h"
#include "engine/policy/zone.h"
#include "web/fields.h"

/* What people and other systems tell, from JSON to what the engine takes. Each fills `message`
   but for its device and who is to be called when it is done, or leaves the fault in `fields`. */

struct told {
    uint64_t now_ns;              /* of capture, when it is or was told */
    const struct zone_set *zones; /* NULL: the network has no parts */
};

/* {kind, value, source, expires}; `fields` holds the object, other members may have been
   taken from it before. */
bool told_fact(struct fields *fields, const struct told *told, struct message *message);

/* {finding, verdict, by, note}. What the finding is about is the caller's to fill. */
bool told_verdict(struct fields *fields, struct message *message);

/* {reason, until} */
bool told_relearn(struct fields *fields, const struct told *told,
                  struct message *message);

/* One of name, group, zone and criticality; null unsets it. */
bool told_setting(const cJSON *member, const struct told *told, struct fields *fields,
                  struct message *message);

/* What is kept of a message that was made of `object`: malloced; NULL if no memory. */
char *told_text(const cJSON *object, const struct message *message);
/* And back, at a later start. False if it is damaged, or of no version of today. */
bool told_again(const char *place, const char *text, uint64_t time_ns,
                const struct told *told, struct message *message);

#endif

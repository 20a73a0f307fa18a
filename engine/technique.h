#ifndef ENGINE_TECHNIQUE_H
#define ENGINE_TECHNIQUE_H

#include "engine/risk.h"

/* MITRE ATT&CK: what an attacker who shows this evidence is most likely about. Numbers from
   T0800 on are of the matrix for industrial control systems, all others of the one for
   enterprises (attack.mitre.org/techniques/…). */

/* The technique of a kind of evidence, as "T1046"; "" where none fits: what is merely unusual
   is no technique. Static. */
const char *technique_of_kind(enum evidence_kind kind);
/* The same by the kind's served name; "" for one that nobody knows. O(kinds). */
const char *technique_of(const char *kind);

#endif

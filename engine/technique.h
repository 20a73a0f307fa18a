#ifndef ENGINE_TECHNIQUE_H
#define ENGINE_TECHNIQUE_H

/* MITRE ATT&CK: what an attacker who shows this evidence is most likely about. Numbers from
   T0800 on are of the matrix for industrial control systems, all others of the one for
   enterprises (attack.mitre.org/techniques/…). */

/* The technique of a kind of evidence by its served name, as "T1046"; "" where none fits:
   what is merely unusual is no technique. Static. O(kinds). */
const char *technique_of(const char *kind);

#endif

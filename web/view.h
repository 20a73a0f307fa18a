#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "engine/snapshot.h"
#include "web/text.h"

/* Devices and findings as the API words them. */

enum { VIEW_RISK_BYTES = 2048, VIEW_RISK_FACTORS = 5 };

/* Whole points reached: cut, not rounded, so that a score agrees with its level's bounds. */
unsigned view_score(const struct device_view *view);

/* What is left of trust: 100 less the score, and no more than the identity is believed. */
unsigned view_trust(const struct device_view *view);

/* The factors' contributions as whole points that add up to view_score: the largest remainder
   method, which keeps their order. `points` has factor_count places. */
void view_points(const struct device_view *view, int *points);

/* Members of an object: state, score, level, trust and what is believed of its identity. */
void view_standing(struct text *text, const struct device_view *view);

/* One object each, to stand in an array or alone. */
void view_summary(struct text *text, const struct device_view *view);
void view_summary_members(struct text *text, const struct device_view *view);
void view_full(struct text *text, const struct device_view *view, unsigned max_age_s);
void view_finding(struct text *text, const struct finding *finding);
/* What a decision tells of the device it was about: score, level, confidence, state. */
void view_brief(struct text *text, const char *key, const struct device_view *view,
                unsigned max_age_s);
/* At most VIEW_RISK_BYTES: sentences are cut where the five factors would not fit. The hot
   path: no allocation if the empty `text` has that size. */
void view_risk(struct text *text, const struct device_view *view, const char *mode,
               unsigned max_age_s);

#endif

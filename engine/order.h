#ifndef ENGINE_ORDER_H
#define ENGINE_ORDER_H

#include "engine/device.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked of controllers, by protocol and function (engine/base/record.h). */

/* It takes a controller out of service: stop, restart, reset. */
bool order_stops(uint16_t operation);

/* It asks for more than values: to write, to operate, to load, to tell what it is. */
bool order_is_more_than_reading(uint16_t operation);

/* A server's refusal of a request. */
bool order_is_refused(uint16_t operation);

/* The first operation of the flow by which somebody who never spoke with `controller` gives
   it an order; 0 if there is none. For that it must have been seen for half a minute at least,
   and obeying others within the last two. `commander`: the key of who began
   (engine/window.h). O(NOVELTY_KEYS) where there is an order at all. */
uint16_t order_of_stranger(const struct flow_record *flow,
                           const struct device *controller, uint64_t commander,
                           uint64_t now_s);

#endif

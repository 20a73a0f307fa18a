#include "engine/order.h"

static const float known_windows = 3;
enum { obeyed_lately_s = 120 };

static unsigned protocol_of(uint16_t operation) {
    return operation >> 8;
}

static unsigned function_of(uint16_t operation) {
    return operation & 0xFF;
}

bool order_stops(uint16_t operation) {
    unsigned function = function_of(operation);
    switch (protocol_of(operation)) {
    case OPERATION_DNP3: /* cold and warm restart, initialize, start and stop application */
        return function >= 13 && function <= 18;
    case OPERATION_S7: /* program invocation, stop */
        return function == 0x28 || function == 0x29;
    case OPERATION_IEC104: /* reset process */
        return function == 105;
    case OPERATION_CIP: /* reset, stop */
        return function == 5 || function == 7;
    case OPERATION_BACNET: /* silence it, reinitialize it */
        return function == 17 || function == 20;
    default:
        return false;
    }
}

bool order_is_more_than_reading(uint16_t operation) {
    unsigned function = function_of(operation);
    switch (protocol_of(operation)) {
    case OPERATION_MODBUS: /* reading coils, inputs, registers, the exception status, files */
        return !(function >= 1 && function <= 4) && function != 7 && function != 20 &&
               function != 24 && function < 0x80;
    case OPERATION_DNP3: /* confirm, read, the delay of a clock */
        return function >= 2 && function <= 31 && function != 23;
    case OPERATION_S7: /* set-up, read, upload to look at */
        return function >= 0x05 && function <= 0x29;
    case OPERATION_IEC104: /* commands, reset, parameters, files */
        return (function >= 45 && function <= 64) || function == 105 ||
               (function >= 110 && function <= 126);
    case OPERATION_CIP: /* set attributes, reset, start, stop, create, delete; write a tag */
        return function == 2 || (function >= 4 && function <= 9) || function == 0x10 ||
               function == 0x4d || function == 0x53;
    case OPERATION_BACNET: /* files, lists, objects, properties; silence, reinitialize */
        return (function >= 7 && function <= 11) || function == 15 || function == 16 ||
               function == 17 || function == 20;
    default:
        return false;
    }
}

bool order_is_refused(uint16_t operation) {
    static const uint16_t s7_set_up = OPERATION_S7 << 8 | 0xf0;
    return operation & OPERATION_REFUSED && protocol_of(operation) != OPERATION_DNP3 &&
           operation != s7_set_up;
}

/* Where its masters are not seen at work, nobody knows who they are. */
static bool obeys_others(const struct device *controller, uint64_t now_s) {
    const struct novelty_set *known = &controller->baseline.novelty;
    for (unsigned i = 0; i < NOVELTY_KEYS; i++)
        if (known->keys[i].key && known->keys[i].kind == KEY_OPERATION &&
            known->keys[i].last_s + obeyed_lately_s >= now_s)
            return true;
    return false;
}

uint16_t order_of_stranger(const struct flow_record *flow,
                           const struct device *controller, uint64_t commander,
                           uint64_t now_s) {
    uint16_t order = 0;
    for (unsigned i = 0; i < RECORD_OPERATIONS && !order; i++)
        if (flow->operations[i].count &&
            order_is_more_than_reading(flow->operations[i].operation))
            order = flow->operations[i].operation;
    const struct baseline *b = &controller->baseline;
    bool serves = controller->field || protocol_of(order) == OPERATION_BACNET;
    if (!order || !serves || b->windows < known_windows ||
        novelty_find(&b->novelty, commander, KEY_PEER) ||
        !obeys_others(controller, now_s))
        return 0;
    return order;
}

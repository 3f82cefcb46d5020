#ifndef SHILU_COMMAND_SEALS_H
#define SHILU_COMMAND_SEALS_H

#include <jansson.h>

#include "custody/seal_value.h"

struct err;

/* A seal value, the same wherever it is told. */

/* Two lines: short for the telephone, and in full. Each stands behind `indent`. */
void seals_print(const struct seal_value *seal, const char *indent);

/* The full value as a QR code of half blocks, dark on light where standard output is a terminal. */
int seals_print_qr(const struct seal_value *seal, struct err *err);

/* {"value", "short"}. NULL when memory is out. */
json_t *seals_to_json(const struct seal_value *seal);

#endif

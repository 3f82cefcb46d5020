#ifndef SHILU_COMMAND_RECEIPT_TOLD_H
#define SHILU_COMMAND_RECEIPT_TOLD_H

#include <jansson.h>

#include "audit/audit.h"

/* What a receipt that was verified says, and what has become of its recording. */

void receipt_told_print(const struct audit_receipt *told);

/* The same for the sum in JSON. NULL when memory is out. */
json_t *receipt_told_to_json(const struct audit_receipt *told);

#endif

#ifndef SHILU_CATALOG_RECORDING_H
#define SHILU_CATALOG_RECORDING_H

#include "catalog/catalog.h"

/* Notes that the recording's sidecar is due; MISSING where there is no such recording. */
int catalog_recording_due(struct catalog *catalog, int64_t number, struct catalog_err *err);

/* MISSING where there is no such recording. */
int catalog_recording_check(struct catalog *catalog, int64_t number, struct catalog_err *err);

#endif

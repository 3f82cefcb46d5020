#ifndef SHILU_CATALOG_TAG_H
#define SHILU_CATALOG_TAG_H

#include "catalog/catalog.h"

/* Enters one standing value that no case, single-value or UTF-8 rule speaks against; a value that
 * stands already is passed over. Within a change. */
int catalog_tag_enter(struct catalog *catalog, int64_t recording, const struct catalog_tag *tag,
                      const char *by, int64_t at_us, struct catalog_err *err);

/* Makes captured_us, the line of the register and its place in the search follow the tags. */
int catalog_tag_settle(struct catalog *catalog, int64_t recording, struct catalog_err *err);

/* The tags of a recording, standing ones first. */
int catalog_tags_load(struct catalog *catalog, struct catalog_recording *recording,
                      struct catalog_err *err);
void catalog_tag_release(struct catalog_tag *tag);

/* The attachments of a recording. */
int catalog_attachments_load(struct catalog *catalog, struct catalog_recording *recording,
                             struct catalog_err *err);
void catalog_attachment_release(struct catalog_attachment *attachment);

#endif

#ifndef SHILU_AUDIT_CARRIER_H
#define SHILU_AUDIT_CARRIER_H

#include "audit/session.h"

/* Whole carriers of bags. Each audits everything on it; -1 where it could not look. Private. */

/* A sealed archive. `fd` is taken over. `list_sha256`: of the signed list as it was sealed (32
 * octets); NULL where nobody knows. */
int carrier_archive(struct session *session, int fd, const char *path, const uint8_t *list_sha256,
                    struct err *err);

/* A disc image or a drive. `fd` is taken over. */
int carrier_image(struct session *session, int fd, const char *path, struct err *err);

/* A receipt. `fd` is taken over. */
int carrier_receipt(struct session *session, int fd, const char *path, struct err *err);

/* Whether a file that begins so is one. */
bool receipt_begins(struct bytes octets);

/* An unpacked bag, a folder of bags, or a mounted disc. `folder` is taken over. */
int carrier_folder(struct session *session, int folder, const char *path, struct err *err);

#endif

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

/* What a file is by its content; its name helps where the magic itself is damaged. */
enum carrier_kind { CARRIER_NONE, CARRIER_ARCHIVE, CARRIER_IMAGE, CARRIER_RECEIPT };
enum carrier_kind carrier_kind_of(int fd, const char *path);

/* Opens a file or a drive, which is read like an image. The descriptor, or -1 with *err. */
int carrier_open(const char *path, struct err *err);

#endif

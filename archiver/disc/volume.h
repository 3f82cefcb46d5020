#ifndef SHILU_DISC_VOLUME_H
#define SHILU_DISC_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct err;
struct cargo;

/* The head of a cargo's ISO 9660 image, as libisofs makes it: all folders and tables. What follows
 * is contents.c's to write. */
struct volume;

/*
 * Lays out the volume and starts libisofs's writing thread. Where the cargo and its time are the
 * same, so is every byte.
 *   bytes   length of the image
 *   head    length of what comes in front of the first file's content: all folders and tables
 */
int volume_open(const struct cargo *cargo, struct volume **out, uint64_t *bytes, uint64_t *head,
                struct err *err);

/* The next `len` bytes of the head; a multiple of 2048. */
int volume_read(struct volume *volume, uint8_t *at, size_t len, struct err *err);

/* Ends the thread. Takes NULL and half-built volumes. */
void volume_free(struct volume *volume);
AUTO_DEFINE(struct volume *, volume_free, NULL);

#endif

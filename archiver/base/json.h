#ifndef SHILU_BASE_JSON_H
#define SHILU_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct err;

AUTO_DEFINE(json_t *, json_decref, NULL);

/*
 * Reads one JSON value that a stranger may have written: duplicate keys, bad UTF-8 and nesting
 * deeper than jansson's 2048 are refused; the size is bounded by what the caller read.
 * ERR_DAMAGED names `object` and the line. Source: RFC 8259.
 */
int json_read(struct bytes text, const char *object, json_t **root, struct err *err);

/* Members of an object, type checked: ERR_DAMAGED names `object` and the key where the member is
 * missing or of another type. Texts stay owned by `from`. */
int json_take_text(const json_t *from, const char *key, const char *object, const char **text,
                   struct err *err);
int json_take_u64(const json_t *from, const char *key, const char *object, uint64_t *number,
                  struct err *err);
int json_take_array(const json_t *from, const char *key, const char *object, json_t **array,
                    struct err *err);

/* `len` octets written as hexadecimal text. */
int json_take_hex(const json_t *from, const char *key, const char *object, uint8_t *octets,
                  size_t len, struct err *err);

/* As json_take_text, but missing or null gives NULL. */
int json_take_text_or_null(const json_t *from, const char *key, const char *object,
                           const char **text, struct err *err);

/* A text, or JSON null for NULL. */
json_t *json_text_or_null(const char *text);

/* Appends an item, which is taken over, and gives the list; NULL, and the list is freed, where
 * memory is out: for the list, or already for the item. */
json_t *json_append(json_t *list, json_t *item);

/* A number of bytes: an integer, or a text above 2^53, where other readers lose digits (RFC 8785).
 */
json_t *json_u64(uint64_t number);

#endif

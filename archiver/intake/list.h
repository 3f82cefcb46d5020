#ifndef SHILU_INTAKE_LIST_H
#define SHILU_INTAKE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/auto.h"

struct err;

/*
 * The files of one run, kept small: a card of 100,000 files takes about 6 MB. Names are stored once
 * without their folders; a file that is reached twice, by whatever paths, counts once.
 */
struct list;

enum {
    LIST_FILES_MAX = 400000, /* files and folders of one run */
    LIST_NAMES_BYTES_MAX = 16 << 20,
    LIST_PATH_MAX = 4096,
};

enum list_kind {
    LIST_TAKE,      /* to be taken by itself */
    LIST_COMPANION, /* goes with the recording of the same stem */
    LIST_BESIDE,    /* not given, but beside a file that was: only counts as a companion */
    LIST_REFUSE,    /* not to be opened; has a reason */
    LIST_SKIP,      /* a folder, or here a second time */
};

struct list_file {
    uint32_t folder;
    uint32_t name; /* where it begins among the names */
    uint32_t reason;
    enum list_kind kind;
    uint64_t size;
};

int list_open(struct list **out, struct err *err);
void list_free(struct list *list);
AUTO_DEFINE(struct list *, list_free, NULL);

/*
 * A folder, known by device and inode; `path` is put before its files' names ("" for names alone).
 * *number is the same for the same folder. *state holds its marks.
 */
enum { LIST_WALKED = 1, LIST_SEEN = 2 };
int list_folder(struct list *list, const char *path, dev_t device, ino_t inode, uint32_t *number,
                unsigned **marks, struct err *err);

/* Adds a file; reason only for LIST_REFUSE. ERR_USAGE where there are too many. */
int list_add(struct list *list, uint32_t folder, const char *name, uint64_t size,
             enum list_kind kind, const char *reason, struct err *err);

size_t list_count(const struct list *list);
const struct list_file *list_at(const struct list *list, size_t number);
void list_set_kind(struct list *list, size_t number, enum list_kind kind);
const char *list_name(const struct list *list, const struct list_file *file);
const char *list_reason(const struct list *list, const struct list_file *file);

/* Sorts the files from `first` on by name. */
void list_sort_from(struct list *list, size_t first);

/* The whole path as given by the person. 0, or -1 where it is longer than LIST_PATH_MAX. */
int list_path(const struct list *list, const struct list_file *file,
              char path[static LIST_PATH_MAX]);

/*
 * When all are there: marks second appearances LIST_SKIP, and settles the companions: one that has
 * a recording of its stem in its folder stays one, one that was given or walked and has none is
 * LIST_TAKE, one that was only beside is LIST_SKIP.
 */
int list_settle(struct list *list, struct err *err);

/* The companions of a file: their numbers, at most `room`; gives how many. After list_settle. */
size_t list_companions(const struct list *list, const struct list_file *file, size_t *numbers,
                       size_t room);

/* The bytes of all that will be read. After list_settle. */
uint64_t list_bytes(const struct list *list);

#endif

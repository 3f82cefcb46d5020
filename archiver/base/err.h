#ifndef SHILU_BASE_ERR_H
#define SHILU_BASE_ERR_H

struct catalog_err;
struct probe_err;

/* What went wrong, as one of a few kinds that the doors can act on. */
enum err_kind {
    ERR_NONE,
    ERR_USAGE,    /* the caller asked for something that makes no sense */
    ERR_MISSING,  /* a thing that was named is not there */
    ERR_DAMAGED,  /* bytes are not what they must be */
    ERR_TAMPERED, /* two records of the same thing disagree as no fault or crash leaves them */
    ERR_CONFLICT, /* somebody else has it, or it exists already */
    ERR_DENIED,   /* no permission */
    ERR_SPACE,    /* disk full or quota reached */
    ERR_MEMORY,   /* an allocation failed, or a ceiling was reached */
    ERR_SYSTEM,   /* the system refused: see number */
};

/* The caller's; nothing in it is allocated. Untouched by functions that succeed. */
struct err {
    enum err_kind kind;
    int number;       /* errno, or 0 */
    char object[256]; /* the file, recording, case or disc; cut between characters */
    char text[1024];  /* outermost first: "seal 2026-017: R12.mp4: open: No such file" */
};

/* Sets *err; object may be NULL. Always -1, so that a failure is one line: return err_set(…). */
int err_set(struct err *err, enum err_kind kind, const char *object, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Sets *err from errno: `what` is what was tried ("open"). ENOENT is ERR_MISSING, EACCES and EPERM
 * ERR_DENIED, ENOSPC and EDQUOT ERR_SPACE, ENOMEM ERR_MEMORY, all else ERR_SYSTEM. Always -1.
 */
int err_sys(struct err *err, const char *object, const char *what);

/* As err_sys with the given errno. Always -1. */
int err_number(struct err *err, int number, const char *object, const char *what);

/* An allocation failed. Always -1. */
int err_memory(struct err *err, const char *object);

/* Puts "CONTEXT: " before the text. Always -1. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes over an error of the probe or the catalog. Always -1. */
int err_from_probe(struct err *err, const struct probe_err *from);
int err_from_catalog(struct err *err, const struct catalog_err *from);

/* The program's exit status for an error: 2 for ERR_USAGE, 1 for ERR_TAMPERED, else 3. */
int err_exit_status(const struct err *err);

/* That these are always -1 is told to compilers and analyzers too, which see only the call: after
 * `if (f(&out, err) < 0) return -1;` they then know that f has set out. */
static inline int err_always(void)
{
    return -1;
}

#define err_set(...)          ((void)err_set(__VA_ARGS__), err_always())
#define err_sys(...)          ((void)err_sys(__VA_ARGS__), err_always())
#define err_number(...)       ((void)err_number(__VA_ARGS__), err_always())
#define err_memory(...)       ((void)err_memory(__VA_ARGS__), err_always())
#define err_wrap(...)         ((void)err_wrap(__VA_ARGS__), err_always())
#define err_from_probe(...)   ((void)err_from_probe(__VA_ARGS__), err_always())
#define err_from_catalog(...) ((void)err_from_catalog(__VA_ARGS__), err_always())

#endif

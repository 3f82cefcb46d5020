#ifndef SHILU_CATALOG_H
#define SHILU_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is known about recordings, and by whom: sqlite3. Knows no media and no HTTP; includes
 * nothing of archiver/ or probe/.
 *
 * A handle belongs to one thread at a time. Any number of processes may open one catalog; there is
 * one writer at a time, others wait up to 30 s, then CATALOG_ERR_CONFLICT. Functions that change
 * something join the transaction of catalog_begin, or make one of their own.
 * Times are microseconds since 1970-01-01T00:00:00Z; where a zone matters it stands beside.
 * Texts are UTF-8 without control characters other than tab, line feed and carriage return, at
 * most CATALOG_TEXT_MAX bytes, else CATALOG_ERR_USAGE. Loaded objects own what they point to and
 * are freed by their _free. What a callback is given lives until it returns; it must not call the
 * function that called it.
 */

enum {
    CATALOG_TEXT_MAX = 64 << 10,   /* bytes of one text */
    CATALOG_REPORT_MAX = 16 << 20, /* bytes of a probe's report */
    CATALOG_NUMBER_MAX = 200,      /* characters of the number of a case, collector or device */
    CATALOG_QUERY_MAX = 1000,      /* bytes of the text searched for */
};

enum catalog_err_kind {
    CATALOG_ERR_NONE,
    CATALOG_ERR_USAGE,
    CATALOG_ERR_MISSING,
    CATALOG_ERR_DAMAGED, /* not a catalog, a broken one, or one of a newer version */
    CATALOG_ERR_CONFLICT,
    CATALOG_ERR_DENIED,
    CATALOG_ERR_SPACE,
    CATALOG_ERR_MEMORY,
    CATALOG_ERR_SYSTEM,
};

struct catalog_err {
    enum catalog_err_kind kind;
    int number; /* errno or SQLite's extended result code, or 0 */
    char object[256];
    char text[1024];
};

/* The texts of errors are English; from now on `translate` (gettext, say) makes of each, a format
 * of printf, one with the same arguments in the user's language. Once, before any thread. */
void catalog_translate(char *(*translate)(const char *text));

struct catalog;

enum catalog_mode {
    CATALOG_CREATE, /* makes a new one; CONFLICT where the file exists */
    CATALOG_WRITE,  /* brings an older version up to date */
    CATALOG_READ,   /* writes nothing; DAMAGED where the version is older or newer */
};

/* Opens the catalog at `path`. A newer or damaged one is left untouched. */
int catalog_open(const char *path, enum catalog_mode mode, struct catalog **out,
                 struct catalog_err *err);
void catalog_free(struct catalog *catalog);

/* Copies the catalog, as it is at one moment, to a new file; not flushed. Errors name the path. */
int catalog_copy(struct catalog *catalog, const char *path, struct catalog_err *err);

/* Brings all that was committed into the file itself, durably. */
int catalog_flush(struct catalog *catalog, struct catalog_err *err);

/*
 * A new, empty catalog that nobody else sees, kept nowhere once it is freed; what was written to it
 * is not flushed.
 */
int catalog_open_scratch(struct catalog **out, struct catalog_err *err);

/*
 * Puts the catalog at `path` beside an empty scratch one, as it stands at this moment: what others
 * commit later is not seen. The scratch one is from now on in a transaction that is never
 * committed. log_size   entries that it has Errors as catalog_open for reading.
 */
int catalog_beside(struct catalog *scratch, const char *path, uint64_t *log_size,
                   struct catalog_err *err);

enum catalog_difference_kind {
    CATALOG_CHANGED, /* a value is another */
    CATALOG_ADDED,   /* a row that the scratch catalog does not have */
    CATALOG_REMOVED, /* a row that it alone has */
};
enum { CATALOG_SHOWN = 160 };

/* Of the catalog beside against the scratch one. Texts live until the callback returns. */
struct catalog_difference {
    enum catalog_difference_kind kind;
    const char *table;
    const char *key;    /* of the row, as shown: "17"; of an index or trigger: its kind and name */
    int64_t recording;  /* 0: of none */
    const char *column; /* CHANGED: these three */
    const char *is, *told;
};

/*
 * Compares the catalog beside with the scratch one, table by table, row by row, and the schema.
 * Left out is what the custody log does not tell: passwords (catalog_beside_passwords), and whether
 * a sidecar is due; and the search's own tables, which catalog_check compares with their rows.
 */
int catalog_compare(struct catalog *scratch,
                    void (*found)(void *context, const struct catalog_difference *difference),
                    void *context, struct catalog_err *err);

/* Each password of the catalog beside, with the digest that the scratch one has for it (NULL: it
 * has none, or no such account). */
int catalog_beside_passwords(struct catalog *scratch,
                             void (*each)(void *context, const char *account, const char *encoded,
                                          const uint8_t *sha256),
                             void *context, struct catalog_err *err);

/* One transaction (BEGIN IMMEDIATE) around several calls. They do not nest. */
int catalog_begin(struct catalog *catalog, struct catalog_err *err);
int catalog_commit(struct catalog *catalog, struct catalog_err *err);
void catalog_rollback(struct catalog *catalog);

/* SQLite's integrity_check and foreign_key_check, the search index against its rows, the tree of
 * positions against the recordings. Calls `found` for each thing wrong. Writes nothing. */
int catalog_check(struct catalog *catalog, void (*found)(void *context, const char *what),
                  void *context, struct catalog_err *err);

/* ---- recordings and their tags ---- */

enum catalog_field {
    CATALOG_CASE,        /* several may stand: one recording can serve several cases */
    CATALOG_CAPTURED_AT, /* RFC 3339 */
    CATALOG_PLACE,
    CATALOG_PURPOSE,   /* 证明对象 */
    CATALOG_COLLECTOR, /* certificate numbers; several */
    CATALOG_DEVICE,    /* several */
    CATALOG_MAKER,     /* 制作人, where it is not the collector */
    CATALOG_METHOD,    /* 制作方法 */
    CATALOG_STAGE,     /* 执法环节: inspection, questioning, service, … */
    CATALOG_FIELDS
};

/* The field's name in JSON and SQL: "case", "captured_at", "place", … */
const char *catalog_field_name(enum catalog_field field);
/* The field of that name: 0, or -1 where there is none. */
int catalog_field_parse(const char *name, enum catalog_field *field);
bool catalog_field_is_list(enum catalog_field field);

/* One value, standing or historic. */
struct catalog_tag {
    enum catalog_field field;
    char *value;
    char *source; /* "given", or what it was taken from: "mvhd", "name:novatek", … */
    char *by;     /* "os:LOGIN" or an account */
    char *reason; /* NULL where none was asked */
    int64_t set_us;
    int64_t ended_us; /* 0 while it stands */
    char *ended_by;   /* NULL while it stands */
};

struct catalog_attachment {
    int64_t number;
    int64_t recording; /* the recording it belongs to */
    char *kind;        /* "transcript" 声音资料文字记录, "note", "companion" */
    char *name;        /* shown form of the original name */
    char *stored_name; /* file name in recordings/: digest and extension */
    uint8_t sha256[32], sm3[32];
    uint64_t size_bytes;
    int64_t archive; /* the first archive that holds its bytes; 0 while they lie loose */
    int64_t added_us;
    char *added_by;
};

enum catalog_state {
    CATALOG_LOOSE,    /* its bytes lie in recordings/ */
    CATALOG_SEALED,   /* its bytes lie in one or more archives only */
    CATALOG_DISPOSED, /* its bytes were removed; what is known of it stays. Nothing leads out of it
                       */
};

struct catalog_recording {
    int64_t number; /* shown as "R12" */
    uint8_t sha256[32], sm3[32];
    uint64_t size_bytes;
    char *original_name; /* as text_shown writes it: reversible */
    char *stored_name;   /* file name in recordings/: digest and extension */
    char *report;        /* the probe's report, JSON */
    enum catalog_state state;
    int64_t accepted_us;
    int32_t accepted_offset_minutes;
    char *accepted_by;
    bool has_captured;
    int64_t captured_us;
    bool has_position;
    double latitude, longitude;
    double duration_s;        /* NAN when unknown */
    struct catalog_tag *tags; /* standing ones first, then the history, newest first */
    size_t tag_count;
    size_t standing_count;
    struct catalog_attachment *attachments;
    size_t attachment_count;
};

/* What acceptance knows. All texts are the caller's and copied. */
struct catalog_new_recording {
    const uint8_t *sha256, *sm3; /* 32 octets each */
    uint64_t size_bytes;
    const char *original_name, *stored_name, *report;
    int64_t accepted_us;
    int32_t accepted_offset_minutes;
    const char *accepted_by;
    bool has_position;
    double latitude, longitude;
    double duration_s;
    const struct catalog_tag *tags; /* field, value, source, reason are read */
    size_t tag_count;
};

/*
 * Adds a recording. CONFLICT where these digests are held already (ask catalog_recording_by_digest
 * first, in the same transaction); MISSING, object = the case, where a case is not in the register.
 * Collectors and devices that are not in their registers are entered there by number alone.
 */
int catalog_recording_add(struct catalog *catalog, const struct catalog_new_recording *recording,
                          int64_t *number, struct catalog_err *err);

/* *number is 0 where none has these bytes. */
int catalog_recording_by_digest(struct catalog *catalog, const uint8_t sha256[static 32],
                                int64_t *number, struct catalog_err *err);

/* MISSING where there is none of that number. */
int catalog_recording_load(struct catalog *catalog, int64_t number, struct catalog_recording **out,
                           struct catalog_err *err);
void catalog_recording_free(struct catalog_recording *recording);

/* The numbers of all recordings, ascending; *numbers is the caller's, to be freed (NULL for none).
 * case_number NULL: of all, else of the case; MISSING where it is not in the register. */
int catalog_recording_numbers(struct catalog *catalog, const char *case_number, int64_t **numbers,
                              size_t *count, struct catalog_err *err);

/* Says where the bytes lie; the sidecar is due. MISSING where there is no such recording. */
int catalog_recording_set_state(struct catalog *catalog, int64_t number, enum catalog_state state,
                                struct catalog_err *err);

/*
 * Replaces the standing values of one field; what stood stays in the history. No values: the field
 * is emptied. MISSING for an unknown case; USAGE for two values where the field holds one, or a
 * captured_at that is no RFC 3339. The recording is noted as one whose sidecar is due. A value
 * given twice is entered once. A captured_at that changes moves the recording in the order of
 * searches. Collectors and devices that are not in their registers are entered by number alone.
 */
int catalog_tag_set(struct catalog *catalog, int64_t number, enum catalog_field field,
                    const char *const *values, size_t value_count, const char *source,
                    const char *by, const char *reason, int64_t at_us, struct catalog_err *err);

/* The sidecar of a recording is due after its row changed, until it has been written. */
int catalog_sidecars_due(struct catalog *catalog, int64_t **numbers, size_t *count,
                         struct catalog_err *err);
int catalog_sidecar_done(struct catalog *catalog, int64_t number, struct catalog_err *err);

/*
 * Adds an attachment to recording `number`; the attachment's own number, recording and archive are
 * not read. MISSING where there is no such recording; CONFLICT where it has an attachment of this
 * kind, name and SHA-256 already. The recording's sidecar is due.
 */
int catalog_attachment_add(struct catalog *catalog, int64_t number,
                           const struct catalog_attachment *attachment, struct catalog_err *err);

/* The attachments of a case's recordings that are in none of the case's archives yet, by recording
 * and number. */
int catalog_attachments_unsealed(struct catalog *catalog, const char *case_number,
                                 void (*each)(void *context,
                                              const struct catalog_attachment *attachment),
                                 void *context, struct catalog_err *err);

/* About how many bytes lie loose: recordings, and attachments that are in no archive. case_number
 * NULL: of all, else of the case (0 where it is not in the register). */
int catalog_loose_bytes(struct catalog *catalog, const char *case_number, uint64_t *bytes,
                        struct catalog_err *err);

/* True where a loose recording or an attachment that is in no archive has these stored bytes: then
 * the file must stay. */
int catalog_stored_is_loose(struct catalog *catalog, const char *stored_name, bool *loose,
                            struct catalog_err *err);

/* True where any recording or attachment, whatever its state, has these stored bytes. */
int catalog_stored_is_known(struct catalog *catalog, const char *stored_name, bool *known,
                            struct catalog_err *err);

/* ---- search ---- */

struct catalog_query {
    const char *text; /* any mix of words; one Chinese character suffices; NULL for none. Searched:
                         case numbers, place, purpose, original name, collectors' names and
                         numbers, devices, attachments' names. Words are joined by AND; Chinese is
                         found anywhere, Latin letters and digits from the beginning of a word. */
    const char *case_number, *collector, *device; /* exactly; NULL for any */
    bool has_from, has_to;
    int64_t from_us, to_us; /* captured in [from, to) */
    bool has_near;
    double latitude, longitude, radius_m;
    bool untagged;  /* lacks a case, a place or a purpose */
    uint32_t limit; /* 0: 50 */
    int64_t after;  /* sort key of the last row of the page before; 0: from the newest */
};

/* One line of a result: newest capture first. Texts live until the callback returns. */
struct catalog_hit {
    int64_t number;
    int64_t sort_key;
    const char *original_name;
    const char *cases, *collectors, *devices; /* values joined by U+001F, NULL for none */
    const char *captured_at;                  /* RFC 3339, NULL when unknown */
    const char *place, *purpose;
    double duration_s;
    enum catalog_state state;
    bool held; /* a hold bars its disposal */
    uint64_t size_bytes;
};

/* USAGE for a text of more than CATALOG_QUERY_MAX bytes or a position that is none. Conditions are
 * joined by AND; a case, collector or device that is unknown finds nothing. */
int catalog_search(struct catalog *catalog, const struct catalog_query *query,
                   void (*hit)(void *context, const struct catalog_hit *hit), void *context,
                   struct catalog_err *err);

/* ---- cases, collectors, devices ---- */

struct catalog_case {
    char *number;    /* unique, also without regard to ASCII case; 1 to 200 characters */
    char *procedure; /* "simple" 简易, "general" 一般, NULL unknown */
    char *cause, *party;
    int64_t opened_us, closed_us; /* closed_us 0: open */
    char *opened_by, *closed_by;
    uint64_t recordings; /* that belong to it */
    uint64_t sealed;     /* of these, those that are in its archives */
    uint64_t bytes;
};

/* recordings, sealed and bytes are not read. CONFLICT where it is there; USAGE for an empty number,
 * control characters or too long a one. */
int catalog_case_add(struct catalog *catalog, const struct catalog_case *one,
                     struct catalog_err *err);
/* Whether a case of exactly this number is in the register. */
int catalog_case_find(struct catalog *catalog, const char *number, bool *found,
                      struct catalog_err *err);
/* MISSING, object = the number, where it is not in the register. */
int catalog_case_load(struct catalog *catalog, const char *number, struct catalog_case **out,
                      struct catalog_err *err);
void catalog_case_free(struct catalog_case *one);
int catalog_case_each(struct catalog *catalog, bool open_only,
                      void (*each)(void *context, const struct catalog_case *one), void *context,
                      struct catalog_err *err);
/* CONFLICT where it is closed already. */
int catalog_case_close(struct catalog *catalog, const char *number, const char *by, int64_t at_us,
                       struct catalog_err *err);

enum catalog_collector_kind { CATALOG_OFFICER, CATALOG_AUXILIARY, CATALOG_COLLECTOR_UNKNOWN };

struct catalog_collector {
    char *number; /* 执法证号, or the auxiliary's number */
    char *name;   /* NULL unknown */
    enum catalog_collector_kind kind;
    char *valid_from, *valid_to; /* YYYY-MM-DD, both days included; NULL unknown */
    char *team;                  /* NULL unknown */
};

/* Adds or changes. */
int catalog_collector_set(struct catalog *catalog, const struct catalog_collector *collector,
                          struct catalog_err *err);
int catalog_collector_each(struct catalog *catalog,
                           void (*each)(void *context, const struct catalog_collector *collector),
                           void *context, struct catalog_err *err);

struct catalog_device {
    char *number; /* as on the device or in its file names */
    char *make, *model, *note;
};

int catalog_device_set(struct catalog *catalog, const struct catalog_device *device,
                       struct catalog_err *err);
int catalog_device_each(struct catalog *catalog,
                        void (*each)(void *context, const struct catalog_device *device),
                        void *context, struct catalog_err *err);

/* ---- archives and discs ---- */

struct catalog_archive {
    int64_t number;    /* shown as "A3" */
    char *case_number; /* or "unassigned 2026-11 TEAM" where it is of no case: of what belonged to
                          none; catalog_archive_add then reads the next two instead */
    char *month;       /* of capture: "2026-11"; NULL for an archive of a case */
    char *team;        /* NULL: whichever */
    uint32_t volume;   /* from 1 */
    char *path;        /* below the vault: "archives/2026/2026-12-5d0c3a7e/…-v001.tar" */
    uint8_t sha256[32], sm3[32];    /* of the whole tar */
    uint8_t tagmanifest_sha256[32]; /* of the file that the signature is over: stands for the tar
                                       where it is not digested as a whole */
    uint64_t size_bytes;
    uint64_t recordings;
    int64_t sealed_us;
    char *sealed_by;
    int64_t gone_us;     /* since when its file is no more; 0 while it is */
    int64_t replaced_by; /* the archive with the rest of what was in it; 0: none */
    char *replaces;      /* read by acts_seal alone: the path of the one it stands for, or NULL */
};

/*
 * Adds an archive with the recordings and attachments in it (their numbers). The recordings become
 * CATALOG_SEALED and their sidecars due; attachments that lay loose get this archive as their
 * first. MISSING for an unknown case, recording or attachment; CONFLICT where the path or the
 * case's volume is there. The archive's own number and recordings are not read.
 */
int catalog_archive_add(struct catalog *catalog, const struct catalog_archive *archive,
                        const int64_t *recordings, size_t count, const int64_t *attachments,
                        size_t attachment_count, int64_t *number, struct catalog_err *err);
/* MISSING where there is none of that number. */
int catalog_archive_load(struct catalog *catalog, int64_t number, struct catalog_archive **out,
                         struct catalog_err *err);
void catalog_archive_free(struct catalog_archive *archive);
/* *number is 0 where none whose file is there has this path. */
int catalog_archive_by_path(struct catalog *catalog, const char *path, int64_t *number,
                            struct catalog_err *err);
/* The numbers of the recordings in an archive, ascending; *numbers is the caller's. */
int catalog_archive_recordings(struct catalog *catalog, int64_t archive, int64_t **numbers,
                               size_t *count, struct catalog_err *err);
/* The attachments in an archive, by number. */
int catalog_archive_attachments(struct catalog *catalog, int64_t archive,
                                void (*each)(void *context,
                                             const struct catalog_attachment *attachment),
                                void *context, struct catalog_err *err);
/* Those whose file is there, ascending by number; case_number NULL: of all cases. */
int catalog_archive_each(struct catalog *catalog, const char *case_number,
                         void (*each)(void *context, const struct catalog_archive *archive),
                         void *context, struct catalog_err *err);
/* The loose recordings that belong to no case and are in no archive, captured (where that is not
 * known, accepted) in [from, to), of a team's collectors unless it is NULL. *numbers is the
 * caller's. */
int catalog_unassigned(struct catalog *catalog, int64_t from_us, int64_t to_us, const char *team,
                       int64_t **numbers, size_t *count, struct catalog_err *err);

/* The highest volume of a case, or of what stands for one, whether its file is there or not; *out
 * is NULL where there is none. */
int catalog_archive_newest(struct catalog *catalog, const char *case_number,
                           struct catalog_archive **out, struct catalog_err *err);
/* Its file is no more; replaced_by 0: by none. MISSING where there is none of that number whose
 * file is there. */
int catalog_archive_gone(struct catalog *catalog, int64_t number, int64_t replaced_by,
                         int64_t at_us, struct catalog_err *err);
/* The archives that hold a recording, in the same way. */
int catalog_archive_of(struct catalog *catalog, int64_t recording,
                       void (*each)(void *context, const struct catalog_archive *archive),
                       void *context, struct catalog_err *err);
/* The archives that hold an attachment, in the same way. */
int catalog_archive_of_attachment(struct catalog *catalog, int64_t attachment,
                                  void (*each)(void *context,
                                               const struct catalog_archive *archive),
                                  void *context, struct catalog_err *err);
/* The recordings that belong to a case and are in none of its archives yet: what the next volume
 * holds. *numbers is the caller's. */
int catalog_unsealed(struct catalog *catalog, const char *case_number, int64_t **numbers,
                     size_t *count, struct catalog_err *err);

/* An entry of the custody log. The catalog keeps the leaves beside what they tell, so that both are
 * committed together; it does not know what a leaf says. */
struct catalog_log_entry {
    uint64_t seq; /* from 0, without gaps */
    int64_t at_us;
    const char *actor;
    const char *action;
    const char *subject;
    const void *entry; /* the leaf */
    size_t entry_len;
    const void *signature; /* of the vault's key, over the leaf; NULL: none */
    size_t signature_len;
};

/* How many entries there are: the next one's number. */
int catalog_log_size(struct catalog *catalog, uint64_t *size, struct catalog_err *err);

/* How many there were before the first that was made at this time or later. */
int catalog_log_size_at(struct catalog *catalog, int64_t at_us, uint64_t *size,
                        struct catalog_err *err);

/* Adds the next entry; CONFLICT where entry->seq is not the next number. */
int catalog_log_add(struct catalog *catalog, const struct catalog_log_entry *entry,
                    struct catalog_err *err);

/* Entries from `from` on, in order, of that subject alone unless it is NULL, until `each` answers
 * false. An entry is good until `each` returns. */
int catalog_log_each(struct catalog *catalog, uint64_t from, const char *subject,
                     bool (*each)(void *context, const struct catalog_log_entry *entry),
                     void *context, struct catalog_err *err);

/* When the last entry was made; 0 where there is none. */
int catalog_log_last_at(struct catalog *catalog, int64_t *at_us, struct catalog_err *err);

/* Tells `each` of the last entry of that action and subject, if there is one. */
int catalog_log_last(struct catalog *catalog, const char *action, const char *subject,
                     bool (*each)(void *context, const struct catalog_log_entry *entry),
                     void *context, struct catalog_err *err);

/* How many there are of what. */
struct catalog_counts {
    uint64_t recordings, loose; /* loose ones are among the recordings */
    uint64_t bytes;             /* of all recordings */
    uint64_t archives, discs;
    uint64_t sidecars_due;
};
int catalog_count(struct catalog *catalog, struct catalog_counts *counts, struct catalog_err *err);

/* ---- what was read back, and when ---- */

enum catalog_read_kind { CATALOG_READ_RECORDING, CATALOG_READ_ARCHIVE };

/* Bytes that are read back as one: a loose recording with its loose attachments, or an archive. */
struct catalog_reading {
    enum catalog_read_kind kind;
    int64_t number;
    uint64_t size_bytes;
    int64_t read_us;  /* when they were last read back and found right; 0: not yet */
    int64_t right_us; /* read_us; before that, when they were accepted or sealed */
};

int catalog_reading_set(struct catalog *catalog, enum catalog_read_kind kind, int64_t number,
                        int64_t at_us, struct catalog_err *err);

/* All that there is to be read, what was right longest ago first, until `each` answers false. */
int catalog_reading_each(struct catalog *catalog,
                         bool (*each)(void *context, const struct catalog_reading *reading),
                         void *context, struct catalog_err *err);

struct catalog_disc {
    int64_t number; /* shown as "D1" */
    char *name;     /* the volume's label */
    char *image;    /* path of the image, as given or below the vault */
    uint8_t sha256[32];
    uint64_t size_bytes;
    int64_t made_us;
    char *made_by;
};

/* Adds a disc and the archives on it. MISSING for an unknown archive. */
int catalog_disc_add(struct catalog *catalog, const struct catalog_disc *disc,
                     const int64_t *archives, size_t count, int64_t *number,
                     struct catalog_err *err);
int catalog_disc_each(struct catalog *catalog,
                      void (*each)(void *context, const struct catalog_disc *disc), void *context,
                      struct catalog_err *err);

/* The discs with archives on them that held a recording when they were made, in the same way. */
int catalog_disc_of(struct catalog *catalog, int64_t recording,
                    void (*each)(void *context, const struct catalog_disc *disc), void *context,
                    struct catalog_err *err);

/* The same of all recordings of a disposal. */
int catalog_disc_of_disposal(struct catalog *catalog, int64_t disposal,
                             void (*each)(void *context, const struct catalog_disc *disc),
                             void *context, struct catalog_err *err);

/* ---- holds ---- */

/* A bar on disposal 保全. */
struct catalog_hold {
    int64_t number;
    int64_t recording; /* one of these two: 0 and NULL else */
    char *case_number;
    char *reason;
    int64_t set_us;
    char *set_by;
    int64_t lifted_us; /* 0 while it stands; then the next two are NULL */
    char *lifted_by;
    char *lift_reason;
};

/* Sets one: recording or case_number, reason, set_us and set_by are read. MISSING where there is no
 * such recording or case; CONFLICT where one stands on it. */
int catalog_hold_set(struct catalog *catalog, const struct catalog_hold *hold,
                     struct catalog_err *err);
/* Lifts the one that stands on this recording or case: lifted_us, lifted_by and lift_reason are
 * read too. MISSING where none does. */
int catalog_hold_lift(struct catalog *catalog, const struct catalog_hold *hold,
                      struct catalog_err *err);
/* In the order of setting. */
int catalog_hold_each(struct catalog *catalog, bool standing_only,
                      void (*each)(void *context, const struct catalog_hold *hold), void *context,
                      struct catalog_err *err);
/* Those that bar a recording's disposal: on itself; on a case that it belongs to, or has belonged
 * to since the hold was set; on a case in whose archives it is. */
int catalog_hold_of(struct catalog *catalog, int64_t recording,
                    void (*each)(void *context, const struct catalog_hold *hold), void *context,
                    struct catalog_err *err);

/* ---- retention ---- */

/* The rules that count from now on: a rule a line; "" for none but the built-in one. */
int catalog_retention_confirm(struct catalog *catalog, const char *rules, const char *by,
                              int64_t at_us, struct catalog_err *err);
/* *rules is the caller's; NULL where none were ever confirmed. */
int catalog_retention_load(struct catalog *catalog, char **rules, struct catalog_err *err);

/* What decides how long a recording is kept. */
struct catalog_kept {
    int64_t number;
    int64_t accepted_us;
    bool has_captured;
    int64_t captured_us;
    uint64_t size_bytes;
    bool held;
    struct catalog_kept_tag {
        enum catalog_field field; /* case, device, purpose or stage */
        char *value;
        char *procedure, *cause; /* of a case; NULL unknown */
        int64_t closed_us;       /* of a case; 0 while it is open */
    } * tags;                    /* the standing ones */
    size_t tag_count;
};

/* Recordings from number `first` to `last`, in order. */
int catalog_kept_each(struct catalog *catalog, int64_t first, int64_t last,
                      void (*each)(void *context, const struct catalog_kept *kept), void *context,
                      struct catalog_err *err);

/* ---- disposal ---- */

enum catalog_disposal_state {
    CATALOG_DISPOSAL_REQUESTED, /* the ways out are the two others */
    CATALOG_DISPOSAL_WITHDRAWN,
    CATALOG_DISPOSAL_DONE,
    CATALOG_DISPOSAL_STATES
};

/* "requested", "withdrawn", "done" */
const char *catalog_disposal_state_name(enum catalog_disposal_state state);

struct catalog_disposal {
    int64_t number; /* shown as "X1" */
    enum catalog_disposal_state state;
    char *reason;
    int64_t requested_us;
    char *requested_by;
    int64_t decided_us; /* approved or withdrawn; 0 until then, and the next two NULL */
    char *decided_by;
    char *decided_reason;
    uint64_t recordings, bytes;
};

/* A new one: reason, requested_us and requested_by are read. USAGE where it is of nothing; MISSING,
 * object = the recording, where there is none; CONFLICT where it is asked for, or disposed of,
 * already. */
int catalog_disposal_request(struct catalog *catalog, const struct catalog_disposal *disposal,
                             const int64_t *recordings, size_t count, int64_t *number,
                             struct catalog_err *err);
/* Decides: number, state and decided_… are read. MISSING where there is none; CONFLICT where it is
 * decided already. */
int catalog_disposal_decide(struct catalog *catalog, const struct catalog_disposal *disposal,
                            struct catalog_err *err);
/* MISSING where there is none of that number. */
int catalog_disposal_load(struct catalog *catalog, int64_t number, struct catalog_disposal **out,
                          struct catalog_err *err);
void catalog_disposal_free(struct catalog_disposal *disposal);
int catalog_disposal_each(struct catalog *catalog, bool requested_only,
                          void (*each)(void *context, const struct catalog_disposal *disposal),
                          void *context, struct catalog_err *err);
/* *numbers is the caller's; ascending. */
int catalog_disposal_recordings(struct catalog *catalog, int64_t number, int64_t **numbers,
                                size_t *count, struct catalog_err *err);
/* The disposal that asks for a recording or has disposed of it; 0 for none. */
int catalog_disposal_of(struct catalog *catalog, int64_t recording, int64_t *number,
                        struct catalog_err *err);
/* The archives that hold any of its recordings, or attachments of them. *numbers is the caller's.
 */
int catalog_disposal_archives(struct catalog *catalog, int64_t number, int64_t **numbers,
                              size_t *count, struct catalog_err *err);

/* The recording is disposed of; its sidecar is due. MISSING where there is none that is not. */
int catalog_recording_dispose(struct catalog *catalog, int64_t number, struct catalog_err *err);

/* Files below the vault that are to be removed, and not yet are. In no log. */
int catalog_removal_add(struct catalog *catalog, const char *path, struct catalog_err *err);
int catalog_removal_each(struct catalog *catalog, void (*each)(void *context, const char *path),
                         void *context, struct catalog_err *err);
/* One of them that no disposal explains: the caller's, or NULL. */
int catalog_removal_strange(struct catalog *catalog, char **path, struct catalog_err *err);
int catalog_removals_clear(struct catalog *catalog, struct catalog_err *err);

/* ---- accounts ---- */

struct catalog_account {
    char *name;   /* unique, also without regard to ASCII case */
    char *duties; /* joined by commas: "archivist,reviewer"; the catalog does not know which there
                     are */
    int64_t created_us;
    bool disabled;
    bool has_password_sha256;
    uint8_t password_sha256[32]; /* of the encoded form of the password that was set last */
};

/* created_us as at its beginning; `disabled` and the password's digest are not read. CONFLICT where
 * the name is taken; USAGE where it is no number of a register, or the duties are empty. It has no
 * password yet. */
int catalog_account_add(struct catalog *catalog, const struct catalog_account *account,
                        struct catalog_err *err);
/* MISSING, object = the name, where there is none; found without regard to ASCII case. */
int catalog_account_load(struct catalog *catalog, const char *name, struct catalog_account **out,
                         struct catalog_err *err);
void catalog_account_free(struct catalog_account *account);
/* By name. */
int catalog_account_each(struct catalog *catalog,
                         void (*each)(void *context, const struct catalog_account *account),
                         void *context, struct catalog_err *err);
/* MISSING where there is none of that name. */
int catalog_account_set_duties(struct catalog *catalog, const char *name, const char *duties,
                               struct catalog_err *err);
int catalog_account_set_disabled(struct catalog *catalog, const char *name, bool disabled,
                                 struct catalog_err *err);

/* The digest of the encoded form of the password that it has from now on. */
int catalog_account_set_password_sha256(struct catalog *catalog, const char *name,
                                        const uint8_t sha256[static 32], struct catalog_err *err);

/* An account's password, as vault/password.c encodes it; replaces the one before. In no log, which
 * has its digest. MISSING where there is no such account. */
int catalog_password_set(struct catalog *catalog, const char *account, const char *encoded,
                         struct catalog_err *err);
/* *encoded is the caller's, NULL where there is no such account, or none was set. */
int catalog_password_load(struct catalog *catalog, const char *account, char **encoded,
                          struct catalog_err *err);

#endif

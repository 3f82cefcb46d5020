#ifndef SHILU_ACTS_PRIVATE_H
#define SHILU_ACTS_PRIVATE_H

#include <jansson.h>

#include "acts/acts.h"

/* An entry being applied. */
struct apply {
    struct catalog *catalog;
    const struct custody_entry *entry;
    const struct acts_reports *reports;
    char object[32]; /* "entry 17", for errors */
    int64_t number;  /* of what was made */
};

/* What makes the changes of the actions. */
int apply_accepted(struct apply *apply, struct err *err);
int apply_attached(struct apply *apply, struct err *err);
int apply_tagged(struct apply *apply, struct err *err);
int apply_sealed(struct apply *apply, struct err *err);
int apply_disc_imaged(struct apply *apply, struct err *err);
int apply_verified(struct apply *apply, struct err *err);
int apply_vault_created(struct apply *apply, struct err *err);
int apply_case_opened(struct apply *apply, struct err *err);
int apply_case_closed(struct apply *apply, struct err *err);
int apply_collector_set(struct apply *apply, struct err *err);
int apply_device_set(struct apply *apply, struct err *err);
int apply_hold_set(struct apply *apply, struct err *err);
int apply_hold_lifted(struct apply *apply, struct err *err);
int apply_disposal_requested(struct apply *apply, struct err *err);
int apply_disposal_withdrawn(struct apply *apply, struct err *err);
int apply_disposal_approved(struct apply *apply, struct err *err);
int apply_disposed(struct apply *apply, struct err *err);
int apply_settings_changed(struct apply *apply, struct err *err);
int apply_user_changed(struct apply *apply, struct err *err);
int apply_role_changed(struct apply *apply, struct err *err);

/*
 * Applies an act that is made now, and logs it.
 *   subject  NULL: the letter and the number of what it makes ("R12")
 *   detail   taken over, in any case; NULL is what memory that is out gives
 */
int act_now(struct vault *vault, enum custody_action action, const char *subject, json_t *detail,
            const struct acts_reports *reports, struct acts_done *done, struct err *err);

/* "R12" */
enum { SUBJECT_NUMBER = 24 };
void subject_print(char letter, int64_t number, char subject[static SUBJECT_NUMBER]);
/* The number of the entry's subject, which must be such a one. */
int subject_number(const struct apply *apply, char letter, int64_t *number, struct err *err);

/* A digest as an entry has it. */
json_t *detail_hex(const uint8_t digest[static 32]);
/* A point in time, in the zone of the act; read again. */
json_t *detail_time(const struct vault *vault, int64_t us);
int detail_take_time(const struct apply *apply, const char *key, int64_t *us, struct err *err);
/* Texts, digests and sizes of the entry's detail. The catalog's structs are read and written alike:
 * their texts are not const, and none is written. */
int detail_take_text(const struct apply *apply, const char *key, char **text, struct err *err);
int detail_take_text_or_null(const struct apply *apply, const char *key, char **text,
                             struct err *err);
/* NAN where it is not there. */
int detail_take_real(const struct apply *apply, const char *key, double *value, struct err *err);

/* Numbers as "1-40,57": rising ones that follow each other are one run. NULL when memory is out. */
json_t *detail_numbers(const int64_t *numbers, size_t count);
/* *numbers is the caller's. */
int detail_take_numbers(const struct apply *apply, const char *key, int64_t **numbers,
                        size_t *count, struct err *err);

/* Whether `is_it` says so of any run of such numbers, first to last; false also where the member is
 * not there, or what follows in it is none. */
bool detail_numbers_any(const json_t *member,
                        bool (*is_it)(void *context, int64_t first, int64_t last), void *context);

/* The entry does not say what one of its action must. Always -1. */
int detail_wrong(const struct apply *apply, const char *key, struct err *err);

#endif

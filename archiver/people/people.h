#ifndef SHILU_PEOPLE_H
#define SHILU_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "catalog/catalog.h"

struct err;
struct vault;

/*
 * Who may do what: accounts, their duties, their passwords. The command line acts as the person who
 * is logged in to the machine and asks here only where two accounts must act, and where accounts
 * are changed; the service asks for everything.
 */

/* A duty 职责. An account may hold several that agree: people_duties_check. */
enum people_duty {
    PEOPLE_OFFICER,    /* 执法人员: uploads, sees and tags their own */
    PEOPLE_SUPERVISOR, /* 中队负责人: their unit's recordings, cases, tags, devices */
    PEOPLE_REVIEWER,   /* 法制审核: the recordings of a case under review */
    PEOPLE_ARCHIVIST,  /* 档案员: seals, discs, holds, requests disposal */
    PEOPLE_AUDITOR,    /* 审计员: verifies all, reads the whole log, approves disposal */
    PEOPLE_SYSADMIN,   /* 系统管理员: settings, storage, backup */
    PEOPLE_SECADMIN,   /* 安全管理员: accounts, duties, passwords */
    PEOPLE_DUTIES
};

/* Its name in the catalog, the log and JSON: "archivist". */
const char *people_duty_name(enum people_duty duty);
/* As people call it, in their language. */
const char *people_duty_shown(enum people_duty duty);

/* Several: one bit each. */
typedef uint32_t people_set;
static inline people_set people_of(enum people_duty duty)
{
    return (people_set)1 << duty;
}

/* "archivist,reviewer", in any order. ERR_USAGE: a word that is no duty, or none at all. */
int people_duties_parse(const char *text, people_set *duties, struct err *err);

/* The same in the order of the enumeration; fits PEOPLE_DUTIES_TEXT. */
enum { PEOPLE_DUTIES_TEXT = 96 };
void people_duties_print(people_set duties, char text[static PEOPLE_DUTIES_TEXT]);

/*
 * Whether one account may hold all of these. ERR_CONFLICT names two that must stay apart, and why:
 * the administration of the system, of security and the audit with each other and with any duty
 * over evidence; archivist with officer.
 */
int people_duties_check(people_set duties, struct err *err);

/* Who proved to be whom. */
struct people_person {
    char name[256]; /* as the account has it */
    enum people_duty duty;
};

/*
 * ---- accounts; each function is a transaction of its own ----
 *
 *   by    a security administrator, who has proved to be one (people_prove)
 *   name  of an account; found without regard to ASCII case
 *
 * ERR_MISSING: no such account. ERR_DENIED: `by` is no security administrator.
 */

enum { PEOPLE_NAME_CHARACTERS = 64, PEOPLE_PASSWORD_LEAST = 10, PEOPLE_PASSWORD_BYTES = 256 };

/*
 * A new account. ERR_USAGE: the name is empty or longer than PEOPLE_NAME_CHARACTERS, has spaces,
 * commas or control characters, or a colon, which stands in the names of those who act without an
 * account; ERR_CONFLICT: it is taken; else as people_duties_check and people_password_check.
 */
int people_add(struct vault *vault, const struct people_person *by, const char *name,
               people_set duties, const char *password, struct err *err);

/* ERR_CONFLICT also where it would leave no account that may administer accounts. */
int people_set_duties(struct vault *vault, const struct people_person *by, const char *name,
                      people_set duties, struct err *err);
int people_disable(struct vault *vault, const struct people_person *by, const char *name,
                   struct err *err);
int people_enable(struct vault *vault, const struct people_person *by, const char *name,
                  struct err *err);

/* One's own, in any duty, or as a security administrator another's. */
int people_set_password(struct vault *vault, const struct people_person *by, const char *name,
                        const char *password, struct err *err);

/* Whether no enabled security administrator has a password: so it is after the catalog was made
 * anew, for no log holds them. */
int people_nobody_administers(struct vault *vault, bool *nobody, struct err *err);

/* The way in again: where people_nobody_administers, sets the password of one who is to. The entry
 * says that nobody proved who they are.
 *   by   "os:LOGIN"
 * ERR_DENIED: somebody does, or it is no enabled security administrator's account. */
int people_let_in(struct vault *vault, const char *by, const char *name, const char *password,
                  struct err *err);

/* Whether it will do for the account: UTF-8 without control characters, PEOPLE_PASSWORD_LEAST
 * characters at least, PEOPLE_PASSWORD_BYTES bytes at most, and none of the words of the account's
 * name in it. ERR_USAGE. */
int people_password_check(const char *name, const char *password, struct err *err);

/*
 * Proves that an account acts, in a duty that it holds. Not in a transaction.
 *   by     who asks, for the log
 *   duties   one of them is needed for what is about to be done; the first that the account holds
 * is the one it acts in
 *
 * ERR_DENIED: the name or the password is wrong, or the account is disabled: one answer for all, in
 * the same time, logged; or the account holds none of the duties. ERR_TAMPERED: the password that
 * is stored is not the one that the log tells of.
 */
int people_prove(struct vault *vault, const char *by, const char *name, const char *password,
                 people_set duties, struct people_person *person, struct err *err);

#endif

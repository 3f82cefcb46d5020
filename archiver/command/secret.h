#ifndef SHILU_COMMAND_SECRET_H
#define SHILU_COMMAND_SECRET_H

struct err;

/* Passwords, as a person gives them: never as an argument, which other users of the machine see. */

enum { SECRET_TEXT = 512 }; /* with the NUL */

/*
 * Gets a password, without its line end; wiped by the caller, also after -1.
 *   prompt   what to ask for; the terminal does not show what is typed
 *   fd       where its first line is read from; -1: the terminal
 *
 * ERR_USAGE: there is no terminal, it is longer than SECRET_TEXT - 1 bytes, or has a NUL in it;
 * ERR_SYSTEM: it cannot be read.
 */
int secret_get(const char *prompt, int fd, char secret[static SECRET_TEXT], struct err *err);

/* A new one: the terminal asks twice. ERR_USAGE also where the two differ. */
int secret_get_new(const char *prompt, int fd, char secret[static SECRET_TEXT], struct err *err);

#endif

#ifndef SHILU_DIGEST_THREAD_H
#define SHILU_DIGEST_THREAD_H

#include <pthread.h>
#include <signal.h>

#include "base/err.h"
#include "base/i18n.h"

/* Starts a thread that takes no signals: they are the program's to deal with. 0, or -1 with *err.
 */
static inline int thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                               struct err *err)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(thread, NULL, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number == 0 ? 0 : err_number(err, number, NULL, _("start a thread"));
}

#endif

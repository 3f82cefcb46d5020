#ifndef SHILU_BASE_I18N_H
#define SHILU_BASE_I18N_H

#include <libintl.h>

/* Every text that a person reads: _("…") where it is used, N_("…") in a table that is translated
 * when printed. The English text is the key; po/zh_CN.po holds the Chinese. */
#define _(text)  gettext(text)
#define N_(text) (text)

/*
 * Sets the locale for the program, once, before any thread: characters are UTF-8 whatever the
 * environment says; messages are Chinese when LC_ALL, LC_MESSAGES or LANG begins with "zh", else
 * English. Needs no generated locale on the machine. Translations are looked for beside the
 * program (../share/locale), then where it was installed.
 */
void i18n_start(void);

#endif

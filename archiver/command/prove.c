#include "command/prove.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "base/i18n.h"
#include "command/say.h"
#include "command/secret.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { PROMPT_TEXT = 512 };

int prove_missing(const char *command)
{
    return say_wrong_use(command, "%s", _("--as NAME is missing: the account that acts"));
}

int prove(struct vault *vault, const char *name, int fd, people_set duties,
          struct people_person *person, struct err *err)
{
    char password[SECRET_TEXT];
    char prompt[PROMPT_TEXT];
    char actor[128];
    vault_actor(actor);
    (void)snprintf(prompt, sizeof prompt, _("Password of %s: "), name);
    int done = secret_get(prompt, fd, password, err);
    if (done == 0)
        done = people_prove(vault, actor, name, password, duties, person, err);
    OPENSSL_cleanse(password, sizeof password);
    return done;
}

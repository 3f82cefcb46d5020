#include "command/tell.h"

#include "base/auto.h"
#include "vault/vault.h"

#include "base/banned.h"

int tell_vault(const char *path, const struct acts_told *told, size_t count, struct err *err)
{
    AUTO(vault_free) struct vault *vault = NULL;
    char actor[128];
    vault_actor(actor);
    return vault_open(path, VAULT_TELL, &vault, err) < 0
               ? -1
               : acts_tell(vault, actor, told, count, err);
}

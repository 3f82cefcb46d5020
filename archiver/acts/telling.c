/* Acts that change nothing in the catalog, and are logged all the same. */
#include <stdlib.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/err.h"
#include "base/json.h"
#include "base/order.h"
#include "vault/vault.h"

#include "base/banned.h"

void acts_told_release(struct acts_told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(told[i].subject);
        json_decref(told[i].detail);
        told[i] = (struct acts_told){.subject = NULL};
    }
}

static int tell_each(struct vault *vault, const struct acts_told *told, size_t count,
                     struct err *err)
{
    uint64_t seq;
    for (size_t i = 0; i < count; i++) {
        if (told[i].detail == NULL)
            return err_memory(err, NULL);
        if (vault_log(vault, told[i].action, told[i].subject != NULL ? told[i].subject : "",
                      told[i].detail, &seq, err) < 0)
            return -1;
    }
    return 0;
}

int acts_tell(struct vault *vault, const char *by, const struct acts_told *told, size_t count,
              struct err *err)
{
    if (count == 0)
        return 0;
    if (vault_begin(vault, by, err) < 0)
        return -1;
    return vault_end(vault, tell_each(vault, told, count, err), err);
}

json_t *acts_numbers(int64_t *numbers, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(numbers, count, sizeof *numbers, order_i64);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    return detail_numbers(numbers, kept);
}

#include "intake/options.h"

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "intake/intake.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_case *, catalog_case_free, NULL);

static int check_case(struct vault *vault, const char *number, struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_case_free) struct catalog_case *one = NULL;
    if (catalog_case_load(vault_catalog(vault), number, &one, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int options_check(struct vault *vault, const struct intake_options *options, struct err *err)
{
    unsigned seen[CATALOG_FIELDS] = {0};
    for (size_t i = 0; i < options->tag_count; i++) {
        const struct catalog_tag *tag = &options->tags[i];
        struct instant at;
        if (++seen[tag->field] > 1 && !catalog_field_is_list(tag->field))
            return err_set(err, ERR_USAGE, tag->value, _("%s: takes one value, but two were given"),
                           catalog_field_name(tag->field));
        if (tag->field == CATALOG_CAPTURED_AT && instant_parse(bytes_of(tag->value), &at, NULL) < 0)
            return err_set(err, ERR_USAGE, tag->value,
                           _("not a time such as 2026-01-01T12:00:00+08:00"));
        if (tag->field == CATALOG_CASE && check_case(vault, tag->value, err) < 0)
            return -1;
    }
    return 0;
}

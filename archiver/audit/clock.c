#include <stdint.h>
#include <stdio.h>

#include "audit/audit.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "custody/custody.h"
#include "custody/entry.h"

#include "base/banned.h"

/*
 * The log's order is that of its entries, and their times are the machine's clock's, which may be
 * wrong; but what was disposed of by a clock that ran ahead was perhaps not due.
 */

/* The earliest of the entries that come after the one that is looked at. */
struct earliest {
    int64_t at_us;
    uint64_t seq;
};

static bool is_disposal(const struct custody_entry *entry)
{
    return entry->action == CUSTODY_DISPOSAL_APPROVED || entry->action == CUSTODY_DISPOSED;
}

int audit_log_clock(struct custody_log *log,
                    void (*found)(void *context, uint64_t seq, const char *detail), void *context,
                    struct err *err)
{
    static const int64_t tolerated_us = INT64_C(60) * 1000000;
    struct earliest later = {.at_us = INT64_MAX};
    char detail[256];
    for (uint64_t seq = custody_log_size(log); seq-- > 0;) {
        struct bytes text;
        AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
        if (custody_log_entry(log, seq, &text, err) < 0 ||
            custody_entry_parse(text, "log", &entry, err) < 0)
            return -1;
        if (is_disposal(&entry) && entry.at.us - tolerated_us > later.at_us) {
            (void)snprintf(
                detail, sizeof detail,
                _("its time is later than that of a later entry, %llu: disposed of while "
                  "the clock ran ahead"),
                (unsigned long long)later.seq);
            found(context, seq, detail);
        }
        if (entry.at.us < later.at_us)
            later = (struct earliest){entry.at.us, seq};
    }
    return 0;
}

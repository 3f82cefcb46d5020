#include "intake/item.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"

#include "base/banned.h"

struct item *item_new(struct err *err)
{
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL) {
        (void)err_memory(err, NULL);
        return NULL;
    }
    item->held.from = -1;
    item->recording = (struct copy){.item = item, .source = -1, .held = -1};
    for (size_t i = 0; i < PROBE_COMPANIONS_MAX; i++)
        item->companions[i] = (struct copy){.item = item, .source = -1, .held = -1};
    return item;
}

void item_free(struct item *item)
{
    if (item == NULL)
        return;
    if (item->held.from >= 0)
        (void)close(item->held.from); /* only read from */
    copy_release(&item->recording);
    for (size_t i = 0; i < PROBE_COMPANIONS_MAX; i++)
        copy_release(&item->companions[i]);
    tags_release(&item->tags);
    free(item->report_text);
    probe_report_free(item->report);
    free(item);
}

/*
 * The helper parses a stranger's file and may be taken over by it: it must not be able to change
 * the copy, so it gets descriptors that can only be read. The recording's is the first.
 */
struct readable {
    int fds[1 + PROBE_COMPANIONS_MAX];
    size_t count;
    struct probe_companion companions[PROBE_COMPANIONS_MAX];
    size_t companion_count;
};

static void readable_release(const struct readable *readable)
{
    for (size_t i = 0; i < readable->count; i++)
        (void)close(readable->fds[i]); /* only read from */
}

static int reopen(struct readable *readable, const struct copy *copy, struct err *err)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", copy->held); /* always fits */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, copy->shown, _("open the copy"));
    readable->fds[readable->count++] = fd;
    return fd;
}

static int readable_open(struct readable *readable, const struct item *item, struct err *err)
{
    *readable = (struct readable){0};
    if (reopen(readable, &item->recording, err) < 0)
        return -1;
    for (size_t i = 0; i < item->companion_count; i++) {
        const struct copy *copy = &item->companions[i];
        const char *dot = copy->refused ? NULL : strrchr(copy->name, '.');
        if (dot == NULL)
            continue;
        int fd = reopen(readable, copy, err);
        if (fd < 0)
            return -1;
        readable->companions[readable->companion_count++] =
            (struct probe_companion){.fd = fd, .extension = dot + 1};
    }
    return 0;
}

static int probe(struct item *item, const struct vault_settings *settings, const char *helper,
                 struct err *err)
{
    struct readable readable;
    struct probe_err wrong;
    if (readable_open(&readable, item, err) < 0) {
        readable_release(&readable);
        return -1;
    }
    const struct probe_options options = {
        .helper = helper,
        .zone = settings->zone,
        .patterns = settings->patterns,
        .pattern_count = settings->pattern_count,
        .companions = readable.companions,
        .companion_count = readable.companion_count,
    };
    int done = probe_run(readable.fds[0], item->recording.name, &options, &item->report, &wrong);
    readable_release(&readable);
    return done == 0 ? 0 : err_from_probe(err, &wrong);
}

int item_look(struct item *item, const struct vault_settings *settings,
              const struct intake_options *options, bool *taken, struct err *err)
{
    struct copy *copy = &item->recording;
    if (probe(item, settings, options->helper, err) < 0)
        return err_wrap(err, "%s", copy->shown);
    bool is_recording =
        copy->job.size > 0 && (item->report->is_media || probe_is_media_name(copy->name));
    *taken = is_recording || options->any;
    if (!*taken) {
        (void)err_set(&copy->err, ERR_USAGE, copy->shown, "%s",
                      copy->job.size == 0 ? _("empty: not a recording") : _("not a recording"));
        copy->refused = true;
        return 0;
    }
    struct probe_err wrong;
    if (probe_report_to_json(item->report, &item->report_text, &wrong) < 0) {
        (void)err_from_probe(err, &wrong);
        return err_wrap(err, "%s", copy->shown);
    }
    return tags_make(&item->tags, options, item->report, err);
}

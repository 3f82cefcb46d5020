#include "custody/checkpoint.h"

#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

/* ---- printing ---- */

void checkpoint_print(struct bytes origin, const struct custody_head *head, struct bytes extensions,
                      struct text *body)
{
    char root[BYTES_BASE64(CUSTODY_HASH)];
    bytes_to_base64((struct bytes){head->root, CUSTODY_HASH}, root);
    text_append_bytes(body, origin);
    text_printf(body, "\n%llu\n%s\n", (unsigned long long)head->size, root);
    text_append_bytes(body, extensions);
}

int checkpoint_make(const char *origin, const struct custody_head *head, const struct key *key,
                    char **text, struct err *err)
{
    AUTO(text_release) struct text made = {0};
    AUTO(text_release) struct text line = {0};
    text_init(&made, NOTE_MAX + 1);
    text_init(&line, NOTE_MAX);
    checkpoint_print(bytes_of(origin), head, (struct bytes){NULL, 0}, &made);
    if (text_failed(&made))
        return err_memory(err, NULL);
    struct bytes body = {(const uint8_t *)made.at, made.len};
    if (note_sign(body, origin, key, &line, err) < 0)
        return -1;
    text_append(&made, "\n");
    text_append(&made, line.at);
    char *whole = text_take(&made);
    if (whole == NULL)
        return err_memory(err, NULL);
    *text = whole;
    return 0;
}

/* ---- parsing ---- */

/* Digits as they are printed: no zeros in front. */
static int size_parse(struct bytes line, uint64_t *size)
{
    if (bytes_parse_u64(line, size) < 0 || *size > CUSTODY_SIZE_MAX)
        return -1;
    return line.at[0] == '0' && line.len > 1 ? -1 : 0;
}

static int root_parse(struct bytes line, uint8_t root[static CUSTODY_HASH])
{
    size_t len;
    if (bytes_from_base64(line, root, CUSTODY_HASH, &len) < 0)
        return -1;
    return len == CUSTODY_HASH ? 0 : -1;
}

/* No line is empty: the last blank line stands in front of the signatures, and so none other. */
static bool has_blank(struct bytes lines)
{
    if (lines.len > 0 && lines.at[0] == '\n')
        return true;
    return lines.len > 0 && memmem(lines.at, lines.len, "\n\n", 2) != NULL;
}

int checkpoint_parse(struct bytes octets, const char *object, struct checkpoint *checkpoint,
                     struct err *err)
{
    struct bytes rest;
    if (note_parse(octets, object, &checkpoint->note, err) < 0)
        return -1;
    checkpoint->origin = bytes_cut(checkpoint->note.text, '\n', &rest);
    if (checkpoint->origin.len == 0)
        return err_set(err, ERR_DAMAGED, object, "%s", _("a checkpoint without an origin"));
    if (size_parse(bytes_cut(rest, '\n', &rest), &checkpoint->head.size) < 0)
        return err_set(err, ERR_DAMAGED, object, "%s", _("a checkpoint without a size"));
    if (root_parse(bytes_cut(rest, '\n', &rest), checkpoint->head.root) < 0)
        return err_set(err, ERR_DAMAGED, object, "%s", _("a checkpoint without a root"));
    if (has_blank(rest))
        return err_set(err, ERR_DAMAGED, object, "%s", _("a checkpoint with an empty line"));
    checkpoint->extensions = rest;
    return 0;
}

static int origin_err(struct bytes origin, const char *wanted, const char *object, struct err *err)
{
    AUTO(free) char *shown = text_shown(origin);
    if (shown == NULL)
        return err_memory(err, object);
    return err_set(err, ERR_DAMAGED, object, _("of the log %s, not of %s"), shown, wanted);
}

int checkpoint_open(struct bytes octets, const char *object, const char *origin,
                    const struct key *key, struct checkpoint *checkpoint, struct err *err)
{
    if (checkpoint_parse(octets, object, checkpoint, err) < 0)
        return -1;
    if (origin != NULL && !bytes_equal(checkpoint->origin, bytes_of(origin)))
        return origin_err(checkpoint->origin, origin, object, err);
    AUTO(free) char *name = strndup((const char *)checkpoint->origin.at, checkpoint->origin.len);
    if (name == NULL)
        return err_memory(err, object);
    return note_verify(&checkpoint->note, object, name, key, err);
}

/* ---- for other rooms ---- */

int custody_checkpoint_check(struct bytes text, const char *origin, const struct key *key,
                             const char *object, struct custody_head *head, struct err *err)
{
    struct checkpoint checkpoint;
    if (checkpoint_open(text, object, origin, key, &checkpoint, err) < 0)
        return -1;
    *head = checkpoint.head;
    return 0;
}

int custody_cosign(struct bytes checkpoint, const char *object, const char *name,
                   const struct key *key, uint64_t at_s, char **line, struct err *err)
{
    struct checkpoint parsed;
    AUTO(text_release) struct text made = {0};
    text_init(&made, NOTE_MAX);
    if (checkpoint_parse(checkpoint, object, &parsed, err) < 0 ||
        note_cosign(parsed.note.text, name, key, at_s, &made, err) < 0)
        return -1;
    char *whole = text_take(&made);
    if (whole == NULL)
        return err_memory(err, object);
    *line = whole;
    return 0;
}

int custody_cosigned(struct bytes checkpoint, const char *object, const char *name,
                     const struct key *key, uint64_t *at_s, struct err *err)
{
    struct checkpoint parsed;
    if (checkpoint_parse(checkpoint, object, &parsed, err) < 0)
        return -1;
    return note_cosigned(&parsed.note, object, name, key, at_s, err);
}

#include "custody/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/jcs.h"
#include "custody/proof.h"

#include "base/banned.h"

/* ---- making ---- */

int custody_excerpt_add(struct custody_log *log, uint64_t index, uint64_t size,
                        struct text *excerpt, struct err *err)
{
    struct custody_proof proof;
    struct bytes leaf;
    if (custody_log_inclusion(log, index, size, &proof, err) < 0 ||
        custody_log_entry(log, index, &leaf, err) < 0)
        return -1;
    AUTO(json_decref)
    json_t *root = json_pack("{s:o, s:I, s:o}", "entry", proof_text(leaf), "index",
                             (json_int_t)index, "proof", proof_json(&proof));
    AUTO(free) char *line = NULL;
    size_t len;
    if (root == NULL)
        return err_memory(err, NULL);
    if (jcs_print(root, &line, &len, err) < 0)
        return -1;
    text_append_bytes(excerpt, (struct bytes){(const uint8_t *)line, len});
    text_append(excerpt, "\n");
    return 0;
}

/* ---- reading ---- */

static int take_members(struct custody_excerpt_line *line, const char *object, struct err *err)
{
    const char *leaf;
    uint64_t index;
    if (!json_is_object(line->root) || json_object_size(line->root) != 3)
        return err_set(err, ERR_DAMAGED, object, "%s",
                       _("not an entry of the log with its index and its proof"));
    if (json_take_text(line->root, "entry", object, &leaf, err) < 0 ||
        json_take_u64(line->root, "index", object, &index, err) < 0 ||
        proof_take(line->root, object, &line->proof, err) < 0)
        return -1;
    line->leaf = bytes_of(leaf);
    if (custody_entry_parse(line->leaf, object, &line->entry, err) < 0)
        return err_wrap(err, "%s", _("the log's entry"));
    return index == line->entry.seq
               ? 0
               : err_set(err, ERR_DAMAGED, object, _("\"%s\" is not what the log's entry says"),
                         "index");
}

int custody_excerpt_parse(struct bytes text, const char *object, struct custody_excerpt_line *line,
                          struct err *err)
{
    AUTO(custody_excerpt_release) struct custody_excerpt_line parsed = {.root = NULL};
    if (jcs_read(text, object, &parsed.root, err) < 0 || take_members(&parsed, object, err) < 0)
        return -1;
    *line = parsed;
    parsed = (struct custody_excerpt_line){.root = NULL};
    return 0;
}

void custody_excerpt_release(struct custody_excerpt_line *line)
{
    custody_entry_release(&line->entry);
    json_decref(line->root);
    *line = (struct custody_excerpt_line){.root = NULL};
}

/* ---- checking ---- */

struct checking {
    const struct custody_head *head;
    const struct custody_excerpt_reader *reader;
    bool begun;
    uint64_t last; /* the number of the last entry in order */
};

/* What is wrong with one line is told; -1 where it could not look. */
static int check_line(struct checking *checking, struct bytes text, uint64_t number,
                      struct err *err)
{
    const struct custody_excerpt_reader *reader = checking->reader;
    AUTO(custody_excerpt_release) struct custody_excerpt_line line = {.root = NULL};
    uint8_t leaf[CUSTODY_HASH];
    if (custody_excerpt_parse(text, NULL, &line, err) < 0) {
        if (err->kind == ERR_DAMAGED)
            reader->wrong(reader->context, number, err->text);
        return err->kind == ERR_DAMAGED ? 0 : -1;
    }
    const uint64_t seq = line.entry.seq;
    if (checking->begun && seq <= checking->last) {
        reader->wrong(reader->context, number,
                      seq == checking->last ? _("the entry before it once more")
                                            : _("entries are not in the order of the log"));
        return 0;
    }
    checking->begun = true;
    checking->last = seq;
    if (custody_leaf_hash(line.leaf, leaf, err) < 0)
        return -1;
    if (custody_inclusion_check(leaf, seq, checking->head->size, &line.proof, checking->head->root,
                                err) < 0) {
        if (err->kind == ERR_DAMAGED)
            reader->wrong(reader->context, number,
                          _("the proof does not lead from the log's entry to the checkpoint"));
        return err->kind == ERR_DAMAGED ? 0 : -1;
    }
    reader->proved(reader->context, &line.entry);
    return 0;
}

int custody_excerpt_check(struct bytes text, const struct custody_head *head,
                          const struct custody_excerpt_reader *reader, uint64_t *lines,
                          struct err *err)
{
    struct checking checking = {.head = head, .reader = reader};
    const bool is_cut = text.len > 0 && text.at[text.len - 1] != '\n';
    uint64_t number = 0;
    while (text.len > 0) {
        const struct bytes line = bytes_cut(text, '\n', &text);
        number++;
        if (check_line(&checking, line, number, err) < 0)
            return -1;
    }
    if (is_cut)
        reader->wrong(reader->context, number, _("the last line has no end"));
    *lines = number;
    return 0;
}

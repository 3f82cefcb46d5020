#include "vault/settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/text.h"

#include "base/banned.h"

static const char default_zone[] = "Asia/Shanghai";

/* One line that says something. */
struct line {
    unsigned number;
    struct bytes section, key, value;
};

struct reader {
    struct bytes rest;
    struct bytes section;
    unsigned number;
};

enum found { FOUND_LINE, FOUND_END, FOUND_NONSENSE };

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = (struct bytes){text.at + 1, text.len - 1};
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t' ||
                            text.at[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word));
}

static enum found next_line(struct reader *reader, struct line *line)
{
    while (reader->rest.len > 0) {
        struct bytes text = trimmed(bytes_cut(reader->rest, '\n', &reader->rest));
        reader->number++;
        *line = (struct line){.number = reader->number, .section = reader->section};
        if (text.len == 0 || text.at[0] == '#' || text.at[0] == ';')
            continue;
        if (text.at[0] == '[') {
            if (text.at[text.len - 1] != ']')
                return FOUND_NONSENSE;
            reader->section = trimmed((struct bytes){text.at + 1, text.len - 2});
            continue;
        }
        line->key = trimmed(bytes_cut(text, '=', &line->value));
        line->value = trimmed(line->value);
        bool has_value = line->key.len > 0 && memchr(text.at, '=', text.len) != NULL;
        return has_value ? FOUND_LINE : FOUND_NONSENSE;
    }
    return FOUND_END;
}

static bool is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 0x20 || text.at[i] == 0x7F ||
            (text.at[i] == 0xC2 && i + 1 < text.len && text.at[i + 1] < 0xA0))
            return false;
    return text_is_utf8(text);
}

static int line_err(const char *object, unsigned line, const char *what, struct err *err)
{
    return err_set(err, ERR_DAMAGED, object, _("line %u: %s"), line, what);
}

/* The format first of all: a newer one may have lines that mean nothing here. */
static int check_format(struct bytes text, const char *object, struct err *err)
{
    struct reader reader = {.rest = text};
    struct line line;
    for (enum found found; (found = next_line(&reader, &line)) != FOUND_END;) {
        uint64_t format;
        if (found == FOUND_NONSENSE || !is(line.section, "vault") || !is(line.key, "format"))
            continue;
        if (bytes_parse_u64(line.value, &format) < 0 || format == 0)
            return line_err(object, line.number, _("the vault's format is not a number"), err);
        if (format > SETTINGS_FORMAT)
            return err_set(err, ERR_DAMAGED, object,
                           _("line %u: the vault has format %llu; this program knows up to %d"),
                           line.number, (unsigned long long)format, SETTINGS_FORMAT);
        return 0;
    }
    return err_set(err, ERR_DAMAGED, object, _("says nowhere which format the vault has"));
}

static size_t characters(struct bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.at[i] & 0xC0U) != 0x80U;
    return count;
}

static int set_text(char **to, const struct line *line, const char *object, struct err *err)
{
    if (*to != NULL)
        return line_err(object, line->number, _("said a second time"), err);
    if (line->value.len == 0)
        return line_err(object, line->number, _("the value is empty"), err);
    *to = strndup((const char *)line->value.at, line->value.len);
    return *to != NULL ? 0 : err_memory(err, object);
}

static int set_unit(struct settings *settings, const struct line *line, const char *object,
                    struct err *err)
{
    if (characters(line->value) > SETTINGS_UNIT_CHARACTERS_MAX)
        return line_err(object, line->number, _("the unit's name is too long"), err);
    return set_text(&settings->unit, line, object, err);
}

static int add_pattern(struct settings *settings, const struct line *line, const char *object,
                       struct err *err)
{
    for (size_t i = 0; i < settings->own_count; i++)
        if (is(line->key, settings->patterns[i].name))
            return line_err(object, line->number, _("said a second time"), err);
    if (settings->own_count == SETTINGS_PATTERNS_MAX)
        return line_err(object, line->number, _("too many patterns"), err);

    AUTO(free) char *name = strndup((const char *)line->key.at, line->key.len);
    AUTO(free) char *pattern = strndup((const char *)line->value.at, line->value.len);
    if (name == NULL || pattern == NULL)
        return err_memory(err, object);
    struct probe_pattern made = {.name = name, .pattern = pattern};
    struct probe_err wrong;
    if (probe_pattern_check(&made, &wrong) < 0)
        return line_err(object, line->number, wrong.text, err);
    settings->patterns[settings->own_count++] = made;
    name = NULL;
    pattern = NULL;
    return 0;
}

static int add_rule(struct settings *settings, const struct line *line, const char *object,
                    struct err *err)
{
    struct err wrong;
    if (rules_add(&settings->rules, line->key, line->value, &wrong) == 0)
        return 0;
    return wrong.kind == ERR_MEMORY ? err_memory(err, object)
                                    : line_err(object, line->number, wrong.text, err);
}

/* Two lines of one key would count as two. */
static bool is_known_witness(const struct settings *settings, const struct custody_witness *witness)
{
    char id[KEY_ID_TEXT];
    char known[KEY_ID_TEXT];
    key_id(witness->key, id);
    for (size_t i = 0; i < settings->witness_count; i++) {
        key_id(settings->witnesses[i].key, known);
        if (strcmp(id, known) == 0)
            return true;
    }
    return false;
}

static int add_witness(struct settings *settings, const struct line *line, const char *object,
                       struct err *err)
{
    struct err why;
    struct custody_witness made;
    if (settings->witness_count == SETTINGS_WITNESSES_MAX)
        return line_err(object, line->number, _("too many witnesses"), err);
    if (custody_witness_parse(line->value, object, &made, &why) < 0)
        return line_err(object, line->number, why.text, err);
    if (is_known_witness(settings, &made)) {
        custody_witness_release(&made);
        return line_err(object, line->number, _("a witness's key, a second time"), err);
    }
    struct custody_witness *more =
        realloc(settings->witnesses, (settings->witness_count + 1) * sizeof *more);
    if (more == NULL) {
        custody_witness_release(&made);
        return err_memory(err, object);
    }
    settings->witnesses = more;
    more[settings->witness_count++] = made;
    return 0;
}

static int set_backing(struct settings *settings, const struct line *line, const char *object,
                       struct err *err)
{
    uint64_t number;
    if (settings->has_backing)
        return line_err(object, line->number, _("said a second time"), err);
    if (bytes_parse_u64(line->value, &number) < 0 || number > SETTINGS_WITNESSES_MAX + 1)
        return line_err(object, line->number, _("not a number of witnesses"), err);
    settings->has_backing = true;
    settings->backing = (unsigned)number;
    return 0;
}

static int take_line(struct settings *settings, const struct line *line, const char *object,
                     struct err *err)
{
    if (is(line->section, "pattern"))
        return add_pattern(settings, line, object, err);
    if (is(line->section, "custody") && is(line->key, "witness"))
        return add_witness(settings, line, object, err);
    if (is(line->section, "custody") && is(line->key, "backing"))
        return set_backing(settings, line, object, err);
    if (is(line->section, "custody") && is(line->key, "timestamp"))
        return set_text(&settings->timestamp_url, line, object, err);
    if (is(line->section, "custody") && is(line->key, "timestamp_ca"))
        return set_text(&settings->timestamp_ca, line, object, err);
    if (is(line->section, "retention"))
        return add_rule(settings, line, object, err);
    if (is(line->section, "unit") && is(line->key, "name"))
        return set_unit(settings, line, object, err);
    if (is(line->section, "unit") && is(line->key, "zone")) {
        settings->zone_line = line->number;
        return set_text(&settings->zone, line, object, err);
    }
    if (is(line->section, "vault") && is(line->key, "format"))
        return 0;
    return err_set(err, ERR_DAMAGED, object, _("line %u: unknown setting \"%.*s\" in [%.*s]"),
                   line->number, (int)line->key.len, (const char *)line->key.at,
                   (int)line->section.len,
                   line->section.len > 0 ? (const char *)line->section.at : "");
}

static int take_lines(struct settings *settings, struct bytes text, const char *object,
                      struct err *err)
{
    struct reader reader = {.rest = text};
    for (;;) {
        struct line line;
        enum found found = next_line(&reader, &line);
        if (found == FOUND_END)
            return 0;
        if (found == FOUND_NONSENSE)
            return line_err(object, line.number, _("neither [section] nor KEY = VALUE"), err);
        if (!is_plain(line.section) || !is_plain(line.key) || !is_plain(line.value))
            return line_err(object, line.number, _("not UTF-8, or control characters"), err);
        if (take_line(settings, &line, object, err) < 0)
            return -1;
    }
}

static int fill(struct settings *settings, struct bytes text, const char *object, struct err *err)
{
    size_t built_in;
    const struct probe_pattern *defaults = probe_default_patterns(&built_in);
    settings->patterns = calloc(SETTINGS_PATTERNS_MAX + built_in, sizeof *settings->patterns);
    if (settings->patterns == NULL)
        return err_memory(err, object);
    if (take_lines(settings, text, object, err) < 0)
        return -1;
    memcpy(settings->patterns + settings->own_count, defaults, built_in * sizeof *defaults);
    settings->pattern_count = settings->own_count + built_in;

    if (settings->unit == NULL)
        return err_set(err, ERR_DAMAGED, object, _("the unit has no name"));
    if (settings->zone == NULL && (settings->zone = strdup(default_zone)) == NULL)
        return err_memory(err, object);
    return 0;
}

int settings_parse(struct bytes text, const char *object, struct settings *settings,
                   struct err *err)
{
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF}; /* editors on Windows put it there */
    if (text.len >= sizeof mark && memcmp(text.at, mark, sizeof mark) == 0)
        text = (struct bytes){text.at + sizeof mark, text.len - sizeof mark};
    if (check_format(text, object, err) < 0)
        return -1;

    struct settings made = {0};
    if (fill(&made, text, object, err) < 0) {
        settings_release(&made);
        return -1;
    }
    *settings = made;
    return 0;
}

void settings_release(struct settings *settings)
{
    for (size_t i = 0; i < settings->own_count; i++) {
        free((void *)(uintptr_t)settings->patterns[i].name); /* own ones were made by strndup */
        free((void *)(uintptr_t)settings->patterns[i].pattern);
    }
    free(settings->patterns);
    free(settings->unit);
    free(settings->zone);
    rules_release(&settings->rules);
    for (size_t i = 0; i < settings->witness_count; i++)
        custody_witness_release(&settings->witnesses[i]);
    free(settings->witnesses);
    free(settings->timestamp_url);
    free(settings->timestamp_ca);
    *settings = (struct settings){0};
}

static const char unit_comment[] = "# The unit's name, as it stands in archives and on discs.\n";
static const char zone_comment[] =
    "# The zone that is applied to times which a recording gives without one.\n";
static const char pattern_comment[] =
    "# How your devices name their files, one NAME = PATTERN a line; tried before the built-in\n"
    "# ones. Fields: {device} {officer} {sequence} {channel} {time:YYYYMMDDhhmmss} {*}. Example:\n"
    "# bodycam = {device:7}_{officer:6}_{time:YYYYMMDDhhmmss}_{sequence:4}\n";

static const char retention_comment[] =
    "# How long recordings are kept, one NAME = RULE a line; the longest that applies wins. They\n"
    "# count once `shilu retention confirm` was said. Without any: six months from acceptance.\n"
    "# unassigned = 6 months from capture; unassigned\n"
    "# general = 30 years from closing; procedure = general\n"
    "# hearing = permanent; stage = 听证\n";

int settings_print_new(const char *unit, const char *by, char **text, struct err *err)
{
    struct bytes name = trimmed(bytes_of(unit));
    if (name.len == 0)
        return err_set(err, ERR_USAGE, NULL, _("the unit's name is empty"));
    if (!is_plain(name))
        return err_set(err, ERR_USAGE, NULL,
                       _("the unit's name must be UTF-8 without control characters"));
    if (characters(name) > SETTINGS_UNIT_CHARACTERS_MAX)
        return err_set(err, ERR_USAGE, NULL, _("the unit's name is longer than %d characters"),
                       SETTINGS_UNIT_CHARACTERS_MAX);

    char made[INSTANT_TEXT];
    instant_print(instant_now(), made);
    AUTO(free) char *maker = text_shown(bytes_of(by));
    if (maker == NULL)
        return err_memory(err, NULL);
    AUTO(text_release) struct text conf;
    text_init(&conf, SETTINGS_BYTES_MAX);
    text_printf(&conf, SETTINGS_HEAD ", made %s by %s.\n", made, maker);
    text_printf(&conf, "\n[vault]\nformat = %d\n\n[unit]\n%sname = ", SETTINGS_FORMAT,
                unit_comment);
    text_append_bytes(&conf, name);
    text_printf(&conf, "\n%szone = %s\n\n[pattern]\n%s\n[retention]\n%s", zone_comment,
                default_zone, pattern_comment, retention_comment);
    *text = text_take(&conf);
    return *text != NULL ? 0 : err_memory(err, NULL);
}

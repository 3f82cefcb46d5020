#include "probe/pattern.h"

#include <string.h>

#include "probe/fail.h"
#include "probe/time.h"

enum { STEPS_MAX = 20000, EXACT_MAX = 64, YEAR_MIN = 1990, YEAR_MAX = 2099 };

static const char *const field_names[] = {
    [PATTERN_DEVICE] = "device",   [PATTERN_OFFICER] = "officer", [PATTERN_SEQUENCE] = "sequence",
    [PATTERN_CHANNEL] = "channel", [PATTERN_TIME] = "time",       [PATTERN_ANY] = "*",
};

static bool bytes_equal(struct probe_bytes bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.at, text, bytes.len) == 0;
}

/* How many digits of the format's letter stand at `at`. */
static size_t letter_run(struct probe_bytes format, size_t at)
{
    size_t end = at;
    while (end < format.len && format.at[end] == format.at[at])
        end++;
    return end - at;
}

static const char time_letters[] = {'Y', 'M', 'D', 'h', 'm', 's'};

/* Each letter once with its number of digits; only the seconds may be missing. */
static bool time_format_ok(struct probe_bytes format)
{
    static const size_t widths[] = {4, 2, 2, 2, 2, 2};
    unsigned seen = 0;
    for (size_t i = 0; i < format.len;) {
        size_t run = letter_run(format, i);
        const char *letter = memchr(time_letters, format.at[i], sizeof time_letters);
        if (letter != NULL) {
            size_t which = (size_t)(letter - time_letters);
            if (run != widths[which] || (seen & 1U << which) != 0)
                return false;
            seen |= 1U << which;
        }
        i += run;
    }
    return (seen & 0x1F) == 0x1F;
}

/* The text behind a field's colon: a number of characters or words. */
static bool parse_detail(struct pattern_token *token, struct probe_bytes detail)
{
    if (token->field == PATTERN_TIME) {
        token->text = detail;
        return time_format_ok(detail);
    }
    if (token->field == PATTERN_ANY || detail.len == 0)
        return false;
    token->numbered = detail.at[0] == '#';
    if (token->numbered && detail.len == 1)
        return true;
    if (token->numbered)
        detail = (struct probe_bytes){detail.at + 1, detail.len - 1};
    size_t number = 0;
    for (size_t i = 0; i < detail.len; i++) {
        if (detail.at[i] < '0' || detail.at[i] > '9') {
            token->text = detail;
            return !token->numbered;
        }
        number = number * 10 + (size_t)(detail.at[i] - '0');
        if (number > EXACT_MAX)
            return false;
    }
    token->exact = number;
    return number > 0;
}

/* A field between braces. */
static bool parse_field(struct probe_bytes inside, struct pattern_token *token)
{
    const uint8_t *colon = memchr(inside.at, ':', inside.len);
    struct probe_bytes name = inside;
    if (colon != NULL)
        name.len = (size_t)(colon - inside.at);
    for (int field = PATTERN_DEVICE; field <= PATTERN_ANY; field++) {
        if (!bytes_equal(name, field_names[field]))
            continue;
        token->field = (enum pattern_field)field;
        if (colon == NULL)
            return token->field != PATTERN_TIME;
        return parse_detail(token, (struct probe_bytes){colon + 1, inside.len - name.len - 1});
    }
    return false;
}

int pattern_parse(const char *name, const char *text, struct pattern *pattern,
                  struct probe_err *err)
{
    *pattern = (struct pattern){0};
    unsigned seen = 0;
    size_t len = strlen(text);
    if (len == 0 || len > PATTERN_BYTES_MAX)
        return probe_fail(err, PROBE_ERR_USAGE, name, "a pattern has 1 to %d octets",
                          PATTERN_BYTES_MAX);
    for (const char *at = text; *at != '\0';) {
        if (pattern->count == PATTERN_TOKENS_MAX)
            return probe_fail(err, PROBE_ERR_USAGE, name, "more than %d parts", PATTERN_TOKENS_MAX);
        struct pattern_token *token = &pattern->tokens[pattern->count++];
        if (*at != '{') {
            size_t run = strcspn(at, "{}");
            token->field = PATTERN_LITERAL;
            token->text = (struct probe_bytes){(const uint8_t *)at, run};
            at += run;
            if (*at == '}')
                return probe_fail(err, PROBE_ERR_USAGE, name, "\"}\" without \"{\"");
            continue;
        }
        size_t run = strcspn(at + 1, "{}");
        if (at[1 + run] != '}')
            return probe_fail(err, PROBE_ERR_USAGE, name, "\"{\" without \"}\"");
        if (!parse_field((struct probe_bytes){(const uint8_t *)at + 1, run}, token))
            return probe_fail(err, PROBE_ERR_USAGE, name, "unknown field \"{%.*s}\"", (int)run,
                              at + 1);
        if (token->field != PATTERN_ANY && (seen & 1U << token->field) != 0)
            return probe_fail(err, PROBE_ERR_USAGE, name, "field \"%s\" stands twice",
                              field_names[token->field]);
        seen |= 1U << token->field;
        at += run + 2;
    }
    return 0;
}

int probe_pattern_check(const struct probe_pattern *pattern, struct probe_err *err)
{
    struct pattern parsed;
    if (pattern->name == NULL || pattern->name[0] == '\0' || pattern->pattern == NULL)
        return probe_fail(err, PROBE_ERR_USAGE, NULL, "a pattern without a name");
    return pattern_parse(pattern->name, pattern->pattern, &parsed, err);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool starts_with(struct probe_bytes bytes, struct probe_bytes start)
{
    if (bytes.len < start.len)
        return false;
    for (size_t i = 0; i < start.len; i++) {
        if (lower(bytes.at[i]) != lower(start.at[i]))
            return false;
    }
    return true;
}

static bool is_field_octet(uint8_t c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '-';
}

static struct probe_bytes skip(struct probe_bytes bytes, size_t count)
{
    return (struct probe_bytes){bytes.at + count, bytes.len - count};
}

/* Reads a time at the start of `rest`; gives its length, 0 when there is none. */
static size_t read_time(struct probe_bytes format, struct probe_bytes rest,
                        struct pattern_match *match)
{
    int parts[6] = {0};
    bool utc = format.len > 0 && format.at[format.len - 1] == 'Z';
    size_t len = utc ? format.len - 1 : format.len;
    if (rest.len < len)
        return 0;
    for (size_t i = 0; i < len; i++) {
        const char *letter = memchr(time_letters, format.at[i], sizeof time_letters);
        uint8_t c = rest.at[i];
        if (letter == NULL ? lower(c) != lower(format.at[i]) : c < '0' || c > '9')
            return 0;
        if (letter != NULL)
            parts[letter - time_letters] = parts[letter - time_letters] * 10 + (c - '0');
    }
    if (parts[0] < YEAR_MIN || parts[0] > YEAR_MAX ||
        !time_is_valid(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]))
        return 0;
    match->wall_us = time_from_parts(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
    match->has_time = true;
    match->is_utc = utc;
    return len;
}

struct matcher {
    const struct pattern *pattern;
    struct pattern_match *match;
    unsigned steps;
};

static bool match_from(struct matcher *matcher, size_t token, struct probe_bytes rest);

static bool take(struct matcher *matcher, size_t token, struct probe_bytes rest, size_t len)
{
    if (len > rest.len || !match_from(matcher, token + 1, skip(rest, len)))
        return false;
    matcher->match->fields[matcher->pattern->tokens[token].field] =
        (struct probe_bytes){rest.at, len};
    return true;
}

static bool match_words(struct matcher *matcher, size_t token, struct probe_bytes rest)
{
    struct probe_bytes words = matcher->pattern->tokens[token].text;
    while (words.len > 0) {
        const uint8_t *bar = memchr(words.at, '|', words.len);
        struct probe_bytes word = words;
        if (bar != NULL)
            word.len = (size_t)(bar - words.at);
        if (word.len > 0 && starts_with(rest, word) && take(matcher, token, rest, word.len))
            return true;
        words = skip(words, bar != NULL ? word.len + 1 : word.len);
    }
    return false;
}

/* Whether a run has the digits that its field asks for. */
static bool digits_ok(const struct pattern_token *token, struct probe_bytes run)
{
    size_t digits = 0;
    for (size_t i = 0; i < run.len; i++)
        digits += run.at[i] >= '0' && run.at[i] <= '9' ? 1 : 0;
    return !token->numbered || (token->exact > 0 ? digits == run.len : digits > 0);
}

/* A field of any length, the shortest that lets the rest match; {*} may be empty. */
static bool match_run(struct matcher *matcher, size_t token, struct probe_bytes rest)
{
    const struct pattern_token *this = &matcher->pattern->tokens[token];
    bool any = this->field == PATTERN_ANY;
    for (size_t len = 0; len <= rest.len; len++) {
        bool long_enough = any || (this->exact > 0 ? len == this->exact : len > 0);
        if (long_enough && digits_ok(this, (struct probe_bytes){rest.at, len}) &&
            take(matcher, token, rest, len))
            return true;
        if (len == rest.len || (!any && !is_field_octet(rest.at[len])) ||
            (this->exact > 0 && len == this->exact))
            break;
    }
    return false;
}

static bool match_from(struct matcher *matcher, size_t token, struct probe_bytes rest)
{
    if (++matcher->steps > STEPS_MAX)
        return false;
    if (token == matcher->pattern->count)
        return rest.len == 0;
    const struct pattern_token *this = &matcher->pattern->tokens[token];
    if (this->field == PATTERN_LITERAL)
        return starts_with(rest, this->text) &&
               match_from(matcher, token + 1, skip(rest, this->text.len));
    if (this->field == PATTERN_TIME) {
        size_t len = read_time(this->text, rest, matcher->match);
        return len > 0 && take(matcher, token, rest, len);
    }
    if (this->text.len > 0)
        return match_words(matcher, token, rest);
    return match_run(matcher, token, rest);
}

bool pattern_match(const struct pattern *pattern, struct probe_bytes stem,
                   struct pattern_match *match)
{
    *match = (struct pattern_match){0};
    struct matcher matcher = {pattern, match, 0};
    return match_from(&matcher, 0, stem);
}

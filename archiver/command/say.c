#include "command/say.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"

#include "base/banned.h"

/* Bytes from outside, made safe, to a stream: also when memory is out. */
static void put_shown(FILE *to, const char *text)
{
    struct bytes left = bytes_of(text);
    while (left.len > 0) {
        char next[TEXT_SHOWN_NEXT];
        text_shown_next(&left, next);
        (void)fputs(next, to);
    }
}

int say_error(const struct err *err)
{
    (void)fputs("shilu: ", stderr);
    if (err->object[0] != '\0') {
        put_shown(stderr, err->object);
        (void)fputs(": ", stderr);
    }
    put_shown(stderr, err->text);
    (void)fputc('\n', stderr);
    return err_exit_status(err);
}

/* As vprintf, but what the arguments bring from outside is made safe. */
static void put_format(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static void put_format(const char *format, va_list args)
{
    char text[2048];
    (void)vsnprintf(text, sizeof text, format, args); /* cut is good enough for a remark */
    put_shown(stderr, text);
}

int say_wrong_use(const char *command, const char *format, ...)
{
    (void)fputs("shilu: ", stderr);
    va_list args;
    va_start(args, format);
    put_format(format, args);
    va_end(args);
    (void)fprintf(stderr, _(" (see: shilu %s --help)"), command);
    (void)fputc('\n', stderr);
    return EXIT_WRONG_USE;
}

void say_note(const char *format, ...)
{
    (void)fputs("shilu: ", stderr);
    va_list args;
    va_start(args, format);
    put_format(format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static bool output_broken; /* the first failure is told once, by say_finish */

/* Who reads on no more has seen what they wanted, as `| head` does: nothing to be told. */
static bool reader_left(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

bool say_finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        output_broken = true;
    if (output_broken && !reader_left())
        say_note("%s", _("the output could not be written in full"));
    return !output_broken;
}

static int write_out(const char *at, size_t len, void *context)
{
    (void)context;
    return fwrite(at, 1, len, stdout) == len ? 0 : -1;
}

void say_json(json_t *object)
{
    if (object == NULL ||
        json_dump_callback(object, write_out, NULL, JSON_COMPACT | JSON_REAL_PRECISION(15)) < 0) {
        output_broken = true;
    } else {
        (void)putchar('\n');
    }
    json_decref(object);
}

void say_shown(const char *text)
{
    if (text != NULL)
        put_shown(stdout, text);
}

char *say_original(const char *name)
{
    uint8_t *octets;
    size_t len;
    if (text_shown_bytes(name, &octets, &len) < 0)
        return strdup(name); /* somebody changed it by hand */
    return (char *)octets;
}

void say_size(uint64_t bytes, char text[static 32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(text, 32, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value,
                   units[unit]);
}

void say_duration(double seconds, char text[static 32])
{
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e9) {
        (void)snprintf(text, 32, "—");
        return;
    }
    int64_t whole = (int64_t)(seconds + 0.5);
    if (whole >= 3600)
        (void)snprintf(text, 32, "%" PRId64 ":%02d:%02d", whole / 3600, (int)(whole / 60 % 60),
                       (int)(whole % 60));
    else
        (void)snprintf(text, 32, "%d:%02d", (int)(whole / 60), (int)(whole % 60));
}

/* The instant in the process's zone, which is the vault's. */
static struct instant local(int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm day;
    int offset = localtime_r(&seconds, &day) != NULL ? (int)(day.tm_gmtoff / 60) : 0;
    return (struct instant){us, (int16_t)offset};
}

void say_time(int64_t us, char text[static INSTANT_TEXT])
{
    if (us == 0) {
        (void)snprintf(text, INSTANT_TEXT, "—");
        return;
    }
    instant_print(local(us - us % 1000000), text);
    text[strcspn(text, "T")] = ' ';
    if (strlen(text) > 19)
        text[19] = '\0'; /* the zone is the vault's */
}

json_t *say_json_time(int64_t us)
{
    if (us == 0)
        return json_null();
    char text[INSTANT_TEXT];
    instant_print(local(us), text);
    return json_string(text);
}

json_t *say_json_digest(const uint8_t digest[static 32])
{
    char text[65];
    bytes_to_hex(digest, 32, text);
    return json_string(text);
}

json_t *say_json_id(char letter, int64_t number)
{
    return json_sprintf("%c%" PRId64, letter, number);
}

bool say_parse_id(const char *text, char letter, int64_t *number)
{
    uint64_t value;
    if ((text[0] & ~0x20) != letter || bytes_parse_u64(bytes_of(text + 1), &value) < 0 ||
        value == 0 || value > INT64_MAX)
        return false;
    *number = (int64_t)value;
    return true;
}

#include "base/i18n.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program copies itself into a folder with a catalogue of its own, as an installation has it,
 * and is started there in several languages. */
static const char prepare[] =
    "rm -rf tree && mkdir -p tree/bin tree/share/locale/zh_CN/LC_MESSAGES && "
    "cp /proc/$PPID/exe tree/bin/say && "
    "printf 'msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\\\n\"\n"
    "msgid \"a recording\"\nmsgstr \"一份录像\"\n' | "
    "msgfmt -o tree/share/locale/zh_CN/LC_MESSAGES/shilu.mo -";

static void run(const char *command, char *answer, size_t room)
{
    FILE *output = popen(command, "re");
    assert_non_null(output);
    size_t len = fread(answer, 1, room - 1, output);
    answer[len] = '\0';
    assert_int_equal(pclose(output), 0);
}

static void messages_follow_the_environment_without_any_generated_locale(void **state)
{
    (void)state;
    static const struct {
        const char *environment, *answer;
    } cases[] = {
        {"LANG=zh_CN.UTF-8", "一份录像"},
        {"LANG=zh_TW", "一份录像"},
        {"LANG=en_US.UTF-8", "a recording"},
        {"LANG=zh_CN.UTF-8 LC_ALL=C", "a recording"},
        {"LANG=C LC_MESSAGES=zh_CN.GBK", "一份录像"},
        {"LANG=de_DE.UTF-8 LANGUAGE=zh_CN", "a recording"},
        {"", "a recording"},
    };
    char answer[256];
    run(prepare, answer, sizeof answer);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[256];
        (void)snprintf(command, sizeof command,
                       "env -u LANG -u LC_ALL -u LC_MESSAGES -u LANGUAGE %s "
                       "tree/bin/say say",
                       cases[i].environment);
        run(command, answer, sizeof answer);
        assert_string_equal(answer, cases[i].answer);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "say") == 0) {
        i18n_start();
        printf("%s", _("a recording"));
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_follow_the_environment_without_any_generated_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

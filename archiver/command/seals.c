#include "command/seals.h"

#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

void seals_print(const struct seal_value *seal, const char *indent)
{
    char full[SEAL_FULL_TEXT];
    char digits[SEAL_SHORT_TEXT];
    seal_value_full(seal, full);
    seal_value_short(seal, digits);
    printf(_("%sseal value %s, in full\n"), indent, digits);
    printf("%s%s\n", indent, full);
}

AUTO_DEFINE(QRcode *, QRcode_free, NULL);

enum { QUIET = 4 }; /* light modules around the code: ISO/IEC 18004, 6.3.8 */

/* Beyond its edges all is light. */
static bool is_light(const QRcode *code, int x, int y)
{
    return x < 0 || y < 0 || x >= code->width || y >= code->width ||
           (code->data[y * code->width + x] & 1) == 0;
}

/* Two rows of modules in one of characters, which are twice as high as wide. */
static void print_rows(const QRcode *code, int y)
{
    for (int x = -QUIET; x < code->width + QUIET; x++) {
        const bool above = is_light(code, x, y);
        const bool below = is_light(code, x, y + 1);
        (void)fputs(above && below ? "█" : above ? "▀" : below ? "▄" : " ", stdout);
    }
}

int seals_print_qr(const struct seal_value *seal, struct err *err)
{
    char full[SEAL_FULL_TEXT];
    const bool colour = isatty(STDOUT_FILENO);
    seal_value_full(seal, full);
    AUTO(QRcode_free)
    QRcode *code = QRcode_encodeString8bit(full, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return err_sys(err, full, _("make a QR code"));
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        if (colour)
            (void)fputs("\033[97;40m", stdout); /* whatever the terminal's colours are */
        print_rows(code, y);
        (void)fputs(colour ? "\033[0m\n" : "\n", stdout);
    }
    return 0;
}

json_t *seals_to_json(const struct seal_value *seal)
{
    char full[SEAL_FULL_TEXT];
    char digits[SEAL_SHORT_TEXT];
    seal_value_full(seal, full);
    seal_value_short(seal, digits);
    return json_pack("{s:s, s:s}", "value", full, "short", digits);
}

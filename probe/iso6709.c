#include "probe/iso6709.h"

#include <math.h>

#include "probe/scan.h"

static bool is_sign(struct probe_bytes text)
{
    return text.len > 0 && (text.at[0] == '+' || text.at[0] == '-');
}

/* A signed angle whose digits before the point say its form: `degrees` of them for degrees alone,
 * two more with minutes, four more with seconds. */
static bool scan_angle(struct probe_bytes *text, unsigned degrees, double *out)
{
    if (!is_sign(*text))
        return false;
    bool negative = text->at[0] == '-';
    unsigned digits = 0;
    while (digits + 1 < text->len && text->at[digits + 1] >= '0' && text->at[digits + 1] <= '9')
        digits++;
    double value = 0;
    if (!scan_decimal(text, &value))
        return false;
    value = fabs(value);

    if (digits == degrees + 2) {
        double whole = floor(value / 100);
        value = whole + (value - whole * 100) / 60;
    } else if (digits == degrees + 4) {
        double whole = floor(value / 10000);
        double minutes = floor((value - whole * 10000) / 100);
        value = whole + minutes / 60 + (value - whole * 10000 - minutes * 100) / 3600;
    } else if (digits > degrees) {
        return false;
    }
    *out = negative ? -value : value;
    return true;
}

bool iso6709_parse(struct probe_bytes text, struct probe_fix *out)
{
    struct probe_fix fix = {.altitude_m = NAN};
    scan_space(&text);
    if (!scan_angle(&text, 2, &fix.latitude) || !scan_angle(&text, 3, &fix.longitude))
        return false;
    if (fabs(fix.latitude) > 90 || fabs(fix.longitude) > 180)
        return false;
    if (is_sign(text) && !scan_decimal(&text, &fix.altitude_m))
        fix.altitude_m = NAN;
    *out = fix;
    return true;
}

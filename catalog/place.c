#include "catalog/place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/tokenizer.h"

static const double earth_m = 6371008.8; /* mean radius, IUGG */
static const double degree = 0.017453292519943295;
static const double slack_m = 0.01; /* what rounding may cost */

enum { SIZES = 7, KEY_BYTES = 64 };
static const double size_m[SIZES] = {250, 1000, 4000, 16000, 64000, 256000, 1024000};

bool catalog_place_valid(double latitude, double longitude)
{
    return fabs(latitude) <= 90 && fabs(longitude) <= 180; /* false for NAN */
}

struct catalog_point catalog_place_point(double latitude, double longitude)
{
    double around = earth_m * cos(latitude * degree);
    return (struct catalog_point){around * cos(longitude * degree),
                                  around * sin(longitude * degree),
                                  earth_m * sin(latitude * degree)};
}

double catalog_place_distance(double latitude, double longitude, double other_latitude,
                              double other_longitude)
{
    double up = sin((other_latitude - latitude) * degree / 2);
    double across = sin((other_longitude - longitude) * degree / 2);
    double h = up * up + cos(latitude * degree) * cos(other_latitude * degree) * across * across;
    return 2 * earth_m * asin(fmin(1, sqrt(h)));
}

struct cube {
    int size;
    long x, y, z;
};

static long cell(double metres, int size)
{
    return (long)floor(metres / size_m[size]);
}

static int put_key(struct catalog_text *out, const char *quote, const struct cube *cube,
                   struct catalog_err *err)
{
    char key[KEY_BYTES];
    int len = snprintf(key, sizeof key, "%s%cg%d,%ld,%ld,%ld%s", quote, CATALOG_KEY_MARK,
                       cube->size, cube->x, cube->y, cube->z, quote);
    return catalog_text_add(out, key, (size_t)len, err);
}

int catalog_place_keys(struct catalog_text *keys, double latitude, double longitude,
                       struct catalog_err *err)
{
    struct catalog_point at = catalog_place_point(latitude, longitude);
    for (int size = 0; size < SIZES; size++) {
        struct cube cube = {size, cell(at.x, size), cell(at.y, size), cell(at.z, size)};
        if ((keys->len > 0 && catalog_text_add(keys, " ", 1, err) < 0) ||
            put_key(keys, "", &cube, err) < 0)
            return -1;
    }
    return 0;
}

static double least(long cell, double side)
{
    return cell >= 0 ? (double)cell * side : cell == -1 ? 0 : -((double)cell + 1) * side;
}

static double most(long cell, double side)
{
    return cell >= 0 ? ((double)cell + 1) * side : -(double)cell * side;
}

/* Whether the ground passes through the cube. */
static bool on_ground(const struct cube *cube)
{
    double side = size_m[cube->size];
    double near = hypot(hypot(least(cube->x, side), least(cube->y, side)), least(cube->z, side));
    double far = hypot(hypot(most(cube->x, side), most(cube->y, side)), most(cube->z, side));
    return near <= earth_m + slack_m && far >= earth_m - slack_m;
}

int catalog_place_match(struct catalog_text *match, double latitude, double longitude,
                        double radius_m, struct catalog_err *err)
{
    int size = 0;
    while (size < SIZES && size_m[size] < radius_m)
        size++;
    if (size == SIZES)
        return 0;
    struct catalog_point at = catalog_place_point(latitude, longitude);
    double reach = radius_m + slack_m;
    const char *before = "(";
    struct cube cube = {.size = size};
    for (cube.x = cell(at.x - reach, size); cube.x <= cell(at.x + reach, size); cube.x++)
        for (cube.y = cell(at.y - reach, size); cube.y <= cell(at.y + reach, size); cube.y++)
            for (cube.z = cell(at.z - reach, size); cube.z <= cell(at.z + reach, size); cube.z++)
                if (on_ground(&cube)) {
                    if (catalog_text_add(match, before, strlen(before), err) < 0 ||
                        put_key(match, "\"", &cube, err) < 0)
                        return -1;
                    before = " OR ";
                }
    return catalog_text_add(match, ")", 1, err);
}

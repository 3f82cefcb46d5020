#ifndef SHILU_CATALOG_PLACE_H
#define SHILU_CATALOG_PLACE_H

#include "catalog/catalog.h"
#include "catalog/text.h"

/*
 * Positions as points on a sphere, in metres from the earth's middle: there nothing has a seam, at
 * 180° or at the poles. Space is cut into cubes of several sizes; the cubes that a point lies in
 * are keys of its line in the search index, so that "near" is joined with words there. A straight
 * line is never longer than the way on the ground, so a box of the radius misses nothing; the
 * distance on the ground (haversine) decides.
 */

struct catalog_point {
    double x, y, z;
};

bool catalog_place_valid(double latitude, double longitude);
struct catalog_point catalog_place_point(double latitude, double longitude);

/* Metres on the ground of a sphere of the earth's mean radius. */
double catalog_place_distance(double latitude, double longitude, double other_latitude,
                              double other_longitude);

/* Adds the keys of the cubes of every size that the point lies in. */
int catalog_place_keys(struct catalog_text *keys, double latitude, double longitude,
                       struct catalog_err *err);

/* Adds an FTS5 expression of the cubes around, like ("…" OR "…"); nothing where the radius is
 * beyond the largest cubes. */
int catalog_place_match(struct catalog_text *match, double latitude, double longitude,
                        double radius_m, struct catalog_err *err);

#endif

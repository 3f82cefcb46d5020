#ifndef SHILU_TESTS_PROBE_MADE_H
#define SHILU_TESTS_PROBE_MADE_H

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/source.h"

/* cmocka's own compares as float, which is too coarse for a position. */
#define assert_near(is, should, margin)                                                            \
    do {                                                                                           \
        double is_ = (is);                                                                         \
        if (!(fabs(is_ - (should)) <= (margin)))                                                   \
            fail_msg("%s is %.9f", #is, is_);                                                      \
    } while (0)

/* Bytes of a file made for a test. Boxes nest: made_box opens one, made_end closes the last. */
struct made {
    uint8_t bytes[8192];
    size_t len;
    size_t open[8];
    size_t depth;
};

static inline void made_put(struct made *made, const void *at, size_t len)
{
    assert(len <= sizeof made->bytes - made->len);
    memcpy(made->bytes + made->len, at, len);
    made->len += len;
}

static inline void made_text(struct made *made, const char *text)
{
    made_put(made, text, strlen(text));
}

static inline void made_zero(struct made *made, size_t len)
{
    assert(len <= sizeof made->bytes - made->len);
    memset(made->bytes + made->len, 0, len);
    made->len += len;
}

static inline void made_be(struct made *made, uint64_t value, size_t width)
{
    for (size_t i = width; i-- > 0;) {
        uint8_t octet = (uint8_t)(value >> (8 * i));
        made_put(made, &octet, 1);
    }
}

static inline void made_le(struct made *made, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        uint8_t octet = (uint8_t)(value >> (8 * i));
        made_put(made, &octet, 1);
    }
}

static inline void made_le_float(struct made *made, float value)
{
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    made_le(made, bits, 4);
}

static inline void made_le_double(struct made *made, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    made_le(made, bits, 8);
}

static inline void made_box(struct made *made, const char *type)
{
    made->open[made->depth++] = made->len;
    made_be(made, 0, 4);
    made_put(made, type, 4);
}

static inline void made_end(struct made *made)
{
    size_t start = made->open[--made->depth];
    uint32_t size = (uint32_t)(made->len - start);
    for (size_t i = 0; i < 4; i++)
        made->bytes[start + i] = (uint8_t)(size >> (24 - 8 * i));
}

static inline struct probe_bytes made_bytes(const struct made *made)
{
    return (struct probe_bytes){made->bytes, made->len};
}

static inline struct probe_report *made_report(void)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    if (report_new(&report, &err) < 0)
        abort();
    return report;
}

/* What a source finds in bytes that are the whole file; they are copied to their exact length, so
 * that a read beyond it is seen. */
static inline struct probe_report *made_scan(const struct source *source, struct probe_bytes bytes)
{
    struct probe_report *report = made_report();
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes.at, bytes.len);
    struct probe_input *input = input_from_bytes((struct probe_bytes){copy, bytes.len});
    if (input == NULL)
        abort();
    source->scan(input, report);
    input_free(input);
    free(copy);
    return report;
}

/* Every cut of the file is read without harm. */
static inline void made_scan_cuts(const struct source *source, const struct made *made)
{
    for (size_t len = 0; len < made->len; len++)
        probe_report_free(made_scan(source, (struct probe_bytes){made->bytes, len}));
}

#endif

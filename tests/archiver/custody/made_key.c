#include "made_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"

typedef int key_reader(struct bytes pem, const char *object, struct key **out, struct err *err);

/* A key in DER is these octets before the 32 (RFC 8410). */
static struct key *made_key(const char *base64, const uint8_t *before, size_t before_len,
                            const char *kind, key_reader *reader)
{
    uint8_t octets[33], der[48];
    char text[BYTES_BASE64(sizeof der)], pem[256];
    size_t len;
    struct key *key;
    struct err err;
    assert_int_equal(bytes_from_base64(bytes_of(base64), octets, sizeof octets, &len), 0);
    assert_int_equal(len, sizeof octets);
    memcpy(der, before, before_len);
    memcpy(der + before_len, octets + 1, 32);
    bytes_to_base64((struct bytes){der, before_len + 32}, text);
    int made = snprintf(pem, sizeof pem, "-----BEGIN %s KEY-----\n%s\n-----END %s KEY-----\n", kind,
                        text, kind);
    assert_true(made > 0 && (size_t)made < sizeof pem);
    assert_int_equal(reader(bytes_of(pem), "made", &key, &err), 0);
    return key;
}

struct key *made_public_key(const char *base64)
{
    static const uint8_t before[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                     0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
    return made_key(base64, before, sizeof before, "PUBLIC", key_from_public_pem);
}

struct key *made_private_key(const char *base64)
{
    static const uint8_t before[] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                     0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    return made_key(base64, before, sizeof before, "PRIVATE", key_from_private_pem);
}

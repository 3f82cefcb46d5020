#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { CASE_KEPT = 40, EXTENSION_MAX = 8, DIGEST_BYTES = 32, MARK_BYTES = 4 };

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether it ends as a name with a mark does: two cases must not share one name. */
static bool looks_marked(const char *name, size_t len)
{
    const size_t mark = 1 + 2 * MARK_BYTES;
    return len >= mark && name[len - mark] == '-' &&
           strspn(name + len - mark + 1, "0123456789abcdef") == mark - 1;
}

void vault_case_name(const char *case_number, char name[static VAULT_CASE_NAME])
{
    bool changed = false;
    size_t len = 0;
    for (const char *at = case_number; *at != '\0'; at++) {
        bool stays = is_letter_or_digit(*at) || *at == '.' || *at == '_' || *at == '-';
        /* no name begins with a dot or dash: hidden, "..", or an option to other programs */
        if (len == 0 && (!stays || *at == '.' || *at == '-')) {
            changed = true;
            continue;
        }
        changed = changed || !stays;
        if (!stays && name[len - 1] == '-')
            continue;
        if (len == CASE_KEPT) {
            changed = true;
            break;
        }
        if (stays)
            name[len++] = *at;
        else
            name[len++] = '-';
    }
    name[len] = '\0';
    /* Windows takes no name that ends with a dot */
    if (!changed && len > 0 && name[len - 1] != '.' && !looks_marked(name, len))
        return;

    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    char mark[2 * MARK_BYTES + 1];
    /* SHA-256 of the default provider: cannot fail short of memory, then the mark is zeros */
    (void)EVP_Digest(case_number, strlen(case_number), digest, NULL, EVP_sha256(), NULL);
    bytes_to_hex(digest, MARK_BYTES, mark);
    const char *dash = len > 0 && name[len - 1] == '-' ? "" : "-";
    (void)snprintf(name + len, VAULT_CASE_NAME - len, "%s%s", len > 0 ? dash : "", mark);
}

void vault_stored_name(const uint8_t sha256[static 32], const char *original_name,
                       char name[static VAULT_STORED_NAME])
{
    char extension[EXTENSION_MAX + 1];
    size_t len = 0;
    const char *slash = strrchr(original_name, '/');
    const char *dot = strrchr(slash != NULL ? slash : original_name, '.');
    for (const char *at = dot; at != NULL && *at != '\0' && len < EXTENSION_MAX; at++)
        if (is_letter_or_digit(*at))
            extension[len++] = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    extension[len] = '\0';

    char digest[2 * DIGEST_BYTES + 1];
    bytes_to_hex(sha256, DIGEST_BYTES, digest);
    const char *shown = len == 0 ? "bin" : strcmp(extension, "json") == 0 ? "jsn" : extension;
    (void)snprintf(name, VAULT_STORED_NAME, "%s.%s", digest, shown);
}

void vault_stored_path(const char *stored_name, char path[static VAULT_STORED_PATH])
{
    (void)snprintf(path, VAULT_STORED_PATH, "%.2s/%s", stored_name, stored_name);
}

#include "backing/fetch.h"

#include <curl/curl.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { CONNECT_SECONDS = 15, ALL_SECONDS = 60, HTTP_OK = 200 };

AUTO_DEFINE(CURL *, curl_easy_cleanup, NULL);
AUTO_DEFINE(struct curl_slist *, curl_slist_free_all, NULL);

/* What goes beyond the ceiling ends the transfer. */
static size_t take(char *at, size_t size, size_t count, void *context)
{
    struct text *answer = context;
    text_append_bytes(answer, (struct bytes){(const uint8_t *)at, size * count});
    return text_failed(answer) ? 0 : size * count;
}

static bool set_up(CURL *curl, const char *url, struct bytes request, struct curl_slist *headers,
                   struct text *answer)
{
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request.len) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.at) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ALL_SECONDS) == CURLE_OK;
}

int fetch_stamp(const char *url, struct bytes request, struct text *answer, struct err *err)
{
    AUTO(curl_easy_cleanup) CURL *curl = curl_easy_init();
    AUTO(curl_slist_free_all)
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/timestamp-query");
    long status = 0;
    if (curl == NULL || headers == NULL || !set_up(curl, url, request, headers, answer))
        return err_memory(err, url);
    const CURLcode done = curl_easy_perform(curl);
    if (done != CURLE_OK)
        return err_set(err, ERR_SYSTEM, url, _("the timestamp authority cannot be reached: %s"),
                       curl_easy_strerror(done));
    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != HTTP_OK)
        return err_set(err, ERR_SYSTEM, url, _("the timestamp authority answers with status %ld"),
                       status);
    return 0;
}

#include "command/cells.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/banned.h"

enum { LABEL_CELLS = 12 };

/* The cells of the first character; *len receives its octets. */
static size_t first_width(const char *text, size_t left, size_t *len)
{
    mbstate_t state = {0};
    wchar_t character;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): its own state
    *len = mbrtowc(&character, text, left, &state);
    if (*len == 0 || *len > left) { /* not UTF-8: count octets */
        *len = 1;
        return 1;
    }
    int cells = wcwidth(character);
    return cells > 0 ? (size_t)cells : 0;
}

size_t cells_width(const char *text)
{
    size_t width = 0;
    size_t len;
    for (size_t left = strlen(text); left > 0; left -= len, text += len)
        width += first_width(text, left, &len);
    return width;
}

size_t cells_fit(const char *text, size_t width)
{
    size_t size = strlen(text);
    size_t at = 0;
    while (at < size) {
        size_t len;
        size_t cells = first_width(text + at, size - at, &len);
        if (cells > width)
            break;
        width -= cells;
        at += len;
    }
    return at;
}

size_t cells_of_terminal(int fd)
{
    struct winsize size;
    return isatty(fd) == 1 && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void cells_print_label(const char *label)
{
    size_t width = cells_width(label);
    printf("%s%*s", label, width < LABEL_CELLS ? (int)(LABEL_CELLS - width) : 1, "");
}

#include "probe/boxes.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/load.h"
#include "probe/sources/stamp.h"

#include <stdlib.h>
#include <string.h>

/*
 * Sony's NonRealTimeMeta, an XML text in a meta box of XAVC recordings (as in their M01.XML):
 * <CreationDate value="…"/> with its zone, <Device manufacturer= modelName= serialNo=>.
 * Two elements and four attributes are looked for as text; this is no XML reader.
 */

enum { XML_BYTES_MAX = 256 << 10, ELEMENT_MAX = 1024 };

/* The start tag of an element, without prefix. */
static struct probe_bytes find_element(struct probe_bytes xml, const char *start)
{
    size_t at = scan_find(xml, 0, start);
    struct probe_bytes rest = {xml.at + at, xml.len - at};
    struct probe_bytes element = {0};
    if (rest.len > ELEMENT_MAX)
        rest.len = ELEMENT_MAX;
    (void)scan_until(&rest, '>', &element);
    return element;
}

static struct probe_bytes find_attribute(struct probe_bytes element, const char *start)
{
    size_t at = scan_find(element, 0, start);
    struct probe_bytes value = {0};
    if (at == element.len)
        return value;
    at += strlen(start);
    struct probe_bytes rest = {element.at + at, element.len - at};
    (void)scan_until(&rest, '"', &value);
    return value;
}

static void read_xml(struct probe_bytes xml, struct probe_report *report)
{
    if (scan_find(xml, 0, "NonRealTimeMeta") == xml.len)
        return;
    struct probe_bytes element = find_element(xml, "<CreationDate ");
    (void)stamp_add_text(report, "sony-creationdate", find_attribute(element, "value=\""));
    element = find_element(xml, "<Device ");
    report_set_text(report, REPORT_MAKE, find_attribute(element, "manufacturer=\""));
    report_set_text(report, REPORT_MODEL, find_attribute(element, "modelName=\""));
    struct probe_bytes serial = find_attribute(element, "serialNo=\"");
    if (!scan_is(serial, "4294967295")) /* -1: it has none */
        report_set_text(report, REPORT_SERIAL, serial);
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    static const char *const PATHS[] = {"meta/xml ", "moov/meta/xml ", "moov/udta/meta/xml "};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        struct box box;
        struct probe_bytes xml;
        if (!box_path(input, PATHS[i], &box))
            continue;
        uint8_t *loaded = load_range(input, box.content, box.end, XML_BYTES_MAX, &xml);
        read_xml(xml, report);
        free(loaded);
    }
}

const struct source source_sony_xml = {.name = "sony-xml", .scan = scan};

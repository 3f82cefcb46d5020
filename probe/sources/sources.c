#include "probe/source.h"

extern const struct source source_asf;
extern const struct source source_dv;
extern const struct source source_flv;
extern const struct source source_id3;
extern const struct source source_gopro;
extern const struct source source_gpmf;
extern const struct source source_item_list;
extern const struct source source_ligo;
extern const struct source source_user_data;
extern const struct source source_sony_xml;
extern const struct source source_movie_header;
extern const struct source source_freegps;
extern const struct source source_camera_boxes;
extern const struct source source_text_track;
extern const struct source source_binary_track;
extern const struct source source_attachments;
extern const struct source source_klv;
extern const struct source source_matroska;
extern const struct source source_mdpm;
extern const struct source source_misb;
extern const struct source source_picture;
extern const struct source source_riff;
extern const struct source source_signed_stream;

/* The readers, in the order in which they are asked. A new camera is one file and one row. */
const struct source *const probe_sources[] = {
    &source_riff,          &source_matroska,  &source_asf,          &source_flv,
    &source_id3,           &source_picture,   &source_mdpm,         &source_misb,
    &source_signed_stream, &source_dv,        &source_klv,          &source_gopro,
    &source_gpmf,          &source_item_list, &source_user_data,    &source_sony_xml,
    &source_movie_header,  &source_freegps,   &source_camera_boxes, &source_text_track,
    &source_binary_track,  &source_ligo,      &source_attachments,  NULL,
};

const size_t probe_source_count = sizeof probe_sources / sizeof probe_sources[0] - 1;

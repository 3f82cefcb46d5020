#include "disc/volume.h"

#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "disc/cargo.h"
#include "disc/stream.h"

#include "base/banned.h"

enum { BLOCK = 2048, FIFO_BLOCKS = 64 };

struct volume {
    const char *name;
    IsoImage *image;
    IsoWriteOpts *options;
    struct burn_source *source;
    uint64_t left;
};

/* libisofs's own words for what went wrong, if it left any. */
static int failed(const struct volume *volume, int code, const char *what, struct err *err)
{
    if (code == (int)ISO_OUT_OF_MEM)
        return err_memory(err, volume->name);
    return err_set(err, ERR_SYSTEM, volume->name, "%s: %s", what, iso_error_to_msg(code));
}

static void set_node(IsoNode *node, mode_t permissions, time_t at)
{
    iso_node_set_permissions(node, permissions);
    iso_node_set_uid(node, 0);
    iso_node_set_gid(node, 0);
    iso_node_set_mtime(node, at);
    iso_node_set_atime(node, at);
    iso_node_set_ctime(node, at);
}

static time_t cargo_time(const struct cargo *cargo)
{
    return (time_t)(cargo->made_at.us / 1000000);
}

/* The folder of that name below `parent`, made where it is not there. */
static int folder_below(struct volume *volume, const struct cargo *cargo, IsoDir *parent,
                        const char *name, IsoDir **folder, struct err *err)
{
    IsoNode *there = NULL;
    if (iso_dir_get_node(parent, name, &there) == 1 && iso_node_get_type(there) == LIBISO_DIR) {
        *folder = (IsoDir *)there;
        return 0;
    }
    const int code = iso_image_add_new_dir(volume->image, parent, name, folder);
    if (code < 0)
        return failed(volume, code, name, err);
    set_node((IsoNode *)*folder, 0555, cargo_time(cargo));
    return 0;
}

static int add_file(struct volume *volume, const struct cargo *cargo, size_t at, struct err *err)
{
    AUTO(free) char *path = strdup(cargo->files[at].path);
    if (path == NULL)
        return err_memory(err, volume->name);
    IsoDir *parent = iso_image_get_root(volume->image);
    char *name = path;
    for (char *slash = strchr(name, '/'); slash != NULL; slash = strchr(name, '/')) {
        *slash = '\0';
        if (folder_below(volume, cargo, parent, name, &parent, err) < 0)
            return -1;
        name = slash + 1;
    }
    IsoStream *stream = NULL;
    IsoFile *file = NULL;
    if (cargo_stream(cargo, at, &stream, err) < 0)
        return -1;
    const int code = iso_image_add_new_file(volume->image, parent, name, stream, &file);
    if (code < 0) {
        iso_stream_unref(stream);
        return failed(volume, code, cargo->files[at].path, err);
    }
    set_node((IsoNode *)file, 0444, cargo_time(cargo));
    return 0;
}

static int fill(struct volume *volume, const struct cargo *cargo, struct err *err)
{
    const int code = iso_image_new(cargo->name, &volume->image);
    if (code < 0)
        return failed(volume, code, _("new image"), err);
    iso_image_set_volume_id(volume->image, cargo->name);
    iso_image_set_application_id(volume->image, "SHILU");
    iso_image_set_system_id(volume->image, "");
    set_node((IsoNode *)iso_image_get_root(volume->image), 0555, cargo_time(cargo));
    for (size_t i = 0; i < cargo->file_count; i++) {
        if (add_file(volume, cargo, i, err) < 0)
            return -1;
    }
    return 0;
}

/* Dates of the volume in the form of ECMA-119, 8.4.26.1, from which libisofs makes all others. */
static int set_options(struct volume *volume, const struct cargo *cargo, struct err *err)
{
    const time_t at = cargo_time(cargo);
    char no_text[] = "";
    int code = iso_write_opts_new(&volume->options, 0);
    if (code < 0)
        return failed(volume, code, _("options"), err);
    IsoWriteOpts *options = volume->options;
    const int codes[] = {
        iso_write_opts_set_iso_level(options, 3),
        iso_write_opts_set_rockridge(options, 1),
        /* serial numbers of 1.12 would follow addresses in libisofs's memory */
        iso_write_opts_set_rrip_version_1_10(options, 1),
        iso_write_opts_set_joliet(options, 1),
        /* in Joliet neither ";1" nor a dot at the end: some systems show them */
        iso_write_opts_set_omit_version_numbers(options, 2),
        iso_write_opts_set_no_force_dots(options, 2),
        iso_write_opts_set_joliet_longer_paths(options, 1),
        iso_write_opts_set_joliet_long_names(options, 1),
        iso_write_opts_set_allow_deep_paths(options, 1),
        iso_write_opts_set_allow_longer_paths(options, 1),
        iso_write_opts_set_dir_rec_mtime(options, 1),
        iso_write_opts_set_always_gmt(options, 1),
        iso_write_opts_set_output_charset(options, "UTF-8"),
        iso_write_opts_set_record_md5(options, 0, 0),
        iso_write_opts_set_default_timestamp(options, at),
        iso_write_opts_set_pvd_times(options, at, at, 0, 0, no_text),
        iso_write_opts_set_fifo_size(options, FIFO_BLOCKS),
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i] < 0)
            return failed(volume, codes[i], _("options"), err);
    }
    return 0;
}

static int start(struct volume *volume, uint64_t *bytes, uint64_t *head, struct err *err)
{
    const int code = iso_image_create_burn_source(volume->image, volume->options, &volume->source);
    if (code < 0)
        return failed(volume, code, _("lay out the image"), err);
    uint32_t data_start = 0;
    if (iso_write_opts_get_data_start(volume->options, &data_start, 0) < 0)
        return err_set(err, ERR_SYSTEM, volume->name, _("libisofs tells no start of the contents"));
    volume->left = (uint64_t)volume->source->get_size(volume->source);
    *bytes = volume->left;
    *head = (uint64_t)data_start * BLOCK;
    return 0;
}

int volume_open(const struct cargo *cargo, struct volume **out, uint64_t *bytes, uint64_t *head,
                struct err *err)
{
    AUTO(volume_free) struct volume *volume = calloc(1, sizeof *volume);
    if (volume == NULL)
        return err_memory(err, cargo->name);
    volume->name = cargo->name;
    if (iso_init() < 0)
        return err_memory(err, cargo->name);
    /* libisofs takes these as char *, and does not write to them */
    char queue[] = "FAILURE";
    char print[] = "NEVER";
    char abort_at[] = "MISHAP";
    char id[] = "";
    iso_set_msgs_severities(queue, print, id);
    iso_set_abort_severity(abort_at);
    if (fill(volume, cargo, err) < 0 || set_options(volume, cargo, err) < 0 ||
        start(volume, bytes, head, err) < 0)
        return -1;
    *out = volume;
    volume = NULL;
    return 0;
}

static void source_free(struct volume *volume)
{
    if (volume->source == NULL)
        return;
    if (volume->left > 0)
        volume->source->cancel(volume->source);
    volume->source->free_data(volume->source); /* waits for libisofs's thread */
    free(volume->source);
    volume->source = NULL;
}

int volume_read(struct volume *volume, uint8_t *at, size_t len, struct err *err)
{
    const int got = volume->source->read_xt(volume->source, at, (int)len);
    if (got == (int)len) {
        volume->left -= len;
        return 0;
    }
    source_free(volume);
    return err_set(err, ERR_SYSTEM, volume->name, _("libisofs ended the image early"));
}

void volume_free(struct volume *volume)
{
    source_free(volume);
    if (volume->options != NULL)
        iso_write_opts_free(volume->options);
    if (volume->image != NULL)
        iso_image_unref(volume->image);
    free(volume);
}

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "digest/digest.h"
#include "pack/pack.h"
#include "pack/tar.h"

#include "base/banned.h"

enum { LAYOUT_MEMBERS_MAX = 2000000 };

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

static int member_keep(struct pack_layout *layout, const struct tar_member *member, size_t *room,
                       struct err *err)
{
    if (layout->count == LAYOUT_MEMBERS_MAX)
        return err_set(err, ERR_DAMAGED, member->name, _("more than %d members in a tar"),
                       LAYOUT_MEMBERS_MAX);
    if (layout->count == *room) {
        size_t wanted = *room == 0 ? 64 : *room * 2;
        struct pack_member *more = realloc(layout->members, wanted * sizeof *more);
        if (more == NULL)
            return err_memory(err, member->name);
        layout->members = more;
        *room = wanted;
    }
    char *name = strdup(member->name);
    if (name == NULL)
        return err_memory(err, member->name);
    layout->members[layout->count++] = (struct pack_member){
        .name = name,
        .is_folder = member->is_folder,
        .header_offset = member->header_offset,
        .offset = member->offset,
        .size = member->size,
    };
    return 0;
}

static int members_read(struct tar_reader *reader, struct pack_layout *layout, struct err *err)
{
    size_t room = layout->count > 0 ? 64 : 0;
    while (room < layout->count)
        room *= 2; /* as it was grown before */
    struct tar_member member;
    for (;;) {
        bool found;
        int got = tar_next(reader, &member, &found, err);
        layout->read_to = reader->at;
        if (got < 0)
            return -1;
        if (!found)
            return 0;
        if (member_keep(layout, &member, &room, err) < 0)
            return -1;
    }
}

int pack_layout_read(int fd, const char *object, struct pack_layout *layout, struct err *err)
{
    memset(layout, 0, sizeof *layout);
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *structure = EVP_MD_CTX_new();
    AUTO(free) struct tar_reader *reader = malloc(sizeof *reader);
    if (structure == NULL || reader == NULL ||
        EVP_DigestInit_ex2(structure, EVP_sha256(), NULL) != 1)
        return err_memory(err, object);
    if (tar_reader_init(reader, fd, object, structure, err) < 0)
        return -1;
    layout->size = reader->size;
    if (members_read(reader, layout, err) < 0)
        return -1;
    if (EVP_DigestFinal_ex(structure, layout->structure, NULL) != 1)
        return err_memory(err, object);
    return 0;
}

int pack_layout_resume(int fd, const char *object, uint64_t from, uint64_t to,
                       struct pack_layout *layout, bool *resumed, struct err *err)
{
    AUTO(free) struct tar_reader *reader = malloc(sizeof *reader);
    if (reader == NULL)
        return err_memory(err, object);
    *resumed = false;
    if (tar_reader_init(reader, fd, object, NULL, err) < 0 ||
        tar_find(reader, from, to, resumed, err) < 0)
        return -1;
    return *resumed ? members_read(reader, layout, err) : 0;
}

void pack_layout_release(struct pack_layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        /* given out as const: it is the layout's own copy */
        char *name;
        memcpy(&name, &layout->members[i].name, sizeof name);
        free(name);
    }
    free(layout->members);
    memset(layout, 0, sizeof *layout);
}

#ifndef SHILU_PROBE_BOXES_H
#define SHILU_PROBE_BOXES_H

#include "probe/input.h"

/*
 * Boxes (atoms) of ISO/IEC 14496-12 and QuickTime files, walked in place. A box that claims more
 * than its parent holds is cut to it and marked.
 */
struct box {
    char type[5];     /* four characters and NUL; octets that are not ASCII as they are */
    uint8_t uuid[16]; /* when type is "uuid" */
    uint64_t offset;  /* of its header, from the start of the file */
    uint64_t content; /* where its content starts */
    uint64_t end;     /* the first byte after it, cut to the parent's end */
    bool cut;         /* it claimed more than there is */
};

/*
 * The box at *at inside [*at, end); moves *at behind it. false at the end, and where what follows
 * is no box header (*at then stays where it was).
 */
bool box_next(struct probe_input *input, uint64_t *at, uint64_t end, struct box *box);

/* The first box of a type inside [from, end). */
bool box_find(struct probe_input *input, uint64_t from, uint64_t end, const char *type,
              struct box *box);

/* Follows a path of types ("moov/udta/meta") from the whole file. A "meta" box is entered whether
 * it is a full box (ISO) or not (QuickTime). */
bool box_path(struct probe_input *input, const char *path, struct box *box);

#endif

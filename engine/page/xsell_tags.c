
/*
 * xsell_tags.c: the list of xsell_tags.h as tables.
 *
 * The table of kinds is a perfect hash, a multiplication and a shift, and the
 * compiler proves it: two names in one place would be an initializer that
 * overrides another, which -Wextra and -Werror refuse.  A new name that meets
 * an old one wants another XSELL_TAG_MIX; random odd numbers do.
 *
 * Not taken: a sorted table and binary search, 7 steps a tag.
 */

#include "xsell_tag_list.h"


const xsell_tag_t  xsell_tags[XSELL_KINDS] = {
#define X(kind, text, name, group, flags)                                     \
    [XSELL_KIND_##kind] = { name, flags, XSELL_##group, sizeof(text) - 1,     \
                            text },
    XSELL_TAG_LIST(X)
#undef X
};


const uint8_t  xsell_tag_kinds[XSELL_TAG_PLACES] = {
#define X(kind, text, name, group, flags)                                     \
    [xsell_tag_place(name)] = XSELL_KIND_##kind,
    XSELL_TAG_LIST(X)
#undef X
};

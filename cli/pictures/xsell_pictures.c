
/*
 * xsell_pictures.c: the program that reads pictures for `xsell`: a file's
 * name in, a small picture out.  The only user of libvips.
 *
 * It is a process of its own because a picture is what somebody uploaded and
 * a decoder may be made to crash, to loop or to take all memory: then one
 * picture is named and left out, and a new reader goes on.  Besides: a file
 * is looked at only if its first bytes are those of JPEG, PNG, WebP or GIF,
 * libvips may use its loaders of these four alone, bytes and pixels are
 * checked before anything is decoded, of an animation the first frame is
 * read, and memory is limited.
 *
 * Decoding shrinks while it reads (vips_thumbnail), so a large picture costs
 * little more than a small one.
 */

#include "pictures.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vips/vips.h>


#define NAME_MAX_BYTES  4096


static int
pictures_known(const uint8_t *p, size_t n)
{
    return (n > 3 && memcmp(p, "\xff\xd8\xff", 3) == 0)
           || (n > 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0)
           || (n > 6 && (memcmp(p, "GIF87a", 6) == 0
                         || memcmp(p, "GIF89a", 6) == 0))
           || (n > 12 && memcmp(p, "RIFF", 4) == 0
               && memcmp(p + 8, "WEBP", 4) == 0);
}


/* the whole file, to be freed; *status says why not */

static uint8_t *
pictures_file(const char *name, size_t *n, uint32_t *status)
{
    int           fd;
    size_t        at;
    ssize_t       got;
    uint8_t      *p;
    struct stat   st;

    *status = PICTURES_ABSENT;
    fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return NULL;
    }

    p = NULL;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        *status = PICTURES_NO_FILE;

    } else if (st.st_size > (off_t) PICTURES_BYTES) {
        *status = PICTURES_LARGE;

    } else {
        p = malloc((size_t) st.st_size + 1);
        *status = PICTURES_BROKEN;
    }

    for (at = 0; p && at < (size_t) st.st_size; at += (size_t) got) {
        got = read(fd, p + at, (size_t) st.st_size - at);

        if (got <= 0) {
            break;                      /* it became shorter */
        }
    }

    close(fd);
    *n = p ? at : 0;

    return p;
}


/* sRGB of 8 bits in three bands, or NULL */

static VipsImage *
pictures_plain(VipsImage *in)
{
    int               rc;
    VipsImage        *flat, *rgb, *bytes;
    VipsArrayDouble  *white;

    white = vips_array_double_newv(1, 255.0);
    rc = vips_image_hasalpha(in)
         ? vips_flatten(in, &flat, "background", white, NULL)
         : vips_copy(in, &flat, NULL);
    vips_area_unref(VIPS_AREA(white));

    if (rc) {
        return NULL;
    }

    rc = vips_colourspace(flat, &rgb, VIPS_INTERPRETATION_sRGB, NULL);
    g_object_unref(flat);

    if (rc) {
        return NULL;
    }

    rc = vips_cast_uchar(rgb, &bytes, NULL);
    g_object_unref(rgb);

    if (rc) {
        return NULL;
    }

    if (bytes->Bands != 3) {
        g_object_unref(bytes);
        return NULL;
    }

    return bytes;
}


static uint8_t *
pictures_decode(const uint8_t *p, size_t n, pictures_reply_t *reply)
{
    int         rc;
    void       *pixels;
    size_t      bytes;
    uint64_t    w, h;
    VipsImage  *in, *small, *plain;

    reply->status = PICTURES_FORMAT;

    if (!pictures_known(p, n)) {
        return NULL;
    }

    reply->status = PICTURES_BROKEN;
    in = vips_image_new_from_buffer(p, n, "", NULL);

    if (in == NULL) {
        return NULL;
    }

    w = (uint64_t) in->Xsize;
    h = (uint64_t) in->Ysize;
    g_object_unref(in);

    if (w * h > PICTURES_PIXELS) {
        reply->status = PICTURES_WIDE;
        return NULL;
    }

    /* of a buffer, the operation's own fail_on is not handed on (libvips
       issue 5195): as an option of the loader it is */

    rc = vips_thumbnail_buffer((void *) p, n, &small, PICTURES_SIDE,
                               "height", PICTURES_SIDE, "option_string",
                               "fail_on=truncated", NULL);

    if (rc) {
        return NULL;
    }

    plain = pictures_plain(small);
    g_object_unref(small);

    if (plain == NULL) {
        return NULL;
    }

    pixels = vips_image_write_to_memory(plain, &bytes);
    reply->w = (uint32_t) plain->Xsize;
    reply->h = (uint32_t) plain->Ysize;
    g_object_unref(plain);

    if (pixels && reply->w <= PICTURES_SIDE && reply->h <= PICTURES_SIDE
        && bytes == (size_t) reply->w * reply->h * 3)
    {
        reply->status = PICTURES_OK;
        return pixels;
    }

    g_free(pixels);

    return NULL;
}


static int
pictures_write(const void *data, size_t n)
{
    ssize_t      put;
    const char  *p;

    for (p = data; n; p += put, n -= (size_t) put) {
        put = write(STDOUT_FILENO, p, n);

        if (put <= 0) {
            return -1;
        }
    }

    return 0;
}


static int
pictures_answer(const char *name)
{
    int                rc;
    size_t             n;
    uint8_t           *file, *pixels;
    pictures_reply_t   reply;

    memset(&reply, 0, sizeof(reply));

    pixels = NULL;
    file = pictures_file(name, &n, &reply.status);

    if (file) {
        pixels = pictures_decode(file, n, &reply);
    }

    rc = pictures_write(&reply, sizeof(reply));

    if (rc == 0 && reply.status == PICTURES_OK) {
        rc = pictures_write(pixels, (size_t) reply.w * reply.h * 3);
    }

    g_free(pixels);
    free(file);
    vips_error_clear();

    return rc;
}


static int
pictures_init(const char *program)
{
    struct rlimit  limit;

    static const char *const  loaders[] = {
        "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
        "VipsForeignLoadNsgif"
    };

    size_t  i;

    limit.rlim_cur = PICTURES_MEMORY;
    limit.rlim_max = PICTURES_MEMORY;
    (void) setrlimit(RLIMIT_AS, &limit);

    limit.rlim_cur = 0;
    limit.rlim_max = 0;
    (void) setrlimit(RLIMIT_CORE, &limit);

    if (VIPS_INIT(program)) {
        return -1;
    }

    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_operation_block_set("VipsForeignLoad", TRUE);

    for (i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
        vips_operation_block_set(loaders[i], FALSE);
    }

    return 0;
}


int
main(int argc, char **argv)
{
    int     c;
    char    name[NAME_MAX_BYTES];
    size_t  n;

    if (argc != 1 || pictures_init(argv[0]) != 0) {
        fprintf(stderr, PICTURES_PROGRAM ": is started by xsell\n");
        return 1;
    }

    n = 0;

    while ((c = getchar()) != EOF) {

        if (n == sizeof(name)) {
            return 1;
        }

        name[n++] = (char) c;

        if (c == '\0') {
            n = 0;

            if (pictures_answer(name) != 0) {
                return 1;
            }
        }
    }

    return 0;
}

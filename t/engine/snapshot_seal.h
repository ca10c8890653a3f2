
/*
 * snapshot_seal.h: makes the checksums of a changed snapshot right again, so
 * that tests and the fuzzer reach what stands behind them.
 */

#ifndef SNAPSHOT_SEAL_H
#define SNAPSHOT_SEAL_H

#include "store/xsell_snapshot.h"


static inline void
snapshot_seal(uint8_t *p, size_t n)
{
    uint64_t             off, bytes;
    xsell_snap_end_t     end;
    xsell_snap_head_t    head;
    xsell_snap_chunk_t   chunk;

    if (n < sizeof(head)) {
        return;
    }

    memcpy(&head, p, sizeof(head));
    head.check = xsell_snap_head_check(&head);
    memcpy(p, &head, sizeof(head));

    memset(&end, 0, sizeof(end));
    end.chain = (uint32_t) crc32(0, p, sizeof(head));

    for (off = sizeof(head); off + sizeof(chunk) <= n; off += bytes) {
        memcpy(&chunk, p + off, sizeof(chunk));
        bytes = sizeof(chunk) + (uint64_t) chunk.n * chunk.record_bytes;

        if (bytes > n - off) {
            return;
        }

        if (chunk.type == XSELL_SNAP_END
            && bytes == sizeof(chunk) + sizeof(end))
        {
            end.bytes = off;
            memcpy(p + off + sizeof(chunk), &end, sizeof(end));
        }

        chunk.check = xsell_snap_chunk_check(p + off, (size_t) bytes);
        memcpy(p + off, &chunk, sizeof(chunk));

        end.chunks++;
        end.records += chunk.n;
        end.chain = (uint32_t) crc32(end.chain, p + off, sizeof(chunk));
    }
}


#endif /* SNAPSHOT_SEAL_H */

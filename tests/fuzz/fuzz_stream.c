/* fuzz_stream.c - operations on one TCP connection, compared with the byte-array model.
 *
 * Input: one byte of options (1 hasty, 2 SYN of A, 4 SYN of B, 8 sequence numbers wrap), then operations of
 * six bytes: position be16, length, cut, acknowledged / 32, flags (1 direction, 2 other content,
 * 4 acknowledges).
 */
#include "tests/stream_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum { OPS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sm m;
    struct ww_rd r = ww_rd((struct ww_slice){ data, size });
    uint8_t opt = ww_rd_u8(&r);
    sm_init(&m, opt & 8 ? 0xfffffff0u : 1000, 77, opt & 1);
    m.exact = true;
    if (opt & 2)
        sm_syn(&m, WW_A);
    if (opt & 4)
        sm_syn(&m, WW_B);
    for (int i = 0; i < OPS && r.left >= 6; i++) {
        size_t pos = ww_rd_be16(&r) % SM_BYTES;
        size_t n = ww_rd_u8(&r) * 4u;
        size_t cut = ww_rd_u8(&r) / 8u;
        int64_t ack = ww_rd_u8(&r) * 32; /* at most SM_BYTES */
        uint8_t flags = ww_rd_u8(&r);
        sm_segment(&m, flags & 1 ? WW_B : WW_A, pos, n, flags & 2, cut, flags & 4 ? ack : -1);
    }
    sm_end(&m);
    return 0;
}

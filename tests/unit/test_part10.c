/* The preamble of DICOM files. */
#include "dissectors/lib/part10.h"
#include "tests/support.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct ww_slice file(const void *front, size_t n, uint8_t fill, size_t total)
{
    uint8_t b[WW_PART10_HEAD];
    memset(b, fill, sizeof b);
    memcpy(b, front, n);
    memcpy(b + WW_PART10_PREAMBLE, "DICM", 4);
    return t_guard(b, total);
}

Test(part10, preambles)
{
    const struct {
        const char *front, *name;
        size_t n;
        uint8_t fill;
        bool executable;
    } row[] = {
        { "", "zero", 0, 0, false },
        { "II*\0\x10\0\0\0", "tiff", 8, 0, false },
        { "MM\0*", "tiff", 4, 0, false },
        { "II\x2b\0", "tiff", 4, 0, false },
        { "made by a scanner\n", "text", 18, 0, false },
        { "", "other", 0, 0xee, false },
        { "I", "other", 1, 0x80, false },
        { "MZ\x90\0", "pe", 4, 0, true },
        { "MZ", "pe", 2, 0x41, true },
        { "\x7f"
          "ELF\2\1",
          "elf", 6, 0, true },
        { "\xca\xfe\xba\xbe", "mach_o", 4, 0, true },
        { "\xcf\xfa\xed\xfe", "mach_o", 4, 0, true },
        { "#!/bin/sh\n", "script", 10, 0, true },
        { "PK\3\4", "archive", 4, 0, true },
        { "PK\5\6", "other", 4, 0, false },
        { "<?php", "markup", 5, 0, true },
        { "<html>", "markup", 6, 0, true },
        { "<!DOCTYPE", "markup", 9, 0, true },
        { "%PDF-1.7", "pdf", 8, 0, true },
        { "%PD", "text", 3, 0, false },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ww_slice s = file(row[i].front, row[i].n, row[i].fill, WW_PART10_HEAD);
        enum ww_preamble p = ww_part10_preamble(s);
        cr_assert(eq(str, (char *)(uintptr_t)ww_part10_name(p), (char *)(uintptr_t)row[i].name),
                  "row %zu", i);
        cr_assert(eq(int, ww_part10_executable(p), row[i].executable), "row %zu", i);
        t_unguard(s);
    }
}

Test(part10, no_file)
{
    for (size_t n = 0; n < WW_PART10_HEAD; n++) {
        struct ww_slice s = file("MZ", 2, 0, n);
        cr_assert(eq(int, ww_part10_preamble(s), WW_PREAMBLE_NO_FILE), "%zu", n);
        t_unguard(s);
    }
    uint8_t program[200] = "MZ";
    cr_assert(eq(int, ww_part10_preamble((struct ww_slice){ program, sizeof program }),
                 WW_PREAMBLE_NO_FILE));
    cr_assert(eq(str, (char *)(uintptr_t)ww_part10_name(WW_PREAMBLE_NO_FILE), (char *)""));
}

/* page.c - lines, numbers and colours for people. */
#include "store/report/page.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PUT_MAX = 7168, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };
#define NS 1000000000u

const char *ww_page_w(const struct ww_page *p, const char *ja, const char *en)
{
    return p->ja ? ja : en;
}

void ww_page_ink(const struct ww_page *p, enum ww_ink ink)
{
    static const char *const code[] = { "\033[0m", "\033[1m", "\033[2m", "\033[1;31m",
                                        "\033[1;33m" };
    if (p->color)
        ww_out_s(p->o, code[ink]);
}

void ww_page_pad(const struct ww_page *p, unsigned n)
{
    while (n-- > 0)
        ww_out_c(p->o, ' ');
}

void ww_page_wrap(const struct ww_page *p, unsigned at, unsigned hang, struct ww_slice text)
{
    struct ww_slice line;
    unsigned least = WW_PAGE_WIDTH_MIN / 2;
    for (unsigned col = at; text.n > 0; col = hang) {
        unsigned room = p->width > col + least ? p->width - col : least;
        if (ww_text_line(&text, room, &line) == 0)
            break;
        ww_out_raw(p->o, line.p, line.n);
        if (text.n > 0) {
            ww_out_c(p->o, '\n');
            ww_page_pad(p, hang);
        }
    }
}

void ww_page_put(const struct ww_page *p, unsigned at, unsigned hang, struct ww_slice text)
{
    char b[PUT_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    ww_text_clean(&o, text);
    ww_page_wrap(p, at, hang, (struct ww_slice){ (const uint8_t *)b, o.n });
}

/* ---- numbers ---- */
const char *ww_num_text(char b[WW_NUM], uint64_t v)
{
    char d[WW_NUM];
    int n = snprintf(d, sizeof d, "%llu", (unsigned long long)v);
    struct ww_out o = ww_out(b, WW_NUM - 1);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            ww_out_c(&o, ',');
        ww_out_c(&o, d[i]);
    }
    b[o.n] = 0;
    return b;
}

const char *ww_bytes_text(char b[WW_NUM], uint64_t v)
{
    static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    size_t u = 0;
    if (v > UINT64_MAX / 10) {
        v /= 1000;
        u = 1;
    }
    uint64_t tenths = v * 10;
    while (tenths >= 9995 && u + 1 < sizeof unit / sizeof unit[0]) {
        tenths = (tenths + 500) / 1000;
        u++;
    }
    unsigned long long whole = tenths / 10, part = tenths % 10;
    if (u == 0 || whole >= 100)
        (void)snprintf(b, WW_NUM, "%llu %s", whole + (part >= 5), unit[u]);
    else
        (void)snprintf(b, WW_NUM, "%llu.%llu %s", whole, part, unit[u]);
    return b;
}

const char *ww_ppm_text(char b[WW_NUM], uint64_t ppm)
{
    unsigned long long hundredths = (ppm + 50) / 100;
    if (ppm == 0)
        (void)snprintf(b, WW_NUM, "0 %%");
    else if (hundredths == 0)
        (void)snprintf(b, WW_NUM, "<0.01 %%");
    else if (hundredths >= 1000)
        (void)snprintf(b, WW_NUM, "%llu %%", (hundredths + 50) / 100);
    else
        (void)snprintf(b, WW_NUM, "%llu.%02llu %%", hundredths / 100, hundredths % 100);
    return b;
}

const char *ww_span_text(char b[WW_NUM], bool ja, uint64_t ns)
{
    uint64_t s = ns / NS;
    static const struct {
        unsigned s;
        const char *ja, *en;
    } unit[] = {
        { DAY_S, "日", "d" }, { HOUR_S, "時間", "h" }, { MINUTE_S, "分", "min" }, { 1, "秒", "s" }
    };
    if (s == 0) {
        (void)snprintf(b, WW_NUM, "%s", ja ? "1秒未満" : "under 1 s");
        return b;
    }
    size_t i = 0;
    while (s < unit[i].s)
        i++;
    unsigned long long big = s / unit[i].s, rest = 0;
    if (i + 1 < sizeof unit / sizeof unit[0])
        rest = s % unit[i].s / unit[i + 1].s;
    if (rest == 0)
        (void)snprintf(b, WW_NUM, ja ? "%llu%s" : "%llu %s", big, ja ? unit[i].ja : unit[i].en);
    else
        (void)snprintf(b, WW_NUM, ja ? "%llu%s%llu%s" : "%llu %s %llu %s", big,
                       ja ? unit[i].ja : unit[i].en, rest, ja ? unit[i + 1].ja : unit[i + 1].en);
    return b;
}

const char *ww_when_text(char b[WW_NUM], uint64_t ns, int utc_offset_min)
{
    char t[WW_TIME_TEXT];
    int64_t off = (int64_t)utc_offset_min * MINUTE_S * NS;
    uint64_t local = off < 0 && ns < (uint64_t)-off ? 0 : ns + (uint64_t)off;
    (void)ww_time_text(t, local);
    (void)snprintf(b, WW_NUM, "%.10s %.8s", t, t + 11);
    return b;
}

const char *ww_zone_text(char b[WW_NUM], int utc_offset_min)
{
    int a = utc_offset_min < 0 ? -utc_offset_min : utc_offset_min;
    if (utc_offset_min == 9 * MINUTE_S)
        (void)snprintf(b, WW_NUM, "JST");
    else if (utc_offset_min == 0)
        (void)snprintf(b, WW_NUM, "UTC");
    else
        (void)snprintf(b, WW_NUM, "UTC%c%d:%02d", utc_offset_min < 0 ? '-' : '+', a / 60, a % 60);
    return b;
}

/* ---- the terminal ---- */
bool ww_term_color(int fd)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) == 1 && (no == NULL || no[0] == 0) &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

unsigned ww_term_width(int fd)
{
    struct winsize w;
    if (isatty(fd) != 1 || ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_col < WW_PAGE_WIDTH_MIN)
        return WW_PAGE_WIDTH;
    return w.ws_col;
}

/* coverage.c - how much was seen, and what follows from it. Unknown is said as unknown (INV-05). */
#include "store/report/summary.h"

enum { TEXT_MAX = 2048 };

const char *ww_grade_text(bool ja, const char *grade)
{
    switch (grade[0]) {
    case 'A':
        return ja ? "A（取りこぼしは見つかっていない）" : "A (no losses found)";
    case 'B':
        return ja ? "B（小さな取りこぼし）" : "B (small losses)";
    case 'C':
        return ja ? "C（大きな取りこぼし）" : "C (large losses)";
    case 'D':
        return ja ? "D（ほとんど使えない）" : "D (hardly usable)";
    default: /* a letter of the data, no enum of ours */
        return ja ? "不明（どれだけ取りこぼしたか分からない）"
                  : "unknown (how much was missed is not known)";
    }
}

static void ppm(struct ww_out *o, bool ja, const char *what, uint64_t v, const char *of)
{
    char b[WW_NUM];
    ww_out_f(o, "%s%s %s", o->n > 0 ? (ja ? "、" : "; ") : "", what,
             v == WW_NULL64 ? (ja ? "不明" : "unknown") : ww_ppm_text(b, v));
    if (v != WW_NULL64 && of[0] != 0)
        ww_out_s(o, of);
}

static void line(const struct ww_page *p, struct ww_out *o)
{
    ww_out_s(p->o, "  ");
    ww_page_put(p, 2, 2, (struct ww_slice){ (const uint8_t *)o->buf, o->n });
    ww_out_c(p->o, '\n');
    o->n = 0;
}

static void packets(const struct ww_page *p, const struct ww_coverage *c)
{
    char b[TEXT_MAX], n[WW_NUM], m[WW_NUM];
    struct ww_out o = ww_out(b, sizeof b);
    bool ja = p->ja;
    if (c->packets != WW_NULL64)
        ww_out_f(&o, ja ? "%sパケット" : "%s packets", ww_num_text(n, c->packets));
    if (c->bytes != WW_NULL64)
        ww_out_f(&o, ja ? "（%s）" : " (%s)", ww_bytes_text(n, c->bytes));
    if (c->flows != WW_NULL64)
        ww_out_f(&o, ja ? "、%s通信" : " in %s flows", ww_num_text(m, c->flows));
    if (o.n > 0)
        line(p, &o);
    ppm(&o, ja, ja ? "損失" : "lost", c->loss_ppm, "");
    ppm(&o, ja, ja ? "途中から見た接続" : "begun before the capture", c->midstream_ppm,
        ja ? "（TCP）" : " of TCP flows");
    ppm(&o, ja, ja ? "片方向だけの接続" : "one direction only", c->one_way_ppm,
        ja ? "（TCP）" : " of TCP flows");
    ppm(&o, ja, ja ? "途中で切れたパケット" : "cut by the snap length", c->truncated_ppm,
        ja ? "" : " of packets");
    line(p, &o);
}

/* Counters that are zero in a good capture; unknown ones are named. */
static void losses(const struct ww_page *p, const struct ww_coverage *c)
{
    const struct {
        uint64_t v;
        bool nullable; /* null has a meaning: not even the kernel can tell */
        const char *ja, *en;
    } row[] = {
        { c->kernel_drops, true, "カーネルが捨てたパケット", "packets dropped by the kernel" },
        { c->ring_drops, false, "内部の待ち行列で捨てたパケット", "packets dropped in our queues" },
        { c->invalid, false, "読めなかったフレーム", "frames that could not be read" },
        { c->gap_bytes, false, "ストリーム中の欠けたバイト", "missing bytes inside of streams" },
        { c->gap_bulk_bytes, false, "うち、読み飛ばす大量データの中",
          "of these inside bulk that is passed over anyway" },
        { c->gap_acked_bytes, false, "うち、受信側は受け取ったもの",
          "of these received by the other end, so missed here" },
        { c->gap_cut_bytes, false, "うち、パケットの切り詰めによるもの",
          "of these cut by the snap length" },
        { c->event_drops, false, "捨てた事象", "events lost" },
        { c->stopped, false, "解釈をあきらめた接続", "flows given up by their dissector" },
        { c->no_tcp, false, "領域不足で組み立てなかったTCP接続",
          "TCP connections not reassembled for lack of room" },
        { c->no_state, false, "領域不足で解釈しなかった接続",
          "flows not dissected for lack of room" },
        { c->no_buffer, false, "領域不足で読めなかった電文",
          "messages not read for lack of a buffer" },
        { c->fragments_evicted, false, "押し出された断片データグラム",
          "unfinished fragmented datagrams pushed out" },
        { c->requests_evicted, false, "応答を待てなかった要求",
          "requests that could not wait for their result" },
        { c->clock_steps, false, "時刻の逆行", "times the clock went back" },
    };
    char b[TEXT_MAX], n[WW_NUM];
    struct ww_out o = ww_out(b, sizeof b);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        if (row[i].v == 0)
            continue;
        ww_out_s(&o, o.n > 0 ? (p->ja ? "、" : "; ") : "");
        ww_out_f(&o, "%s: %s", p->ja ? row[i].ja : row[i].en,
                 row[i].v == WW_NULL64 ? (p->ja ? "不明" : "unknown") : ww_num_text(n, row[i].v));
    }
    if (o.n > 0)
        line(p, &o);
}

/* Codes of sensor/coverage.c; a code that is not here is shown as it is. */
struct ww_slice ww_reason_text(bool ja, struct ww_slice code)
{
    static const struct {
        const char *code, *ja, *en;
    } words[] = {
        { "loss", "損失がある", "packets or stream bytes were lost" },
        { "loss_unknown", "損失を示す手がかりがない", "nothing could have shown a loss" },
        { "one_way", "片方向だけの接続が多い", "many connections show one direction only" },
        { "midstream", "始まりを見ていない接続が多い", "many connections began before the capture" },
        { "truncated", "パケットが途中で切れている", "packets are cut short" },
        { "clock_steps", "時刻が逆行した", "the clock went back" },
        { "flows_evicted", "接続の表があふれた", "the table of flows overflowed" },
        { "fragments_evicted", "断片の表があふれ、組み立てられないデータグラムがあった",
          "the table of fragments overflowed" },
        { "tcp_no_room", "TCPの表があふれ、中身を読めない接続があった",
          "the table of TCP connections was full: some were judged by address only" },
        { "state_no_room", "解釈の作業領域が足りず、中身を読めない接続があった",
          "no room for a dissector's state: some flows were not dissected" },
        { "buffer_no_room", "緩衝領域が足りず、読めない電文があった",
          "no buffer was left: some messages were not read" },
        { "requests_evicted", "応答待ちの表があふれ、応答と結び付けられない要求があった",
          "the table of open requests was full: some have no latency" },
        { "devices_evicted", "機器台帳の表があふれ、忘れた機器がある",
          "the inventory was full: some devices were forgotten" },
        { "alerts_evicted", "アラートの表があふれ、忘れたアラートがある",
          "the table of alerts was full: some were forgotten" },
        { "interface_down", "インターフェースが止まっていた時間がある",
          "an interface was down for a time" },
        { "overload_bulk", "過負荷で大量転送の中身を解析しなかった",
          "under overload the contents of bulk transfers were not dissected" },
        { "overload_payload", "過負荷で通信の中身を解析しなかった",
          "under overload payload was not dissected" },
        { "uneven", "一部のインターフェースまたはVLANは全体より悪い",
          "an interface or VLAN is worse than the whole" },
        { "events_dropped", "事象を捨てた", "events were lost" },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ww_slice_eqs(code, words[i].code))
            return ww_slice_str(ja ? words[i].ja : words[i].en);
    return code;
}

static void reasons(const struct ww_page *p, const struct ww_coverage *c)
{
    char b[TEXT_MAX];
    struct ww_out o = ww_out(b, sizeof b);
    struct ww_slice list = ww_slice_str(c->reasons);
    size_t at = 0;
    for (struct ww_slice s = ww_model_item(list, &at); s.p != NULL; s = ww_model_item(list, &at)) {
        struct ww_slice text = ww_reason_text(p->ja, s);
        ww_out_s(&o, o.n > 0 ? (p->ja ? "、" : "; ") : (p->ja ? "理由: " : "because: "));
        ww_out_raw(&o, text.p, text.n);
    }
    if (o.n > 0)
        line(p, &o);
}

void ww_coverage_page(const struct ww_page *p, const struct ww_totals *t)
{
    const struct ww_coverage *c = &t->coverage;
    ww_page_ink(p, WW_INK_BOLD);
    ww_out_s(p->o, ww_page_w(p, "観測の範囲", "Coverage"));
    ww_page_ink(p, WW_INK_NONE);
    ww_out_s(p->o, "  ");
    ww_page_ink(p, c->grade[0] == 'A' ? WW_INK_NONE : WW_INK_YELLOW);
    ww_out_s(p->o, ww_grade_text(p->ja, c->grade));
    ww_page_ink(p, WW_INK_NONE);
    ww_out_c(p->o, '\n');
    if (!c->known) {
        ww_out_s(p->o,
                 ww_page_w(p, "  計数が記録されていないため、損失・片方向・途中開始は不明です。\n",
                           "  No counters were stored: losses, one-way and mid-stream shares are "
                           "unknown.\n"));
        return;
    }
    packets(p, c);
    losses(p, c);
    reasons(p, c);
    if (t->worse_runs > 0)
        ww_out_f(p->o,
                 p->ja ? "  以前の実行のうち %llu 回は、これより悪い: %s\n"
                       : "  %llu earlier runs were worse: %s\n",
                 (unsigned long long)t->worse_runs, ww_grade_text(p->ja, t->worst));
}

static bool deviations(const struct ww_totals *t)
{
    for (size_t i = 0; i < sizeof t->open_alerts / sizeof t->open_alerts[0]; i++)
        if (t->open_alerts[i] > 0)
            return true;
    return t->suppressed > 0 || t->closed > 0;
}

bool ww_limits_text(struct ww_out *o, bool ja, const struct ww_totals *t, size_t item)
{
    const struct ww_coverage *c = &t->coverage;
    char n[WW_NUM], m[WW_NUM];
    if (!deviations(t) && item-- == 0) {
        ww_out_s(o, ja ? "観測範囲では、逸脱を検知していません。"
                       : "Within what was observed, no deviation was detected.");
        return true;
    }
    if (item-- == 0) {
        ww_out_s(
            o,
            ja ? "見えたのは、この捕捉点をこの時間に通った通信だけです。暗号化された内容、"
                 "無線、通信しなかった機器、機器の内部と臨床状態は見ていません。"
               : "Seen was only what passed these capture points in this time. Not seen: encrypted "
                 "content, radio, devices that were silent, the inside of devices and their "
                 "clinical state.");
        return true;
    }
    if (t->undeclared > 0 && item-- == 0) {
        ww_out_f(o,
                 ja ? "%s台のうち%s台には宣言がなく、比べるものがありません。"
                    : "Of %s devices, %s have no declaration: there was nothing to compare with.",
                 ww_num_text(n, t->devices), ww_num_text(m, t->undeclared));
        return true;
    }
    if (t->unresolved > 0 && item-- == 0) {
        ww_out_f(
            o,
            ja ? "%s件の照合は、宛先の区分に住所がないため判定できません（site file の "
                 "controllers）。"
               : "%s comparisons could not be decided, because a controller class has no address "
                 "(see controllers in the site file).",
            ww_num_text(n, t->unresolved));
        return true;
    }
    if (c->grade[0] != 'A' && item-- == 0) {
        ww_out_s(
            o,
            ja ? "取りこぼしがある、またはその量が不明です。見えなかった間を「異常なし」と扱わない"
                 "でください。"
               : "Parts were missed, or how much is not known. Do not treat what was not seen as "
                 "\"no anomaly\".");
        return true;
    }
    if (item-- == 0) {
        ww_out_s(o, ja ? "警報がないことは、問題がないことを意味しません。"
                       : "No alert does not mean that nothing is wrong.");
        return true;
    }
    return false;
}

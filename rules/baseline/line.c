/* line.c - where a value stands in a JSON text: for messages about a file that libyang accepted.
 *
 * The text is valid JSON by then, but the walk relies on nothing: it counts brackets and strings
 * and stops at the end of the bytes.
 */
#include "rules/baseline/bl.h"

enum { DEPTH_MAX = 64, KEY_MAX = 80 };

struct level {
    bool array;
    uint32_t index;    /* of the element at hand, in an array */
    char key[KEY_MAX]; /* of the member at hand, in an object */
};

struct walk {
    struct ww_rd r;
    unsigned line;
    unsigned depth;
    struct level at[DEPTH_MAX];
    char word[KEY_MAX]; /* last string; cut when longer */
};

/* Takes a string whose opening quote was taken. */
static void take_string(struct walk *w)
{
    size_t n = 0;
    for (;;) {
        uint8_t c = ww_rd_u8(&w->r);
        if (w->r.bad || c == '"')
            break;
        if (c == '\\')
            c = ww_rd_u8(&w->r);
        if (c == '\n')
            w->line++;
        if (n + 1 < sizeof w->word)
            w->word[n++] = (char)c;
    }
    w->word[n] = 0;
}

/* Does one part of the path name this level? "acls" also names "x:acls"; "ace[3]" needs both
 * levels, so the caller hands the index over. */
static bool key_is(const char *key, const char *part, size_t n)
{
    const char *colon = strchr(key, ':');
    if (strlen(key) == n && strncmp(key, part, n) == 0)
        return true;
    return colon != NULL && strlen(colon + 1) == n && strncmp(colon + 1, part, n) == 0;
}

/* How many parts of the path the present place covers; *whole tells that nothing else lies deeper.
 */
static unsigned covered(const struct walk *w, const char *path)
{
    unsigned parts = 0;
    unsigned d = 1;
    const char *p = path;
    while (*p != 0 && d <= w->depth && d < DEPTH_MAX) {
        size_t n = strcspn(p, "/[");
        if (w->at[d].array || !key_is(w->at[d].key, p, n))
            return 0;
        parts++;
        d++;
        p += n;
        if (*p == '[') {
            uint32_t want = 0;
            for (p++; *p >= '0' && *p <= '9'; p++)
                want = want * 10 + (uint32_t)(*p - '0');
            p += *p == ']';
            if (d <= w->depth && d < DEPTH_MAX) {
                if (!w->at[d].array || w->at[d].index != want)
                    return 0;
                parts++;
                d++;
            }
        }
        p += *p == '/';
    }
    return d == w->depth + 1 ? parts : 0;
}

static void open_level(struct walk *w, bool array)
{
    w->depth++;
    if (w->depth < DEPTH_MAX)
        w->at[w->depth] = (struct level){ .array = array };
}

unsigned ww_bl_line(struct ww_slice json, const char *path)
{
    struct walk w = { .r = ww_rd(json), .line = 1 };
    unsigned best = 0;
    unsigned best_line = 0;
    while (!w.r.bad && w.r.left > 0) {
        uint8_t c = ww_rd_u8(&w.r);
        struct level *top = w.depth < DEPTH_MAX ? &w.at[w.depth] : NULL;
        bool begins = false; /* a member or an element begins here */
        switch (c) {
        case '\n':
            w.line++;
            break;
        case '{':
        case '[':
            begins = top != NULL && top->array;
            break;
        case '}':
        case ']':
            if (w.depth > 0)
                w.depth--;
            break;
        case ',':
            if (top != NULL && top->array)
                top->index++;
            break;
        case '"':
            take_string(&w);
            break;
        case ':':
            if (top != NULL && !top->array) {
                struct ww_out o = ww_out(top->key, sizeof top->key - 1);
                ww_out_s(&o, w.word);
                top->key[o.n] = 0;
                begins = true;
            }
            break;
        default:
            break;
        }
        unsigned parts = begins ? covered(&w, path) : 0;
        if (parts > best) {
            best = parts;
            best_line = w.line;
        }
        if (c == '{' || c == '[')
            open_level(&w, c == '[');
    }
    return best_line;
}

/* wheel.c - timers on packet time. */
#include "sensor/base/wheel.h"

enum ww_rc ww_wheel_init(struct ww_wheel *w, uint32_t cap)
{
    *w = (struct ww_wheel){ .cap = cap };
    w->link = ww_mem_reserve((size_t)cap * sizeof *w->link);
    return w->link != NULL ? WW_OK : WW_E_SYS;
}

void ww_wheel_free(struct ww_wheel *w)
{
    ww_mem_release(w->link, (size_t)w->cap * sizeof *w->link);
    w->link = NULL;
}

void ww_wheel_del(struct ww_wheel *w, uint32_t i)
{
    struct ww_wheel_link *l = &w->link[i];
    if (l->slot == 0)
        return;
    if (l->prev != 0)
        w->link[l->prev - 1].next = l->next;
    else
        w->head[l->slot - 1] = l->next;
    if (l->next != 0)
        w->link[l->next - 1].prev = l->prev;
    *l = (struct ww_wheel_link){ 0, 0, 0 };
}

void ww_wheel_set(struct ww_wheel *w, uint32_t i, uint64_t at)
{
    ww_wheel_del(w, i);
    if (!w->started) {
        w->started = true;
        w->now = at < WW_WHEEL_SLOTS ? 0 : at - WW_WHEEL_SLOTS / 2;
    }
    if (at <= w->now)
        at = w->now + 1;
    if (at >= w->now + WW_WHEEL_SLOTS)
        at = w->now + WW_WHEEL_SLOTS - 1;
    struct ww_wheel_link *l = &w->link[i];
    uint32_t s = (uint32_t)(at % WW_WHEEL_SLOTS);
    l->slot = (uint16_t)(s + 1);
    l->next = w->head[s];
    if (l->next != 0)
        w->link[l->next - 1].prev = i + 1;
    w->head[s] = i + 1;
}

void ww_wheel_sooner(struct ww_wheel *w, uint32_t i, uint64_t at)
{
    if (w->link[i].slot != 0) { /* the slot says the second: it lies within one turn */
        uint64_t due = w->now + 1 + (w->link[i].slot - 1u - (w->now + 1)) % WW_WHEEL_SLOTS;
        if (due <= at)
            return;
    }
    ww_wheel_set(w, i, at);
}

uint32_t ww_wheel_pop(struct ww_wheel *w, uint64_t now)
{
    if (!w->started) { /* the time is known before the first timer is */
        w->started = true;
        w->now = now;
        return WW_NONE;
    }
    if (now > w->now + WW_WHEEL_SLOTS) /* a long silence: one turn meets every timer */
        w->now = now - WW_WHEEL_SLOTS;
    while (w->now < now) {
        uint32_t s = (uint32_t)((w->now + 1) % WW_WHEEL_SLOTS);
        if (w->head[s] != 0) {
            uint32_t i = w->head[s] - 1;
            ww_wheel_del(w, i);
            return i;
        }
        w->now++;
    }
    return WW_NONE;
}

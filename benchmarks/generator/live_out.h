/* What live.c tells: lines of JSON on standard output, and latencies in logarithmic buckets.
 *
 * The sibling in Python is live_columns.py.
 *
 * Invariants:
 *   1. Writing never waits: what the pipe does not take stays in the buffer.
 *   2. A line is in the buffer whole or not at all.
 */
#ifndef HUBBUB_LIVE_OUT_H
#define HUBBUB_LIVE_OUT_H

#include "wire.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum {
    BUCKETS = 160,               /* 20 per decade, from 1 µs to 100 s */
    SOME_BYTES = 32 * 1024,      /* not to be kept until the next column */
    MUCH_BYTES = 256 * 1024,     /* with more in the buffer, the reader does not keep up */
};

static char *out;
static size_t out_bytes, out_room;

static inline char *out_space(size_t count) {
    if (out_bytes + count > out_room) {
        out_room = 2 * (out_bytes + count);
        out = need(realloc(out, out_room));
    }
    return out + out_bytes;
}

__attribute__((format(printf, 1, 2))) static inline void put(const char *format, ...) {
    enum { ROOM = 512 };
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(out_space(ROOM), ROOM, format, arguments);
    va_end(arguments);
    out_bytes += count < ROOM ? count : ROOM - 1;
}

static inline double seconds(int64_t at_ns) {
    return (double)at_ns / 1e9;
}

/* Return the bytes of the UTF-8 character at the start; 0: that is none. */
static inline size_t utf8_character(const unsigned char *text, size_t count) {
    static const unsigned char first_of[5] = {0, 0, 0xC2, 0xE0, 0xF0};
    size_t width = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if (width == 1) return 1;
    if (text[0] < first_of[width] || text[0] > 0xF4 || count < width) return 0;
    for (size_t i = 1; i < width; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F)) return 0;
    if ((text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F)) return 0;
    return width;
}

/* Put a text as a JSON string; what is no UTF-8 becomes U+FFFD. */
static inline void put_string(const char *text, size_t count) {
    char *to = out_space(6 * count + 2), *begin = to;
    *to++ = '"';
    for (size_t at = 0; at < count;) {
        unsigned char byte = (unsigned char)text[at];
        size_t width = utf8_character((const unsigned char *)text + at, count - at);
        if (byte == '"' || byte == '\\') {
            *to++ = '\\';
            *to++ = (char)byte;
        } else if (byte < 0x20) {
            to += sprintf(to, "\\u%04x", byte);
        } else if (width) {
            memcpy(to, text + at, width);
            to += width;
        } else {
            to += sprintf(to, "\\ufffd");
        }
        at += width ? width : 1;
    }
    *to++ = '"';
    out_bytes += (size_t)(to - begin);
}

static inline void put_text(const char *text) {
    if (text) put_string(text, strlen(text));
    else put("null");
}

/* Write what the pipe takes; return false if nothing reads it any more. */
static inline bool flush_out(void) {
    size_t done = 0;
    while (done < out_bytes) {
        ssize_t wrote = write(STDOUT_FILENO, out + done, out_bytes - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0 && errno != EAGAIN) return false;
        if (wrote < 0) break;
        done += (size_t)wrote;
    }
    out_bytes -= done;
    memmove(out, out + done, out_bytes);
    return true;
}

/* ---- latencies in logarithmic buckets ----------------------------------------------------- */

static int64_t bucket_edges_ns[BUCKETS + 1];
static int bucket_of_power[64];  /* the bucket of 2^k ns */

static inline void make_buckets(void) {
    double edge = 1000;
    for (int b = 0; b <= BUCKETS; b++) {
        bucket_edges_ns[b] = (int64_t)(edge + 0.999999); /* the first whole ns inside */
        edge *= 1.1220184543019633; /* 10^(1/20) */
        if (b % 20 == 19) edge = 1000 * (b < 20 ? 10 : b < 40 ? 1e2 : b < 60 ? 1e3 : b < 80 ? 1e4 :
                                         b < 100 ? 1e5 : b < 120 ? 1e6 : b < 140 ? 1e7 : 1e8);
    }
    for (int power = 0, b = 0; power < 63; power++) {
        while (b < BUCKETS - 1 && bucket_edges_ns[b + 1] <= 1LL << power) b++;
        bucket_of_power[power] = b;
    }
}

static inline int bucket_of(int64_t ns) {
    if (ns < 1) return 0;
    int b = bucket_of_power[63 - __builtin_clzll((unsigned long long)ns)];
    while (b < BUCKETS - 1 && bucket_edges_ns[b + 1] <= ns) b++;
    return b;
}

#endif

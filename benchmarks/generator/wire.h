/* What generator.c and live.c share: addresses, the handshake and the frames of a client, as bytes.
 *
 * The siblings in Python are client_frames.py and payload.py. Nothing here waits.
 */
#ifndef HUBBUB_WIRE_H
#define HUBBUB_WIRE_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum { NUMBER_DIGITS = 8 };      /* of the number in a payload */
enum { MAX_HEAD_BYTES = 14 };    /* of a client's frame */
#define NS 1000000000LL
#define HANDSHAKE_KEY "dGhlIHNhbXBsZSBub25jZQ=="    /* RFC 6455 section 1.3, with its answer */
#define HANDSHAKE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static inline void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "generator: ");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static inline void *need(void *memory) {
    if (!memory) fail("out of memory");
    return memory;
}

static inline int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS + now.tv_nsec;
}

static inline void raise_file_limit(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Split HOST:PORT or [HOST]:PORT in place. */
static inline void split_address(char *value, const char **host, int *port) {
    char *colon = strrchr(value, ':');
    if (!colon) fail("not HOST:PORT: %s", value);
    *colon = 0;
    *port = atoi(colon + 1);
    if (colon > value && value[0] == '[' && colon[-1] == ']') {
        value++;
        colon[-1] = 0;
    }
    *host = value;
}

/* Write the address as the system wants it; return its size. */
static inline socklen_t socket_address(const char *host, int port, struct sockaddr_storage *to) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    bool six = strchr(host, ':') != NULL;
    memset(to, 0, sizeof *to);
    if (six) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
    }
    if (inet_pton(to->ss_family, host, six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) != 1)
        fail("not an address: %s", host);
    return six ? sizeof *v6 : sizeof *v4;
}

/* Write the upgrade request; return its size. */
static inline size_t handshake_request(char *to, size_t room, const char *host, int port,
                                       const char *path) {
    const char *open = strchr(host, ':') ? "[" : "", *close = *open ? "]" : "";
    int count = snprintf(to, room,
        "GET %s HTTP/1.1\r\nHost: %s%s%s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Origin: http://%s%s%s:%d\r\n" /* some libraries refuse a client without one */
        "Sec-WebSocket-Key: " HANDSHAKE_KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
        path, open, host, close, port, open, host, close, port);
    if (count < 0 || (size_t)count >= room) fail("the path of the handshake is too long");
    return (size_t)count;
}

/* Return the size of the server's answer to the handshake, and in *refused the reason for a refusal
 * or NULL; 0: the answer is not whole yet. */
static inline size_t handshake_answer(const char *bytes, size_t count, const char **refused) {
    static char line[128];
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end + 4 - bytes);
    *refused = NULL;
    if (count < 12 || memcmp(bytes + 8, " 101", 4)) {
        const char *brk = memchr(bytes, '\r', head);
        snprintf(line, sizeof line, "%.*s", (int)(brk - bytes), bytes);
        *refused = line;
    } else if (!memmem(bytes, head, HANDSHAKE_ACCEPT, strlen(HANDSHAKE_ACCEPT))) {
        *refused = "a wrong Sec-WebSocket-Accept";
    }
    return head;
}

/* Write one whole frame, masked; return its size, at most MAX_HEAD_BYTES more than the body's. */
static inline size_t client_frame(char *to, int opcode, const char *body, size_t count) {
    static uint32_t mask = 0x9e3779b9;
    size_t at = 0;
    to[at++] = (char)(0x80 | opcode);
    if (count < 126) {
        to[at++] = (char)(0x80 | count);
    } else if (count < 65536) {
        to[at++] = (char)(0x80 | 126);
        to[at++] = (char)(count >> 8);
        to[at++] = (char)count;
    } else {
        to[at++] = (char)(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8) to[at++] = (char)((uint64_t)count >> shift);
    }
    mask = mask * 1664525 + 1013904223;
    char key[4];
    memcpy(key, &mask, 4);
    memcpy(to + at, key, 4);
    at += 4;
    for (size_t i = 0; i < count; i++) to[at + i] = body[i] ^ key[i & 3];
    return at + count;
}

typedef struct { int opcode; bool last, masked; size_t head; uint64_t body; } FrameHead;

/* Read the head of a frame; return whether the whole frame is there. */
static inline bool frame_is_whole(const char *bytes, size_t count, FrameHead *frame) {
    const unsigned char *data = (const unsigned char *)bytes;
    if (count < 2) return false;
    uint64_t body = data[1] & 127;
    size_t head = 2;
    if (body >= 126) {
        size_t width = body == 126 ? 2 : 8;
        if (count < 2 + width) return false;
        body = 0;
        for (size_t i = 0; i < width; i++) body = body << 8 | data[2 + i];
        head = 2 + width;
    }
    *frame = (FrameHead){data[0] & 15, data[0] & 0x80, data[1] & 0x80, head, body};
    return body <= count - head;
}

static inline int close_code(const char *body, size_t count) {
    return count >= 2 ? (unsigned char)body[0] << 8 | (unsigned char)body[1] : 1005;
}

#endif

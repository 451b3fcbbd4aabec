/* A peer, and the floor: the cost of a broadcast if the server does nothing else.
 *
 * One thread, one epoll, one send() per client and message. Each message becomes a frame once, in
 * the buffer that it was read into, so the remaining cost is the kernel's.
 *
 * It leaves out what a chat server needs:
 *   - names, history and limits;
 *   - queues and batching: a client whose socket does not take a whole frame at once is closed,
 *     and the number of such clients is printed on standard error at the end;
 *   - its own pings and time-outs: a client that vanishes without closing stays;
 *   - waiting when file descriptors run out, UTF-8 checks, and HTTP other than the upgrade.
 *
 * Invariants:
 *   1. clients[fd] is NULL from the moment that fd is closed. A function that called another one
 *      which may close a client reads clients[fd] again.
 *   2. room[] holds the clients whose handshake is done, without gaps.
 *   3. Between events, a client keeps only the bytes of an unfinished frame or handshake.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };
enum { MAX_CLIENTS = 1 << 16, MAX_MESSAGE = 128 << 10, BACKLOG = 4096 };
enum { BUFFER = 2 * MAX_MESSAGE, HEAD = 10 }; /* HEAD: the longest frame head sent */

typedef struct {
    int fd, place;        /* place in room[], -1 before the handshake is done */
    uint8_t *kept;        /* the bytes of an unfinished frame */
    size_t kept_bytes;
    uint8_t *parts;       /* HEAD free bytes, then the fragments of a message so far */
    size_t parts_bytes;
    int opcode;           /* of the fragmented message, 0 for none */
} Client;

static Client *clients[MAX_CLIENTS], *room[MAX_CLIENTS];
static int in_room, poller;
static unsigned long drops;
static volatile sig_atomic_t stopping;
static uint8_t buffer[BUFFER];

static void hang_up(Client *client) {
    if (client->place >= 0) {
        room[client->place] = room[--in_room];
        room[client->place]->place = client->place;
    }
    clients[client->fd] = NULL;
    close(client->fd);
    free(client->kept);
    free(client->parts);
    free(client);
}

/* Send all bytes at once or close the client. Return false if it is closed. */
static int give(Client *client, const void *bytes, size_t size) {
    ssize_t sent = send(client->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)size) return 1;
    if (sent >= 0 || errno == EAGAIN) drops++; /* otherwise the client has gone by itself */
    hang_up(client);
    return 0;
}

/* Write a frame's head directly before its payload; return where the frame begins. */
static uint8_t *framed(int opcode, uint8_t *payload, size_t size) {
    int length_bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
    uint8_t *head = payload - 2 - length_bytes;
    head[0] = 0x80 | opcode;
    head[1] = length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127;
    for (int i = 0; i < length_bytes; i++) head[2 + i] = size >> 8 * (length_bytes - 1 - i);
    return head;
}

static void broadcast(uint8_t *payload, size_t size) {
    uint8_t *frame = framed(TEXT, payload, size);
    size += payload - frame;
    /* Backwards: give() may move the last client, which has its copy, into a closed one's place. */
    for (int i = in_room - 1; i >= 0; i--) give(room[i], frame, size);
}

static int refuse(Client *client, int code) {
    uint8_t frame[] = {0x80 | CLOSE, 2, code >> 8, code & 0xff};
    if (give(client, frame, sizeof frame)) hang_up(client);
    return 0;
}

/* Handle one frame; a head fits before its payload. Return false if the client is gone. */
static int act(Client *client, int fin, int opcode, uint8_t *payload, size_t size) {
    int fd = client->fd;
    if (opcode >= CLOSE) {
        int bad = !fin || size > 125 || opcode > PONG || (opcode == CLOSE && size == 1);
        if (bad) return refuse(client, 1002);
        if (opcode == PONG) return 1;
        uint8_t *frame = framed(opcode == PING ? PONG : CLOSE, payload, size);
        if (!give(client, frame, payload + size - frame)) return 0;
        if (opcode == CLOSE) hang_up(client);
        return opcode != CLOSE;
    }
    if (opcode > 2 || !opcode != !!client->opcode) return refuse(client, 1002);
    if (opcode && fin) {
        if (opcode == TEXT) broadcast(payload, size);
        return clients[fd] != NULL;
    }
    if (client->parts_bytes + size > MAX_MESSAGE) return refuse(client, 1009);
    if (opcode) client->opcode = opcode;
    client->parts = realloc(client->parts, HEAD + client->parts_bytes + size);
    memcpy(client->parts + HEAD + client->parts_bytes, payload, size);
    client->parts_bytes += size;
    if (!fin) return 1;
    uint8_t *whole = client->parts;
    size = client->parts_bytes;
    opcode = client->opcode;
    client->parts = NULL;
    client->parts_bytes = client->opcode = 0;
    if (opcode == TEXT) broadcast(whole + HEAD, size);
    free(whole);
    return clients[fd] != NULL;
}

/* Handle the whole frames among these bytes; return the bytes used, -1 if the client is gone. */
static ssize_t take_frames(Client *client, uint8_t *bytes, size_t size) {
    size_t used = 0;
    while (size - used >= 2) {
        uint8_t *frame = bytes + used;
        uint64_t length = frame[1] & 0x7f;
        if (frame[0] & 0x70 || !(frame[1] & 0x80)) return refuse(client, 1002), -1;
        size_t head = 2 + (length < 126 ? 0 : length == 126 ? 2 : 8) + 4;
        if (size - used < head) break;
        if (head > 6) {
            length = 0;
            for (size_t i = 2; i < head - 4; i++) length = length << 8 | frame[i];
        }
        if (length > MAX_MESSAGE) return refuse(client, 1009), -1;
        if (size - used < head + length) break;
        uint8_t *payload = frame + head, *mask = payload - 4;
        for (size_t i = 0; i < length; i++) payload[i] ^= mask[i & 3];
        used += head + length;
        /* The server's head is the client's without the mask, so it fits in the same place. */
        if (!act(client, frame[0] >> 7, frame[0] & 0x0f, payload, length)) return -1;
    }
    return used;
}

static uint32_t rotated(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* SHA-1 (RFC 3174) of up to 119 bytes. */
static void sha1(const char *text, size_t size, uint8_t digest[20]) {
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t padded[128] = {0};
    size_t total = size < 56 ? 64 : 128;
    memcpy(padded, text, size);
    padded[size] = 0x80;
    padded[total - 2] = size * 8 >> 8;
    padded[total - 1] = size * 8;
    for (uint8_t *block = padded; block < padded + total; block += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            uint8_t *p = block + 4 * i;
            w[i] = i < 16 ? (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]
                          : rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
            uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                         : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                         : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                  : (b ^ c ^ d) + 0xca62c1d6;
            uint32_t next = rotated(a, 5) + f + e + w[i];
            e = d, d = c, c = rotated(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> 8 * (3 - i % 4);
}

/* Answer the request. Return false if it was no upgrade; the client is then gone. */
static int upgrade(Client *client, char *request) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *found = strcasestr(request, "\r\nSec-WebSocket-Key:"), key[61], answer[160], accept[29];
    uint8_t digest[21] = {0}; /* one byte more than SHA-1 has: base64 takes three at a time */
    if (strncmp(request, "GET ", 4) || !found || sscanf(found + 20, " %24[^ \r\n]", key) != 1) {
        static const char no[] = "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
                                 "Connection: close\r\nContent-Length: 0\r\n\r\n";
        if (give(client, no, sizeof no - 1)) hang_up(client);
        return 0;
    }
    strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    sha1(key, strlen(key), digest);
    for (int i = 0; i < 28; i++) {
        uint8_t *three = digest + i / 4 * 3;
        uint32_t bits = three[0] << 16 | three[1] << 8 | three[2];
        accept[i] = digits[bits >> 6 * (3 - i % 4) & 63];
    }
    accept[27] = '=', accept[28] = 0;
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    if (!give(client, answer, size)) return 0;
    client->place = in_room;
    room[in_room++] = client;
    return 1;
}

static void read_on(Client *client) {
    if (client->kept_bytes) memcpy(buffer, client->kept, client->kept_bytes);
    ssize_t got = recv(client->fd, buffer + client->kept_bytes, BUFFER - 1 - client->kept_bytes,
                       MSG_DONTWAIT);
    if (got < 0) return; /* nothing to read, or an error that EPOLLERR reports */
    if (got == 0) return hang_up(client);
    size_t size = client->kept_bytes + got, used = 0;
    if (client->place < 0) {
        buffer[size] = 0;
        char *end = strstr((char *)buffer, "\r\n\r\n");
        if (!end && size > 16384) return hang_up(client);
        if (end) {
            end[2] = 0;
            if (!upgrade(client, (char *)buffer)) return;
            used = end + 4 - (char *)buffer;
        }
    }
    if (client->place >= 0) {
        ssize_t taken = take_frames(client, buffer + used, size - used);
        if (taken < 0) return;
        used += taken;
    }
    client->kept_bytes = size - used;
    free(client->kept);
    client->kept = NULL;
    if (size > used) client->kept = memcpy(malloc(size - used), buffer + used, size - used);
}

static void watch(int fd) {
    struct epoll_event readable = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &readable);
}

static void let_in(int door) {
    int fd, one = 1;
    while ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_CLIENTS) { close(fd); continue; }
        Client *client = clients[fd] = calloc(1, sizeof *client);
        client->fd = fd;
        client->place = -1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd);
    }
}

static void stop(int number) { stopping = number; }

int main(int count, char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    char host[64] = "127.0.0.1";
    int port = 0, one = 1;
    if (count > 1 && (count != 3 || strcmp(words[1], "--ws") ||
                      sscanf(words[2], "%63[^:]:%d", host, &port) != 2)) {
        fputs("usage: c_floor [--ws HOST:PORT]\n", stderr);
        return 2;
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    sigset_t waiting, running; /* SIGTERM is let in only while epoll waits, so it is never missed */
    sigemptyset(&running);
    sigaddset(&running, SIGTERM);
    sigprocmask(SIG_BLOCK, &running, &waiting);
    signal(SIGTERM, stop);

    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    address.sin_port = htons(port);
    if (!inet_aton(host, &address.sin_addr) || bind(door, (void *)&address, size) ||
        listen(door, BACKLOG) || getsockname(door, (void *)&address, &size)) {
        perror("c_floor: cannot listen");
        return 1;
    }
    poller = epoll_create1(0);
    watch(door);
    printf("peer c-floor ready ws=%s:%d\n", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
    fflush(stdout);
    while (!stopping) {
        struct epoll_event events[1024];
        int ready = epoll_pwait(poller, events, 1024, -1, &waiting);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == door) let_in(door);
            else if (clients[fd] && events[i].events & EPOLLERR) hang_up(clients[fd]);
            else if (clients[fd]) read_on(clients[fd]);
        }
    }
    fprintf(stderr, "c-floor: %lu clients dropped\n", drops);
    return 0;
}

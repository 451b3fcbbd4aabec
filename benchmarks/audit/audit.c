/* A second load generator, to cross-check the first: it shares no code and no method with it.
 *
 *   audit ADDRESS PORT CLIENTS WARMUP MESSAGES PAYLOAD_BYTES RATE_HZ
 *
 * It does not parse WebSocket frames. Each message contains one mark that no frame's head, name or
 * announcement can contain, and the marks are counted in the raw bytes: the k-th mark that a client
 * reads is message k. This assumes that no message is lost, doubled or out of order. The runs of
 * the first generator prove that; this one can only count.
 *
 * Client 0 speaks. RATE_HZ 0 is a closed loop: the next message follows when every client has the
 * last one. It prints one line: µs per delivery, and the median and the 99th percentile in ms of
 * all deliveries, each from when its message was due.
 *
 * It never sleeps, so it needs a core of its own: see generator.c, invariant 4.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK_FIRST 0xC2 /* U+00A7 in UTF-8; no frame's head contains these two bytes in a row */
#define MARK_SECOND 0xA7
#define JOIN_BATCH 32   /* connected before the room's announcements are read: no outbox fills */
#define QUIET_S 0.5     /* nothing came for this long: the room has announced every arrival */
#define GIVE_UP_S 30.0

struct client {
    int fd, marks;
    unsigned char before; /* the last byte of the last read */
};

static struct client *clients;
static int client_count, ready;
static double *due_s, *latency_s; /* per message; per delivery */
static long delivered;
static int messages_due;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
    fprintf(stderr, "audit: %s: %s\n", what, errno ? strerror(errno) : "see above");
    exit(1);
}

/* Read what has come for one client; return the number of bytes. */
static long drain(struct client *client) {
    static unsigned char bytes[65536];
    ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got <= 0) die("a client was cut off");
    double at_s = now_s();
    unsigned char before = client->before;
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == MARK_SECOND && before == MARK_FIRST) {
            if (client->marks >= messages_due) { errno = 0; die("more marks than messages"); }
            latency_s[delivered++] = at_s - due_s[client->marks++];
        }
        before = bytes[i];
    }
    client->before = before;
    return got;
}

/* Read what has come for any client, without waiting; return the number of bytes. */
static long drain_all(void) {
    struct epoll_event found[32]; /* few, so that the time of each receipt is taken soon */
    long bytes = 0;
    int count = epoll_wait(ready, found, 32, 0);
    for (int i = 0; i < count; i++) bytes += drain(found[i].data.ptr);
    return bytes;
}

static void drain_until_quiet(double quiet_s) {
    for (double heard_s = now_s(); now_s() - heard_s < quiet_s;)
        if (drain_all()) heard_s = now_s();
}

static void write_whole(int fd, const void *bytes, size_t count) {
    if (send(fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) die("cannot send");
}

static void join(struct client *client, const char *address, int port) {
    char text[512];
    int one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) die("not an IPv4 address");
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, (void *)&to, sizeof to)) die("cannot connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int length = snprintf(text, sizeof text,
        "GET /ws HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Origin: http://%s:%d\r\n" /* some libraries refuse a client without one */
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        address, port, address, port);
    write_whole(client->fd, text, length);
    /* One byte at a time, so that nothing after the head of the answer is read. */
    for (int end = 0, got = 0; end < 4; got++) {
        if (got == sizeof text - 1 || recv(client->fd, text + got, 1, 0) != 1) die("no answer");
        end = text[got] == "\r\n\r\n"[end] ? end + 1 : text[got] == '\r';
    }
    if (strncmp(text, "HTTP/1.1 101", 12)) { errno = 0; die("refused"); }
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(ready, EPOLL_CTL_ADD, client->fd, &event)) die("epoll_ctl");
}

static void say(size_t payload_bytes, double at_s) {
    unsigned char frame[14] = {0x81}; /* the last four bytes of the head: a mask of zeros */
    unsigned char *body = malloc(payload_bytes + sizeof frame);
    size_t head = payload_bytes < 126 ? 6 : payload_bytes < 65536 ? 8 : 14;
    if (head == 6) frame[1] = 0x80 | payload_bytes;
    else {
        frame[1] = 0x80 | (head == 8 ? 126 : 127);
        for (size_t i = 0; i < head - 6; i++) frame[head - 5 - i] = payload_bytes >> 8 * i;
    }
    memcpy(body, frame, head);
    memset(body + head, 'x', payload_bytes);
    body[head] = MARK_FIRST;
    body[head + 1] = MARK_SECOND;
    due_s[messages_due++] = at_s;
    write_whole(clients[0].fd, body, head + payload_bytes);
    free(body);
}

/* Play messages; return the seconds from the first send until the last receipt. */
static double play(int count, size_t payload_bytes, double rate_hz) {
    long before = delivered, owed = (long)count * client_count;
    double began_s = now_s(), heard_s = began_s, last_s = began_s;
    for (int said = 0; delivered - before < owed;) {
        double at_s = now_s();
        if (said < count && rate_hz > 0 && at_s >= began_s + said / rate_hz) {
            say(payload_bytes, began_s + said / rate_hz);
            said++;
        } else if (said < count && rate_hz == 0 &&
                   delivered - before == (long)said * client_count) {
            say(payload_bytes, at_s);
            said++;
        }
        long was = delivered;
        drain_all();
        if (delivered > was) last_s = heard_s = now_s();
        else if (now_s() - heard_s > GIVE_UP_S) { errno = 0; die("messages are missing"); }
    }
    return last_s - began_s;
}

static int ascending(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

int main(int count, char **words) {
    if (count != 8) {
        fprintf(stderr, "usage: audit ADDRESS PORT CLIENTS WARMUP MESSAGES PAYLOAD_BYTES RATE_HZ\n");
        return 2;
    }
    int warmup = atoi(words[4]), messages = atoi(words[5]);
    client_count = atoi(words[3]);
    size_t payload_bytes = atoi(words[6]);
    double rate_hz = atof(words[7]);
    clients = calloc(client_count, sizeof *clients);
    due_s = calloc(warmup + messages, sizeof *due_s);
    latency_s = calloc((size_t)(warmup + messages) * client_count, sizeof *latency_s);
    ready = epoll_create1(0);
    if (!clients || !due_s || !latency_s || ready < 0) die("cannot begin");
    for (int i = 0; i < client_count; i++) {
        join(&clients[i], words[1], atoi(words[2]));
        if (i % JOIN_BATCH == 0) drain_until_quiet(0.02);
    }
    drain_until_quiet(QUIET_S);
    play(warmup, payload_bytes, rate_hz);
    double *counted_s = latency_s + delivered;
    double span_s = play(messages, payload_bytes, rate_hz);
    size_t samples = (size_t)messages * client_count;
    qsort(counted_s, samples, sizeof *counted_s, ascending);
    printf("%.4f %.4f %.4f\n", span_s * 1e6 / samples,
           counted_s[(samples - 1) * 50 / 100] * 1e3, counted_s[(samples - 1) * 99 / 100] * 1e3);
    return 0;
}

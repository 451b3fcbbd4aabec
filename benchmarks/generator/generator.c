/* The load generator: n WebSocket clients in one thread, and the time of every delivery.
 *
 *   generator --ws HOST:PORT --clients N --speakers S --payload-bytes B --plan FILE --samples FILE
 *
 * The package benchmarks/generator is the same program in Python, for machines without a C
 * compiler. Flags, phases, words and files are the same. benchmarks/samples.py describes the file
 * of samples.
 *
 * Clients 0 to S-1 speak. The plan has one line per message, "PHASE SPEAKER OFFSET_NS". Phase 0
 * warms up, phase 1 counts. OFFSET_NS says when to send, from the start of the phase. OFFSET_NS -1
 * (closed loop) means: when every client has the speaker's last message, and every earlier message
 * of the plan has been sent. After each phase the program prints one word on standard output and
 * waits for a line on standard input, so that the server can be looked at in between.
 *
 * One file, though it is long: it is built by a single call of the compiler. What it shares with
 * live.c, the bytes of the handshake and of the frames, is in wire.h. Its five parts, separated by
 * lines of dashes, are: one client's socket, receiving, sending, connecting and playing, and the
 * run.
 *
 * Invariants:
 *   1. It never waits for one socket: bytes that a socket does not take stay in the client's queue.
 *   2. The time of a delivery is the time just after the read that completed it. No delivery is
 *      filtered, rounded or dropped: the file holds all of them in the order of reading.
 *   3. Every wait ends at the deadline.
 *   4. With --poll 1 it polls and never sleeps. Waking a sleeping process costs the sender, so a
 *      server would be charged for each time that this program had nothing to do.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* A payload is the number, a space, and filler. */
enum {
    BATCH_CLIENTS = 64,          /* connected at once: fits every listen backlog and every outbox */
    MAX_FENCES = 20,             /* a fence that did not reach every client is sent again */
    EVENTS = 128,                /* handled before the clock is read again */
    READ_BYTES = 256 * 1024,     /* more than any frame of a measurement */
    STALLED_RECEIVE_BYTES = 4096,
    MAX_CHURNERS = 256,
    MAX_GIVEN_UP = 5,            /* the run is void by then, and goes no further */
};
#define RESEND_NS (NS / 4)

typedef struct {
    int fd, index;
    bool upgraded, stalled, churner;
    char *rest;                  /* received bytes that are not a whole frame yet */
    size_t rest_bytes;
    char *part;                  /* a message whose last fragment has not come */
    size_t part_bytes;
    char *queue;                 /* bytes to send when the socket takes them */
    size_t queue_bytes;
} Client;

typedef struct { int32_t phase, speaker; int64_t offset_ns, intended_ns, sent_ns; } Message;
typedef struct { int32_t client, message; int64_t at_ns; } Delivery; /* < 0: see samples.py */
enum { FENCE = -1, WARM_UP = 0, COUNTED = 1, LAST = 2 }; /* phases of a message */
enum { ALTERED = -1, ANNOUNCED = -2, CUT_OFF = -3, EVICTED = -4 };

static struct {
    const char *host, *plan, *samples;
    int port, clients, speakers, payload_bytes, stalled;
    bool poll;
    double stall_after_s, churn_hz, patience_s, drain_s, deadline_s;
} options = {.clients = 1, .speakers = 1, .payload_bytes = 64, .patience_s = 2, .drain_s = 10,
             .deadline_s = 120};

static Client *clients, *churners;
static Message *messages;        /* fences first, then the plan, then the last fence */
static int message_count, message_room, *missing; /* per message: clients without it */
static Delivery *deliveries;
static size_t delivery_count, delivery_room;
static char **prefixes;          /* per speaker: what the server writes before the text */
static int *prefix_bytes;
static char *filler, *frame_buffer, read_buffer[READ_BYTES];
static int epoll, timer, upgrading, stalled_now, churned, listeners;
static bool recording, behind;
static int64_t deadline_ns, heard_at_ns, waited_ns; /* waited: until something came */
static int64_t received_bytes, found, queued; /* readable sockets; those found among many others */

static void record(int client, int message, int64_t at_ns) {
    if (delivery_count == delivery_room) {
        delivery_room = delivery_room ? 2 * delivery_room : 1 << 20;
        deliveries = need(realloc(deliveries, delivery_room * sizeof *deliveries));
    }
    deliveries[delivery_count++] = (Delivery){client, message, at_ns};
}

static int add_message(int phase, int speaker, int64_t offset_ns) {
    if (message_count == message_room) {
        message_room = message_room ? 2 * message_room : 1024;
        messages = need(realloc(messages, message_room * sizeof *messages));
        missing = need(realloc(missing, message_room * sizeof *missing));
    }
    messages[message_count] = (Message){phase, speaker, offset_ns, 0, 0};
    missing[message_count] = 0;
    return message_count++;
}

/* ---- one client's socket ------------------------------------------------------------------ */

static void watch(Client *client) {
    /* Edge-triggered: with level triggering epoll would check the socket again after every read. */
    struct epoll_event event = {.data.ptr = client, .events = EPOLLET};
    event.events |= client->stalled ? EPOLLRDHUP : EPOLLIN;
    if (client->queue_bytes) event.events |= EPOLLOUT;
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event))
        fail("epoll_ctl: %s", strerror(errno));
}

static void hang_up(Client *client) {
    close(client->fd);
    client->fd = -1;
    free(client->rest);
    free(client->part);
    free(client->queue);
    client->rest = client->part = client->queue = NULL;
    client->rest_bytes = client->part_bytes = client->queue_bytes = 0;
}

static void lost_client(Client *client, const char *how) {
    if (client->churner) {
        hang_up(client);
        return;
    }
    if (!client->stalled) fail("client %d was cut off: %s", client->index, how);
    record(client->index, CUT_OFF, now_ns());
    stalled_now--;
    hang_up(client);
}

static void flush(Client *client) {
    bool waited = client->queue_bytes > 0;
    ssize_t sent = send(client->fd, client->queue, client->queue_bytes, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) lost_client(client, strerror(errno));
        return;
    }
    client->queue_bytes -= sent;
    memmove(client->queue, client->queue + sent, client->queue_bytes);
    if (waited) watch(client);
}

static void send_bytes(Client *client, const char *bytes, size_t count) {
    ssize_t sent = 0;
    if (!client->queue_bytes) {
        sent = send(client->fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            lost_client(client, strerror(errno));
            return;
        }
        if (sent < 0) sent = 0;
    }
    if ((size_t)sent == count) return;
    client->queue = need(realloc(client->queue, client->queue_bytes + count - sent));
    memcpy(client->queue + client->queue_bytes, bytes + sent, count - sent);
    client->queue_bytes += count - sent;
    watch(client);
}

static void send_frame(Client *client, int opcode, const char *body, size_t count) {
    send_bytes(client, frame_buffer, client_frame(frame_buffer, opcode, body, count));
}

static void open_client(Client *client, int index, bool churner, bool stalls) {
    static const int one = 1;
    struct sockaddr_storage address;
    socklen_t size = socket_address(options.host, options.port, &address);
    *client = (Client){.index = index, .churner = churner};
    client->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0) fail("client %d cannot connect: %s", index, strerror(errno));
    int small = STALLED_RECEIVE_BYTES;
    if (stalls) setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (connect(client->fd, (struct sockaddr *)&address, size))
        fail("client %d cannot connect: %s", index, strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = client};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event))
        fail("epoll_ctl: %s", strerror(errno));
    char request[512];
    size_t count =
        handshake_request(request, sizeof request, options.host, options.port, "/ws");
    send_bytes(client, request, count);
}

/* ---- receiving ---------------------------------------------------------------------------- */

static void hear_text(Client *client, const char *text, size_t count, int64_t at_ns) {
    size_t own = options.payload_bytes;
    if (count >= own) {
        const char *payload = text + count - own;
        int message = 0, digit = 0;
        while (digit < NUMBER_DIGITS && payload[digit] >= '0' && payload[digit] <= '9')
            message = 10 * message + (payload[digit++] - '0');
        if (digit == NUMBER_DIGITS && message < message_count && messages[message].intended_ns &&
            !memcmp(payload + NUMBER_DIGITS, filler, own - NUMBER_DIGITS)) {
            int speaker = messages[message].speaker, before = (int)(count - own);
            if (!prefixes[speaker]) { /* the speaker's first text shows it; all must have it */
                prefixes[speaker] = need(malloc(before + 1));
                memcpy(prefixes[speaker], text, before);
                prefix_bytes[speaker] = before;
            }
            if (before == prefix_bytes[speaker] && !memcmp(text, prefixes[speaker], before)) {
                if (recording) record(client->index, message, at_ns);
                if (!client->stalled) missing[message]--;
                return;
            }
        }
    }
    if (!recording) return;
    static const char eviction[] = " was too slow";
    size_t tail = sizeof eviction - 1;
    bool news = count > 1 && text[0] == '*' && text[1] == ' ';
    bool evicted = news && count > tail && !memcmp(text + count - tail, eviction, tail);
    record(client->index, evicted ? EVICTED : news ? ANNOUNCED : ALTERED, at_ns);
}

static void hear_message(Client *client, const char *body, size_t count, int64_t at_ns) {
    const char *end = body + count, *line = body, *brk; /* gorilla's example joins lines */
    while ((brk = memchr(line, '\n', end - line))) {
        hear_text(client, line, brk - line, at_ns);
        line = brk + 1;
    }
    hear_text(client, line, end - line, at_ns);
}

static void hear_frame(Client *client, int opcode, bool last, const char *body, size_t count,
                       int64_t at_ns) {
    if (opcode == TEXT && last) {
        hear_message(client, body, count, at_ns);
    } else if (opcode == TEXT || opcode == CONTINUATION) {
        client->part = need(realloc(client->part, client->part_bytes + count + 1));
        memcpy(client->part + client->part_bytes, body, count);
        client->part_bytes += count;
        if (!last) return;
        hear_message(client, client->part, client->part_bytes, at_ns);
        client->part_bytes = 0;
    } else if (opcode == PING) {
        send_frame(client, PONG, body, count);
    } else if (opcode == CLOSE) {
        fail("client %d was closed: %d %.*s", client->index, close_code(body, count),
             count > 2 ? (int)count - 2 : 0, body + 2);
    }
}

/* Handle the whole frames; return their bytes. */
static size_t hear_frames(Client *client, const char *bytes, size_t count, int64_t at_ns) {
    FrameHead frame;
    size_t at = 0;
    while (frame_is_whole(bytes + at, count - at, &frame)) {
        if (frame.masked) fail("client %d got a masked frame", client->index);
        hear_frame(client, frame.opcode, frame.last, bytes + at + frame.head, frame.body, at_ns);
        if (client->fd < 0) return count;
        at += frame.head + frame.body;
    }
    return at;
}

static size_t hear_upgrade(Client *client, const char *bytes, size_t count) {
    const char *refused;
    size_t head = handshake_answer(bytes, count, &refused);
    if (!head) return 0;
    if (refused && client->churner) { hang_up(client); return count; }
    if (refused) fail("client %d was refused: %s", client->index, refused);
    client->upgraded = true;
    if (client->churner) { /* a churner leaves as soon as it has been let in */
        churned++;
        hang_up(client);
        return count;
    }
    upgrading--;
    return head;
}

/* Read once; return whether there may be more to read. */
static bool hear(Client *client) {
    char *bytes = read_buffer;
    size_t count = client->rest_bytes;
    if (count) memcpy(bytes, client->rest, count);
    ssize_t got = recv(client->fd, bytes + count, READ_BYTES - count, 0);
    int64_t at_ns = now_ns();
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
        lost_client(client, got ? strerror(errno) : "the server closed the connection");
        return false;
    }
    heard_at_ns = at_ns;
    received_bytes += got;
    count += got;
    bool full = count == READ_BYTES;
    size_t used = client->upgraded ? 0 : hear_upgrade(client, bytes, count);
    if (client->fd >= 0 && client->upgraded)
        used += hear_frames(client, bytes + used, count - used, at_ns);
    if (client->fd < 0) return false;
    size_t rest = count - used;
    if (rest == READ_BYTES) fail("client %d got a frame of more than 256 KiB", client->index);
    if (rest) {
        client->rest = need(realloc(client->rest, rest));
        memcpy(client->rest, bytes + used, rest);
    }
    client->rest_bytes = rest;
    return full;
}

/* Return the number of events: at once, or after at most wait_ns. */
static int wait_for_events(struct epoll_event *events, int64_t wait_ns) {
    int64_t until_ns = now_ns() + wait_ns;
    int count = epoll_wait(epoll, events, EVENTS, 0);
    while (!count && options.poll && now_ns() < until_ns)
        count = epoll_wait(epoll, events, EVENTS, 0);
    if (count || options.poll || wait_ns <= 0) return count;
    struct itimerspec alarm = {.it_value = {wait_ns / NS, wait_ns % NS}};
    timerfd_settime(timer, 0, &alarm, NULL);
    return epoll_wait(epoll, events, EVENTS, -1);
}

/* With this many sockets readable at once, the last one read waits noticeably long. */
static int many(void) {
    int share = options.clients / 64;
    return share < 4 ? 4 : share > EVENTS / 2 ? EVENTS / 2 : share;
}

/* Handle every socket that is ready now, or becomes ready within wait_ns. */
static void pump(int64_t wait_ns) {
    struct epoll_event events[EVENTS];
    int64_t began_ns = now_ns();
    if (began_ns > deadline_ns) fail("not done after %g s", options.deadline_s);
    int count = wait_for_events(events, wait_ns);
    waited_ns += now_ns() - began_ns;
    found += count;
    if (count >= many()) queued += count;
    for (int i = 0; i < count; i++) {
        Client *client = events[i].data.ptr;
        if (!client) { /* the timer */
            uint64_t fired;
            if (read(timer, &fired, sizeof fired) < 0) continue;
        } else if (client->fd >= 0 && client->stalled) {
            if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) lost_client(client, "");
        } else if (client->fd >= 0) {
            if (events[i].events & EPOLLOUT) flush(client);
            if (events[i].events & ~EPOLLOUT)
                while (client->fd >= 0 && hear(client)) {}
        }
    }
}

/* ---- sending ------------------------------------------------------------------------------ */

static void say(int message, int64_t intended_ns) {
    static char *body;
    if (!body) body = need(malloc(options.payload_bytes + 1));
    Client *speaker = &clients[messages[message].speaker];
    snprintf(body, NUMBER_DIGITS + 1, "%08d", message);
    memcpy(body + NUMBER_DIGITS, filler, options.payload_bytes - NUMBER_DIGITS);
    messages[message].intended_ns = intended_ns;
    missing[message] += listeners - stalled_now;
    messages[message].sent_ns = now_ns();
    send_frame(speaker, TEXT, body, options.payload_bytes);
}

/* Wait until every client has the message; return false if nothing came for quiet_ns. */
static bool complete(int message, int64_t quiet_ns) {
    heard_at_ns = now_ns();
    while (missing[message] > 0) {
        int64_t left_ns = heard_at_ns + quiet_ns - now_ns();
        if (left_ns <= 0) return false;
        pump(left_ns);
    }
    return true;
}

/* Say messages until one of them reaches every client: then all clients are in the room. One is
 * enough if the server answers a handshake only when the client is in the room. A server that
 * answers earlier may let the client in after the first message. */
static void fence(void) {
    for (int i = 0; i < MAX_FENCES; i++) {
        int message = add_message(FENCE, 0, -1);
        say(message, now_ns());
        if (complete(message, RESEND_NS)) return;
    }
    fail("the server is silent: %d of %d clients wait for a message", missing[message_count - 1],
         listeners);
}

static bool will_stall(int index) {
    int place = index - options.speakers, of = options.clients - options.speakers;
    return place >= 0 && options.stalled &&
           (int64_t)(place + 1) * options.stalled / of > (int64_t)place * options.stalled / of;
}

/* ---- connecting and playing --------------------------------------------------------------- */

static void connect_all(void) {
    for (int first = 0; first < options.clients; first += BATCH_CLIENTS) {
        int end = first + BATCH_CLIENTS < options.clients ? first + BATCH_CLIENTS : options.clients;
        for (int index = first; index < end; index++) {
            upgrading++;
            open_client(&clients[index], index, false, will_stall(index));
        }
        heard_at_ns = now_ns();
        while (upgrading) {
            pump(RESEND_NS);
            if (now_ns() - heard_at_ns > 10 * NS)
                fail("%d of %d handshakes are not answered", upgrading, end);
        }
        listeners = end;
        fence();
    }
}

static void stall(void) {
    for (int index = 0; index < options.clients; index++)
        if (will_stall(index) && clients[index].fd >= 0) {
            clients[index].stalled = true;
            stalled_now++;
            watch(&clients[index]);
        }
    /* Messages in flight may reach the stalled clients or not: nothing waits for them there. */
    for (int message = 0; message < message_count; message++)
        if (messages[message].intended_ns && missing[message] > 0) missing[message] = 0;
}

static void churn(int64_t began_ns) {
    int64_t due = (int64_t)((now_ns() - began_ns) * options.churn_hz / NS);
    static int64_t opened;
    for (int i = 0; i < MAX_CHURNERS && opened < due; i++)
        if (churners[i].fd < 0) {
            open_client(&churners[i], -1, true, false);
            opened++;
        }
    if (opened < due) opened = due; /* no room for more: the server does not keep up */
}

/* Say the messages of a phase, which begin at `at`; return the number after the last one. */
static int play(int at, int phase) {
    int end = at, next = at, oldest = at, given_up = 0;
    while (end < message_count && messages[end].phase == phase) end++;
    int *last = need(malloc(options.speakers * sizeof *last)); /* said by each speaker, -1: none */
    for (int i = 0; i < options.speakers; i++) last[i] = -1;
    int64_t began_ns = now_ns(), said_ns = began_ns;
    heard_at_ns = began_ns;
    bool stall_due = phase == COUNTED && options.stalled;
    while (oldest < end) {
        int64_t clock_ns = now_ns(), wait_ns = (int64_t)(options.patience_s * NS);
        if (stall_due && clock_ns - began_ns >= (int64_t)(options.stall_after_s * NS)) {
            stall_due = false;
            stall();
        }
        while (next < end) {
            Message *message = &messages[next];
            if (message->offset_ns < 0) {
                int before = last[message->speaker];
                if (before >= 0 && missing[before] > 0) break;
                say(next, clock_ns);
            } else if (began_ns + message->offset_ns <= clock_ns) {
                say(next, began_ns + message->offset_ns);
            } else {
                wait_ns = began_ns + message->offset_ns - clock_ns;
                heard_at_ns = clock_ns; /* patience begins after the last message of an open loop */
                break;
            }
            last[message->speaker] = next++;
            clock_ns = now_ns();
        }
        while (oldest < next && missing[oldest] <= 0) oldest++;
        if (oldest == end) break;
        if (next < end) said_ns = clock_ns;
        else if (clock_ns - said_ns > (int64_t)(options.drain_s * NS)) { /* it does not keep up */
            behind = true;
            break;
        }
        if (options.churn_hz > 0 && phase == COUNTED) {
            churn(began_ns);
            if (wait_ns > NS / 500) wait_ns = NS / 500;
        }
        if (stall_due && wait_ns > NS / 50) wait_ns = NS / 50;
        if (clock_ns - heard_at_ns > (int64_t)(options.patience_s * NS)) { /* the rest is lost */
            if (++given_up == MAX_GIVEN_UP || next == end) break;
            while (oldest < next) missing[oldest++] = 0;
            heard_at_ns = clock_ns;
            continue;
        }
        pump(wait_ns);
    }
    free(last);
    return end;
}

/* ---- the run ------------------------------------------------------------------------------ */

static void phase(const char *word) {
    char line[16];
    printf("%s\n", word);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) fail("the program that started the generator has ended");
}

static void read_plan(void) {
    FILE *file = fopen(options.plan, "r");
    int of_phase, speaker;
    int64_t offset_ns;
    if (!file) fail("cannot read %s: %s", options.plan, strerror(errno));
    while (fscanf(file, "%d %d %" SCNd64, &of_phase, &speaker, &offset_ns) == 3) {
        if (speaker < 0 || speaker >= options.speakers) fail("the plan has no speaker %d", speaker);
        add_message(of_phase, speaker, offset_ns);
    }
    if (!feof(file)) fail("%s is not a plan", options.plan);
    fclose(file);
}

static void write_samples(void) {
    int64_t head[3] = {message_count, (int64_t)delivery_count, churned};
    FILE *file = fopen(options.samples, "wb");
    if (!file || fwrite(head, sizeof head, 1, file) != 1 ||
        fwrite(messages, sizeof *messages, message_count, file) != (size_t)message_count ||
        fwrite(deliveries, sizeof *deliveries, delivery_count, file) != delivery_count ||
        fclose(file))
        fail("cannot write %s: %s", options.samples, strerror(errno));
}

static void parse_options(int count, char **words) {
    for (int i = 1; i + 1 < count; i += 2) {
        const char *flag = words[i];
        char *value = words[i + 1];
        if (!strcmp(flag, "--ws")) {
            split_address(value, &options.host, &options.port);
        } else if (!strcmp(flag, "--plan")) options.plan = value;
        else if (!strcmp(flag, "--samples")) options.samples = value;
        else if (!strcmp(flag, "--clients")) options.clients = atoi(value);
        else if (!strcmp(flag, "--speakers")) options.speakers = atoi(value);
        else if (!strcmp(flag, "--payload-bytes")) options.payload_bytes = atoi(value);
        else if (!strcmp(flag, "--stalled")) options.stalled = atoi(value);
        else if (!strcmp(flag, "--stall-after")) options.stall_after_s = atof(value);
        else if (!strcmp(flag, "--churn-hz")) options.churn_hz = atof(value);
        else if (!strcmp(flag, "--patience")) options.patience_s = atof(value);
        else if (!strcmp(flag, "--drain")) options.drain_s = atof(value);
        else if (!strcmp(flag, "--deadline")) options.deadline_s = atof(value);
        else if (!strcmp(flag, "--poll")) options.poll = atoi(value);
        else fail("unknown flag: %s", flag);
    }
    if (count % 2 == 0) fail("a flag without a value: %s", words[count - 1]);
    if (!options.host || !options.plan || !options.samples)
        fail("--ws, --plan and --samples are needed");
    if (options.speakers < 1 || options.clients < options.speakers)
        fail("clients must be at least speakers, and those at least 1");
    if (options.payload_bytes <= NUMBER_DIGITS) fail("a payload has at least 9 bytes");
    if (options.stalled < 0 || options.stalled > options.clients - options.speakers)
        fail("only clients that do not speak can stall");
}

int main(int count, char **words) {
    parse_options(count, words);
    raise_file_limit();
    deadline_ns = now_ns() + (int64_t)(options.deadline_s * NS);
    clients = need(calloc(options.clients, sizeof *clients));
    churners = need(calloc(MAX_CHURNERS, sizeof *churners));
    for (int i = 0; i < MAX_CHURNERS; i++) churners[i].fd = -1;
    prefixes = need(calloc(options.speakers, sizeof *prefixes));
    prefix_bytes = need(calloc(options.speakers, sizeof *prefix_bytes));
    filler = need(malloc(options.payload_bytes));
    frame_buffer = need(malloc(READ_BYTES));
    filler[0] = ' ';
    for (int i = 1; i < options.payload_bytes; i++) filler[i] = (char)('a' + (i - 1) % 26);
    prctl(PR_SET_TIMERSLACK, 1); /* ns; by default each message of an open loop is 50 µs late */
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll < 0 || timer < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event))
        fail("epoll: %s", strerror(errno));

    connect_all();
    int at = message_count;
    read_plan();
    phase("connected");
    deadline_ns = now_ns() + (int64_t)(options.deadline_s * NS);
    recording = true;
    at = play(at, WARM_UP);
    phase("warm");
    int64_t began_ns = now_ns();
    waited_ns = received_bytes = found = queued = 0;
    play(at, COUNTED);
    int64_t ended_ns = now_ns(), busy_ns = ended_ns - began_ns - waited_ns;
    int64_t counted_bytes = received_bytes;
    double queued_share = found ? (double)queued / found : 0;
    phase("counted");
    int last = add_message(LAST, 0, -1); /* a delivery that comes twice or late comes before it */
    if (!behind) {
        say(last, now_ns());
        complete(last, (int64_t)(options.patience_s * NS));
    }
    write_samples();
    printf("done %.6f %.6f %.4f %" PRId64 " %s\n", (ended_ns - began_ns) / 1e9, busy_ns / 1e9,
           queued_share, counted_bytes, behind ? "behind" : "whole");
    return 0;
}

/* The live load: n clients in one thread that take commands while they talk and listen.
 *
 *   live --ws HOST:PORT | --tcp HOST:PORT [--clients N] [--rate HZ] [--bytes N] [--speakers N]
 *        [--path /ws] [--before TEXT] [--after TEXT] [--welcome 1] [--echo 1]
 *
 * live_python.py is the same program for machines without a C compiler. live.py starts either of
 * them, and says which commands it takes and which messages it gives. The last five flags are for
 * servers with another protocol: what stands around a text when it is sent, whether a newcomer gets
 * the line "* you are NAME", and whether a speaker gets its own lines back.
 *
 * A text is filler, a mark and the message's number: "abcdefghij #00000042". So a delivery shows
 * its message whatever the server puts around the text, and whatever the size is by then. The table
 * of messages holds when each of them was due: latency counts from there, by this program's clock.
 *
 * Clients live in numbered cells. A client that is gone leaves its cell empty until a command fills
 * it again. Cells 0 to S-1 speak in turns; a speaker that is not in the room, or does not read, is
 * passed over.
 *
 * One file, though it is long. Its parts, separated by lines of dashes, are: one client's socket,
 * joining and leaving, saying, receiving, telling, commands, and the run. Two headers beside it
 * hold what has no state: wire.h the bytes of the protocol, live_out.h the output and the buckets.
 *
 * Invariants:
 *   1. It never waits for one socket, nor for the program that reads its output.
 *   2. The time of a delivery is the time just after the read that completed it.
 *   3. Every delivery is in `heard` of exactly one column. It is in `counts` too, unless it was
 *      said before its client was woken (then its time says how long the client did not read), or
 *      so long ago that the table has another message in its place.
 *   4. Messages are due by the clock, whatever the server does (open loop). What this program does
 *      too late is told in `late_us`, and what it leaves out is told as trouble.
 */
#define _GNU_SOURCE
#include "live_out.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

enum {
    MAX_CELLS = 20000,
    MIN_BYTES = 10,              /* a letter, the mark and the number */
    MARK_BYTES = 1 + NUMBER_DIGITS,
    MAX_BYTES = 65536,
    MAX_RATE_HZ = 1000000,
    MAX_SPOKEN = 1000,           /* messages per speaker in one burst */
    JOINING_AT_ONCE = 64,        /* fits every listen backlog and every outbox */
    EVENTS = 128,                /* handled before the clock is read again */
    SAID_AT_ONCE = 64,           /* messages said before the sockets are looked at again */
    READ_BYTES = 256 * 1024,     /* more than any frame or line */
    RECEIVE_BYTES = 16 * 1024,   /* of a socket: a client that stops reading is full soon */
    QUEUE_BYTES = 256 * 1024,    /* what may wait for one socket; more is not said */
    MESSAGES = 1 << 18,          /* in the table; a power of two */
    MAX_PINS = 6,
    MAX_CONTROL_BYTES = 125,     /* in a ping; RFC 6455 section 5.5 */
    OVERDUE_TICKS = 10,          /* a delivery is overdue after that many columns */
    TCP_TALK_S = 100,            /* at a TCP door a silent client times out: it asks for help */
};
enum { AT_TIMER = MAX_CELLS, AT_STDIN, AT_STDOUT, AT_SIGNAL };
#define TICK_NS (NS / 10)
#define LAST_NS (NS / 2)         /* from one `last` to the next */
#define LAST_WAIT_NS (2 * NS)    /* for the deliveries of its message */
#define PATIENCE_NS (10 * NS)    /* for a server that lets a client in */
#define LEAVE_NS (2 * NS)        /* for a server that lets a client go */
#define BEHIND_NS NS             /* messages that are due for longer are left out */
#define NEVER INT64_MAX
#define NUMBERS 100000000LL      /* a number has eight digits, and then begins again */

typedef enum { GONE, JOINING, IN, STALLED } State;
typedef enum { CONNECTING, UPGRADING, OPEN, LEAVING } Phase;
static const char *const state_names[] = {"gone", "joining", "in", "stalled"};

typedef struct {
    int fd;                      /* valid unless the state is GONE */
    State state;
    int told;                    /* the state that the last `states` said, -1: none */
    Phase phase;
    bool pinned, queued, evicted;
    bool again;                  /* it connects when it has left */
    int64_t since, got;          /* the first message that it must get, and how many it got */
    int64_t woken;               /* earlier messages are not timed */
    int64_t until_ns;            /* when joining or leaving is given up, or when it talks again */
    int64_t in_ns;
    int port, code;              /* the code of the server's close frame, 0: none came */
    char *name, *reason;
    char *rest, *part, *queue;   /* bytes: no whole frame yet; no whole message; to be sent */
    size_t rest_bytes, part_bytes, queue_bytes;
} Client;

typedef struct { int64_t due_ns; int32_t bytes, speaker; } Message;

static struct {
    const char *host, *path, *before, *after;
    int port;
    bool tcp, welcome, echo;
} options = {.path = "/ws", .before = "", .after = "", .welcome = true, .echo = true};

static Client cells[MAX_CELLS];
static int cell_of_port[65536]; /* by local port: a client's first name is its address */
static int cell_count, cells_used; /* cells with a client; cells that ever had one */
static int speakers = 1, text_bytes = 64, joining;
static int waiting[MAX_CELLS], waiting_first, waiting_count; /* cells to connect, a ring */
static struct sockaddr_storage address;
static socklen_t address_bytes;
static int epoll, timer, signals;
static bool quitting, paused, stdout_watched;
static char filler[MAX_BYTES], read_buffer[READ_BYTES], frame_buffer[MAX_BYTES + 4096];

static Message messages[MESSAGES];
static int64_t said;             /* messages so far */
static double rate_hz;
static int64_t schedule_ns, schedule_step, last_due_ns; /* the schedule began; steps since then */
static int64_t burst_left, burst_due_ns;
static int turn = -1;            /* the speaker of the last message */

/* Since the last column. */
static struct {
    int64_t sent, heard, bytes, late_us, untimed, altered;
    int64_t counts[BUCKETS];
} column;
static int64_t said_before[OVERDUE_TICKS]; /* `said` at the last ticks, a ring */
static int64_t ticks, next_tick_ns;
static struct { int64_t columns, lines, unsaid, skipped, altered; } troubles; /* not told yet */

/* The message whose arrivals are told next; message -1: none yet. */
static struct {
    int64_t message, due_ns, ended_ns, *at_ns;
    int cells, missing;
} last = {.message = -1};

static bool much(void) { return out_bytes > MUCH_BYTES; }

static void trouble(const char *text) {
    put("{\"is\":\"trouble\",\"t\":%.6f,\"text\":", seconds(now_ns()));
    put_text(text);
    put("}\n");
}

/* ---- one client's socket ------------------------------------------------------------------ */

static void watch(int i) {
    Client *client = &cells[i];
    /* Edge-triggered: with level triggering epoll would check the socket again after every read. */
    struct epoll_event event = {.data.u32 = (uint32_t)i, .events = EPOLLET};
    event.events |= client->state == STALLED ? EPOLLRDHUP : EPOLLRDHUP | EPOLLIN;
    if (client->queue_bytes || client->phase == CONNECTING) event.events |= EPOLLOUT;
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event))
        fail("epoll_ctl: %s", strerror(errno));
}

static void remember(char **where, const char *text, size_t count) {
    free(*where);
    *where = text ? need(strndup(text, count)) : NULL;
}

static void set_state(Client *client, State state) {
    joining += (state == JOINING) - (client->state == JOINING);
    client->state = state;
}

/* Close the socket and forget what belongs to it. A client that is reset sends no goodbye. */
static void drop(int i, bool reset) {
    Client *client = &cells[i];
    if (client->state == GONE) return;
    struct linger linger = {1, 0};
    if (reset) setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(client->fd);
    free(client->rest);
    free(client->part);
    free(client->queue);
    client->rest = client->part = client->queue = NULL;
    client->rest_bytes = client->part_bytes = client->queue_bytes = 0;
    set_state(client, GONE);
}

static void wait_to_connect(int i) {
    if (cells[i].queued || cells[i].state != GONE) return;
    cells[i].queued = true;
    waiting[(waiting_first + waiting_count++) % MAX_CELLS] = i;
}

static void put_gone(int i, int code, const char *reason) {
    put("{\"is\":\"gone\",\"t\":%.6f,\"client\":%d,\"code\":", seconds(now_ns()), i);
    if (code) put("%d", code);
    else put("null");
    put(",\"reason\":");
    put_text(reason);
    put("}\n");
}

/* Say that a client is gone, by its close frame, by its last error line, or by `why`. */
static void gone(int i, const char *why) {
    Client *client = &cells[i];
    if (client->state == GONE) return;
    drop(i, false);
    put_gone(i, client->code, client->reason ? client->reason : why);
    if (client->again) wait_to_connect(i);
    client->again = false;
}

static void lost(int i, int error) {
    /* What the server said before it ended the connection may still be there to read. */
    if (cells[i].state == STALLED) {
        set_state(&cells[i], IN);
        cells[i].woken = said;
    }
    gone(i, error ? strerror(error) : "the server ended the connection");
}

static void flush(int i) {
    Client *client = &cells[i];
    if (!client->queue_bytes) return;
    ssize_t sent = send(client->fd, client->queue, client->queue_bytes, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN) lost(i, errno);
        return;
    }
    client->queue_bytes -= (size_t)sent;
    memmove(client->queue, client->queue + sent, client->queue_bytes);
    if (!client->queue_bytes) watch(i);
}

static void send_bytes(int i, const char *bytes, size_t count) {
    Client *client = &cells[i];
    ssize_t sent = 0;
    if (!client->queue_bytes) {
        sent = send(client->fd, bytes, count, MSG_NOSIGNAL);
        /* A server that reset the connection may have said why: reading finds out. */
        if (sent < 0 && errno != EAGAIN) return;
        if (sent < 0) sent = 0;
    }
    size_t left = count - (size_t)sent;
    if (!left) return;
    client->queue = need(realloc(client->queue, client->queue_bytes + left));
    memcpy(client->queue + client->queue_bytes, bytes + sent, left);
    client->queue_bytes += left;
    watch(i);
}

static void send_frame(int i, int opcode, const char *body, size_t count) {
    send_bytes(i, frame_buffer, client_frame(frame_buffer, opcode, body, count));
}

/* ---- joining and leaving ------------------------------------------------------------------ */

static void come_in(int i) {
    Client *client = &cells[i];
    set_state(client, IN);
    client->in_ns = now_ns();
    client->until_ns = client->in_ns + TCP_TALK_S * NS;
    client->since = options.welcome ? said : NEVER;
    client->got = 0;
}

static void connected(int i) {
    Client *client = &cells[i];
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        gone(i, strerror(error));
        return;
    }
    struct sockaddr_storage own;
    socklen_t own_bytes = sizeof own;
    if (!getsockname(client->fd, (struct sockaddr *)&own, &own_bytes))
        client->port = ntohs(own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&own)->sin6_port
                                                       : ((struct sockaddr_in *)&own)->sin_port);
    cell_of_port[client->port] = i;
    client->phase = options.tcp ? OPEN : UPGRADING;
    watch(i);
    if (options.tcp && !options.welcome) come_in(i);
    if (options.tcp) return;
    char request[1024];
    size_t count =
        handshake_request(request, sizeof request, options.host, options.port, options.path);
    send_bytes(i, request, count);
}

static void connect_cell(int i) {
    static const int one = 1, receive_bytes = RECEIVE_BYTES;
    Client *client = &cells[i];
    client->phase = CONNECTING;
    client->told = -1; /* a client that is replaced within one column is told all the same */
    client->woken = client->port = client->code = 0;
    client->evicted = false;
    client->since = NEVER;
    client->until_ns = now_ns() + PATIENCE_NS;
    remember(&client->name, NULL, 0);
    remember(&client->reason, NULL, 0);
    client->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client->fd < 0) {
        put_gone(i, 0, strerror(errno));
        return;
    }
    set_state(client, JOINING);
    /* Before it connects: a window that was offered once cannot be taken back. */
    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.u32 = (uint32_t)i};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event))
        fail("epoll_ctl: %s", strerror(errno));
    if (connect(client->fd, (struct sockaddr *)&address, address_bytes) && errno != EINPROGRESS)
        gone(i, strerror(errno));
}

/* Connect cells that wait, a few at a time: each arrival is announced to all others. */
static void connect_some(void) {
    while (waiting_count && joining < JOINING_AT_ONCE) {
        int i = waiting[waiting_first];
        waiting_first = (waiting_first + 1) % MAX_CELLS;
        waiting_count--;
        cells[i].queued = false;
        if (i < cell_count && cells[i].state == GONE) connect_cell(i);
    }
}

static void wake(int i) {
    Client *client = &cells[i];
    if (client->state == GONE) {
        wait_to_connect(i);
    } else if (client->state == STALLED) {
        set_state(client, IN);
        client->woken = client->since = said;
        client->got = 0;
        watch(i); /* reports at once what has come meanwhile */
    }
}

static void stall(int i) {
    if (cells[i].state != IN || cells[i].phase != OPEN) return;
    set_state(&cells[i], STALLED);
    watch(i);
}

static void kill_client(int i) {
    if (cells[i].state == GONE) return;
    drop(i, true);
    put_gone(i, 0, "killed");
}

static void leave(int i) {
    Client *client = &cells[i];
    if (client->state == GONE || client->phase == LEAVING) return;
    if (client->state == STALLED) wake(i);
    remember(&client->reason, "left", 4);
    if (client->phase != OPEN) {
        gone(i, NULL);
        return;
    }
    client->phase = LEAVING;
    client->since = NEVER;
    client->until_ns = now_ns() + LEAVE_NS;
    if (options.tcp) shutdown(client->fd, SHUT_WR);
    else send_frame(i, CLOSE, "\x03\xe8", 2); /* 1000 */
}

/* Let there be cells 0 to count-1; fill the new ones, or all that are empty. */
static void set_cells(int count, bool all) {
    count = count < 0 ? 0 : count > MAX_CELLS ? MAX_CELLS : count;
    for (int i = count; i < cell_count; i++) {
        cells[i].again = false;
        leave(i);
    }
    int first = all ? 0 : cell_count;
    cell_count = count;
    if (cells_used < count) cells_used = count;
    for (int i = first; i < count; i++) {
        if (cells[i].state != GONE && cells[i].phase == LEAVING) cells[i].again = true;
        else wait_to_connect(i);
    }
}

/* Drop the last `count` clients that read, and connect all of them at once. */
static void reconnect(int count) {
    for (int i = cell_count - 1; i >= 0 && count > 0; i--)
        if (cells[i].state == IN && cells[i].phase == OPEN) {
            drop(i, true);
            connect_cell(i);
            count--;
        }
}

/* ---- saying ------------------------------------------------------------------------------- */

static void put_line(const char *is, int i, const char *text, size_t count, int64_t at_ns) {
    if (much()) {
        troubles.lines++;
        return;
    }
    put("{\"is\":\"%s\",\"t\":%.6f,\"client\":%d,\"name\":", is, seconds(at_ns), i);
    put_text(cells[i].name);
    put(",\"line\":");
    put_string(text, count);
    put("}\n");
    if (out_bytes > SOME_BYTES && !flush_out()) quitting = true;
}

/* Return the speaker that is next, or -1: none is in the room and reads. */
static int next_speaker(void) {
    int some = speakers < cell_count ? speakers : cell_count;
    for (int tried = 0; tried < some; tried++) {
        turn = (turn + 1) % some;
        if (cells[turn].state == IN && cells[turn].phase == OPEN) return turn;
    }
    return -1;
}

static void begin_last(int64_t due_ns) {
    last.message = said;
    last.due_ns = due_ns;
    last.missing = 0;
    last.cells = cell_count;
    last.at_ns = need(realloc(last.at_ns, (size_t)cell_count * sizeof *last.at_ns));
    for (int i = 0; i < cell_count; i++) {
        last.at_ns[i] = 0;
        last.missing += cells[i].state == IN;
    }
}

static void say(int speaker, int64_t due_ns) {
    Client *client = &cells[speaker];
    if (client->queue_bytes > QUEUE_BYTES) {
        troubles.unsaid++;
        return;
    }
    static char body[MAX_BYTES + 2048];
    size_t before = strlen(options.before), after = strlen(options.after);
    size_t bytes = (size_t)text_bytes, letters = bytes - MARK_BYTES;
    char *text = body + before, number[24];
    snprintf(number, sizeof number, "%08d", (int)(said % NUMBERS));
    memcpy(body, options.before, before);
    memcpy(text, filler, letters);
    if (letters > 1) text[letters - 1] = ' ';
    text[letters] = '#';
    memcpy(text + letters + 1, number, NUMBER_DIGITS);
    memcpy(text + bytes, options.after, after);
    size_t count = before + bytes + after;
    messages[said % MESSAGES] = (Message){due_ns, text_bytes, speaker};
    int64_t at_ns = now_ns();
    if (last.message < 0 && at_ns - last.ended_ns >= 0) begin_last(due_ns);
    if (client->pinned) put_line("said", speaker, text, bytes, at_ns);
    said++;
    column.sent++;
    int64_t late_us = (at_ns - due_ns) / 1000;
    if (late_us > column.late_us) column.late_us = late_us;
    if (!options.echo && client->since != NEVER) client->got++;
    if (options.tcp) {
        body[count] = '\n';
        send_bytes(speaker, body, count + 1);
    } else {
        send_frame(speaker, TEXT, body, count);
    }
}

static int64_t next_due_ns(void) {
    if (paused || rate_hz <= 0) return NEVER;
    return schedule_ns + (int64_t)((double)schedule_step * 1e9 / rate_hz);
}

/* Begin the schedule again: the next message is due one step after the last one, or now. */
static void reschedule(int64_t clock_ns) {
    int64_t next_ns = rate_hz > 0 ? last_due_ns + (int64_t)(1e9 / rate_hz) : 0;
    schedule_ns = next_ns > clock_ns ? next_ns : clock_ns;
    schedule_step = 0;
}

/* Say what is due, a few messages at a time; return when the next one is due. */
static int64_t say_due(void) {
    int64_t due_ns, clock_ns = now_ns();
    for (int budget = SAID_AT_ONCE; budget > 0; budget--) {
        bool bursting = burst_left > 0 && !paused;
        due_ns = next_due_ns();
        if (!bursting && due_ns > clock_ns) return due_ns;
        int speaker = next_speaker();
        if (speaker < 0) { /* nobody can speak: nothing falls due */
            burst_left = 0;
            last_due_ns = 0;
            reschedule(clock_ns);
            return rate_hz > 0 && !paused ? next_tick_ns : NEVER;
        }
        if (bursting) {
            burst_left--;
            say(speaker, burst_due_ns);
            continue;
        }
        if (clock_ns - due_ns > BEHIND_NS) {
            int64_t steps = (int64_t)((double)(clock_ns - due_ns) * rate_hz / 1e9);
            troubles.skipped += steps;
            schedule_step += steps;
            due_ns = next_due_ns();
        }
        schedule_step++;
        last_due_ns = due_ns;
        say(speaker, due_ns);
        clock_ns = now_ns();
    }
    return clock_ns;
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* Return the message that a text shows, -1: none, -2: one that was altered. An old message, of
 * which the table knows nothing any more, is believed. */
static int64_t message_in(const char *text, size_t count) {
    if (count < MARK_BYTES) return -1;
    const char *mark = text + count - MARK_BYTES;
    if (*mark != '#') {
        mark = memrchr(text, '#', count);
        if (!mark || mark + MARK_BYTES > text + count) return -1;
    }
    int64_t number = 0;
    for (int digit = 1; digit <= NUMBER_DIGITS; digit++) {
        if (mark[digit] < '0' || mark[digit] > '9') return -1;
        number = 10 * number + (mark[digit] - '0');
    }
    number += said / NUMBERS * NUMBERS;
    if (number >= said) number -= NUMBERS;
    if (number < 0) return -2;
    if (number < said - MESSAGES) return number;
    size_t letters = (size_t)messages[number % MESSAGES].bytes - MARK_BYTES;
    if (letters > (size_t)(mark - text)) return -2;
    const char *own = mark - letters;
    if (letters > 1 ? memcmp(own, filler, letters - 1) || own[letters - 1] != ' '
                    : memcmp(own, filler, letters)) return -2;
    return number;
}

static void hear_message_of_ours(int i, int64_t number, int64_t at_ns) {
    Client *client = &cells[i];
    column.heard++;
    if (client->since == NEVER && client->phase == OPEN) client->since = number;
    if (number >= client->since) client->got++;
    if (number < client->woken || number < said - MESSAGES) {
        column.untimed++;
        return;
    }
    column.counts[bucket_of(at_ns - messages[number % MESSAGES].due_ns)]++;
    if (number == last.message && i < last.cells && !last.at_ns[i]) {
        last.at_ns[i] = at_ns;
        last.missing--;
    }
}

/* Tell that the room has cut a client off. Its own goodbye may never come: what was sent before it
 * fills the socket of a client that reads nothing. */
static void hear_news(const char *text, size_t count) {
    static const char *const ends[] = {"was too slow", "timed out"};
    for (size_t which = 0; which < 2; which++) {
        size_t end = strlen(ends[which]);
        if (count <= end || memcmp(text + count - end, ends[which], end)) continue;
        const char *colon = memrchr(text, ':', count - end);
        int port = colon ? atoi(colon + 1) : 0;
        Client *client = &cells[cell_of_port[port & 0xffff]];
        if (client->state == GONE || client->port != port || client->evicted) return;
        client->evicted = true;
        put("{\"is\":\"evicted\",\"t\":%.6f,\"client\":%d,\"reason\":\"%s\"}\n",
            seconds(now_ns()), (int)(client - cells), ends[which]);
    }
}

static void hear_line(int i, const char *text, size_t count, int64_t at_ns) {
    static const char welcome[] = "* you are ";
    size_t head = sizeof welcome - 1;
    Client *client = &cells[i];
    int64_t number = message_in(text, count);
    bool joins = client->state == JOINING && options.welcome;
    if (joins && count > head && !memcmp(text, welcome, head)) {
        remember(&client->name, text + head, count - head);
        come_in(i);
    }
    if (client->pinned) put_line("heard", i, text, count, at_ns);
    if (number >= 0) {
        hear_message_of_ours(i, number, at_ns);
    } else if (number == -2) {
        column.altered++;
        troubles.altered++;
    } else if (count > 2 && text[0] == '!' && text[1] == ' ' && client->phase != LEAVING) {
        remember(&client->reason, text + 2, count - 2);
    } else if (options.welcome && count > 2 && text[0] == '*' && text[1] == ' ') {
        hear_news(text, count);
    }
}

static void hear_text(int i, const char *body, size_t count, int64_t at_ns) {
    const char *end = body + count, *line = body, *brk; /* some servers join lines in a message */
    while ((brk = memchr(line, '\n', (size_t)(end - line)))) {
        hear_line(i, line, (size_t)(brk - line), at_ns);
        line = brk + 1;
    }
    hear_line(i, line, (size_t)(end - line), at_ns);
}

static void hear_close(int i, const char *body, size_t count) {
    Client *client = &cells[i];
    client->code = close_code(body, count);
    if (count > 2) remember(&client->reason, body + 2, count - 2);
    if (client->phase != LEAVING) send_frame(i, CLOSE, body, count >= 2 ? 2 : 0);
    client->phase = LEAVING;
    client->until_ns = now_ns() + LEAVE_NS;
}

static void hear_frame(int i, const FrameHead *frame, const char *body, int64_t at_ns) {
    Client *client = &cells[i];
    size_t count = frame->body;
    bool data = frame->opcode == TEXT || frame->opcode == BINARY || frame->opcode == CONTINUATION;
    if (data && frame->last && !client->part_bytes) {
        hear_text(i, body, count, at_ns);
    } else if (data) {
        client->part = need(realloc(client->part, client->part_bytes + count + 1));
        memcpy(client->part + client->part_bytes, body, count);
        client->part_bytes += count;
        if (!frame->last) return;
        hear_text(i, client->part, client->part_bytes, at_ns);
        client->part_bytes = 0;
    } else if (frame->opcode == PING && count <= MAX_CONTROL_BYTES) {
        send_frame(i, PONG, body, count);
    } else if (frame->opcode == CLOSE) {
        hear_close(i, body, count);
    }
}

/* Handle what is whole at the start of the bytes; return how many bytes that were. */
static size_t hear_frames(int i, const char *bytes, size_t count, int64_t at_ns) {
    FrameHead frame;
    size_t at = 0;
    while (cells[i].state != GONE && frame_is_whole(bytes + at, count - at, &frame)) {
        hear_frame(i, &frame, bytes + at + frame.head, at_ns);
        at += frame.head + frame.body;
    }
    return at;
}

static size_t hear_lines(int i, const char *bytes, size_t count, int64_t at_ns) {
    const char *at = bytes, *brk;
    while ((brk = memchr(at, '\n', (size_t)(bytes + count - at)))) {
        hear_line(i, at, (size_t)(brk - at) - (brk > at && brk[-1] == '\r'), at_ns);
        at = brk + 1;
    }
    return (size_t)(at - bytes);
}

static size_t hear_upgrade(int i, const char *bytes, size_t count) {
    const char *refused;
    size_t head = handshake_answer(bytes, count, &refused);
    if (!head) return 0;
    if (refused) {
        gone(i, refused);
        return count;
    }
    cells[i].phase = OPEN;
    if (!options.welcome) come_in(i);
    return head;
}

/* Read what the socket has; if the server has ended the connection, read to the end. */
static void hear(int i, bool ended) {
    Client *client = &cells[i];
    for (bool more = true; more && client->state != GONE;) {
        size_t count = client->rest_bytes;
        if (count) memcpy(read_buffer, client->rest, count);
        ssize_t got = recv(client->fd, read_buffer + count, READ_BYTES - count, 0);
        int64_t at_ns = now_ns();
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            lost(i, got ? errno : 0);
            return;
        }
        column.bytes += got;
        count += (size_t)got;
        more = ended || count == READ_BYTES;
        size_t used = client->phase == UPGRADING ? hear_upgrade(i, read_buffer, count) : 0;
        if (client->state == GONE) return;
        if (client->phase > UPGRADING)
            used += options.tcp ? hear_lines(i, read_buffer + used, count - used, at_ns)
                                : hear_frames(i, read_buffer + used, count - used, at_ns);
        if (client->state == GONE) return;
        size_t rest = count - used;
        if (rest == READ_BYTES) {
            gone(i, "it got a frame or a line of more than 256 KiB");
            return;
        }
        if (rest) {
            client->rest = need(realloc(client->rest, rest));
            memcpy(client->rest, read_buffer + used, rest);
        }
        client->rest_bytes = rest;
    }
}

static void handle_client(int i, uint32_t events) {
    Client *client = &cells[i];
    if (client->state == GONE) return;
    if (client->phase == CONNECTING) {
        if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
        connected(i);
    } else if (client->state == STALLED) {
        if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
            client->woken = said; /* the server has ended the connection: read what it said last */
            client->since = NEVER;
            set_state(client, IN);
            hear(i, true);
            if (client->state != GONE) lost(i, 0);
            return;
        }
        if (events & EPOLLOUT) flush(i);
        return;
    } else if (events & EPOLLOUT) {
        flush(i);
    }
    if (client->state != GONE && events & ~(uint32_t)EPOLLOUT)
        hear(i, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
}

/* ---- telling ------------------------------------------------------------------------------ */

static int64_t overdue(void) {
    int64_t count = 0, until = said_before[ticks % OVERDUE_TICKS];
    for (int i = 0; i < cell_count; i++) {
        const Client *client = &cells[i];
        if (client->state == IN && until - client->since > client->got && client->since != NEVER)
            count += until - client->since - client->got;
    }
    return count;
}

static void put_states(void) {
    static const int per_line = 1000;
    int found = 0, upto = 0, end = 0;
    for (int i = 0; i < cells_used; i++)
        if ((int)cells[i].state != cells[i].told) end = i + 1;
    while (upto < end) {
        int from = upto;
        put("{\"is\":\"states\",\"t\":%.6f,\"changed\":[", seconds(now_ns()));
        for (found = 0; upto < end && found < per_line; upto++)
            if ((int)cells[upto].state != cells[upto].told)
                put("%s[%d,\"%s\"]", found++ ? "," : "", upto, state_names[cells[upto].state]);
        put("],\"ports\":[");
        found = 0;
        for (int i = from; i < upto; i++) {
            if (cells[i].state == IN && cells[i].told != IN && cells[i].told != STALLED)
                put("%s[%d,%d]", found++ ? "," : "", i, cells[i].port);
            cells[i].told = cells[i].state;
        }
        put("]}\n");
    }
}

static void put_column(int64_t at_ns) {
    put("{\"is\":\"column\",\"t\":%.6f,\"sent\":%" PRId64 ",\"heard\":%" PRId64
        ",\"bytes\":%" PRId64 ",\"late_us\":%" PRId64 ",\"missing\":%" PRId64
        ",\"untimed\":%" PRId64 ",\"altered\":%" PRId64 ",\"counts\":[",
        seconds(at_ns), column.sent, column.heard, column.bytes, column.late_us, overdue(),
        column.untimed, column.altered);
    for (int b = 0, found = 0; b < BUCKETS; b++)
        if (column.counts[b]) put("%s[%d,%" PRId64 "]", found++ ? "," : "", b, column.counts[b]);
    put("]}\n");
    memset(&column, 0, sizeof column);
}

static void put_last(int64_t at_ns) {
    if (last.message < 0) return;
    if (last.missing > 0 && at_ns - last.due_ns < LAST_WAIT_NS) return;
    if (!much()) {
        put("{\"is\":\"last\",\"t\":%.6f,\"message\":%" PRId64 ",\"arrivals_us\":[", seconds(at_ns),
            last.message);
        for (int i = 0; i < last.cells; i++)
            put("%s%" PRId64, i ? "," : "",
                last.at_ns[i] ? (last.at_ns[i] - last.due_ns) / 1000 : -1);
        put("]}\n");
    }
    last.ended_ns = last.due_ns + LAST_NS;
    last.message = -1;
}

static void put_troubles(void) {
    char text[256];
    const struct { int64_t *count; const char *words; } kinds[] = {
        {&troubles.columns, "columns were added to a later one: the lab reads too slowly"},
        {&troubles.lines, "lines of pinned clients were left out: the lab reads too slowly"},
        {&troubles.unsaid, "messages were not said: the server takes no more from the speakers"},
        {&troubles.skipped, "messages were left out: the load generator was over one second late"},
        {&troubles.altered, "deliveries were altered on their way"},
    };
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        if (!*kinds[kind].count) continue;
        snprintf(text, sizeof text, "%" PRId64 " %s", *kinds[kind].count, kinds[kind].words);
        trouble(text);
        *kinds[kind].count = 0;
    }
}

/* Give up on clients that the server does not let in, or does not let go. */
static void look_at_clients(int64_t at_ns) {
    for (int i = 0; i < cells_used; i++) {
        Client *client = &cells[i];
        if (client->state == GONE) continue;
        if (client->state == IN && client->since == NEVER && client->phase == OPEN &&
            at_ns - client->in_ns > NS)
            client->since = said;
        if (client->until_ns > at_ns) continue;
        if (client->state == JOINING) gone(i, "the server did not let it in within 10 s");
        else if (client->phase == LEAVING) gone(i, "the server did not end the connection");
        else if (options.tcp && options.welcome && client->state == IN) {
            send_bytes(i, "/help\n", 6);
            client->until_ns = at_ns + TCP_TALK_S * NS;
        }
    }
}

static void tick(int64_t at_ns) {
    if (at_ns < next_tick_ns) return;
    next_tick_ns += TICK_NS;
    if (next_tick_ns <= at_ns) next_tick_ns = at_ns + TICK_NS;
    look_at_clients(at_ns);
    put_last(at_ns);
    if (!much()) put_states();
    if (much()) troubles.columns++;
    else put_column(at_ns);
    said_before[ticks++ % OVERDUE_TICKS] = said;
    if (ticks % 10 == 0 && !much()) put_troubles();
}

/* Hand the output to the pipe; nothing reads it any more: quit. */
static void tell(void) {
    if (out_bytes && !flush_out()) quitting = true;
    if ((out_bytes > 0) == stdout_watched) return;
    struct epoll_event event = {.events = out_bytes ? EPOLLOUT : 0, .data.u32 = AT_STDOUT};
    stdout_watched = out_bytes > 0;
    epoll_ctl(epoll, EPOLL_CTL_MOD, STDOUT_FILENO, &event);
}

/* ---- commands ----------------------------------------------------------------------------- */

static void pin(char *list) {
    int pins = 0;
    for (int i = 0; i < MAX_CELLS; i++) cells[i].pinned = false;
    for (char *word = strtok(list, ", "); word; word = strtok(NULL, ", ")) {
        int i = atoi(word);
        if (i >= 0 && i < MAX_CELLS && pins < MAX_PINS && !cells[i].pinned) {
            cells[i].pinned = true;
            pins++;
        }
    }
}

static int bounded(double number, int low, int high) {
    return number > low ? number < high ? (int)number : high : low; /* low for what is no number */
}

static void obey(char *line) {
    char *word = strtok(line, " "), *rest = strtok(NULL, "");
    if (!word) return;
    double number = rest ? strtod(rest, NULL) : 0;
    int count = bounded(number, 0, MAX_CELLS);
    bool cell = rest && number >= 0 && number < cell_count;
    if (!strcmp(word, "clients")) set_cells(count, true);
    else if (!strcmp(word, "add")) set_cells(cell_count + count, false);
    else if (!strcmp(word, "remove")) set_cells(cell_count - count, false);
    else if (!strcmp(word, "rate")) {
        rate_hz = number > 0 && number < MAX_RATE_HZ ? number : number > 0 ? MAX_RATE_HZ : 0;
        reschedule(now_ns());
    }
    else if (!strcmp(word, "bytes")) text_bytes = bounded(number, MIN_BYTES, MAX_BYTES);
    else if (!strcmp(word, "speakers")) speakers = bounded(number, 1, MAX_CELLS);
    else if (!strcmp(word, "stall") && cell) stall(count);
    else if (!strcmp(word, "wake") && cell) wake(count);
    else if (!strcmp(word, "kill") && cell) kill_client(count);
    else if (!strcmp(word, "reconnect")) reconnect(count);
    else if (!strcmp(word, "burst")) {
        burst_left = (int64_t)bounded(number, 0, MAX_SPOKEN) *
                     (speakers < cell_count ? speakers : cell_count);
        burst_due_ns = now_ns();
    } else if (!strcmp(word, "pause")) paused = true;
    else if (!strcmp(word, "resume")) { paused = false; last_due_ns = 0; reschedule(now_ns()); }
    else if (!strcmp(word, "pin")) pin(rest ? rest : word + strlen(word));
    else if (!strcmp(word, "quit")) quitting = true;
    else {
        char text[128];
        snprintf(text, sizeof text, "not carried out: %.40s %.40s", word, rest ? rest : "");
        trouble(text);
    }
}

static void read_commands(void) {
    static char lines[4096];
    static size_t count;
    ssize_t got = read(STDIN_FILENO, lines + count, sizeof lines - 1 - count);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        quitting = true;
        return;
    }
    count += (size_t)got;
    char *at = lines, *brk;
    while ((brk = memchr(at, '\n', count - (size_t)(at - lines)))) {
        *brk = 0;
        obey(at);
        at = brk + 1;
    }
    count -= (size_t)(at - lines);
    memmove(lines, at, count);
    if (count == sizeof lines - 1) count = 0; /* no command is that long */
}

/* ---- the run ------------------------------------------------------------------------------ */

static void add_to_epoll(int fd, uint32_t id, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u32 = id};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) && id != AT_STDOUT)
        fail("epoll_ctl: %s", strerror(errno));
}

static void wait_for_events(int64_t until_ns) {
    struct epoll_event events[EVENTS];
    bool commands = false;
    if (until_ns > next_tick_ns) until_ns = next_tick_ns;
    struct itimerspec alarm = {.it_value = {until_ns / NS, until_ns % NS}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &alarm, NULL);
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
        uint32_t id = events[i].data.u32;
        uint64_t fired;
        if (id < MAX_CELLS) handle_client((int)id, events[i].events);
        else if (id == AT_TIMER && read(timer, &fired, sizeof fired) < 0) continue;
        else if (id == AT_STDIN) commands = true;
        else if (id == AT_SIGNAL) quitting = true;
        else if (id == AT_STDOUT && events[i].events & (EPOLLERR | EPOLLHUP)) quitting = true;
    }
    if (commands) read_commands(); /* after the events: a command may close any of the sockets */
}

static void parse_options(int count, char **words) {
    for (int i = 1; i + 1 < count; i += 2) {
        const char *flag = words[i];
        char *value = words[i + 1];
        if (!strcmp(flag, "--ws") || !strcmp(flag, "--tcp")) {
            split_address(value, &options.host, &options.port);
            options.tcp = !strcmp(flag, "--tcp");
        } else if (!strcmp(flag, "--path")) options.path = value;
        else if (!strcmp(flag, "--before")) options.before = value;
        else if (!strcmp(flag, "--after")) options.after = value;
        else if (!strcmp(flag, "--welcome")) options.welcome = atoi(value);
        else if (!strcmp(flag, "--echo")) options.echo = atoi(value);
        else if (!strcmp(flag, "--clients")) cell_count = bounded(atof(value), 0, MAX_CELLS);
        else if (!strcmp(flag, "--rate")) rate_hz = atof(value);
        else if (!strcmp(flag, "--bytes")) text_bytes = bounded(atof(value), MIN_BYTES, MAX_BYTES);
        else if (!strcmp(flag, "--speakers")) speakers = bounded(atof(value), 1, MAX_CELLS);
        else fail("unknown flag: %s", flag);
    }
    if (count % 2 == 0) fail("a flag without a value: %s", words[count - 1]);
    if (!options.host) fail("--ws or --tcp is needed");
    if (strlen(options.before) + strlen(options.after) > 1024)
        fail("--before and --after are too long");
}

int main(int count, char **words) {
    parse_options(count, words);
    raise_file_limit();
    make_buckets();
    address_bytes = socket_address(options.host, options.port, &address);
    for (int i = 0; i < MAX_BYTES; i++) filler[i] = (char)('a' + i % 26);
    prctl(PR_SET_TIMERSLACK, 1); /* ns; by default each message is 50 µs late */
    signal(SIGPIPE, SIG_IGN);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    if (epoll < 0 || timer < 0 || signals < 0) fail("epoll: %s", strerror(errno));
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
    add_to_epoll(timer, AT_TIMER, EPOLLIN);
    add_to_epoll(STDIN_FILENO, AT_STDIN, EPOLLIN);
    add_to_epoll(STDOUT_FILENO, AT_STDOUT, 0);
    add_to_epoll(signals, AT_SIGNAL, EPOLLIN);
    next_tick_ns = now_ns() + TICK_NS;
    set_cells(cell_count, true);
    reschedule(now_ns());
    while (!quitting) {
        connect_some();
        int64_t until_ns = say_due();
        int64_t clock_ns = now_ns();
        if (clock_ns >= next_tick_ns) {
            tick(clock_ns);
            tell();
        } else if (stdout_watched) {
            tell();
        }
        if (!quitting) wait_for_events(until_ns);
    }
    put_states();
    put_column(now_ns());
    flush_out();
    return 0;
}

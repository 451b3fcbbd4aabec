// A peer: gorilla/websocket in the shape that most Go chat servers have.
//
// One goroutine, the hub, owns the set of clients; it hands each message to every client's
// channel and closes a client whose channel is full. Two goroutines a client: one reads, the
// other alone writes, and puts all that waits into one frame, a line each. The shape, the sizes
// and the intervals are those of the chat example that comes with the library; only the read
// limit is larger, 128 KiB instead of 512 bytes, so that all payloads fit that are measured here.
//
// What is longer than the write buffer, one message or many joined, the library sends in several
// frames of one fragmented message: whoever reads must join them.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

const (
	outboxMessages = 256
	readLimitBytes = 128 << 10
	writeWait      = 10 * time.Second
	pongWait       = 60 * time.Second
	pingInterval   = pongWait * 9 / 10 // shorter than the wait, or every client would time out
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024,
	WriteBufferSize: 1024,
	CheckOrigin:     func(*http.Request) bool { return true },
}

type client struct {
	connection *websocket.Conn
	outbox     chan []byte // closed by the hub, and by nobody else
}

type hub struct {
	join, leave chan *client
	messages    chan []byte
}

func (h *hub) run() {
	clients := map[*client]bool{} // local: nothing else can reach it
	drop := func(c *client) {
		if clients[c] {
			delete(clients, c)
			close(c.outbox)
		}
	}
	for {
		select {
		case c := <-h.join:
			clients[c] = true
		case c := <-h.leave:
			drop(c)
		case message := <-h.messages:
			for c := range clients {
				select {
				case c.outbox <- message:
				default:
					drop(c)
				}
			}
		}
	}
}

func (c *client) read(h *hub) {
	defer func() {
		h.leave <- c
		c.connection.Close()
	}()
	c.connection.SetReadLimit(readLimitBytes)
	c.connection.SetReadDeadline(time.Now().Add(pongWait))
	c.connection.SetPongHandler(func(string) error {
		return c.connection.SetReadDeadline(time.Now().Add(pongWait))
	})
	for {
		kind, message, err := c.connection.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage {
			h.messages <- message
		}
	}
}

func (c *client) write() {
	ticker := time.NewTicker(pingInterval)
	defer func() {
		ticker.Stop()
		c.connection.Close()
	}()
	for {
		var err error
		select {
		case message, open := <-c.outbox:
			c.connection.SetWriteDeadline(time.Now().Add(writeWait))
			if !open {
				c.connection.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			err = c.writeAll(message)
		case <-ticker.C:
			c.connection.SetWriteDeadline(time.Now().Add(writeWait))
			err = c.connection.WriteMessage(websocket.PingMessage, nil)
		}
		if err != nil {
			return
		}
	}
}

// writeAll writes a message, and those that wait behind it, as one frame.
func (c *client) writeAll(message []byte) error {
	frame, err := c.connection.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	frame.Write(message) // an error stays, and Close reports it
	for waiting := len(c.outbox); waiting > 0; waiting-- {
		next, open := <-c.outbox
		if !open {
			break
		}
		frame.Write([]byte{'\n'})
		frame.Write(next)
	}
	return frame.Close()
}

func raiseDescriptorLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

func main() {
	address := flag.String("ws", "127.0.0.1:0", "where to listen, `HOST:PORT`")
	flag.Parse()
	raiseDescriptorLimit()
	h := &hub{make(chan *client), make(chan *client), make(chan []byte)}
	go h.run()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		connection, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // it has answered
		}
		c := &client{connection, make(chan []byte, outboxMessages)}
		h.join <- c
		go c.write()
		go c.read(h)
	})
	listener, err := net.Listen("tcp", *address) // its backlog is the system's limit
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("peer go-gorilla ready ws=%s\n", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(1)
}

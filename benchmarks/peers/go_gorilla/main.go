// A peer: gorilla/websocket, in the usual design of a Go chat server.
//
// One goroutine, the hub, owns the set of clients. It puts each message into every client's
// channel, and closes a client whose channel is full. Each client has two goroutines: one reads;
// the other writes, and joins all waiting messages into one frame, one line per message. Design,
// sizes and intervals are those of the library's own chat example. Only the read limit is larger,
// 128 KiB instead of 512 bytes, so that every payload of the benchmark fits.
//
// If a message, or several joined ones, are longer than the write buffer, the library sends
// several frames of one fragmented message. The reader has to join them.
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
	pingInterval   = pongWait * 9 / 10 // shorter than pongWait, or every client would time out
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024,
	WriteBufferSize: 1024,
}

type client struct {
	connection *websocket.Conn
	outbox     chan []byte // closed only by the hub
}

type hub struct {
	join, leave chan *client
	messages    chan []byte
}

func (h *hub) run() {
	clients := map[*client]bool{} // local, so no other goroutine can reach it
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

// writeAll writes a message, and every message that waits behind it, as one frame.
func (c *client) writeAll(message []byte) error {
	frame, err := c.connection.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	frame.Write(message) // Close reports an error of this Write too
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
	address := flag.String("ws", "127.0.0.1:0", "address to listen on, `HOST:PORT`")
	flag.Parse()
	raiseDescriptorLimit()
	h := &hub{make(chan *client), make(chan *client), make(chan []byte)}
	go h.run()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		connection, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // Upgrade has answered already
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

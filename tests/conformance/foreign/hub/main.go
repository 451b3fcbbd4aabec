// A WebSocket hub: one goroutine with the set of the clients, a queue of 256 messages per client.
// It is written as many tutorials have it, with what is wrong in them: no limit for a message, no
// check of the origin, no heartbeat, every message sent on as text, and a client whose queue is full
// is taken for gone.
package main

import (
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

type client struct {
	hub  *hub
	conn *websocket.Conn
	send chan []byte
}

type hub struct {
	clients    map[*client]bool
	register   chan *client
	unregister chan *client
	broadcast  chan []byte
	mu         sync.Mutex // guards clients
}

func newHub() *hub {
	return &hub{
		clients:    make(map[*client]bool),
		register:   make(chan *client),
		unregister: make(chan *client),
		broadcast:  make(chan []byte),
	}
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.register:
			h.mu.Lock()
			h.clients[c] = true
			log.Printf("Client registered: %s", c.conn.RemoteAddr())
			h.mu.Unlock()
		case c := <-h.unregister:
			h.mu.Lock()
			if _, ok := h.clients[c]; ok {
				delete(h.clients, c)
				close(c.send)
				c.conn.Close()
				log.Printf("Client unregistered: %s", c.conn.RemoteAddr())
			}
			h.mu.Unlock()
		case message := <-h.broadcast:
			h.mu.Lock()
			for c := range h.clients {
				select {
				case c.send <- message:
				default:
					close(c.send)
					delete(h.clients, c)
					c.conn.Close()
					log.Printf("Client send buffer full, unregistering: %s", c.conn.RemoteAddr())
				}
			}
			h.mu.Unlock()
		}
	}
}

func (c *client) readPump() {
	defer func() { c.hub.unregister <- c }()
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			if websocket.IsUnexpectedCloseError(err, websocket.CloseGoingAway, websocket.CloseAbnormalClosure) {
				log.Printf("error: %v", err)
			}
			return
		}
		c.hub.broadcast <- message
	}
}

func (c *client) writePump() {
	defer func() { c.hub.unregister <- c }()
	for message := range c.send {
		if err := c.conn.WriteMessage(websocket.TextMessage, message); err != nil {
			log.Printf("Error writing message: %v", err)
			return
		}
	}
}

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024,
	WriteBufferSize: 1024,
	CheckOrigin:     func(r *http.Request) bool { return true },
}

func main() {
	h := newHub()
	go h.run()
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			log.Println(err)
			return
		}
		c := &client{h, conn, make(chan []byte, 256)}
		h.register <- c
		go c.writePump()
		go c.readPump()
	})
	log.Printf("Server started on %s", os.Args[1])
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

// A peer: golang.org/x/net/websocket, a map of clients behind a mutex.
//
// Pattern: https://pkg.go.dev/golang.org/x/net/websocket for Handler and Message; the locked map is
// the usual way from its echo to a room. The lock is held while the message is sent to each client.
// The package's own page advises other packages, because this one lacks features.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"

	"golang.org/x/net/websocket"
)

type room struct {
	mutex   sync.Mutex // guards clients
	clients map[*websocket.Conn]bool
}

func (r *room) chat(client *websocket.Conn) {
	r.mutex.Lock()
	r.clients[client] = true
	r.mutex.Unlock()
	defer func() {
		r.mutex.Lock()
		delete(r.clients, client)
		r.mutex.Unlock()
		client.Close()
	}()
	for {
		var message string
		if websocket.Message.Receive(client, &message) != nil {
			return
		}
		r.mutex.Lock()
		for other := range r.clients {
			websocket.Message.Send(other, message)
		}
		r.mutex.Unlock()
	}
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
	r := &room{clients: map[*websocket.Conn]bool{}}
	http.Handle("/ws", websocket.Handler(r.chat))
	listener, err := net.Listen("tcp", *address) // its backlog is the system's limit
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("peer go-xnet ready ws=%s\n", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(1)
}

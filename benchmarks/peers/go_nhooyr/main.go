// A peer: nhooyr.io/websocket, which is called coder/websocket today, in the design of its chat.
//
// Pattern: https://github.com/coder/websocket/tree/master/internal/examples/chat. A channel of 16
// messages per client; a client whose channel is full is closed. Writes have a deadline of 5 s. In
// the example clients publish by HTTP, at a limited rate; here they publish on their connection, as
// fast as they like.
//
// Debian has the library under its former name. Its interface is the same for what is used here.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"nhooyr.io/websocket"
)

const (
	outboxMessages = 16
	readLimitBytes = 128 << 10 // the library's default is 32 KiB: too little for the benchmark
	writeWait      = 5 * time.Second
)

type subscriber struct {
	outbox    chan []byte
	closeSlow func()
}

type room struct {
	mutex       sync.Mutex // guards subscribers
	subscribers map[*subscriber]struct{}
}

func (r *room) publish(message []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for s := range r.subscribers {
		select {
		case s.outbox <- message:
		default:
			go s.closeSlow()
		}
	}
}

func (r *room) chat(w http.ResponseWriter, request *http.Request) {
	connection, err := websocket.Accept(w, request, nil)
	if err != nil {
		return // Accept has answered already
	}
	defer connection.Close(websocket.StatusInternalError, "")
	connection.SetReadLimit(readLimitBytes)
	s := &subscriber{
		outbox: make(chan []byte, outboxMessages),
		closeSlow: func() {
			connection.Close(websocket.StatusPolicyViolation, "too slow")
		},
	}
	r.mutex.Lock()
	r.subscribers[s] = struct{}{}
	r.mutex.Unlock()
	defer func() {
		r.mutex.Lock()
		delete(r.subscribers, s)
		r.mutex.Unlock()
	}()
	ctx, cancel := context.WithCancel(request.Context())
	defer cancel()
	go func() {
		defer cancel()
		for {
			_, message, err := connection.Read(ctx)
			if err != nil {
				return
			}
			r.publish(message)
		}
	}()
	for {
		select {
		case message := <-s.outbox:
			if write(ctx, connection, message) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func write(ctx context.Context, connection *websocket.Conn, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	return connection.Write(ctx, websocket.MessageText, message)
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
	r := &room{subscribers: map[*subscriber]struct{}{}}
	http.HandleFunc("/ws", r.chat)
	listener, err := net.Listen("tcp", *address) // its backlog is the system's limit
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("peer go-nhooyr ready ws=%s\n", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(1)
}

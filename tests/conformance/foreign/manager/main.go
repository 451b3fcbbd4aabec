// A manager goroutine that passes messages on to all clients of a map that every goroutine changes.
// It is written as tutorials have it, with what is wrong in them: no lock, one read is taken for one
// message, and the last byte of a read is taken for its line end.
package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

type client struct {
	C    chan string
	Name string
	Addr string
}

var (
	onlineMap map[string]client
	message   = make(chan string)
)

func writeMsgToClient(cli client, conn net.Conn) {
	for msg := range cli.C {
		conn.Write([]byte(msg + "\n"))
	}
}

func makeMsg(cli client, msg string) string {
	return "[" + cli.Addr + "]" + cli.Name + ": " + msg
}

func handleConn(conn net.Conn) {
	defer conn.Close()
	addr := conn.RemoteAddr().String()
	cli := client{make(chan string), addr, addr}
	onlineMap[addr] = cli
	go writeMsgToClient(cli, conn)
	message <- makeMsg(cli, "login")
	cli.C <- makeMsg(cli, "I am here")
	isQuit := make(chan bool)
	hasData := make(chan bool)
	go func() {
		buf := make([]byte, 2048)
		for {
			n, err := conn.Read(buf)
			if n == 0 {
				isQuit <- true
				fmt.Println("conn.Read err =", err)
				return
			}
			msg := string(buf[:n-1])
			if msg == "who" {
				conn.Write([]byte("user list:\n"))
				for _, other := range onlineMap {
					conn.Write([]byte(other.Addr + ":" + other.Name + "\n"))
				}
			} else if len(msg) >= 8 && msg[:6] == "rename" {
				cli.Name = strings.Split(msg, "|")[1]
				onlineMap[addr] = cli
				conn.Write([]byte("rename ok\n"))
			} else {
				message <- makeMsg(cli, msg)
			}
			hasData <- true
		}
	}()
	for {
		select {
		case <-isQuit:
			delete(onlineMap, addr)
			message <- makeMsg(cli, "login out")
			return
		case <-hasData:
		case <-time.After(30 * time.Second):
			delete(onlineMap, addr)
			message <- makeMsg(cli, "time out leave out")
			return
		}
	}
}

func manager() {
	onlineMap = make(map[string]client)
	for {
		msg := <-message
		for _, cli := range onlineMap {
			cli.C <- msg
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Println("net.Listen err =", err)
		return
	}
	defer listener.Close()
	go manager()
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Println("listener.Accept err =", err)
			continue
		}
		go handleConn(conn)
	}
}

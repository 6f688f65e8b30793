package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener in memory, under synctest's clock.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// Behaviour 42: who sends slowly, or nothing, or does not read, holds a connection for a
// time that has an end, however a byte now and then keeps it alive.
func TestSlowRequests(t *testing.T) {
	const head = "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
	for _, tt := range []struct {
		name, at, then string // what is sent at once, and then a byte of each second
		most           time.Duration
	}{
		{"nothing", "", "", 6 * time.Second},
		{"a head that stops", head, "", 6 * time.Second},
		{"a head, byte by byte", head + "X: ", strings.Repeat("a", 1000), 6 * time.Second},
		{"a body, byte by byte", head + "\r\n", strings.Repeat("a", 1000), 16 * time.Second},
		{"nothing more after an answer", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "", 3 * time.Minute},
		{"an answer that is not read", "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", "", 2 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &App{handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					if r.URL.Path == "/large" {
						w.Write(make([]byte, 1<<20))
					}
				})}
				l := make(pipes)
				server := a.server(context.Background())
				go server.Serve(l)
				ours, theirs := net.Pipe()
				closed := &closing{Conn: theirs, at: make(chan time.Time, 1)}
				began := time.Now()
				l <- closed
				var client sync.WaitGroup
				client.Go(func() {
					io.WriteString(ours, tt.at)
					for _, c := range tt.then {
						time.Sleep(time.Second)
						if _, err := io.WriteString(ours, string(c)); err != nil {
							return
						}
					}
				})
				if !strings.Contains(tt.at, "/large") {
					client.Go(func() { io.Copy(io.Discard, ours) })
				}
				if took := (<-closed.at).Sub(began); took > tt.most {
					t.Errorf("closed after %v, want at most %v", took, tt.most)
				}
				ours.Close()
				client.Wait()
				close(l)
				server.Close()
			})
		})
	}
}

// closing tells when it was closed first.
type closing struct {
	net.Conn
	at chan time.Time
}

func (c *closing) Close() error {
	select {
	case c.at <- time.Now():
	default:
	}
	return c.Conn.Close()
}

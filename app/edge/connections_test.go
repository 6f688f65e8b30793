package edge

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// conn is a connection that can be closed and nothing else.
type conn struct {
	net.Conn
	name   string
	closed *[]string
}

func (c *conn) Close() error {
	*c.closed = append(*c.closed, c.name)
	return nil
}

func TestConnections(t *testing.T) {
	var closed []string
	c := NewConnections(2)
	known := map[string]*conn{}
	tell := func(name string, state http.ConnState) {
		if known[name] == nil {
			known[name] = &conn{name: name, closed: &closed}
		}
		c.State(known[name], state)
	}
	tell("slow", http.StateNew)
	tell("busy", http.StateNew)
	tell("busy", http.StateActive)
	tell("third", http.StateNew) // takes the place of the slow one
	tell("slow", http.StateClosed)
	tell("third", http.StateActive)
	tell("fourth", http.StateNew) // both have work: it is refused
	tell("fourth", http.StateActive)
	tell("fourth", http.StateClosed)
	tell("busy", http.StateIdle)
	tell("fifth", http.StateNew) // takes the place of the one that rests
	tell("busy", http.StateActive)
	tell("third", http.StateHijacked)
	tell("sixth", http.StateNew)
	if diff := cmp.Diff([]string{"slow", "fourth", "busy"}, closed); diff != "" {
		t.Errorf("closed (-want +got):\n%s", diff)
	}
	if len(c.open) != 2 || c.waiting.Len() != 2 {
		t.Errorf("%d are open and %d wait, want the fifth and the sixth", len(c.open), c.waiting.Len())
	}
}

// Connections on which a request's head never ends do not keep others out.
func TestConnectionsSlowHeads(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "served") }))
	connections := NewConnections(4)
	server.Config.ConnState = connections.State
	server.Start()
	defer server.Close()
	for range 50 {
		slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		fmt.Fprint(slow, "GET / HTTP/1.1\r\nHost: x\r\nX-More: ")
	}
	// They are accepted in order, so that this is the last.
	honest, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer honest.Close()
	fmt.Fprint(honest, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	line, err := bufio.NewReader(honest).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 200") {
		t.Fatalf("answer %q, %v", line, err)
	}
}

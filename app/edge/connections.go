package edge

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// Connections bounds how many connections a server holds: its State is the server's
// ConnState. When there are as many as there may be, a new one takes the place of the one
// that has been waiting longest: for the rest of a request's head, which is how an attacker
// holds many cheaply, or for the next request. Where none waits the new one is closed.
type Connections struct {
	most int

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // in waiting; nil while a request is under way
	waiting *list.List                 // of net.Conn, the longest first
}

// NewConnections returns Connections of which there may be so many.
func NewConnections(most int) *Connections {
	return &Connections{most: most, open: map[net.Conn]*list.Element{}, waiting: list.New()}
}

// State notes what became of a connection. It has the shape of http.Server's ConnState.
func (c *Connections) State(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.open[conn]; !known && state != http.StateNew {
		return // closed by us, while it was on its way
	}
	switch state {
	case http.StateNew:
		if len(c.open) >= c.most {
			longest := c.waiting.Front()
			if longest == nil {
				_ = conn.Close()
				return
			}
			old := longest.Value.(net.Conn)
			_ = old.Close()
			c.busy(old)
			delete(c.open, old)
		}
		c.open[conn] = c.waiting.PushBack(conn)
	case http.StateIdle:
		c.open[conn] = c.waiting.PushBack(conn)
	case http.StateActive:
		c.busy(conn)
	case http.StateClosed, http.StateHijacked:
		c.busy(conn)
		delete(c.open, conn)
	}
}

// busy takes a connection out of those that wait.
func (c *Connections) busy(conn net.Conn) {
	if at := c.open[conn]; at != nil {
		c.waiting.Remove(at)
		c.open[conn] = nil
	}
}

package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// served starts a world with its server, and one more listener of that as Serve makes it,
// whose host and port it returns: a world's own address is that of a front.
func served(t *testing.T) string {
	t.Helper()
	w := newWorldTest(t, t.Cleanup)
	if err := w.begin([]byte(shop), t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := w.app.server(zerolog.New(w.log).WithContext(context.Background()))
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// Whatever is asked of whichever address: no answer sets a cookie or is guessed a type, and
// what is not to be read or posted there is told so.
func TestMethods(t *testing.T) {
	host := served(t)
	for _, path := range []string{"/", "/changes/octo-org/shop/1", "/changes/octo-org/none/1", "/assets/style.css", "/healthz", "/readyz", "/webhook", "/../../etc/passwd", "//evil.test/", "/%00"} {
		for _, method := range []string{"HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "x"} {
			req, err := http.NewRequestWithContext(t.Context(), method, "http://"+host, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.URL.Opaque = path
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			resp.Body.Close()
			if len(resp.Cookies()) > 0 {
				t.Errorf("%s %s sets %v", method, path, resp.Cookies())
			}
			wanted := method == "HEAD" && path != "/webhook" || method == "POST" && path == "/webhook"
			if !wanted && resp.StatusCode != http.StatusMethodNotAllowed && resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %s", method, path, resp.Status)
			}
			if wanted && resp.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s %s: %s", method, path, resp.Status)
			}
			if to := resp.Header.Get("Location"); to != "" {
				t.Errorf("%s %s leads to %s", method, path, to)
			}
		}
	}
}

// Behaviour 42: what is no HTTP, or more of it than is read, is answered or closed, and the
// server serves on.
func TestHostileRequests(t *testing.T) {
	host := served(t)
	for name, request := range map[string]string{
		"no HTTP":             "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"a head without end":  "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 1<<18),
		"two lengths":         "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"length and chunks":   "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
		"a chunk of no size":  "POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nffffffffffffffff\r\n",
		"a header's new line": "GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\nConnection: close\r\n\r\n",
		"no host":             "GET / HTTP/1.1\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, request) // the server may close before all of it is sent
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err == nil && !strings.HasPrefix(line, "HTTP/1.1 4") {
				t.Errorf("answer %q", line)
			}
			resp, err := http.Get("http://" + host + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("afterwards: %s, %v", resp.Status, err)
			}
		})
	}
}

package edge

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestSource(t *testing.T) {
	tests := []struct {
		name, proxies, remote string
		forwarded             []string
		want                  string
	}{
		{"who is connected", "", "203.0.113.9:41000", nil, "203.0.113.9"},
		{"a header that nobody vouches for", "", "203.0.113.9:41000", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a header from elsewhere than the proxy", "10.0.0.0/8", "203.0.113.9:41000", []string{"198.51.100.1"}, "203.0.113.9"},
		{"behind a proxy", "10.0.0.0/8", "10.1.2.3:41000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"behind a proxy, with a tale before it", "10.0.0.0/8", "10.1.2.3:41000", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		{"the same in two headers", "10.0.0.0/8", "10.1.2.3:41000", []string{"192.0.2.66", "198.51.100.1"}, "198.51.100.1"},
		{"behind two proxies", "10.0.0.0/8,192.0.2.7", "10.1.2.3:41000", []string{"192.0.2.66, 198.51.100.1 , 192.0.2.7"}, "198.51.100.1"},
		{"nothing but proxies", "10.0.0.0/8", "10.1.2.3:41000", []string{"10.9.9.9"}, "10.9.9.9"},
		{"a proxy that adds nothing", "10.0.0.0/8", "10.1.2.3:41000", nil, "10.1.2.3"},
		{"a proxy that adds no address", "10.0.0.0/8", "10.1.2.3:41000", []string{"198.51.100.1, unknown"}, "10.1.2.3"},
		{"IPv6, whoever of the network", "", "[2001:db8:1:2:3:4:5:6]:41000", nil, "2001:db8:1:2::/64"},
		{"IPv6 behind a proxy", "2001:db8:ff::/48", "[2001:db8:ff::1]:41000", []string{"2001:db8:1:2:3:4:5:7"}, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "10.0.0.0/8", "[::ffff:10.1.2.3]:41000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"a proxy written as IPv4 in IPv6", "::ffff:10.0.0.0/104", "10.1.2.3:41000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a zone", "", "[fe80::1%eth0]:41000", nil, "fe80::/64"},
		{"no address", "", "@", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParseProxies(tt.proxies)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.remote
			for _, f := range tt.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := p.Source(r); got != Source(tt.want) {
				t.Errorf("source %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseProxiesRefuses(t *testing.T) {
	for _, text := range []string{"proxy.test", "10.0.0.0/8,", "10.0.0.0/33", "0.0.0.0/0", "::/0", "fe80::1%eth0", "::ffff:10.0.0.0/95", "10.0.0.1:80"} {
		if p, err := ParseProxies(text); err == nil {
			t.Errorf("ParseProxies(%q) = %v", text, p)
		}
	}
}

// Whatever stands in X-Forwarded-For: without a proxy's word for it the source is who is
// connected, and with it never a proxy as long as there is an address before it.
func FuzzSource(f *testing.F) {
	f.Add("198.51.100.1")
	f.Add("a,,::1%z , 10.0.0.1")
	p, err := ParseProxies("10.0.0.0/8")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["X-Forwarded-For"] = []string{forwarded}
		r.RemoteAddr = "203.0.113.9:1"
		if got := p.Source(r); got != "203.0.113.9" {
			t.Fatalf("source %s of somebody who is no proxy", got)
		}
		r.RemoteAddr = "10.0.0.1:1"
		r.Header["X-Forwarded-For"] = []string{forwarded, "198.51.100.1"}
		if got := p.Source(r); got != "198.51.100.1" {
			t.Fatalf("source %s, want what the proxy added", got)
		}
	})
}

// Package edge keeps what strangers can cost within bounds: it tells where a request comes
// from, how often a source may do what costs us something, and how many connections there
// are. It knows nothing of what is asked; who is limited in what is decided where the
// handlers are put together. All it remembers is bounded, however many sources there are.
package edge

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Source is where requests come from, fit for a log: an IPv4 address, or an IPv6 network of
// 64 bits, the smallest that one person is given. Empty: it has no address, such as on a
// socket of another kind.
type Source string

// Proxies are the networks whose machines say truly, in X-Forwarded-For, whom they speak
// for. Nobody else is believed: everybody can write that header.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks with commas between, such as
// 10.0.0.0/8,192.0.2.7. The empty text is none.
func ParseProxies(text string) (Proxies, error) {
	var all Proxies
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		p, err := netip.ParsePrefix(one)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(one); err != nil || a.Zone() != "" {
				return nil, fmt.Errorf("%q is neither an address nor a network", one)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Bits() == 0 {
			return nil, errors.New("it names the whole internet, where anybody can write the header")
		}
		if a := p.Addr(); a.Is4In6() {
			if p.Bits() < 96 {
				return nil, fmt.Errorf("%q is neither an address nor a network", one)
			}
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func (p Proxies) has(a netip.Addr) bool {
	for _, one := range p {
		if one.Contains(a) {
			return true
		}
	}
	return false
}

// Source returns where r comes from: who is connected, and behind trusted proxies the last
// in X-Forwarded-For that is none of them. What does not read as an address ends the way
// back: the proxy that passed it on is then the source.
func (p Proxies) Source(r *http.Request) Source {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	a := at.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.has(a); i-- {
		before, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		a = before.Unmap().WithZone("")
	}
	if a.Is4() {
		return Source(a.String())
	}
	network, err := a.Prefix(64)
	if err != nil {
		return ""
	}
	return Source(network.String())
}

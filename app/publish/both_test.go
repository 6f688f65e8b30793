package publish

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// TestPublishBothAtOnce holds each of the two writes back until the other has come.
func TestPublishBothAtOnce(t *testing.T) {
	g := &fakeGitHub{t: t}
	said, err := publisher().Publish(t.Context(), g.client(), target, want(rules.Pending, "a"), Ledger{}, Said{})
	if err != nil {
		t.Fatal(err)
	}
	g.writes = nil
	run, status := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came, awaited := run, status
		if strings.Contains(r.URL.Path, "/statuses/") {
			came, awaited = status, run
		}
		close(came)
		<-awaited
		g.ServeHTTP(w, r)
	}))
	defer srv.Close()
	c := clientOf(srv.URL)
	w := want(rules.Pass, "b")
	if said, err = publisher().Publish(t.Context(), c, target, w, Ledger{}, said); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"run 1 success", "status success"}, asWanted([]string{"run 1 success", "status success"}, g.writes)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if said.State != w.StatusState || said.Digest != w.Digest || said.Writing || publisher().Owes(target, w, said) {
		t.Errorf("said %+v", said)
	}
}

// TestPublishOneOfBothFails keeps what took effect, and writes the other alone the next time.
func TestPublishOneOfBothFails(t *testing.T) {
	for _, fails := range []string{"run 1 success", "status success"} {
		g := &fakeGitHub{t: t}
		c := g.client()
		said, err := publisher().Publish(t.Context(), c, target, want(rules.Pending, "a"), Ledger{}, Said{})
		if err != nil {
			t.Fatal(err)
		}
		g.fail = func(write string) failure {
			if write == fails {
				return forbidden
			}
			return none
		}
		w := want(rules.Pass, "b")
		if said, err = publisher().Publish(t.Context(), c, target, w, Ledger{}, said); err == nil || said.Writing {
			t.Fatalf("%s: error %v, said %+v", fails, err, said)
		}
		g.fail, g.writes = nil, nil
		if _, err = publisher().Publish(t.Context(), c, target, w, Ledger{}, said); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{fails}, g.writes); d != "" {
			t.Errorf("%s (-want +got):\n%s", fails, d)
		}
	}
}

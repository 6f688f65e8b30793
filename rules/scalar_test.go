package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/rules"
)

func TestSpans(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"30m": 30 * time.Minute, "1 minute": time.Minute, "48h": 2 * day, "14 days": 14 * day, "1d": day,
		"2 weeks": 14 * day, "1w": 7 * day, "3660d": 3660 * day,
		"3661d": 0, "0h": 0, "1y": 0, "-1h": 0, "100000h": 0,
	} {
		l, err := rules.Parse("p.yml", fmt.Appendf(nil, "version: 1\nrules: [{name: r, require: {approvals: {count: 1, max_age: %s}}}]\n", text))
		switch {
		case want == 0:
			if err == nil {
				t.Errorf("%q is taken", text)
			}
		case err != nil:
			t.Errorf("%q: %v", text, err)
		default:
			if got := l.Rules[0].Require.Approvals.MaxAge; got != want {
				t.Errorf("%q is %v, want %v", text, got, want)
			}
		}
	}
}

// Each entry that stands twice is told, and those behind it are read.
func TestEntriesTwice(t *testing.T) {
	_, err := rules.Parse("p.yml", []byte("version: 1\nrules: [{name: r, when: {paths: [a, a, \"[\", b, b]}, require: {approvals: 1}}]\n"))
	if err == nil || strings.Count(err.Error(), "stands twice") != 2 || !strings.Contains(err.Error(), `"[" of paths`) {
		t.Errorf("got %v", err)
	}
}

package publish

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

func TestEnvironmentContexts(t *testing.T) {
	for environment, want := range map[string]string{
		"Production":                   "change-management/production",
		"production/eu-1":              "change-management/production/eu-1",
		"prod (EU)":                    "change-management/prod--eu--668e979f",
		"prod [EU]":                    "change-management/prod--eu--a0facd3f",
		"":                             "change-management/-e3b0c442",
		strings.Repeat("p", 200):       "",
		strings.Repeat("p", 200) + "q": "",
	} {
		got := EnvironmentContext(environment)
		if want != "" && got != want {
			t.Errorf("%q: %s, want %s", environment, got, want)
		}
	}
}

// Whatever an environment is called, its context is never the required one, nor another's, and
// GitHub takes what is said in it.
func FuzzEnvironmentContext(f *testing.F) {
	f.Add("production", "prod (EU)")
	f.Add(strings.Repeat("p", 200), strings.Repeat("p", 201))
	f.Add("İ", "\u202e\x00@ann")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		one, other := EnvironmentContext(a), EnvironmentContext(b)
		lowA, lowB := strings.ToLower(a), strings.ToLower(b)
		if (one == other) != (lowA == lowB) {
			t.Errorf("%q and %q: %q and %q", a, b, one, other)
		}
		if !rules.Informs(one) || !strings.HasPrefix(one, Context+"/") || len(one) == len(Context)+1 || utf8.RuneCountInString(one) > 120 || strings.ContainsAny(one, " \n@") {
			t.Errorf("%q: %q", a, one)
		}
		for _, answer := range []deploy.Answer{deploy.Approve, deploy.Hold, deploy.Reject} {
			if _, text := (EnvironmentStatus{Environment: a, Answer: answer}).state(); utf8.RuneCountInString(text) > maxDescription || !strings.HasPrefix(text, "Information") {
				t.Errorf("%q", text)
			}
		}
	})
}

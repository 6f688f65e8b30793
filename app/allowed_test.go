package app

import (
	"errors"
	"testing"

	"github.com/changewarden/changewarden/webhook"
)

// Behaviour 82.
func TestAllowedAccounts(t *testing.T) {
	list := Options{AllowedAccounts: []string{"Octo-Org", "77"}}
	for _, tt := range []struct {
		name    string
		o       Options
		body    string
		ignored bool
	}{
		{"no list", Options{}, `{"repository":{"owner":{"id":9,"login":"other-org"}}}`, false},
		{"by login, in any case", list, `{"repository":{"owner":{"id":9,"login":"octo-org"}}}`, false},
		{"by id", list, `{"repository":{"owner":{"id":77,"login":"other-org"}}}`, false},
		{"a login like an allowed id", list, `{"repository":{"owner":{"id":9,"login":"77"}}}`, true},
		{"another", list, `{"repository":{"owner":{"id":9,"login":"other-org"}}}`, true},
		{"another organisation's team", list, `{"organization":{"id":9,"login":"other-org"}}`, true},
		{"another's installation", list, `{"installation":{"id":1,"account":{"id":9,"login":"other-org"}}}`, true},
		{"of the repository, whoever did it", list, `{"repository":{"owner":{"id":77,"login":"x"}},"sender":{"id":9,"login":"other"}}`, false},
		{"no account: a ping", list, `{"zen":"Keep it logically awesome."}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.o.ignores([]byte(tt.body)); errors.Is(err, webhook.ErrIgnored) != tt.ignored {
				t.Errorf("ignores = %v, want ignored: %v", err, tt.ignored)
			}
		})
	}
}

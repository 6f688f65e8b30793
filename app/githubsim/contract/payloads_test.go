package contract

import (
	"encoding/json"
	"regexp"
	"testing"
)

func TestPayloads(t *testing.T) {
	name := regexp.MustCompile(`^([a-z0-9_]+)\.[0-9]{2}\.json$`)
	payloads := Payloads(t)
	if len(payloads) != 181 {
		t.Errorf("got %d payloads, want all 181", len(payloads))
	}
	for file, body := range payloads {
		m := name.FindStringSubmatch(file)
		if m == nil || m[1] != Event(file) {
			t.Errorf("%s is not named <event>.<nn>.json", file)
		}
		var o map[string]json.RawMessage
		if err := json.Unmarshal(body, &o); err != nil || len(o) == 0 {
			t.Errorf("%s is no object: %v", file, err)
		}
	}
}

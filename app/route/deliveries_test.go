package route

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

var received = time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)

// payloads are real deliveries, each named after its event.
const payloads = "../../testdata/github/payloads"

// TestDeliveries says on one page what each real delivery means.
func TestDeliveries(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(payloads, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find real deliveries in %s: %d files, error %v", payloads, len(files), err)
	}
	var page strings.Builder
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		event, _, _ := strings.Cut(name, ".")
		action, _, _ := Header(event, body)
		fmt.Fprintf(&page, "%s %s: %s\n", name, action, describe(Route(event, body, received)))
	}
	golden := filepath.Join("testdata", "deliveries.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(page.String(), "\n")); diff != "" {
		t.Errorf("what the deliveries mean (-want +got), write anew with -update:\n%s", diff)
	}
}

// FuzzRoute holds Route to never panicking and never naming what does not exist.
func FuzzRoute(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(payloads, "*.00.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		event, _, _ := strings.Cut(filepath.Base(file), ".")
		f.Add(event, body)
	}
	for _, tt := range meanings {
		f.Add(tt.event, []byte(tt.body))
	}
	for _, tt := range hostile {
		f.Add(tt.event, []byte(tt.body))
	}
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		r := Route(event, body, received)
		if _, installation, _ := Header(event, body); installation != r.Installation {
			t.Errorf("Header's installation = %d, Route's = %d", installation, r.Installation)
		}
		if diff := cmp.Diff(r, Route(event, body, received)); diff != "" {
			t.Errorf("a second Route says otherwise (-first +second):\n%s", diff)
		}
		holdPromises(t, r)
	})
}

package app

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// An operator sees in the metrics whether GitHub takes the app's key.
func TestKeyIsAMetric(t *testing.T) {
	page, err := os.ReadFile("../testdata/scenarios/terraform.txtar")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldTest(t, t.Cleanup)
	if err := w.begin(txtar.Parse(page).Files[0].Data, t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(w.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), "\nchangewarden_github_key_accepted 1\n") {
		t.Errorf("the metrics do not say that the key was accepted:\n%s", body)
	}
}

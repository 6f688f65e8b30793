package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var loadPayloads = sync.OnceValues(func() (map[string][]byte, error) {
	root, err := root()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "testdata", "github", "payloads", "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("list payloads: %d files, %w", len(files), err)
	}
	all := make(map[string][]byte, len(files))
	for _, f := range files {
		if all[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// Payloads returns the bodies of real deliveries by file name: "push.00.json" is one of
// the event push. Many are years old and lack fields that GitHub describes today, so
// they try out a reader; they are no model of what is sent now. The map and the bodies
// are shared: not to be changed.
func Payloads(t testing.TB) map[string][]byte {
	t.Helper()
	return must(t, loadPayloads)
}

// Event returns the event of which a file of Payloads is a delivery.
func Event(file string) string {
	event, _, _ := strings.Cut(file, ".")
	return event
}

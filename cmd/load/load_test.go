package main

import (
	"os"
	"testing"
)

// TestMain lets the test program be the server as well, as load itself is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestBurst(t *testing.T) {
	b, err := begin(t.Context(), setup{state: world([]string{repo}, 5, false)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.measure(t.Context(), burst(5))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r.looks)
	x, _ := os.ReadFile(b.dir + "/server.log")
	t.Logf("%s", x)
	b.end()
}

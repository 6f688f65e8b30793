package evidence

import (
	"testing"
	"time"
)

// The format is final: these texts never change.
func TestLeaf(t *testing.T) {
	r := Record{
		Log: 9919, Seq: 3, Kind: "verdict",
		At:   time.Date(2024, 5, 6, 9, 8, 9, 123456789, time.FixedZone("", 7200)),
		Salt: []byte("0123456789abcdef"), Body: []byte(`{"outcome":"pass"}`),
	}
	want := "changewarden/leaf/v1\n9919\n3\nverdict\n2024-05-06T07:08:09.123456Z\n" +
		"989bf42cc1b0da4a8705008d2727351f7cd9f3cf08af48db84fbe7893ac0f4ff\n"
	if got := string(r.Leaf()); got != want {
		t.Errorf("leaf\n%s, want\n%s", got, want)
	}
}

func TestValidate(t *testing.T) {
	good := record(7, 1)
	if err := good.Validate(); err != nil {
		t.Errorf("Validate(%+v) = %v", good, err)
	}
	for name, spoil := range map[string]func(*Record){
		"negative seq": func(r *Record) { r.Seq = -1 },
		"no kind":      func(r *Record) { r.Kind = "" },
		"line break":   func(r *Record) { r.Kind = "verdict\n" },
		"short salt":   func(r *Record) { r.Salt = r.Salt[1:] },
	} {
		r := record(7, 1)
		spoil(&r)
		if r.Validate() == nil {
			t.Errorf("%s: Validate says nothing", name)
		}
	}
}

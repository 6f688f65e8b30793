package rules

import "testing"

// 58: a number that could not be counted to its end may be anything from what was counted.
func TestComparison(t *testing.T) {
	for _, test := range []struct {
		op   string
		n    int
		more bool
		want truth
	}{
		{">", 5, false, no},
		{">", 6, false, yes},
		{">", 5, true, maybe},
		{">", 6, true, yes},
		{">=", 4, false, no},
		{">=", 5, false, yes},
		{">=", 4, true, maybe},
		{">=", 5, true, yes},
		{"<", 4, false, yes},
		{"<", 5, false, no},
		{"<", 4, true, maybe},
		{"<", 5, true, no},
		{"<=", 5, false, yes},
		{"<=", 6, false, no},
		{"<=", 5, true, maybe},
		{"<=", 6, true, no},
		{"=", 5, false, yes},
		{"=", 4, false, no},
		{"=", 4, true, maybe},
		{"=", 5, true, maybe},
		{"=", 6, true, no},
	} {
		if got := (Comparison{Op: test.op, N: 5}).judge(test.n, test.more); got != test.want {
			t.Errorf("%d, more %v, %s 5: %+v, want %+v", test.n, test.more, test.op, got, test.want)
		}
	}
}

package say

import (
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "release/1.2 für alle", "release/1.2 für alle"},
		{"line breaks", " a\r\nb\tc\u2028d ", "a  b c d"},
		{"direction", "a\u202egnp.exe\u202c", "a\ufffdgnp.exe\ufffd"},
		{"invisible", "a\u200b\u2060\u00adb", "a\ufffdb"},
		{"blank letters", "\u3164\u115f", "\ufffd"},
		{"escapes", "\x1b[31mred", "\ufffd[31mred"},
		{"no UTF-8", "a\xff\xfeb", "a\ufffdb"},
		{"tags", "a\U000e0041\U000e0042", "a\ufffd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Visible(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\u202eb\x00")
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		if strings.ContainsFunc(v, Hidden) || strings.ContainsAny(v, "\r\n\t") {
			t.Errorf("Visible(%q) = %q", s, v)
		}
		if again := Visible(v); again != v {
			t.Errorf("Visible is not done after once: %q, %q", v, again)
		}
	})
}

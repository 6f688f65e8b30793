package main

import "testing"

func TestPoint(t *testing.T) {
	tests := []struct {
		name   string
		source string
		column int
		line   string
		caret  string
	}{
		{"first", "rules: 7", 1, "rules: 7", "^"},
		{"later", "rules: 7", 8, "rules: 7", "       ^"},
		{"a tab before it", "\trules:\t7", 9, "\trules:\t7", "\t      \t^"},
		{"wide characters before it", "a: 支払い x", 8, "a: 支払い x", "          ^"},
		{"full width letters", "ｒｕ x", 4, "ｒｕ x", "     ^"},
		{"a letter that combines", "e\u0301 x", 4, "e\u0301 x", "  ^"},
		{"what a terminal would obey", "a\x1b[2J b", 7, "a\ufffd[2J b", "      ^"},
		{"what turns the direction", "a\u202e b", 4, "a\ufffd b", "   ^"},
		{"behind the end", "ab", 3, "ab", "  ^"},
		{"an empty line", "", 1, "", "^"},
		{"space at the end is not printed", "a  ", 1, "a", "^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line, caret := point(tt.source, tt.column)
			if line != tt.line || caret != tt.caret {
				t.Errorf("point(%q, %d) = %q, %q, want %q, %q", tt.source, tt.column, line, caret, tt.line, tt.caret)
			}
		})
	}
}

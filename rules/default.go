package rules

import _ "embed"

// DefaultFile is what the built-in policy is called in messages and records.
const DefaultFile = "rules/default.yml"

//go:embed default.yml
var defaultText string

// Default returns the built-in policy: the control's rules before a merge.
func Default() Layer {
	l, err := ParseBuiltIn(DefaultFile, []byte(defaultText))
	if err != nil {
		panic(err) // it is embedded, and a test parses it
	}
	return l
}

// ParseBuiltIn reads the text of a built-in policy, this version's or one that was stored
// by another: its groups are those for whose teams owners of the organisation stand in.
func ParseBuiltIn(file string, src []byte) (Layer, error) {
	l, err := Parse(file, src)
	for name, g := range l.Groups {
		g.BuiltIn = true
		l.Groups[name] = g
	}
	return l, err
}

// DefaultText returns the text of the built-in policy.
func DefaultText() string { return defaultText }

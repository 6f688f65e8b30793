package rules

import _ "embed"

// DefaultFile is what the built-in policy is called in messages and records.
const DefaultFile = "rules/default.yml"

//go:embed default.yml
var defaultText string

// Default returns the built-in policy: the control's rules before a merge.
func Default() Layer {
	l, err := Parse(DefaultFile, []byte(defaultText))
	if err != nil {
		panic(err) // it is embedded, and a test parses it
	}
	return l
}

// DefaultText returns the text of the built-in policy.
func DefaultText() string { return defaultText }

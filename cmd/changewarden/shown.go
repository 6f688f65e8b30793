package main

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/changewarden/changewarden/app/say"
)

// shown passes on what people read, without what would act on their terminal instead of
// being read: escapes, other control characters, what turns the direction of writing. Such
// text gets here in the names of files, branches and people.
type shown struct{ w io.Writer }

// Write implements io.Writer. What it takes ends with a whole character.
func (s shown) Write(p []byte) (int, error) {
	text := strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && say.Hidden(r) {
			return utf8.RuneError
		}
		return r
	}, string(p))
	if _, err := io.WriteString(s.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

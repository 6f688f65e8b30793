package snapshot

import "regexp"

// Modes of git that are no file's.
const (
	modeLink      = "120000"
	modeSubmodule = "160000"
)

// subproject is all that the patch of a submodule says of one side.
var subproject = regexp.MustCompile(`^[+-]Subproject commit [0-9a-f]{40}(-dirty)?$`)

// leads returns where a file leads if it is a link on either side, and whether what it brings
// cannot be looked into. GitHub's list does not say what kind of a file it is about, so the
// patch has to: one line without a newline is what a link is, and a line about a subproject
// what a submodule is. A file of such a content is taken for one.
func (e entry) leads(trees map[string]sides) (target string, opaque bool) {
	s, known := trees[e.path]
	if s.old.Mode == modeSubmodule || s.new.Mode == modeSubmodule {
		return "", true
	}
	if !e.whole {
		// Without a patch only the trees tell a file from what is none.
		return "", !known && e.status == "changed" || s.old.Mode == modeLink || s.new.Mode == modeLink
	}
	var text string
	for i, line := range e.read.lines {
		if subproject.MatchString(line) {
			return "", true
		}
		if line[0] == '+' && e.read.added == 1 && i+1 < len(e.read.lines) && e.read.lines[i+1][0] == '\\' {
			text = line[1:]
		}
	}
	switch {
	case text == "":
		return "", false
	case known && s.new.Mode != modeLink:
		return "", false
	}
	to, inside := within(e.path, text)
	if !inside {
		return "", known // a link out of the repository; or a text that begins with a slash
	}
	return to, false
}

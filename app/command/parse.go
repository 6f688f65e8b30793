package command

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads a comment's text, as GitHub has it. It is false for whatever is no command.
// One that is a command and lacks something says so in its Fault.
func Parse(comment string) (Command, bool) {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(comment), "\n")
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return Command{}, false
	}
	verb, rest, ok := verbOf(lines[0])
	if !ok || quotesOthers(lines[1:]) {
		return Command{}, false
	}
	l, ok := arguments(verb, rest)
	if !ok {
		return Command{}, false
	}
	c := l.finish(lines[1:])
	return c, !quotesOthers(strings.Split(c.Note, "\n"))
}

// verbOf takes the verb off a line.
func verbOf(line string) (verb Verb, rest string, ok bool) {
	word, isCommand := strings.CutPrefix(line, "/")
	if !isCommand {
		return "", "", false
	}
	if i := strings.IndexAny(word, " \t"); i >= 0 {
		word, rest = word[:i], word[i:]
	}
	verb = Verb(lower(word))
	_, ok = forms[verb]
	return verb, rest, ok
}

// line is a command as its own line has it.
type line struct {
	Command
	reasoned bool // it says why, or begins to: what stands below it goes on
}

// commit is what may stand behind "at".
var commit = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)

// arguments reads what follows the verb on its line. It is false if that holds what a reader
// cannot see, or could take for something else: look-alikes are no commands. What somebody
// gives as a reason may hold anything.
func arguments(verb Verb, rest string) (line, bool) {
	c := line{Command: Command{Verb: verb}}
	head := rest
	if forms[verb].reason {
		from := 0
		if argument, tail := inQuotes(rest); argument != "" {
			from = len(rest) - len(tail)
		}
		if begin, end := because(rest, from); begin >= 0 {
			head, c.Reason, c.reasoned = rest[:begin], rest[end:], true
		}
	}
	if !visible(head) {
		return line{}, false
	}
	if argument, tail := inQuotes(head); argument != "" {
		words := strings.Fields(tail)
		if forms[verb].note {
			if len(words) > 1 && c.names(words[:2]) {
				words = words[2:]
			}
			c.Argument, c.Note = argument, strings.Join(words, " ")
			return c, true
		}
		if len(words) == 0 || c.names(words) {
			c.Argument = argument
			return c, true
		}
	}
	words := strings.Fields(head)
	for i := 1; i+1 < len(words) && forms[verb].note; i++ {
		if c.names(words[i : i+2]) {
			c.Argument, c.Note = strings.Join(words[:i], " "), strings.Join(words[i+2:], " ")
			return c, true
		}
	}
	if n := len(words); n > 2 && c.names(words[n-2:]) {
		words = words[:n-2]
	}
	c.Argument = strings.Join(words, " ")
	return c, true
}

// names takes "at COMMIT", and reports whether the words are that.
func (c *Command) names(words []string) bool {
	if !forms[c.Verb].commit || len(words) != 2 || lower(words[0]) != "at" || !commit.MatchString(words[1]) {
		return false
	}
	c.Commit = lower(words[1])
	return true
}

// inQuotes returns the text in the quotes that s begins with, words apart by one space, and
// what follows them; an empty text if there are none, or nothing in them.
func inQuotes(s string) (text, tail string) {
	s = strings.TrimLeft(s, " \t")
	for _, q := range quotes {
		if inner, ok := strings.CutPrefix(s, q.open); ok {
			if text, tail, ok := strings.Cut(inner, q.end); ok && (tail == "" || tail[0] == ' ' || tail[0] == '\t') {
				return strings.Join(strings.Fields(text), " "), tail
			}
		}
	}
	return "", s
}

// because finds the word at or behind from, and returns where it begins and ends; -1 if it
// is not there.
func because(s string, from int) (begin, end int) {
	for i := from; i < len(s); {
		if s[i] == ' ' || s[i] == '\t' {
			i++
			continue
		}
		end := len(s)
		if j := strings.IndexAny(s[i:], " \t"); j >= 0 {
			end = i + j
		}
		if word := lower(s[i:end]); word == "because" || word == "because:" {
			return i, end
		}
		i = end
	}
	return -1, -1
}

// finish adds what stands below the command's line to its reason, and says what it lacks.
func (c line) finish(below []string) Command {
	if c.reasoned {
		c.Reason = strings.TrimSpace(c.Reason + "\n" + strings.Join(below, "\n"))
	}
	if forms[c.Verb].note {
		c.Note = strings.TrimSpace(c.Note + "\n" + strings.Join(below, "\n"))
		below = strings.Split(c.Note, "\n")
	}
	switch {
	case c.Argument == "":
		c.Fault = NoArgument
	case len(strings.Fields(c.Argument)) < forms[c.Verb].words:
		c.Fault = NoIncident
	case forms[c.Verb].reason && !says(c.Reason):
		c.Fault = NoReason
	}
	for _, line := range below {
		if _, _, another := verbOf(line); another {
			c.Fault = TwoCommands
		}
	}
	return c.Command
}

// attribution is how mail programs begin what they quote.
var attribution = regexp.MustCompile(`(?i)^\s*(on\s.+\bwrote|.*<[^<>]+@[^<>]+>\s*(wrote|schrieb|a écrit|escribió|ha scritto|skrev|schreef)|-+\s*original message\s*-+)\s*:?\s*$|^\s*(-+\s*original message\b|reply to this email directly|sent from my )`)

// quotesOthers reports whether lines quote somebody, as a reply by e-mail does.
func quotesOthers(lines []string) bool {
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(trimmed, ">") || attribution.MatchString(line) {
			return true
		}
		// A mail program may have broken the line.
		if i+1 < len(lines) && attribution.MatchString(line+" "+lines[i+1]) {
			return true
		}
	}
	return false
}

// blank reports whether a line has nothing on it: what cannot be seen is something.
func blank(line string) bool { return strings.Trim(line, " \t") == "" }

// visible reports whether a text is made of what a reader sees as it is.
func visible(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r != '\t' && (!unicode.IsPrint(r) || hidden(r)) {
			return false
		}
	}
	return true
}

func hidden(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Cf)
}

// says reports whether a reason has a letter or a digit to read.
func says(reason string) bool {
	return strings.IndexFunc(reason, func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsNumber(r)) && !hidden(r) }) >= 0
}

// lower folds ASCII letters alone: no letter of another script is taken for one of them.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

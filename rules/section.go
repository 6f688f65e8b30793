package rules

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// section judges whether the description of each pull request has the heading, with enough
// text of the author's own below it.
func (j *judge) section(s Section) Reason {
	if !j.knows(FactText) {
		return unreadReason(FactText)
	}
	own := j.template()
	facts := &TextFacts{Heading: s.Heading, Need: s.MinWords}
	code := SectionWritten
	for i, p := range j.Pulls {
		n, found := own.words(j.visible(p.Body), s.Heading)
		if i == 0 || n < facts.Words {
			facts.Words = n
		}
		if n >= s.MinWords && found {
			continue
		}
		facts.Pulls = append(facts.Pulls, p.Number)
		if code = SectionEmpty; !found {
			code = SectionMissing
		}
	}
	if len(facts.Pulls) > 0 || len(j.Pulls) == 0 {
		if code == SectionWritten {
			code = SectionMissing
		}
		return Reason{Outcome: Fail, Code: code, Text: facts}
	}
	return Reason{Outcome: Pass, Code: code, Text: facts}
}

// template returns what the templates say, worked out once in an evaluation.
func (j *judge) template() template {
	if j.own == nil {
		j.own = newTemplate(j.Templates)
	}
	return j.own
}

// visible returns what can be seen of a text, worked out once in an evaluation.
func (j *judge) visible(text string) string {
	seen, ok := j.seen[text]
	if !ok {
		seen = visible(text)
		j.seen[text] = seen
	}
	return seen
}

// template is what the repository's pull request templates say: none of it is anybody's own.
type template map[string]bool

func newTemplate(texts []string) template {
	t := template{}
	for _, text := range texts {
		for line := range strings.SplitSeq(visible(text), "\n") {
			if w := wordsOf(line); len(w) > 0 {
				t[strings.Join(w, " ")] = true
			}
		}
	}
	return t
}

// own returns the words of a line that are not the template's: of a line that begins with
// one of the template's, those behind it.
func (t template) own(line string) []string {
	words := wordsOf(line)
	for n := len(words); n > 0; n-- {
		if t[strings.Join(words[:n], " ")] {
			return words[n:]
		}
	}
	return words
}

// lines returns the lines of what can be seen of a description that are not the template's.
func (t template) lines(seen string) []string {
	var lines []string
	for line := range strings.SplitSeq(seen, "\n") {
		if !t[strings.Join(wordsOf(line), " ")] {
			lines = append(lines, line)
		}
	}
	return lines
}

var (
	atxHeading = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*#*[ \t]*$`)
	underline  = regexp.MustCompile(`^ {0,3}(=+|-+)[ \t]*$`)
	fence      = regexp.MustCompile("^ {0,3}(```+|~~~+)")
)

// words counts, in what can be seen, those of the author's own below the heading, down to the next heading
// of its level or a higher one.
func (t template) words(seen, heading string) (n int, found bool) {
	want := strings.Join(wordsOf(heading), " ")
	lines := strings.Split(seen, "\n")
	inside, fenced := 0, "" // the level of the section that is being read; the fence of the code that is
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if m := fence.FindStringSubmatch(line); m != nil && (fenced == "" || strings.HasPrefix(m[1], fenced)) {
			if fenced == "" {
				fenced = m[1]
			} else {
				fenced = ""
			}
			continue
		}
		level, title := 0, ""
		if fenced == "" {
			level, title = headingAt(lines, i)
		}
		if level == 0 {
			if inside > 0 {
				n += len(t.own(line))
			}
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			i++ // the line below underlines it
		}
		switch {
		case strings.Join(wordsOf(title), " ") == want:
			inside, found = level, true
		case level <= inside:
			inside = 0
		}
	}
	return n, found
}

// headingAt returns the level and text of a heading at a line; level 0 if there is none.
func headingAt(lines []string, i int) (level int, title string) {
	if m := atxHeading.FindStringSubmatch(lines[i]); m != nil {
		return len(m[1]), m[2]
	}
	if i+1 < len(lines) && len(wordsOf(lines[i])) > 0 {
		if m := underline.FindStringSubmatch(lines[i+1]); m != nil {
			if m[1][0] == '=' {
				return 1, lines[i]
			}
			return 2, lines[i]
		}
	}
	return 0, ""
}

var (
	comment   = regexp.MustCompile(`(?s)<!--.*?(?:-->|\z)`)
	tag       = regexp.MustCompile(`</?[A-Za-z][^>]*>`)
	image     = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	emptyLink = regexp.MustCompile(`\[\s*\]\([^)]*\)`)
	reference = regexp.MustCompile(`(?m)^ {0,3}\[[^\]]+\]:.*$`)
	checkbox  = regexp.MustCompile(`^\s*(?:[-*+]|\d+[.)])\s+\[[ xX]\]\s*`)
)

// visible returns what a reader of a text in Markdown sees of it: no comments, tags, images
// and links without text, nor characters without a shape. Line ends are \n.
func visible(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, hidden := range []*regexp.Regexp{comment, image, emptyLink, reference, tag} {
		text = hidden.ReplaceAllString(text, "")
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, html.UnescapeString(text))
}

// wordsOf returns the words of a line, in lower case. In scripts that put no space between
// words each character is one.
func wordsOf(line string) []string {
	line = checkbox.ReplaceAllString(line, "")
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range strings.ToLower(line) {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && unicode.IsLetter(r):
			end()
			words = append(words, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && word.Len() > 0:
			word.WriteRune(r)
		default:
			end()
		}
	}
	end()
	return words
}

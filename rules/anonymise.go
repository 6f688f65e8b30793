package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxPersonID is the largest id that a stored policy can hold, and maxIDEntry how many
// bytes such an entry takes, quotes included.
const (
	maxPersonID = 1e18 - 1
	maxIDEntry  = len(`"#999999999999999999"`)
)

// Anonymise returns a policy text with each user entry replaced by the person id that id
// returns for it, as "#id", and with the words of all comments taken out, so that the
// stored policy names nobody by login. Lines stay, and so do columns but behind an entry
// on its line. Parse reads the result as it reads src, with the ids in the logins' places.
// An id of 0 is nobody. The error is a SyntaxErrors, or says that an id is out of range.
// Names of rules and groups, and the procedure's owner, are kept as they are written.
func Anonymise(src []byte, id func(UserRef) UserID) ([]byte, error) {
	p, doc := newParser("policy", src)
	if doc == nil {
		return nil, p.failed()
	}
	p.layer(doc)
	if err := p.failed(); err != nil {
		return nil, err
	}
	lines := slices.Clone(p.lines)
	p.dropComments(lines, doc)
	// From the last to the first, so that an entry does not move those still to come.
	entries := slices.Clone(p.users)
	slices.SortFunc(entries, func(a, b *yaml.Node) int {
		return cmp.Or(cmp.Compare(b.Line, a.Line), cmp.Compare(b.Column, a.Column))
	})
	for _, n := range entries {
		ref, ok := p.user(n, strings.HasSuffix(n.Value, "[bot]") || strings.Contains(n.Value, "[bot]#"))
		if !ok {
			return nil, p.failed()
		}
		person := id(ref)
		if person < 0 || person > maxPersonID {
			return nil, fmt.Errorf("anonymise policy: person id %d is out of range", person)
		}
		line := lines[n.Line-1]
		from := byteColumn(line, n.Column)
		to := from + len(n.Value)
		if quoted(n) {
			to += 2
		}
		lines[n.Line-1] = line[:from] + strconv.Quote("#"+strconv.FormatInt(int64(person), 10)) + line[to:]
	}
	return []byte(strings.Join(lines, "\n")), nil
}

func quoted(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

// dropComments cuts each line behind the # of its comment. A # begins a comment where it
// stands first or behind a space, outside of quotes; newParser has seen to it that no
// quoted text goes on over the end of a line.
func (p *parser) dropComments(lines []string, n *yaml.Node) {
	quotes := map[[2]int]int{} // line and offset of a quoted text to its length
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && quoted(n) {
			quotes[[2]int{n.Line - 1, byteColumn(p.lines[n.Line-1], n.Column)}] = quotedLength(p.from(n))
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(n)
	for l, line := range lines {
		for i := 0; i < len(line); i++ {
			if length, ok := quotes[[2]int{l, i}]; ok {
				i += length - 1
			} else if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
				lines[l] = line[:i+1]
				break
			}
		}
	}
}

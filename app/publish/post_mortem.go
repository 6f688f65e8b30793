package publish

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
)

// PostMortem is what the issue of a post-mortem says when it is opened.
type PostMortem struct {
	Pull     int64
	URL      string    // of the pull request
	Mark     string    // by which the issue is known again: its last line
	Due      time.Time //
	Reviewer []string  // groups whose members complete it
	Waived   []string  // rules, by name

	Declared []Declared
	Head     string    // commit that was approved
	Merged   time.Time // zero: it was not, under the emergency
	Merge    string    // commit
	Passed   bool      // the verdict let it be merged
	Deployed []Deployed
}

// Declared is a declaration of an emergency. What is empty is left out.
type Declared struct {
	At       time.Time
	By       string // login
	Group    string // as whose member
	Incident string // its severity and reference
	Why      string
	Until    time.Time
	Comment  int64    // that declared it
	Approved []string // logins
}

// Deployed is a deployment under an emergency.
type Deployed struct {
	At          time.Time
	Environment string
	Commit      string
}

// section is a part of a post-mortem that people write, and what it asks them.
type section struct{ heading, ask string }

var sections = []section{
	{"What happened", "What went wrong, since when, and how was it noticed?"},
	{"Impact", "Who was affected, how, and for how long?"},
	{"Why the normal path did not do", "What would have been too slow, and by how much?"},
	{"What was waived", "What makes up for each of these rules by now? What did the review after the fact find?"},
	{"Follow-ups", "What keeps this from happening again, who does it, and until when?"},
}

// PostMortemSections are the headings below which somebody has to write.
func PostMortemSections() []string {
	var out []string
	for _, s := range sections {
		out = append(out, s.heading)
	}
	return out
}

// PostMortemLabel is on the issues of post-mortems.
const PostMortemLabel = "post-mortem"

// PostMortemIssue returns the title and the text of the issue of a post-mortem.
func PostMortemIssue(m PostMortem) (title, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "The change #%d went ahead under an emergency. This post-mortem is due **%s**.\n\n", m.Pull, say.Moment(m.Due))
	b.WriteString("- Write below each heading. What is asked there can stay or go.\n")
	fmt.Fprintf(&b, "- Review #%d after the fact, as it would have been without the emergency, and write below “What was waived” what that found.\n", m.Pull)
	fmt.Fprintf(&b, "- It is complete when %s closes this issue as completed.\n", inert(cut(say.Completer(m.Reviewer), maxSentence)))
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n", s.heading)
		if s.heading == "What was waived" {
			for _, rule := range m.Waived {
				fmt.Fprintf(&b, "- %s\n", inert(cut(rule, maxSentence)))
			}
			if len(m.Waived) == 0 {
				b.WriteString("- no rule: the emergency could have waived some\n")
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "_%s_\n", s.ask)
	}
	b.WriteString("\n## Timeline\nFrom the records. Times are UTC.\n\n| when | what |\n|---|---|\n")
	for _, line := range m.timeline() {
		fmt.Fprintf(&b, "| %s | %s |\n", line.at.UTC().Format(time.DateTime), line.what)
	}
	fmt.Fprintf(&b, "\n%s\n", m.Mark)
	return fmt.Sprintf("Post-mortem: emergency change #%d", m.Pull), b.String()
}

// moment is a line of the timeline.
type moment struct {
	at   time.Time
	what string // Markdown
}

func (m PostMortem) timeline() []moment {
	var lines []moment
	for _, d := range m.Declared {
		lines = append(lines, moment{d.At, d.line(m.URL)})
	}
	if !m.Merged.IsZero() {
		what := "merged"
		if m.Merge != "" {
			what += " as " + code(short(m.Merge))
		}
		if !m.Passed {
			what += ", over a verdict that blocked"
		}
		lines = append(lines, moment{m.Merged, what})
	}
	for _, d := range m.Deployed {
		lines = append(lines, moment{d.At, d.line()})
	}
	slices.SortStableFunc(lines, func(a, b moment) int { return a.at.Compare(b.at) })
	return lines
}

func (d Declared) line(url string) string {
	who := "somebody"
	if d.By != "" {
		who = "@" + d.By
	}
	if d.Group != "" {
		who += " (" + inert(cut(d.Group, maxSentence)) + ")"
	}
	text := fmt.Sprintf("%s [declared an emergency](%s#issuecomment-%d)", who, url, d.Comment)
	if d.Incident != "" {
		text += ", " + oneLine(d.Incident)
	}
	text += ", until " + say.Moment(d.Until)
	if d.Why != "" {
		text += ": “" + oneLine(d.Why) + "”"
	}
	if len(d.Approved) == 0 {
		return text + "; nobody else had approved it"
	}
	return text + "; approved by " + mentions(d.Approved)
}

func (d Deployed) line() string {
	return fmt.Sprintf("deployed to %s as %s", inert(cut(d.Environment, maxSentence)), code(short(d.Commit)))
}

// DeployedNote is a comment that says of a deployment what the timeline says.
func DeployedNote(d Deployed) string {
	return fmt.Sprintf("For the timeline: at %s UTC the change was %s under the emergency.", d.At.UTC().Format(time.DateTime), d.line())
}

// Reminder is a comment that reminds those who declared an emergency, by login.
func Reminder(who []string, due time.Time) string {
	if len(who) == 0 {
		return "This post-mortem is due " + say.Moment(due) + "."
	}
	return mentions(who) + ": this post-mortem is due " + say.Moment(due) + "."
}

// NotComplete is a comment that says why closing its issue did not complete a post-mortem.
func NotComplete(u say.Unreviewed) string { return inert(cut(say.NotComplete(u), 4*maxSentence)) }

// mentions are logins that GitHub tells of it. A login whose names were forgotten is left out.
func mentions(logins []string) string {
	var out []string
	for _, login := range logins {
		if login != "" {
			out = append(out, "@"+login)
		}
	}
	if len(out) == 0 {
		return "somebody"
	}
	return strings.Join(out, ", ")
}

// oneLine is a text from outside in a table's cell.
func oneLine(s string) string { return inert(cut(strings.Join(strings.Fields(s), " "), maxSentence)) }

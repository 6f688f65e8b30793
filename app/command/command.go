// Package command reads the commands that people write into comments on pull requests: one
// small grammar, and one table of what may be said in it.
//
//	/VERB ARGUMENT [at COMMIT] [because REASON]
//	/VERB ARGUMENT [at COMMIT] [NOTE]
//
// A comment is a command or it is not; what merely looks like one is not. So a command
// stands in its comment's first line that is not blank, from the first column on, and a
// comment that quotes anything, as replies by e-mail do, is none. Whether the comment was
// edited, mailed or posted by an app for somebody is not in its text: whoever reads it from
// GitHub asks.
//
// It is pure and imports nothing of ours. Whether somebody may say what they say is not for
// it to know.
package command

import "strings"

// Verb is what a command asks for.
type Verb string

// The commands.
const (
	Waive    Verb = "waive"     // RULE [at COMMIT] because REASON: let this content pass the rule
	SignOff  Verb = "sign-off"  // NAME [at COMMIT] [NOTE]: one's word that what this changes may be deployed
	Declare  Verb = "emergency" // SEVERITY INCIDENT because REASON: this change cannot wait
	Withdraw Verb = "withdraw"  // RULE, NAME or emergency: take back what one gave on this pull request
)

// form is what a command is made of, beside its verb.
type form struct {
	argument string // as the usage writes it
	commit   bool   // may name the commit that is meant
	reason   bool   // asks for a reason
	note     bool   // has room for a note
	words    int    // that the argument has at least; 0: one
}

// forms is every command there is. Adding one is: a constant, a row here, and who may say it
// and what it does where it is decided.
var forms = map[Verb]form{
	Waive:    {argument: "RULE", commit: true, reason: true},
	SignOff:  {argument: "NAME", commit: true, note: true},
	Declare:  {argument: "SEVERITY INCIDENT", reason: true, words: 2},
	Withdraw: {argument: "RULE, NAME or emergency"},
}

// Usage is how a command is written, such as "/withdraw RULE"; empty for no command.
func (v Verb) Usage() string {
	f, ok := forms[v]
	if !ok {
		return ""
	}
	text := "/" + string(v) + " " + f.argument
	if f.commit {
		text += " [at COMMIT]"
	}
	if f.reason {
		text += " because REASON"
	}
	if f.note {
		text += " [note or link]"
	}
	return text
}

// Command is one command as it was written.
type Command struct {
	Verb     Verb
	Argument string // on one line, without the quotes that it may have stood in
	Commit   string // 7 to 40 hex digits, small letters; empty: none was named
	Reason   string // may go on over several lines
	Note     string // likewise; an Argument without quotes and commit may hold the beginning of it
	Fault    Refusal
}

// quotes may stand around an argument: names of rules hold whatever their authors like.
var quotes = []struct{ open, end string }{{`"`, `"`}, {"`", "`"}, {"“", "”"}}

// String writes the command so that Parse reads it again.
func (c Command) String() string {
	text := "/" + string(c.Verb)
	if c.Argument != "" {
		text += " " + quoted(c.Argument)
	}
	if c.Commit != "" {
		text += " at " + c.Commit
	}
	if c.Reason != "" {
		text += " because " + c.Reason
	}
	if c.Note != "" {
		text += "\n" + c.Note
	}
	return text
}

// quoted puts an argument into quotes that it does not hold itself; into none if it holds
// all of them.
func quoted(argument string) string {
	for _, q := range quotes {
		if !strings.Contains(argument, q.open) && !strings.Contains(argument, q.end) {
			return q.open + argument + q.end
		}
	}
	return argument
}

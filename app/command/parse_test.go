package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sha = "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"

func TestParse(t *testing.T) {
	waive := Command{Verb: Waive, Argument: "peer review", Reason: "the runner is down"}
	with := func(c Command, do func(*Command)) Command { do(&c); return c }
	for _, test := range []struct {
		name    string
		comment string
		want    Command
	}{
		{"plain", "/waive peer review because the runner is down", waive},
		{"after blank lines, before others", "\r\n \r\n/waive peer review because the runner is down\r\n\r\n", waive},
		{"words in capitals", "/Waive peer review BECAUSE the runner is down", waive},
		{"spaces and a colon", "/waive  peer\treview  because:  the runner is down ", waive},
		{"double quotes", `/waive "peer review" because the runner is down`, waive},
		{"code quotes", "/waive `peer review` because the runner is down", waive},
		{"typographic quotes", "/waive “peer review” because the runner is down", waive},
		{"a commit", "/waive peer review at 0F1E2D3 because the runner is down", with(waive, func(c *Command) { c.Commit = "0f1e2d3" })},
		{"a whole commit behind quotes", `/waive "peer review" at ` + sha + " because the runner is down", with(waive, func(c *Command) { c.Commit = sha })},
		{"a rule with the words in it", `/waive "meet at deadbeef because" because ok`, Command{Verb: Waive, Argument: "meet at deadbeef because", Reason: "ok"}},
		{"no commit: too short", "/waive peer review at 0f1e2d because ok", Command{Verb: Waive, Argument: "peer review at 0f1e2d", Reason: "ok"}},
		{"something behind the quotes", `/waive "peer" review because ok`, Command{Verb: Waive, Argument: `"peer" review`, Reason: "ok"}},
		{"a reason of several lines", "/waive peer review because the runner\nis down\n\nsince noon", with(waive, func(c *Command) { c.Reason = "the runner\nis down\n\nsince noon" })},
		{"a reason below", "/waive peer review because\nthe runner is down", waive},
		{"because in the reason", "/waive peer review because because", with(waive, func(c *Command) { c.Reason = "because" })},
		{"an emoji in the reason", "/waive peer review because 👩\u200d💻 said so", with(waive, func(c *Command) { c.Reason = "👩\u200d💻 said so" })},
		{"withdraw", "/withdraw peer review", Command{Verb: Withdraw, Argument: "peer review"}},
		{"withdraw takes no reason, and what follows is talk", "/withdraw peer review\nsorry", Command{Verb: Withdraw, Argument: "peer review"}},

		{"sign-off", "/sign-off customer notice", Command{Verb: SignOff, Argument: "customer notice"}},
		{"a note behind quotes", `/sign-off "QA" tested on staging`, Command{Verb: SignOff, Argument: "QA", Note: "tested on staging"}},
		{"a note behind the name, for the policy to tell from it", "/sign-off QA tested by hand", Command{Verb: SignOff, Argument: "QA tested by hand"}},
		{"a note behind a commit", "/sign-off QA at 0F1E2D3 https://tests.example/7", Command{Verb: SignOff, Argument: "QA", Commit: "0f1e2d3", Note: "https://tests.example/7"}},
		{"a note behind quotes and commit, going on below", "/sign-off `QA` at 0f1e2d3 all\n\nof it", Command{Verb: SignOff, Argument: "QA", Commit: "0f1e2d3", Note: "all\n\nof it"}},
		{"a note below", "/sign-off QA\nsee https://tests.example/7", Command{Verb: SignOff, Argument: "QA", Note: "see https://tests.example/7"}},
		{"emergency", "/emergency SEV-1 INC-204 because checkout is down", Command{Verb: Declare, Argument: "SEV-1 INC-204", Reason: "checkout is down"}},
		{"no incident", "/emergency SEV-1 because checkout is down", Command{Verb: Declare, Argument: "SEV-1", Reason: "checkout is down", Fault: NoIncident}},
		{"no reason for an emergency", "/emergency SEV-1 INC-204", Command{Verb: Declare, Argument: "SEV-1 INC-204", Fault: NoReason}},
		{"nothing signed off", "/sign-off", Command{Verb: SignOff, Fault: NoArgument}},
		{"a command for a note", "/sign-off QA\n/sign-off notice", Command{Verb: SignOff, Argument: "QA", Note: "/sign-off notice", Fault: TwoCommands}},

		{"no argument", "/waive because the runner is down", Command{Verb: Waive, Reason: "the runner is down", Fault: NoArgument}},
		{"nothing at all", "/waive", Command{Verb: Waive, Fault: NoArgument}},
		{"no reason", "/waive peer review", Command{Verb: Waive, Argument: "peer review", Fault: NoReason}},
		{"an empty reason", "/waive peer review because", Command{Verb: Waive, Argument: "peer review", Fault: NoReason}},
		{"a reason without a word", "/waive peer review because …", Command{Verb: Waive, Argument: "peer review", Reason: "…", Fault: NoReason}},
		{"a reason that cannot be seen", "/waive peer review because \u3164\u115f", Command{Verb: Waive, Argument: "peer review", Reason: "\u3164\u115f", Fault: NoReason}},
		{"a text below that is none", "/waive peer review\nthe runner is down", Command{Verb: Waive, Argument: "peer review", Fault: NoReason}},
		{"two commands", "/withdraw peer review\n/waive tests because ok", Command{Verb: Withdraw, Argument: "peer review", Fault: TwoCommands}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := Parse(test.comment)
			if diff := cmp.Diff(test.want, got); !ok || diff != "" {
				t.Errorf("Parse(%q) = %t (-want +got):\n%s", test.comment, ok, diff)
			}
		})
	}
}

// Behaviour 66: what is quoted, in code, from an e-mail reply or a look-alike is no command.
func TestNoCommand66(t *testing.T) {
	const command = "/waive peer review because the runner is down"
	for name, comment := range map[string]string{
		"empty":                    "",
		"blank":                    " \n\t\n",
		"another program's":        "/lgtm",
		"a longer word":            "/waived peer review because ok",
		"talk about it":            "You could say " + command,
		"not in the first line":    "Dear all,\n" + command,
		"quoted":                   "> " + command,
		"quoted without a space":   ">" + command,
		"in a fence":               "```\n" + command + "\n```",
		"in another fence":         "~~~\n" + command + "\n~~~",
		"indented code":            "    " + command,
		"indented by a tab":        "\t" + command,
		"one space":                " " + command,
		"inline code":              "`" + command + "`",
		"in an HTML comment":       "<!--\n" + command + "\n-->",
		"in a list":                "- " + command,
		"in a heading":             "# " + command,
		"emphasised":               "**" + command + "**",
		"escaped":                  `\` + command,
		"fraction slash":           "\u2044waive peer review because ok",
		"division slash":           "\u2215waive peer review because ok",
		"full-width slash":         "\uff0fwaive peer review because ok",
		"Cyrillic letter":          "/w\u0430ive peer review because ok",
		"Kelvin sign":              "/withdra\u212a peer review",
		"byte order mark":          "\ufeff" + command,
		"zero width before it":     "\u200b" + command,
		"zero width in the verb":   "/wa\u200bive peer review because ok",
		"zero width in the rule":   "/waive peer\u200b review because ok",
		"a soft hyphen":            "/waive peer re\u00adview because ok",
		"turned writing":           "/waive peer \u202ereview because ok",
		"filler":                   "/waive peer\u3164review because ok",
		"variation selector":       "/waive peer\ufe0f review because ok",
		"no-break space":           "/waive peer\u00a0review because ok",
		"line separator":           "/waive peer\u2028review because ok",
		"control character":        "/waive peer\x00review because ok",
		"no UTF-8":                 "/waive peer\xffreview because ok",
		"signed off in a quote":    "> /sign-off QA",
		"signed off, quoted tail":  "/sign-off \"QA\" > sure",
		"quoted tail":              command + "\n\n> Anybody?",
		"indented quoted tail":     command + "\n  > Anybody?",
		"mailed":                   command + "\n\nOn Mon, Jan 6, 2025 at 9:00 AM Ann <notifications@github.com> wrote:\n",
		"mailed, line broken":      command + "\n\nOn Mon, Jan 6, 2025 at 9:00 AM Ann\n<notifications@github.com> wrote:\n",
		"mailed, in German":        command + "\n\nAm Mo., 6. Jan. 2025 um 09:00 Uhr schrieb Ann <notifications@github.com>:\nAnn <ann@mail.example> schrieb:",
		"mailed, original message": command + "\n-----Original Message-----\nFrom: Ann",
		"mailed from a telephone":  command + "\nSent from my telephone",
		"mailed, answered below":   "On Mon, Jan 6, 2025 Ann wrote:\n> please\n\n" + command,
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := Parse(comment); ok {
				t.Errorf("Parse(%q) = %+v, want no command", comment, got)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for verb, want := range map[Verb]string{
		Waive: "/waive RULE [at COMMIT] because REASON", Withdraw: "/withdraw RULE, NAME or emergency", "lgtm": "",
	} {
		if got := verb.Usage(); got != want {
			t.Errorf("Usage of %s = %q, want %q", verb, got, want)
		}
	}
}

// What is taken for a command is one when it is written again, stands in the first line, and
// is none any more once it is quoted, in code, or holds what cannot be seen.
func FuzzParse(f *testing.F) {
	for _, comment := range []string{
		"/waive peer review because the runner is down", `/waive "a because b" at 0f1e2d3 because c`, "/withdraw `x`",
		"\n/waive x because\n\nit is so\r\n", "/waive “a\"`” because z", "/waive", "/WAIVE at abcdef0 because b", "> /waive x because y",
		"/waive x because y\n/withdraw x", "/waive \"\" because y", "/waive because because because",
		"/sign-off QA at 0f1e2d3 note\nmore", "/sign-off \"QA\" note", "/sign-off QA\n /waive x", "/sign-off `a` > b", "/emergency a b because c",
	} {
		f.Add(comment)
	}
	f.Fuzz(func(t *testing.T, comment string) {
		c, ok := Parse(comment)
		if !ok {
			return
		}
		line := strings.TrimLeft(strings.ReplaceAll(comment, "\r", "\n"), " \t\n")
		if !strings.HasPrefix(line, "/") {
			t.Fatalf("Parse(%q) took %q for a command", comment, line)
		}
		if c.Fault == "" {
			again, ok := Parse(c.String())
			if diff := cmp.Diff(c, again); !ok || diff != "" {
				t.Errorf("Parse(%q) wrote %q (-first +again):\n%s", comment, c, diff)
			}
		}
		for _, spoilt := range []string{
			"> " + line, "    " + line, "\t" + line, "```\n" + line + "\n```", "`" + line, "\u200b" + line, "so: " + line,
			"/\u200b" + line[1:], line + "\n> so", line + "\nOn Monday ann@mail.example wrote:",
		} {
			if got, ok := Parse(spoilt); ok {
				t.Errorf("Parse(%q) = %+v, want no command", spoilt, got)
			}
		}
	})
}

package rules_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/rules"
)

var update = flag.Bool("update", false, "write what was decided into the golden pages")

// TestVerdicts judges each page of testdata/verdicts: a policy, what was read of one or
// more pull requests that carry one head, the moment, and the verdicts. The file policy
// is the floor, or the built-in policy where there is none; repository is the
// repository's own. Each file change*.json is what was read of one pull request.
func TestVerdicts(t *testing.T) {
	pages, err := filepath.Glob("../testdata/verdicts/*.txtar")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	codes, drops := map[rules.Code]bool{}, map[rules.DropWhy]bool{}
	for _, name := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			page, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(bytes.TrimSpace(page.Comment)) == 0 {
				t.Error("the page does not say what it shows")
			}
			policy, changes, verdicts, names := judgePage(t, page)
			var got strings.Builder
			for i, v := range verdicts {
				show(&got, changes[i], v, names)
				for _, f := range v.Findings {
					for _, r := range f.Reasons {
						codes[r.Code] = true
						if r.Approvals != nil {
							for _, d := range r.Approvals.Dropped {
								drops[d.Why] = true
							}
						}
					}
				}
			}
			goldenSteps(t, page, policy, changes, verdicts, names)
			if len(verdicts) > 1 {
				fmt.Fprintf(&got, "on the head: %s\n", worst(verdicts))
			}
			if *update {
				setFile(page, "want", got.String())
				if err := os.WriteFile(name, txtar.Format(page), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(file(page, "want"), got.String()); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
	for _, code := range constants(t, "Code") {
		if !codes[rules.Code(code)] && !atGate.MatchString(code) {
			t.Errorf("no page shows reason %s", code)
		}
	}
	for _, why := range constants(t, "DropWhy") {
		if !drops[rules.DropWhy(why)] {
			t.Errorf("no page shows an approval dropped as %s", why)
		}
	}
}

// atGate are the reasons of the rules before an environment, which testdata/gates shows, and
// those of merge groups.
var atGate = regexp.MustCompile(`^(deployed|sign_off|window|separation|group)\.|^rule\.rollback$`)

// goldenSteps holds a page's file unblock, where it has one, to what would let each of the
// changes pass.
func goldenSteps(t *testing.T, page *txtar.Archive, policy rules.Policy, changes []rules.Change, verdicts []rules.Verdict, names map[rules.UserID]string) {
	t.Helper()
	if !slices.ContainsFunc(page.Files, func(f txtar.File) bool { return f.Name == "unblock" }) {
		return
	}
	var got strings.Builder
	for i, v := range verdicts {
		for _, s := range rules.Unblock(policy, changes[i], v) {
			showStep(&got, s, names)
		}
	}
	if *update {
		setFile(page, "unblock", got.String())
		return
	}
	if diff := cmp.Diff(file(page, "unblock"), got.String()); diff != "" {
		t.Errorf("unblock (-want +got):\n%s", diff)
	}
}

func showStep(w *strings.Builder, s rules.Step, names map[rules.UserID]string) {
	fmt.Fprintf(w, "%s", s.Code)
	if s.Count > 0 {
		fmt.Fprintf(w, " %d", s.Count)
	}
	var people []string
	for _, id := range s.People {
		people = append(people, names[id])
	}
	list(w, "from", s.From)
	if s.Write {
		fmt.Fprint(w, " who can write")
	}
	kind := "people"
	if s.Only {
		kind = "only"
	}
	list(w, kind, people)
	list(w, "fills", s.Fills)
	list(w, "teams", s.Teams)
	list(w, "checks", s.Checks)
	if s.App != "" {
		fmt.Fprintf(w, " app=%s", s.App)
	}
	if s.Text != nil {
		fmt.Fprintf(w, " heading=%q", s.Text.Heading)
	}
	list(w, "commits", s.Commits)
	fmt.Fprintf(w, ": %s\n", strings.Join(s.Rules, ", "))
}

func file(page *txtar.Archive, name string) string {
	for _, f := range page.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setFile(page *txtar.Archive, name, text string) {
	for i := range page.Files {
		if page.Files[i].Name == name {
			page.Files[i].Data = []byte(text)
			return
		}
	}
	page.Files = append(page.Files, txtar.File{Name: name, Data: []byte(text)})
}

func judgePage(t *testing.T, page *txtar.Archive) (rules.Policy, []rules.Change, []rules.Verdict, map[rules.UserID]string) {
	t.Helper()
	floor := rules.Default()
	var repo *rules.Layer
	var changes []rules.Change
	at := time.Time{}
	for _, f := range page.Files {
		switch {
		case f.Name == "policy" || f.Name == "repository":
			l, err := rules.Parse(f.Name, f.Data)
			if err != nil {
				t.Fatalf("parse %s:\n%v", f.Name, err)
			}
			if f.Name == "policy" {
				floor = l
			} else {
				repo = &l
			}
		case f.Name == "at":
			var err error
			if at, err = time.Parse(time.RFC3339, strings.TrimSpace(string(f.Data))); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(f.Name, "change"):
			var c rules.Change
			d := json.NewDecoder(bytes.NewReader(f.Data))
			d.DisallowUnknownFields()
			if err := d.Decode(&c); err != nil {
				t.Fatalf("decode %s: %v", f.Name, err)
			}
			changes = append(changes, c)
		}
	}
	policy, err := rules.Compose(floor, repo)
	if err != nil {
		t.Fatal(err)
	}
	names := map[rules.UserID]string{0: "nobody"}
	for _, c := range changes {
		for login, id := range c.Logins {
			names[id] = login
		}
	}
	changes = rules.Unite(changes)
	var verdicts []rules.Verdict
	for _, c := range changes {
		verdicts = append(verdicts, rules.Evaluate(policy, c, at))
	}
	return policy, changes, verdicts, names
}

// show writes a verdict as an auditor reads it: a line a rule, and below it who and what
// it rests on.
func show(w *strings.Builder, c rules.Change, v rules.Verdict, names map[rules.UserID]string) {
	var numbers []string
	for _, p := range c.Pulls {
		numbers = append(numbers, fmt.Sprintf("#%d", p.Number))
	}
	fmt.Fprintf(w, "%s into %s: %s\n", strings.Join(numbers, " and "), c.Base, v.Outcome)
	for _, f := range v.Findings {
		fmt.Fprintf(w, "%s: %s\n", orElse(f.Rule, "(no rule)"), f.Outcome)
		if b := f.Because; b != nil {
			showBecause(w, c, b, names)
		}
		for _, r := range f.Reasons {
			showReason(w, r, names)
		}
	}
	for _, n := range v.Notices {
		about := strings.TrimSpace(n.File + " " + n.Team)
		if n.Pull != 0 {
			about = fmt.Sprintf("#%d", n.Pull)
		}
		fmt.Fprintf(w, "notice: %s %s\n", n.Code, about)
	}
	if !v.Recheck.IsZero() {
		fmt.Fprintf(w, "judge again at %s\n", v.Recheck.Format(time.RFC3339))
	}
}

func showBecause(w *strings.Builder, c rules.Change, b *rules.Because, names map[rules.UserID]string) {
	var paths []string
	for _, i := range b.Files {
		paths = append(paths, c.Files[i].Path)
	}
	var people []string
	for _, id := range b.Authors {
		people = append(people, names[id])
	}
	var parts []string
	add := func(kind string, words []string) {
		if len(words) > 0 {
			parts = append(parts, kind+" "+strings.Join(words, ", "))
		}
	}
	add("class", b.Classes)
	add("file", paths)
	add("label", b.Labels)
	var heads []string
	for _, p := range c.Pulls {
		if slices.Contains(b.Heads, p.Number) {
			heads = append(heads, p.HeadRef)
		}
	}
	add("from", heads)
	add("author", people)
	if b.Branch != "" {
		add("branch", []string{b.Branch})
	}
	if b.Draft != nil {
		add("draft", []string{fmt.Sprint(*b.Draft)})
	}
	add("not in class", b.NotClasses)
	add("words of", b.Text)
	if b.Size != nil {
		add("size,", []string{fmt.Sprintf("%d files, %d lines", b.Size.Files, b.Size.Lines)})
		if b.Size.More {
			add("more lines than", []string{"can be counted"})
		}
	}
	if b.Repository {
		add("repository", []string{c.Repo.Name})
	}
	if b.Expr {
		add("the expression,", []string{"which is true"})
	}
	if b.Except {
		add("what is left out,", []string{"which does not hold"})
	}
	if b.AllFiles {
		add("every file,", []string{"for not all could be read"})
	}
	if b.Assumed {
		add("assumed,", []string{"for the fact is not known"})
	}
	fmt.Fprintf(w, "    because of %s\n", strings.Join(parts, "; "))
}

func showReason(w *strings.Builder, r rules.Reason, names map[rules.UserID]string) {
	fmt.Fprintf(w, "    %s %s", r.Outcome, r.Code)
	if a := r.Approvals; a != nil {
		fmt.Fprintf(w, " have=%d need=%d", len(a.Counted), a.Need)
		list(w, "from", a.From)
	}
	if t := r.Text; t != nil {
		if t.Need > 0 {
			fmt.Fprintf(w, " heading=%q words=%d need=%d", t.Heading, t.Words, t.Need)
		}
		list(w, "in", t.In)
		list(w, "found", t.Found)
		if len(t.Pulls) > 0 {
			fmt.Fprintf(w, " lacking=%v", t.Pulls)
		}
		if len(t.Others) > 0 {
			fmt.Fprintf(w, " others=%v", t.Others)
		}
	}
	list(w, "commits", r.Commits)
	if r.Behind > 0 {
		fmt.Fprintf(w, " behind=%d", r.Behind)
	}
	if t := r.Threads; t != nil {
		fmt.Fprintf(w, " open=%d", t.Open)
		var by []string
		for _, id := range t.By {
			by = append(by, names[id])
		}
		list(w, "by", by)
		if t.Own > 0 {
			fmt.Fprintf(w, " own=%d", t.Own)
		}
	}
	if v := r.Relief; v != nil {
		fmt.Fprintf(w, " until %s", v.Until.Format(time.RFC3339))
		if v.By != 0 {
			fmt.Fprintf(w, " by %s", names[v.By])
		}
		if v.Group != "" {
			fmt.Fprintf(w, " of %s", v.Group)
		}
		if v.Entry > 0 {
			fmt.Fprintf(w, ", exception %d of the %s", v.Entry, v.Layer)
		}
	}
	for _, f := range r.Unread {
		fmt.Fprintf(w, " unread=%s", f)
	}
	fmt.Fprintln(w)
	for i, part := range r.Any {
		fmt.Fprintf(w, "      %d. way:\n", i+1)
		for _, one := range part {
			showReason(w, one, names)
		}
	}
	if a := r.Approvals; a != nil {
		showApprovals(w, a, names)
	}
	showDuties(w, r.Duties, names)
	if c := r.Checks; c != nil {
		for _, kind := range slices.Sorted(maps.Keys(checkLists(c))) {
			if l := checkLists(c)[kind]; len(l) > 0 {
				fmt.Fprintf(w, "      %s: %s\n", kind, strings.Join(l, ", "))
			}
		}
		if !c.Settles.IsZero() {
			fmt.Fprintf(w, "      settles at %s\n", c.Settles.Format(time.RFC3339))
		}
		if !c.Since.IsZero() {
			fmt.Fprintf(w, "      missing since %s", c.Since.Format(time.RFC3339))
			if c.Overdue {
				fmt.Fprintf(w, ", overdue%s", expected(c))
			}
			fmt.Fprintln(w)
		}
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(w, "      %s: read %d of %d\n", g.Fact, g.Read, g.Of)
	}
}

func expected(c *rules.CheckFacts) string {
	var who string
	if c.App != "" {
		who += " from app " + c.App
	}
	if c.Workflow != "" {
		who += " from workflow " + c.Workflow
	}
	return who
}

func showApprovals(w *strings.Builder, a *rules.ApprovalFacts, names map[rules.UserID]string) {
	for _, p := range a.Counted {
		fmt.Fprintf(w, "      counts: %s", names[p.By])
		switch {
		case p.Team != "":
			fmt.Fprintf(w, " of group %s by team %s#%d as of %s", p.Group, p.Team, p.TeamID, p.AsOf.Format(time.RFC3339))
		case p.Permission != "":
			fmt.Fprintf(w, " of group %s by permission %s", p.Group, p.Permission)
		case p.Owner:
			fmt.Fprintf(w, " of group %s as an owner", p.Group)
		case p.Group != "":
			fmt.Fprintf(w, " of group %s by name", p.Group)
		default:
			fmt.Fprint(w, " who can write")
		}
		fmt.Fprintf(w, ", review %d of %s\n", p.Review, p.Commit)
	}
	for _, d := range a.Dropped {
		fmt.Fprintf(w, "      dropped: %s, review %d: %s", names[d.By], d.Review, d.Why)
		if d.Commit != "" {
			fmt.Fprintf(w, " %s", d.Commit)
		}
		if d.PushedBy != 0 {
			fmt.Fprintf(w, " pushed by %s", names[d.PushedBy])
		}
		if d.Rule != "" {
			fmt.Fprintf(w, " at %s", d.Rule)
		}
		fmt.Fprintln(w)
	}
	for _, o := range a.Objections {
		fmt.Fprintf(w, "      objects: %s, review %d", names[o.By], o.Review)
		if o.Dismissed {
			fmt.Fprintf(w, ", dismissed in vain by %s", names[o.DismissedBy])
		}
		fmt.Fprintln(w)
	}
	for _, seat := range a.Seats {
		who := names[seat.By]
		if seat.By == 0 {
			who = "empty"
		}
		fmt.Fprintf(w, "      seat of %s: %s\n", seat.Rule, who)
	}
	if len(a.Owners) > 0 {
		fmt.Fprintf(w, "      owners stand in for: %s\n", strings.Join(a.Owners, ", "))
	}
	for _, kind := range []string{"not seen", "another team has the slug", "unknown authorship"} {
		words := map[string][]string{"not seen": a.NoTeam, "another team has the slug": a.OtherTeam, "unknown authorship": a.Unknown}[kind]
		if len(words) > 0 {
			fmt.Fprintf(w, "      %s: %s\n", kind, strings.Join(words, ", "))
		}
	}
}

// worst is the heaviest outcome of verdicts that stand on one head.
func worst(verdicts []rules.Verdict) rules.Outcome {
	out := rules.Pass
	for _, v := range verdicts {
		if v.Outcome.Worse(out) {
			out = v.Outcome
		}
	}
	return out
}

func checkLists(c *rules.CheckFacts) map[string][]string {
	return map[string][]string{
		"passed": c.Passed, "failed": c.Failed, "running": c.Running, "missing": c.Missing,
		"skipped": c.Skipped, "from another app": c.WrongApp, "claimed": c.Claimed, "no job of the workflow": c.Elsewhere, "beside a success": c.Beside,
	}
}

func list(w *strings.Builder, kind string, words []string) {
	if len(words) > 0 {
		fmt.Fprintf(w, " %s=[%s]", kind, strings.Join(words, ", "))
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

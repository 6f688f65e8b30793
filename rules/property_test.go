package rules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/rules"
)

func parse(t *rapid.T, text string) rules.Layer {
	l, err := rules.Parse("policy.yml", []byte(text))
	if err != nil {
		t.Fatalf("parse:\n%s\n%v", text, err)
	}
	return l
}

func compose(t *rapid.T, floor rules.Layer, repo *rules.Layer) rules.Policy {
	p, err := rules.Compose(floor, repo)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func judge(p rules.Policy, c rules.Change) rules.Verdict {
	return rules.Evaluate(p, c, noon)
}

func text(t *rapid.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// clone copies a change, so that a test can add to the copy.
func clone(t *rapid.T, c rules.Change) rules.Change {
	var out rules.Change
	if err := json.Unmarshal(text(t, c), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Behaviour 54: what the floor blocks, the composition blocks, whatever the repository's file says.
func TestFloorHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		floor, repo := parse(t, drawPolicy(t, "f")), parse(t, drawPolicy(t, "r")+drawRelief(t))
		c := drawChange(t)
		alone, both := judge(compose(t, floor, nil), c), judge(compose(t, floor, &repo), c)
		if alone.Outcome.Worse(both.Outcome) {
			t.Fatalf("the floor says %s, with the repository's file it is %s", alone.Outcome, both.Outcome)
		}
		if rules.Policy.Governs(compose(t, floor, nil), c.Base, "main") && !rules.Policy.Governs(compose(t, floor, &repo), c.Base, "main") {
			t.Fatalf("the repository's file took %s out of what is governed", c.Base)
		}
	})
}

// One more approval, by somebody who has nothing to do with the change, makes nothing worse.
func TestApprovalNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compose(t, parse(t, drawPolicy(t, "f")), nil)
		c := drawChange(t)
		more := clone(t, c)
		more.People = append(more.People, rules.Person{ID: 50, CanWrite: rapid.Bool().Draw(t, "write")})
		if rapid.Bool().Draw(t, "member") {
			more.Teams[0].Members = append(more.Teams[0].Members, 50)
		}
		more.Reviews = append(more.Reviews, rules.Review{ID: 500, Pull: 7, By: 50, State: rules.Approved, At: noon, Commit: "h2", Exact: c.Exact})
		before, after := judge(p, c), judge(p, more)
		for i := range before.Findings {
			if after.Findings[i].Outcome.Worse(before.Findings[i].Outcome) {
				t.Fatalf("%s: %s became %s", before.Findings[i].Rule, before.Findings[i].Outcome, after.Findings[i].Outcome)
			}
		}
	})
}

// More of what speaks against a change makes nothing better: a failing or running check,
// a request for changes, one contributor more, a changed file, a label, a gap, a retarget.
func TestDoubtNeverBetter(t *testing.T) {
	doubts := map[string]func(*rules.Change){
		"failing run": func(c *rules.Change) {
			c.Runs = append(c.Runs, rules.CheckRun{ID: 900, Suite: 90, App: 5, AppSlug: "ci", Name: "test", Status: "completed", Conclusion: "failure", At: noon})
		},
		"running run": func(c *rules.Change) {
			c.Runs = append(c.Runs, rules.CheckRun{ID: 900, Suite: 90, App: 5, AppSlug: "ci", Name: "scan", Status: "queued", At: noon})
		},
		"failing status": func(c *rules.Change) {
			c.Status = append(c.Status, rules.Status{Context: "lint", State: "failure", By: 50, At: noon})
		},
		"claimed status": func(c *rules.Change) {
			c.Status = append(c.Status, rules.Status{Context: "claim", State: "success", By: c.Commits[0].Authors[0], At: noon})
		},
		"open suite": func(c *rules.Change) {
			c.Suites = append(c.Suites, rules.CheckSuite{ID: 90, App: 5, Status: "queued", At: noon})
		},
		"objection": func(c *rules.Change) {
			c.People = append(c.People, rules.Person{ID: 50, CanWrite: true})
			c.Reviews = append(c.Reviews, rules.Review{ID: 500, Pull: 7, By: 50, State: rules.ChangesRequested, At: noon, Commit: "h2"})
		},
		"withdrawn approvals": func(c *rules.Change) {
			for i, r := range c.Reviews {
				if r.State == rules.Approved {
					c.Reviews[i].State, c.Reviews[i].Dismissal = rules.Dismissed, &rules.Dismissal{By: r.By, Was: rules.Approved}
				}
			}
		},
		"contributor": func(c *rules.Change) {
			for _, r := range c.Reviews {
				c.Pushes = append(c.Pushes, rules.Push{By: r.By, Before: "h0", After: "h2", At: noon.Add(time.Hour)})
			}
		},
		"unknown author": func(c *rules.Change) {
			c.Commits = append(c.Commits, rules.Commit{SHA: "h0", Authors: []rules.UserID{0}, ByGitHub: true})
		},
		"file": func(c *rules.Change) {
			c.Files = append(c.Files, rules.File{Path: "a/new.go", Status: "added"})
		},
		"label": func(c *rules.Change) { c.Pulls[0].Labels = append(c.Pulls[0].Labels, "risky") },
		"gap":   func(c *rules.Change) { c.Gaps = append(c.Gaps, rules.Gap{Fact: rules.GapFiles, Read: 3000}) },
		"retarget": func(c *rules.Change) {
			c.Shifts = append(c.Shifts, rules.BaseShift{Pull: 7, From: "x", To: c.Base, At: noon})
		},
		"behind": func(c *rules.Change) { c.Behind = 5 },
		"unread": func(c *rules.Change) { // a label that is there is there, whoever put it on
			c.Read = slices.DeleteFunc(c.Read, func(f rules.Fact) bool { return f != rules.FactLabelings })
		},
		"unsigned":       func(c *rules.Change) { c.Commits[0].Signed = false },
		"conversation":   func(c *rules.Change) { c.Threads = append(c.Threads, rules.Thread{ID: "new", Pull: 7, By: 2}) },
		"no description": func(c *rules.Change) { c.Pulls[0].Body = "" },
		"lost waivers":   func(c *rules.Change) { c.Waivers = nil },
		"lost team":      func(c *rules.Change) { c.Teams[0].Missing = true },
		"no fingerprint": func(c *rules.Change) { c.Exact = "" },
	}
	for name, add := range doubts {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				src := drawPolicy(t, growing)
				p := compose(t, parse(t, src), nil)
				c := drawChange(t)
				worse := clone(t, c)
				add(&worse)
				before, after := judge(p, c), judge(p, worse)
				for i, f := range before.Findings {
					// A rule that began to apply weighs what it weighs: it was nothing before.
					if f.Rule != "" && f.Outcome.Worse(after.Findings[i].Outcome) {
						t.Fatalf("%s: %s became %s by\n%s\n%s\n%s", f.Rule, f.Outcome, after.Findings[i].Outcome, src, text(t, c), text(t, after.Findings[i]))
					}
				}
			})
		})
	}
}

// A stranger's copies of a change, into any branch, leave every byte of what a writer's
// pull request is told as it was; and a laxer base makes nothing better on the head.
func TestCopies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compose(t, parse(t, drawPolicy(t, "f")), nil)
		c := drawChange(t)
		alone := rules.Unite([]rules.Change{c})
		var all []rules.Change
		for i := range rapid.IntRange(1, 5).Draw(t, "copies") {
			copied := drawChange(t)
			copied.Pulls[0].Number, copied.Pulls[0].Writer = int64(20+i), false
			for j := range copied.Reviews {
				copied.Reviews[j].Pull, copied.Reviews[j].ID = int64(20+i), int64(1000*i+j+100)
			}
			all = append(all, copied)
		}
		all = rapid.Permutation(append(all, c)).Draw(t, "order")
		with := rules.Unite(all)
		if a, b := text(t, alone), text(t, with); !bytes.Equal(a, b) {
			t.Fatalf("copies changed what is judged:\n%s\n%s", a, b)
		}
		for i := range with {
			if !bytes.Equal(text(t, judge(p, alone[i])), text(t, judge(p, with[i]))) {
				t.Fatal("copies changed the verdict")
			}
		}
		lax := clone(t, c)
		lax.Base, lax.Pulls[0].Number = "lax", 8
		var verdicts []rules.Verdict
		for _, c := range rules.Unite(append(all, lax)) {
			verdicts = append(verdicts, judge(p, c))
		}
		if one := judge(p, c); one.Outcome.Worse(worst(verdicts)) {
			t.Fatalf("%s became %s on the head by another base", one.Outcome, worst(verdicts))
		}
	})
}

// The same policy, facts and time give the same bytes, in whatever order lists came that
// have none; and a stored policy, with person ids for logins, gives them too.
func TestSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawPolicy(t, "f")
		c := drawChange(t)
		want := text(t, judge(compose(t, parse(t, src), nil), c))
		stored, err := rules.Anonymise([]byte(src), func(u rules.UserRef) rules.UserID { return c.Logins[u.String()] })
		if err != nil {
			t.Fatal(err)
		}
		other := clone(t, c)
		other.Logins = nil
		other.Reviews = rapid.Permutation(other.Reviews).Draw(t, "reviews")
		other.Runs = rapid.Permutation(other.Runs).Draw(t, "runs")
		other.Status = rapid.Permutation(other.Status).Draw(t, "statuses")
		slices.Reverse(other.People)
		slices.Reverse(other.Teams)
		if got := text(t, judge(compose(t, parse(t, string(stored)), nil), other)); !bytes.Equal(want, got) {
			t.Fatalf("two verdicts:\n%s\n%s\nby\n%s", want, got, stored)
		}
	})
}

// People who united pull requests name stand there once, each with the teams of the
// newest reading that names them.
func TestUnitePeople(t *testing.T) {
	old := rules.Change{
		Base: "main", TakenAt: noon, Pulls: []rules.Pull{{Number: 7, Writer: true}},
		People: []rules.Person{{ID: 1, CanWrite: true}, {ID: 2, CanWrite: true}},
		Teams:  []rules.Team{{Slug: "sec", ID: 5, Members: []rules.UserID{1, 2}}},
	}
	newer := rules.Change{
		Base: "main", TakenAt: noon.Add(time.Minute), Pulls: []rules.Pull{{Number: 8, Writer: true}},
		People: []rules.Person{{ID: 2}, {ID: 3}},
		Teams:  []rules.Team{{Slug: "sec", ID: 5, Members: []rules.UserID{3}}},
	}
	got := rules.Unite([]rules.Change{old, newer})
	if len(got) != 1 {
		t.Fatalf("%d changes, want one", len(got))
	}
	if want := fmt.Sprint([]rules.Person{{ID: 2}, {ID: 3}, {ID: 1, CanWrite: true}}); fmt.Sprint(got[0].People) != want {
		t.Errorf("people %v, want %v", got[0].People, want)
	}
	if want := fmt.Sprint([]rules.UserID{3, 1}); fmt.Sprint(got[0].Teams[0].Members) != want {
		t.Errorf("members %v, want %v: 2 was in the team in the older reading alone", got[0].Teams[0].Members, want)
	}
}

// One approval less makes nothing better: not the rule that lost it, and not another that
// asks for somebody else.
func TestLessApprovalNeverBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compose(t, parse(t, drawPolicy(t, growing)), nil)
		c := drawChange(t)
		less := clone(t, c)
		at := slices.IndexFunc(less.Reviews, func(r rules.Review) bool { return r.State == rules.Approved })
		if at < 0 {
			return
		}
		// Taken away and not dismissed: an earlier opinion of the same person would stand again.
		by := less.Reviews[at].By
		less.Reviews = slices.DeleteFunc(less.Reviews, func(r rules.Review) bool { return r.By == by && r.State == rules.Approved })
		if slices.ContainsFunc(less.Reviews, func(r rules.Review) bool { return r.By == by && r.State != rules.Commented }) {
			return
		}
		before, after := judge(p, c), judge(p, less)
		if before.Outcome.Worse(after.Outcome) {
			t.Fatalf("%s became %s", before.Outcome, after.Outcome)
		}
	})
}

// The order in which different people reviewed changes no outcome.
func TestOrderOfPeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compose(t, parse(t, drawPolicy(t, "f")), nil)
		c := drawChange(t)
		c.Reviews = slices.DeleteFunc(c.Reviews, func(r rules.Review) bool { return r.By == 0 })
		seen := map[rules.UserID]bool{} // one review each: within a person order decides
		c.Reviews = slices.DeleteFunc(c.Reviews, func(r rules.Review) bool {
			had := seen[r.By]
			seen[r.By] = true
			return had
		})
		for i := range c.Reviews {
			c.Reviews[i].At = noon.Add(-time.Minute) // all at once: the ids alone are their order
		}
		other := clone(t, c)
		other.Reviews = rapid.Permutation(other.Reviews).Draw(t, "order")
		for i := range other.Reviews {
			other.Reviews[i].ID = int64(i + 1)
		}
		same := c
		a, b := judge(p, other), judge(p, same)
		for i := range a.Findings {
			if a.Findings[i].Outcome != b.Findings[i].Outcome {
				t.Fatalf("%s is %s in one order and %s in another", a.Findings[i].Rule, a.Findings[i].Outcome, b.Findings[i].Outcome)
			}
		}
	})
}

// Groups by another name judge alike.
func TestRenamedGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawPolicy(t, "f")
		c := drawChange(t)
		a := judge(compose(t, parse(t, src), nil), c)
		b := judge(compose(t, parse(t, strings.ReplaceAll(src, "fg0", "zz")), nil), c)
		for i := range a.Findings {
			if a.Findings[i].Outcome != b.Findings[i].Outcome {
				t.Fatalf("%s: %s, with a group renamed %s", a.Findings[i].Rule, a.Findings[i].Outcome, b.Findings[i].Outcome)
			}
		}
	})
}

// Behaviour 54: a repository's exceptions and advice reach of the floor what it lets go, and nothing else:
// what the rest of the floor blocks, the composition blocks.
func TestFloorHoldsBesideRelief(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawPolicy(t, "f")
		lets := parse(t, strings.Replace(src, "  - name: fr0\n", "  - name: fr0\n    overridable: true\n", 1))
		repo := parse(t, drawPolicy(t, "r")+`exceptions: [{rule: fr0, reason: x, approved_by: u4, expires: 2026-01-01}]
advice: [{rule: fr0, until: 2026-01-01}]
`)
		c := drawChange(t)
		c.Logins["u4"] = 40
		alone, both := judge(compose(t, lets, nil), c), judge(compose(t, lets, &repo), c)
		for i, f := range alone.Findings {
			if g := both.Findings[i]; f.Rule != "" && f.Rule != "fr0" && f.Outcome.Worse(g.Outcome) {
				t.Fatalf("%s: %s became %s", f.Rule, f.Outcome, g.Outcome)
			}
		}
	})
}

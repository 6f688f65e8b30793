package web

import (
	"time"

	"github.com/changewarden/changewarden/rules"
)

func gates() Deployments {
	held := Deployment{
		Repo: "octo-org/app", Environment: "Production", Commit: commit, Changes: []ChangeRef{{7, "Say in the greeting what the time is"}, {9, ""}},
		By: "ann", Asked: noon.Add(-3 * time.Hour), Decided: noon, Outcome: rules.Pending, Headline: "Held: Production of 4be11d1. The next opening is Tue 5 May 2026 09:00 UTC.",
		Reasons: []string{"business hours: The window business hours is closed. It goes on by itself at Tue 5 May 2026 09:00 UTC."},
		Until:   noon.Add(21 * time.Hour), Log: 9001, Seq: 21, URL: "https://github.test/octo-org/app/actions/runs/5",
	}
	let, rejected, ended, hostile, fresh := held, held, held, held, Deployment{Repo: "octo-org/app", Environment: "production", Commit: commit, Asked: noon, Outcome: rules.Pending}
	let.Outcome, let.Until, let.Reasons, let.Headline = rules.Pass, time.Time{}, nil, "Approved: Production of 4be11d1."
	rejected.Outcome, rejected.Until, rejected.Headline = rules.Fail, time.Time{}, "Rejected: Production of 4be11d1."
	ended.Outcome, ended.Until, ended.By = rules.NotApplicable, time.Time{}, ""
	hostile.Environment, hostile.By, hostile.Headline, hostile.Reasons, hostile.Changes, hostile.URL = nasty, nasty, nasty, []string{nasty}, []ChangeRef{{13, nasty}}, "javascript:alert(1)"
	return Deployments{Held: []Deployment{held, fresh, hostile}, More: true, Decided: []Deployment{let, rejected, ended}}
}

func emergencies() []Emergency {
	declared := Emergency{
		Repo: "octo-org/app", Change: ChangeRef{7, "Say in the greeting what the time is"}, By: "dave", At: noon.Add(-time.Hour), Until: noon.Add(3 * time.Hour), Holds: true,
		What: "SEV-1 INC-204", Why: "checkout is down", Waives: []string{"staging first", "business hours"}, Log: 9001, Seq: 30, Now: noon,
	}
	used := declared
	used.Used, used.Approved, used.Issue, used.Due = true, []string{"carol", ""}, 14, noon.Add(47*time.Hour+time.Minute)
	overdue, back := used, declared
	overdue.At, overdue.Until, overdue.Holds, overdue.Due = noon.AddDate(0, 0, -7), noon.AddDate(0, 0, -6), false, noon.AddDate(0, 0, -4)
	late, done := overdue, overdue
	late.Completed, done.Completed = late.Due.Add(90*time.Minute), done.Due.Add(-time.Hour)
	back.Holds, back.Ended, back.By, back.What, back.Why, back.Waives = false, noon.Add(-time.Minute), "", "", "", nil
	hostile := used
	hostile.Change.Title, hostile.By, hostile.What, hostile.Why, hostile.Approved, hostile.Waives = nasty, nasty, nasty, nasty, []string{nasty}, []string{nasty}
	return []Emergency{declared, used, overdue, late, done, back, hostile}
}

func windows() []Calendar {
	zone := time.FixedZone("CEST", 2*60*60)
	return []Calendar{
		{Repos: []string{"octo-org/app", "octo-org/platform"}, More: 3, Windows: []Window{
			{
				Name: "business hours", Layer: "floor", Environment: "production", Words: "Monday to Friday from 09:00 to 17:00 (Etc/UTC)", Zone: "Etc/UTC",
				Openings: []Opening{{noon.Add(-3 * time.Hour), noon.Add(5 * time.Hour), true}, {noon.Add(21 * time.Hour), noon.Add(29 * time.Hour), false}},
			},
			{
				Name: "maintenance", Layer: "repository", Environment: "production", Words: "Saturday from 22:00 to 04:00 the day after (Europe/Berlin)", Zone: "Europe/Berlin",
				Openings: []Opening{{noon.Add(128 * time.Hour).In(zone), noon.Add(134 * time.Hour).In(zone), false}},
				Freezes:  []Freeze{{"year end", "from 2026-12-18 00:00 UTC to 2027-01-04 00:00 UTC", false}, {nasty, nasty, true}},
			},
			{Name: nasty, Layer: "floor", Environment: nasty, Words: nasty, Unread: []string{nasty}},
			{Name: "never", Layer: "floor", Environment: "lab", Words: "Monday from 09:00 to 17:00 (Etc/UTC)"},
		}},
		{Repos: []string{"octo-org/lab"}},
	}
}

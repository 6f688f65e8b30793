package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the demo shows of production; of times only what the stories are about.
const demoProduction = `On to production: staging first, and held from Friday evening to Monday at nine
  Fri 17h         the window business hours has closed
  Fri 17h  ann    merges #1
  Fri 17h  CI     deploys what ann merged: a job enters staging
  Fri 17h  CI     #1 runs in staging
  Fri 17h  CI     the next job of the run enters production
                     → waiting  Held: production of COMMIT. The next opening is Mon 09:00 UTC.
                     · standard changes in business hours: The window business hours is closed. It goes on by itself at Mon 09:00 UTC.
  Mon 08h         the weekend goes by, and nobody has to think of it
  Mon 09h         the window opens
                     → approved Approved: production of COMMIT.
  Mon 09h  CI     #1 runs in production

An emergency, at night
  Mon 23h         something is wrong in production
  Mon 23h  ann    opens #8: Close the database's port
                     → pending  needs 2 approvals from people with write access who did not contribute; needs one approval from senior engineers; test not reported
  Mon 23h  CI     the tests of #8: success
                     → pending  needs 2 approvals from people with write access who did not contribute; needs one approval from senior engineers; and 1 more
  Mon 23h         half a minute goes by: no further test reports
                     → pending  needs 2 approvals from people with write access who did not contribute; needs one approval from senior engineers
  Mon 23h  bob    comments on #8: /emergency SEV-1 INC-204 because everybody can reach the database
                     → pending  needs 2 approvals from people with write access who did not contribute; needs one approval from senior engineers; and 1 more
  Mon 23h  carol  approves #8
                     → success  3 of the rules that apply are satisfied, 1 waived
  Mon 23h  bob    merges #8
  Mon 23h  CI     deploys what bob merged: a job enters production
                     → approved Approved: production of COMMIT.
                     · staging first: Waived for #8 by an emergency that somebody of on-call declared, until Tue 03h.
                     · standard changes in business hours: Waived for #8 by an emergency that somebody of on-call declared, until Tue 03h.
  Mon 23h  CI     #8 runs in production

What follows the emergency: a post-mortem within 48 hours
  Tue 10h         the next morning: the issue #9 waits to be written
  Tue 10h  bob    writes the post-mortem #9
  Tue 10h  bob    closes #9
                     → #9 is opened again: somebody else of the reviewing group has to close it
  Tue 10h  carol  closes #9
                     → #9 is complete

A schema change: QA, customers who know, and the maintenance window
  Tue 10h  ann    opens #10: Index the orders
                     → failure  the description needs text under “Rollback plan”; needs one approval from somebody with write access who did not contribute; and 1 more
  Tue 10h  CI     the tests of #10: success
  Tue 10h  bob    approves #10
                     → failure  the description needs text under “Rollback plan”; checks passed, waiting half a minute for more
  Tue 10h         half a minute goes by: no further test reports
                     → failure  the description needs text under “Rollback plan”
  Tue 10h  ann    describes how it can be taken back
                     → success  All 3 rules that apply are satisfied
  Tue 10h  ann    merges #10
  Tue 10h  CI     deploys what ann merged: a job enters staging
  Tue 10h  CI     #10 runs in staging
  Tue 10h  CI     the next job of the run enters production
                     → waiting  Held: production of COMMIT. The next opening is Sat 22:00 UTC.
                     · QA sign-off: QA is missing for #10. Somebody in qa who contributed nothing to it can give it with the comment “/sign-off QA” on the pull request.
                     · high-risk changes in a maintenance window: The window maintenance is closed. It goes on by itself at Sat 22:00 UTC.
                     · customer notice: customer notice is missing for #10. Somebody in support who contributed nothing to it can give it with the comment “/sign-off customer notice” on the pull request.
  Wed 11h         tried on staging, and a mail is written
  Wed 11h  frank  comments on #10: /sign-off QA tried on staging with a month of orders
                     → waiting  Held: production of COMMIT. The next opening is Sat 22:00 UTC.
                     · high-risk changes in a maintenance window: The window maintenance is closed. It goes on by itself at Sat 22:00 UTC.
                     · customer notice: customer notice is missing for #10. Somebody in support who contributed nothing to it can give it with the comment “/sign-off customer notice” on the pull request.
  Wed 11h  grace  comments on #10: /sign-off "customer notice" mailed to every customer
                     → waiting  Held: production of COMMIT. The next opening is Sat 22:00 UTC.
                     · high-risk changes in a maintenance window: The window maintenance is closed. It goes on by itself at Sat 22:00 UTC.
                     · customer notice: customer notice was given, and has to stand until Fri 11h.
  Sat 22h         the window opens; customers have known for two days and more
                     → approved Approved: production of COMMIT.
  Sat 22h  CI     #10 runs in production

At the end
  #1   success  merged  PAGES/changes/octo-org/shop/1
  #2   success          PAGES/changes/octo-org/shop/2
  #3   pending          PAGES/changes/octo-org/shop/3
  #4   success          PAGES/changes/octo-org/shop/4
  #5   failure          PAGES/changes/octo-org/shop/5
  #6   success          PAGES/changes/octo-org/shop/6
  #7   success          PAGES/changes/octo-org/shop/7
  #8   success  merged  PAGES/changes/octo-org/shop/8
  #10  success  merged  PAGES/changes/octo-org/shop/10
  production has #10

Each change's page shows its whole way, up to production; changewarden timeline prints it.
  PAGES/deployments  what is held now, and what was decided
  PAGES/emergencies  with their clocks
  PAGES/calendar     when the windows open next
`

// The demo plays to its end, and its stories end as they say: a standard change is held over
// the weekend, and an emergency goes out at night.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out, problems bytes.Buffer
	if code := run([]string{"demo", "--once", "--listen", "127.0.0.1:0"}, &out, &problems); code != exitOK {
		t.Fatalf("exit code %d: %s\n%s", code, &problems, &out)
	}
	text := out.String()
	for _, plain := range []struct{ what, as string }{
		{`\d+ \w{3} \d{4} (\d\d:\d\d UTC)`, "$1"},
		{`(\w{3} \d\d):\d\d:\d\d`, "${1}h"},
		{`(until \w{3} \d\d):\d\d UTC\..*`, "${1}h."}, // what would be asked without it is not the demo's to hold
		{`\b[0-9a-f]{7}\.`, "COMMIT."},
		{`http://127\.0\.0\.1:\d+`, "PAGES"},
	} {
		text = regexp.MustCompile(plain.what).ReplaceAllString(text, plain.as)
	}
	at := strings.Index(text, "On to production")
	if at < 0 {
		t.Fatalf("there is no production in\n%s", &out)
	}
	if diff := cmp.Diff(strings.Split(demoProduction, "\n"), strings.Split(text[at:], "\n")); diff != "" {
		t.Errorf("of production (-want +got):\n%s", diff)
	}
}

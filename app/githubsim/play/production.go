package play

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Production is the world in which changes go to production: staging first, QA's word, a
// window, and emergencies.
const Production = "production"

// FloorRepo holds the policy of the production world.
const FloorRepo = "octo-org/.github"

// Everybody has one part: ann and bob write, carol and erin are QA and lead, dave is on call.
const productionState = `
users: [{login: ann}, {login: bob}, {login: carol}, {login: dave}, {login: erin}, {login: olga}, {login: mallory}]
organizations:
  - login: octo-org
    owners: [olga]
    teams: [{slug: engineers, members: [ann, bob, carol, erin]}, {slug: qa, members: [carol, erin]}, {slug: on-call, members: [dave, ann]}, {slug: leads, members: [carol, erin]}]
apps: [{slug: octo-ci}]
repositories:
  - name: octo-org/app
    teams: {engineers: write, on-call: write, qa: write, leads: write}
    branches: {lab: main}
    files:
      main.go: "package main\n"
      .github/workflows/deploy.yml: "on: push\n"
  - name: octo-org/.github
    files:
      .github/change-management.yml: |
` + production + `installations: [{account: octo-org}]
`

const production = `        version: 1
        branches: [main]
        groups: {qa: {teams: [qa]}, on-call: {teams: [on-call]}, leads: {teams: [leads]}}
        environments: {staging: {match: staging}, production: {match: production}}
        windows: {daytime: {time_zone: Etc/UTC, days: [mon, tue, wed, thu, fri, sat, sun], from: "02:00", to: "10:00"}}
        rules:
          - {name: peer review, require: {approvals: 1}}
          - {name: staging first, before: production, require: {deployed: {to: staging}}}
          - {name: QA, before: production, require: {sign_off: {name: QA, from: qa}}}
          - {name: daytime, before: production, require: {window: daytime}}
        emergency:
          declare: {by: on-call}
          expires: 4h
          approvals: {count: 1, from: leads}
          waives: [staging first, QA, daytime]
          post_mortem: {within: 48h, reviewed_by: leads, when_overdue: block}
`

// floors are what the policy of the production world can become.
var floors = map[string]string{
	"open": production,
	"frozen": production + `        freezes: [{name: holidays, from: 2000-01-01, to: 2000-01-10}]
`,
}

// RandomProduction returns the history of a seed in the production world: changes on their way
// there, beside each other, with something going wrong in each now and then.
func RandomProduction(seed uint64) History {
	m := &maker{r: rand.New(rand.NewPCG(seed, 0x9a7e))}
	m.strikes()
	if percent(m.r, 70) {
		m.say("olga protects main")
	}
	if percent(m.r, 70) {
		m.say("wait %s", pick(m, "90m", "2h", "3h"))
	}
	var lives [][]string
	for n := range 1 + m.r.IntN(3) {
		topic := fmt.Sprintf("topic-%d", n+1)
		if percent(m.r, 35) {
			lives = append(lives, m.emergency(topic))
		} else {
			lives = append(lives, m.standard(topic))
		}
	}
	for len(lives) > 0 {
		at := m.r.IntN(len(lives))
		for range 1 + m.r.IntN(6) { // mostly one after the other
			if len(lives[at]) > 0 {
				m.live(lives[at][0])
				lives[at] = lives[at][1:]
			}
		}
		if len(lives[at]) == 0 {
			lives = append(lives[:at], lives[at+1:]...)
		}
	}
	return History{Seed: seed, World: Production, Steps: m.steps}
}

// live plays one step of a life: mostly as it is, sometimes twice or not at all, and sometimes
// with something before it.
func (m *maker) live(step string) {
	if percent(m.r, 20) {
		m.disturb()
	}
	switch m.r.IntN(40) {
	case 0:
		return
	case 1:
		m.say("%s", step)
	}
	m.say("%s", step)
	switch m.r.IntN(20) {
	case 0, 1, 2, 3, 4, 5, 6, 7:
	case 8, 9, 10, 11, 12, 13, 14:
		m.say("wait %s", within(m.r, time.Second).Round(time.Millisecond))
	case 15, 16, 17, 18:
		m.say("wait %s", within(m.r, 20*time.Second).Round(time.Millisecond))
	default:
		m.say("wait %s", within(m.r, 3*time.Minute).Round(time.Millisecond))
	}
}

func (m *maker) reader() string { return pick(m, "carol", "carol", "erin") }

// begin is how each change begins.
func (m *maker) proposed(topic string) []string {
	return []string{
		fmt.Sprintf("%s push %s %s.go=%s", pick(m, "ann", "bob"), topic, topic, pick(m, "one", "two")),
		fmt.Sprintf("ann open %s main", topic),
		"wait " + pick(m, "5s", "65s", "2m"),
	}
}

// standard is a change that goes to staging, is signed off and waits for its window.
func (m *maker) standard(topic string) []string {
	life := append(m.proposed(topic),
		fmt.Sprintf("%s approve %s", m.reader(), topic),
		"wait "+pick(m, "5s", "40s", "2m"),
	)
	sign := fmt.Sprintf("%s says %s /sign-off QA", m.reader(), topic)
	before := percent(m.r, 40)
	if before {
		life = append(life, sign)
	}
	life = append(life, "wait 3s", fmt.Sprintf("bob merge %s %s", topic, pick(m, "merge", "squash", "rebase")), "wait "+pick(m, "2s", "70s"))
	staged := []string{"ann deploys staging", "wait " + pick(m, "2s", "1m"), fmt.Sprintf("github-actions ends staging 0 %s", pick(m, "success", "success", "success", "failure"))}
	asked := []string{"ann deploys production", "wait " + pick(m, "2s", "1m")}
	if percent(m.r, 60) {
		life = append(append(life, staged...), asked...)
	} else {
		life = append(append(life, asked...), staged...)
	}
	if !before {
		life = append(life, sign)
	}
	if percent(m.r, 20) {
		life = append(life, m.withdrawal(topic))
	}
	life = append(life, "wait "+pick(m, "20s", "20s", "2h", "7h"))
	if percent(m.r, 15) {
		life = append(life, m.withdrawal(topic))
	}
	return append(life, fmt.Sprintf("github-actions ends production 0 %s", pick(m, "success", "success", "success", "failure", "cancelled")))
}

func (m *maker) withdrawal(topic string) string {
	return fmt.Sprintf("%s says %s /withdraw %s", pick(m, "carol", "carol", "erin", "dave"), topic, pick(m, "QA", "QA", "emergency"))
}

// emergency is a change that cannot wait.
func (m *maker) emergency(topic string) []string {
	declared := fmt.Sprintf("%s says %s /emergency SEV-1 INC-%d because checkout is down", pick(m, "dave", "dave", "dave", "bob"), topic, 1+m.r.IntN(9))
	approved := fmt.Sprintf("%s approve %s", m.reader(), topic)
	life := m.proposed(topic)
	if percent(m.r, 70) {
		life = append(life, declared, approved)
	} else {
		life = append(life, approved, declared)
	}
	life = append(life, "wait "+pick(m, "1s", "20s", "2m"), fmt.Sprintf("bob merge %s %s", topic, pick(m, "merge", "squash", "rebase")),
		"wait "+pick(m, "1s", "20s"), "ann deploys production", "wait "+pick(m, "5s", "1m"), "github-actions ends production 0 success")
	if percent(m.r, 60) {
		life = append(life, "wait "+pick(m, "1m", "10h", "25h", "47h", "50h"))
	}
	if percent(m.r, 70) {
		life = append(life, fmt.Sprintf("%s writes-up 0", pick(m, "dave", "carol")))
	}
	return append(life, fmt.Sprintf("%s closes-issue 0", pick(m, "carol", "erin", "dave", "bob")))
}

// disturb adds something that nobody expected.
func (m *maker) disturb() {
	topic := fmt.Sprintf("topic-%d", 1+m.r.IntN(3))
	choices := []choice{
		{10, func() { m.say("crash %d %s", 1+m.r.IntN(40), within(m.r, 20*time.Second).Round(time.Millisecond)) }},
		{2, func() { m.say("restart") }},
		{2, func() {
			m.say("%s push main %s.go=%s", pick(m, "ann", "bob"), pick(m, "main", "other"), pick(m, "one", "two", "three"))
		}},
		{4, func() {
			m.say("%s reruns %s %d", pick(m, "ann", "bob"), pick(m, "staging", "production", "production"), m.r.IntN(2))
		}},
		{3, func() { m.say("%s deploys %s", pick(m, "ann", "bob"), pick(m, "staging", "production")) }},
		{1, func() { m.say("mallory deploys production pull_request") }},
		{4, func() {
			m.say("github-actions ends %s %d %s", pick(m, "staging", "production"), m.r.IntN(2), pick(m, "success", "failure", "cancelled"))
		}},
		{3, func() { m.say("%s posts %s", pick(m, "ann", "bob"), pick(m, "staging", "production", "production")) }},
		{4, func() { m.say("%s says %s /sign-off QA", pick(m, "carol", "carol", "erin", "ann", "mallory"), topic) }},
		{4, func() { m.say("%s", m.withdrawal(topic)) }},
		{3, func() {
			m.say("%s says %s /emergency SEV-2 INC-9 because it hurts", pick(m, "dave", "ann", "mallory"), topic)
		}},
		{1, func() { m.say("%s amends %s /sign-off QA", pick(m, "carol", "dave"), topic) }},
		{1, func() { m.say("%s unsays %s", pick(m, "carol", "dave"), topic) }},
		{2, func() { m.say("olga %s carol %s", pick(m, "removes", "adds"), pick(m, "qa", "leads")) }},
		{2, func() { m.say("olga floor %s", pick(m, "open", "frozen", "open")) }},
		{1, func() { m.say("%s objects %s", m.reader(), topic) }},
		{1, func() { m.say("ann push %s %s.go=%s", topic, topic, pick(m, "three", "four")) }},
		{2, func() { m.say("%s closes-issue 0", pick(m, "carol", "dave", "erin")) }},
		{1, func() { m.say("%s reopens-issue 0", pick(m, "carol", "dave")) }},
		{1, func() { m.say("olga deletes-issue 0") }},
		{1, func() { m.say("mallory copies-issue 0") }},
		{2, m.strikes},
	}
	m.one(choices)
}

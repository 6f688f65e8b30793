package githubsim_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// A world from YAML, somebody who acts, and the events that an app is told.
func Example() {
	state, err := githubsim.ParseState(strings.NewReader(`
users: [{login: ann}, {login: bob}]
organizations: [{login: octo-org, owners: [bob], teams: [{slug: engineers, members: [ann]}]}]
repositories: [{name: octo-org/infra, private: true, teams: {engineers: write}, files: {main.tf: "a = 1\n"}}]
installations: [{account: octo-org}]
`))
	if err != nil {
		panic(err)
	}
	gh, err := githubsim.New(githubsim.Options{Now: time.Now, State: &state})
	if err != nil {
		panic(err)
	}
	defer gh.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	gh.Start(l) // an app calls gh.URL() with gh.AppID() and gh.AppKey()
	// gh.SetWebhookURL(app.URL + "/webhook"); deliveries are signed with gh.WebhookSecret()

	ann, bob := gh.As("ann"), gh.As("bob")
	_, err = ann.Push("octo-org/infra", "two", githubsim.Commit{Message: "Two", Files: map[string]string{"main.tf": "a = 2\n"}})
	fmt.Println("push:", err)
	n, err := ann.OpenPull("octo-org/infra", githubsim.NewPull{Title: "Two", Head: "two"})
	fmt.Println("opened:", n, err)
	_, err = ann.Approve("octo-org/infra", n)
	fmt.Println("ann approves:", err)
	_, err = bob.Approve("octo-org/infra", n)
	fmt.Println("bob approves:", err)
	fmt.Println("settled:", gh.Settle(context.Background()))
	for _, d := range gh.Deliveries() {
		fmt.Println(d.Event, d.Action, d.Outcome)
	}
	// Output:
	// push: <nil>
	// opened: 1 <nil>
	// ann approves: 422 Can not approve your own pull request
	// bob approves: <nil>
	// settled: <nil>
	// push  OK
	// check_suite requested OK
	// pull_request opened OK
	// pull_request_review submitted OK
}

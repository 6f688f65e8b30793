package app

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// The events in the life of a post-mortem. Whatever is owed to GitHub is recorded by the
// first of two events, what it took by the second.
const (
	postMortemOwed      = "owed"      // a change went ahead under an emergency: Emergency, Due
	postMortemAgain     = "again"     // so it did once more, be it to production: Emergency
	postMortemOpening   = "opening"   // an issue with Text is to be opened
	postMortemOpened    = "opened"    // it was, as Issue
	postMortemNoting    = "noting"    // a comment, Note, is to be written there
	postMortemNoted     = "noted"     // it was, as Comment
	postMortemRefused   = "refused"   // it was closed, which did not complete it: Why
	postMortemCompleted = "completed" // it was closed by who may, as Text
	postMortemOverdue   = "overdue"
	postMortemGone      = "gone"    // its issue was deleted or moved before it was complete; another follows
	postMortemChanged   = "changed" // what was reviewed is not what stands there any more: Why, and Text
)

// PostMortemRecord is the body of the record of an event in the life of a post-mortem.
type PostMortemRecord struct {
	Host     string `json:"host"`
	Repo     int64  `json:"repo"`
	Pull     int64  `json:"pull"`     // of the change
	Declared int64  `json:"declared"` // comment of the first declaration: with Repo and Pull it names the post-mortem
	Event    string `json:"event"`

	Emergency *EmergencyFacts `json:"emergency,omitempty"`
	Due       time.Time       `json:"due,omitzero"`
	Issue     int64           `json:"issue,omitempty"` // its number
	Text      string          `json:"text,omitempty"`  // address of the issue's text
	Note      string          `json:"note,omitempty"`  // which comment
	Comment   int64           `json:"comment,omitempty"`
	Why       string          `json:"why,omitempty"`
	By        rules.UserID    `json:"by,omitempty"`    // who closed it
	Group     string          `json:"group,omitempty"` // as whose member
	Closed    time.Time       `json:"closed,omitzero"` // GitHub's time
	Late      bool            `json:"late,omitempty"`  // it was closed after Due
	Digest    string          `json:"digest,omitempty"`

	Deliveries []string `json:"deliveries,omitempty"`
	Delivered  int      `json:"delivered,omitempty"`
}

// EmergencyFacts is what is known of an emergency that a change went ahead under.
type EmergencyFacts struct {
	Declared []DeclaredEmergency `json:"declared"`
	Waived   []string            `json:"waived,omitempty"`      // rules, by name
	Reviewer []string            `json:"reviewed_by,omitempty"` // groups whose members were to complete it by then
	Head     string              `json:"head"`                  // that was approved
	Merged   *MergedUnder        `json:"merged,omitempty"`
	Deployed []DeployedUnder     `json:"deployed,omitempty"`

	CompletedBy rules.UserID `json:"completed_by,omitempty"` // who reviewed the post-mortem
}

// DeclaredEmergency is one declaration that held.
type DeclaredEmergency struct {
	Comment  int64          `json:"comment"`
	By       rules.UserID   `json:"by"`
	Layer    string         `json:"layer"`
	Group    string         `json:"group"`
	At       time.Time      `json:"at"`
	Until    time.Time      `json:"until"`
	Approved []rules.UserID `json:"approved,omitempty"`
}

// MergedUnder is a merge under an emergency.
type MergedUnder struct {
	At      time.Time `json:"at"`
	Commit  string    `json:"commit,omitempty"`
	Verdict int64     `json:"verdict"` // record of the last one before it, in the same log
	Outcome string    `json:"outcome"` // of that verdict
}

// DeployedUnder is a deployment under an emergency.
type DeployedUnder struct {
	At          time.Time `json:"at"`
	Environment string    `json:"environment"`
	Commit      string    `json:"commit"`
	Decision    int64     `json:"decision"` // its record, in the same log

	By rules.UserID `json:"by,omitempty"` // who triggered it; 0: nobody that GitHub could resolve
}

// recordPostMortem appends the record of an event; more fills in what it is about.
func (a *App) recordPostMortem(tx *store.Tx, account int64, p store.PostMortem, event string, at time.Time, more func(*PostMortemRecord)) error {
	r := PostMortemRecord{Host: a.host, Repo: p.Repo, Pull: p.Pull, Declared: p.Declared, Event: event, Issue: p.Issue}
	if more != nil {
		more(&r)
	}
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode post-mortem record: %w", err)
	}
	_, _, err = tx.Append(account, KindPostMortem, at, body)
	return err
}

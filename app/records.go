package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// The kinds of the ledger's records.
const (
	KindVerdict      = "verdict"      // VerdictRecord
	KindPublication  = "publication"  // PublicationRecord
	KindAnnouncement = "announcement" // AnswerRecord
	KindGroup        = "group"        // GroupRecord
	KindGroupEnd     = "group_end"    // GroupEndRecord
	KindDecision     = "decision"     // DecisionRecord
	KindGateAnswer   = "gate_answer"  // GateAnswerRecord
	KindGateEnd      = "gate_end"     // GateEndRecord
	KindUngated      = "ungated"      // UngatedRecord
	KindPermit       = "permit"       // PermitRecord

	KindEnvironmentStatus = "environment_status" // EnvironmentStatusRecord

	KindPostMortem = "post_mortem" // PostMortemRecord

	KindCommand       = "command"        // CommandRecord
	KindCommandAnswer = "command_answer" // CommandAnswerRecord
	KindReviewRequest = "review_request" // ReviewRequestRecord
	KindStatusLimit   = "status_limit"   // AnswerRecord: its status cannot be corrected, its run holds it
	KindLapse         = "lapse"          // LapseRecord
	KindException     = "exception"      // ExceptionRecord
)

// VerdictRecord is the body of a verdict's record. Like every body it names people by person
// id alone and texts by their address; a field is added, never renamed or given another
// meaning.
type VerdictRecord struct {
	Host       string          `json:"host"`
	Repo       int64           `json:"repo"`
	Pulls      []int64         `json:"pulls"`
	Head       string          `json:"head"`
	Base       string          `json:"base"`
	Snapshot   string          `json:"snapshot"` // address of the rules.Change
	Policy     []PolicyRef     `json:"policy"`   // the layers, the floor first
	Evaluator  string          `json:"evaluator"`
	Stage      rules.Stage     `json:"stage"`
	At         time.Time       `json:"at"`
	GitHubAt   time.Time       `json:"github_at,omitzero"`   // At by GitHub's clock, to the second: see App.theirs
	Verdict    json.RawMessage `json:"verdict"`              // rules.Verdict
	Deliveries []string        `json:"deliveries,omitempty"` // GUIDs that led here, the newest hundred; none: a timer or a sweep
	Delivered  int             `json:"delivered,omitempty"`  // how many there were
}

// PolicyRef names one layer of the policy that judged.
type PolicyRef struct {
	Layer  string `json:"layer"`
	Repo   string `json:"repo,omitempty"` // owner/name; empty: the operator's file or the built-in policy
	Path   string `json:"path"`
	Commit string `json:"commit,omitempty"`
	Blob   string `json:"blob,omitempty"`
	Text   string `json:"text"` // address of the text that judged, with person ids in the place of logins
}

// PublicationRecord is the body of a publication's record: what GitHub took.
type PublicationRecord struct {
	Host       string `json:"host"`
	Repo       int64  `json:"repo"`
	Head       string `json:"head"`
	Digest     string `json:"digest"` // of what was to be shown; the check run's external id
	Outcome    string `json:"outcome"`
	CheckRun   int64  `json:"check_run"`
	RunStatus  string `json:"run_status"`
	Conclusion string `json:"conclusion,omitempty"`
	State      string `json:"state"` // of the commit status
}

// AnswerRecord is the body of the record of an answer that no policy gave.
type AnswerRecord struct {
	Host       string   `json:"host"`
	Repo       int64    `json:"repo"`
	Subject    string   `json:"subject"`
	Head       string   `json:"head,omitempty"`
	Outcome    string   `json:"outcome"`
	Deliveries []string `json:"deliveries,omitempty"`
}

// CommandRecord is the body of the record of a command in a comment, or given by a click, as it
// was decided. The words of its writer stand elsewhere: they can be erased.
type CommandRecord struct {
	Host    string       `json:"host"`
	Repo    int64        `json:"repo"`
	Pull    int64        `json:"pull"`
	Comment int64        `json:"comment"`           // GitHub's id: it acts once; of a click one below zero
	Command string       `json:"command,omitempty"` // its verb; empty: it was edited before it was read
	Outcome string       `json:"outcome"`           // taken or refused
	Why     string       `json:"why,omitempty"`     // it was refused: a code of docs/reasons.md
	By      rules.UserID `json:"by"`
	Rule    string       `json:"rule,omitempty"` // as the policy names it; empty: it names none
	Name    string       `json:"name,omitempty"` // of what is signed off, as the policy writes it
	Layer   string       `json:"layer,omitempty"`
	Group   string       `json:"group,omitempty"` // as whose member
	Until   time.Time    `json:"until,omitzero"`  // of a waiver or an emergency that was taken: at the latest
	Said    time.Time    `json:"said"`            // GitHub's time of the comment; of a click, when it was told

	CheckRun int64  `json:"check_run,omitempty"` // by a click on a button of this check run
	Aimed    string `json:"aimed,omitempty"`     // the commit of that check run

	Head      string  `json:"head"` // the commit that it was decided for
	Base      string  `json:"base"`
	Exact     string  `json:"exact,omitempty"`     // what a waiver is bound to
	Landed    string  `json:"landed,omitempty"`    // what a sign-off is bound to
	Text      string  `json:"text,omitempty"`      // address of the comment as it was read
	Withdraws []int64 `json:"withdraws,omitempty"` // comments whose effect it ends

	// What is owed to its writer.
	Reaction   string   `json:"reaction"`        // empty: a click has none
	Reply      bool     `json:"reply,omitempty"` // a comment, with the sentence of Why
	Deliveries []string `json:"deliveries,omitempty"`
}

// CommandAnswerRecord is the body of the record of an answer to a command: what GitHub took.
type CommandAnswerRecord struct {
	Host       string `json:"host"`
	Repo       int64  `json:"repo"`
	Pull       int64  `json:"pull"`
	Comment    int64  `json:"comment"` // that holds the command; of a click as in CommandRecord
	CheckRun   int64  `json:"check_run,omitempty"`
	Reaction   string `json:"reaction"`
	ReactionID int64  `json:"reaction_id"`
	Reply      int64  `json:"reply,omitempty"` // GitHub's id of our comment
}

// GroupRecord is the body of the record of a merge group's verdict.
type GroupRecord struct {
	Host       string              `json:"host"`
	Repo       int64               `json:"repo"`
	Head       string              `json:"head"` // the group's own commit
	Base       string              `json:"base"`
	Members    []GroupMemberRecord `json:"members,omitempty"` // in the order in which they would land
	Tip        string              `json:"tip"`               // address of the rules.Tip
	Evaluator  string              `json:"evaluator"`
	At         time.Time           `json:"at"`
	GitHubAt   time.Time           `json:"github_at,omitzero"`
	Verdict    json.RawMessage     `json:"verdict"` // rules.MergeGroupVerdict
	Deliveries []string            `json:"deliveries,omitempty"`
	Delivered  int                 `json:"delivered,omitempty"`
}

// GroupMemberRecord is a pull request in a group, with the verdict about it whose facts and
// policy the group's rests on.
type GroupMemberRecord struct {
	Pull     int64       `json:"pull"`
	Head     string      `json:"head"`
	Doubt    rules.Code  `json:"doubt,omitempty"`    // why there is no such verdict; then nothing follows
	Record   int64       `json:"record,omitempty"`   // of that verdict, in the same log
	Snapshot string      `json:"snapshot,omitempty"` // address of the rules.Change
	Policy   []PolicyRef `json:"policy,omitempty"`
}

// GroupEndRecord is the body of the record of how a merge group ended.
type GroupEndRecord struct {
	Host    string  `json:"host"`
	Repo    int64   `json:"repo"`
	Head    string  `json:"head"`
	Base    string  `json:"base"`
	Why     string  `json:"why"`               // merged, or another word for why it did not land
	Pulls   []int64 `json:"pulls,omitempty"`   // that were in it at last
	Outcome string  `json:"outcome,omitempty"` // of its last verdict; empty: it was never judged
	Record  int64   `json:"record,omitempty"`  // of that verdict, in the same log

	Deliveries []string `json:"deliveries,omitempty"`
}

// ReviewRequestRecord is the body of the record that somebody is to be asked for a review of a
// pull request, and of the one that says what became of it.
type ReviewRequestRecord struct {
	Host       string          `json:"host"`
	Repo       int64           `json:"repo"`
	Pull       int64           `json:"pull"`
	Reviewers  []AskedReviewer `json:"reviewers"`
	Deliveries []string        `json:"deliveries,omitempty"` // as in VerdictRecord
}

// AskedReviewer is one of them: a team by GitHub's id, or a person.
type AskedReviewer struct {
	Content string `json:"content"` // exact fingerprint of the diff
	Seat    string `json:"seat"`    // layer/group whose approval is lacking
	Team    int64  `json:"team,omitempty"`
	Person  int64  `json:"person,omitempty"`
	State   string `json:"state"` // owed, asked, stood (somebody else had), removed (by a person), refused (by GitHub), dropped (too late)
}

// StoredVerdict is what the store keeps of a verdict beside the ledger, for pages and for
// telling whether the next one says anything new.
type StoredVerdict struct {
	Digest  string          `json:"digest"`
	Policy  []PolicyRef     `json:"policy"`
	Size    int64           `json:"size"` // of the log, with the verdict's record
	Root    string          `json:"root"` // base64
	Verdict json.RawMessage `json:"verdict"`
}

// digestOf is equal for two verdicts that say the same about the same facts: the moments of
// reading and judging do not count, nor which commit of the default branch the policy was
// read at, nor the address of its text, which is another one after each start.
func digestOf(change rules.Change, v rules.Verdict, policy []snapshot.PolicyText) (string, error) {
	v.At, change.TakenAt = time.Time{}, time.Time{}
	change.Teams = timelessTeams(change.Teams)
	return sumOf(struct {
		Change  rules.Change
		Verdict rules.Verdict
		Policy  []string
	}{change, timeless(v), wordsOf(policy)})
}

// sumOf is the SHA-256 of v as JSON, in hexadecimal digits.
func sumOf(v any) (string, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("digest verdict: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// wordsOf are the layers of a policy and their texts, wherever these were read.
func wordsOf(policy []snapshot.PolicyText) []string {
	texts := make([]string, 0, 2*len(policy))
	for _, p := range policy {
		texts = append(texts, p.Layer, string(p.Text))
	}
	return texts
}

// timelessTeams returns teams without the moments at which they were read.
func timelessTeams(teams []rules.Team) []rules.Team {
	out := slices.Clone(teams)
	for i := range out {
		out[i].AsOf = time.Time{}
	}
	return out
}

// timeless returns v without the moments at which memberships were read.
func timeless(v rules.Verdict) rules.Verdict {
	return v.Map(func(r rules.Reason) rules.Reason {
		if r.Approvals == nil {
			return r
		}
		facts := *r.Approvals
		facts.Counted = slices.Clone(facts.Counted)
		for i := range facts.Counted {
			facts.Counted[i].AsOf = time.Time{}
		}
		r.Approvals = &facts
		return r
	})
}

// The causes of a lapse.
const (
	LapseDown      = "down"      // no server was there, or none could store anything
	LapseSuspended = "suspended" // the installation was
	LapseRemoved   = "removed"   // the app was taken off the account, and put on it again
	LapseUncovered = "uncovered" // the repository was out of the installation's reach
)

// deliveryLife is for how long GitHub can be asked for a delivery again; an Enterprise
// Server remembers longer.
const deliveryLife = 3 * 24 * time.Hour

// LapseRecord is the body of the record of an interval in which the app could not see what
// happened, or could not hold it. The first record of a lapse names the interval alone. For
// each repository in which something was merged meanwhile, a second one names it, as far as
// GitHub still shows it.
type LapseRecord struct {
	Host      string    `json:"host"`
	Repo      int64     `json:"repo,omitempty"` // 0: all of the account's that the app covers
	Cause     string    `json:"cause"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	LostUntil time.Time `json:"lost_until,omitzero"` // no delivery from before can be had any more

	Merged []MergedChange `json:"merged,omitempty"` // between From and To, the newest first
	Cut    bool           `json:"cut,omitempty"`    // there were more than are listed
	Pushed []PushedDirect `json:"pushed,omitempty"` // to the default branch, between From and To, the newest first
}

// NotJudged is the outcome of a change that was merged without a verdict on its head.
const NotJudged = "not judged"

// MergedChange is a merged pull request and the verdict that stood on its head at that moment.
type MergedChange struct {
	Number   int64     `json:"number"`
	Head     string    `json:"head"`
	Base     string    `json:"base"`
	Commit   string    `json:"commit,omitempty"` // that it became on the base
	MergedAt time.Time `json:"merged_at"`
	Outcome  string    `json:"outcome"`       // of the verdict, or NotJudged
	Seq      int64     `json:"seq,omitempty"` // of the verdict's record in this account's log
}

// PushedDirect is a push to a branch that belongs to no pull request's merge.
type PushedDirect struct {
	Branch string    `json:"branch"`
	Before string    `json:"before,omitempty"`
	After  string    `json:"after,omitempty"`
	Forced bool      `json:"forced,omitempty"`
	At     time.Time `json:"at"`
	By     int64     `json:"by,omitempty"` // person id; 0: GitHub does not say
}

// ExceptionRecord is the body of the record of a change that was merged into a governed
// branch although its verdict, if there was one, did not let it pass.
type ExceptionRecord struct {
	Host string `json:"host"`
	Repo int64  `json:"repo"`
	MergedChange
	Deliveries []string `json:"deliveries,omitempty"`
}

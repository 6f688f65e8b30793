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
	KindMergeGroup   = "merge_group"  // AnswerRecord
	KindGate         = "gate"         // AnswerRecord
	KindStatusLimit  = "status_limit" // AnswerRecord: its status cannot be corrected, its run holds it
	KindLapse        = "lapse"        // LapseRecord
	KindException    = "exception"    // ExceptionRecord
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
	teams := make([]rules.Team, len(change.Teams))
	for i, t := range change.Teams {
		t.AsOf = time.Time{}
		teams[i] = t
	}
	change.Teams = teams
	texts := make([]string, 0, len(policy))
	for _, p := range policy {
		texts = append(texts, p.Layer, string(p.Text))
	}
	body, err := json.Marshal(struct {
		Change  rules.Change
		Verdict rules.Verdict
		Policy  []string
	}{change, timeless(v), texts})
	if err != nil {
		return "", fmt.Errorf("digest verdict: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
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

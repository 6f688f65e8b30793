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
	KindMergeGroup   = "merge_group"  // AnswerRecord; of the time before groups were judged
	KindGroup        = "group"        // GroupRecord
	KindGroupEnd     = "group_end"    // GroupEndRecord
	KindGate         = "gate"         // AnswerRecord
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

package app

import (
	"encoding/json"
	"time"
)

// DecisionRecord is the body of the record of what the gate decided about a deployment.
type DecisionRecord struct {
	Host        string          `json:"host"`
	Repo        int64           `json:"repo"`
	Run         int64           `json:"run"`
	Attempt     int             `json:"attempt"`
	Deployment  int64           `json:"deployment"`
	Environment string          `json:"environment"` // as GitHub writes it
	Commit      string          `json:"commit"`
	Request     string          `json:"request"` // address of the deploy.Request
	Policy      []PolicyRef     `json:"policy"`  // the layers, the floor first
	Evaluator   string          `json:"evaluator"`
	At          time.Time       `json:"at"`
	Decision    json.RawMessage `json:"decision"` // deploy.Decision
	Deliveries  []string        `json:"deliveries,omitempty"`
	Delivered   int             `json:"delivered,omitempty"`
	API         bool            `json:"api,omitempty"`   // the job asked through the API; then Deployment is 0
	Swept       bool            `json:"swept,omitempty"` // a sweep found the job: no delivery had told of it until then
}

// PermitRecord is the body of the record of what became of a permit.
type PermitRecord struct {
	Host        string    `json:"host"`
	Repo        int64     `json:"repo"`
	Environment string    `json:"environment"`
	Commit      string    `json:"commit"`
	Permit      string    `json:"permit"` // its id: with the id alone nobody can use it
	State       string    `json:"state"`  // made, spent, or revoked: by a decision that is no approval any more
	Decision    int64     `json:"decision"`
	Expires     time.Time `json:"expires"`
}

// GateAnswerRecord is the body of the record of an answer that GitHub took.
type GateAnswerRecord struct {
	Host        string `json:"host"`
	Repo        int64  `json:"repo"`
	Run         int64  `json:"run"`
	Deployment  int64  `json:"deployment"`
	Environment string `json:"environment"`
	State       string `json:"state"`            // approved or rejected; report: it was told why it waits
	Report      int    `json:"report,omitempty"` // which one it was
	Decision    int64  `json:"decision"`         // its record, in the same log
	Found       bool   `json:"found,omitempty"`  // the answer to the request was lost; GitHub does not wait any more
}

// GateEndRecord is the body of the record that GitHub does not wait any more for an answer
// that we did not give: the run was cancelled, somebody let it pass the gate, or it was found
// by a sweep and GitHub takes no answer of ours.
type GateEndRecord struct {
	Host        string   `json:"host"`
	Repo        int64    `json:"repo"`
	Run         int64    `json:"run"`
	Deployment  int64    `json:"deployment"`
	Environment string   `json:"environment"`
	Commit      string   `json:"commit"`
	Decision    int64    `json:"decision,omitempty"` // the record of the last one
	Deliveries  []string `json:"deliveries,omitempty"`
	Swept       bool     `json:"swept,omitempty"` // as in DecisionRecord
}

// UngatedRecord is the body of the record of a deployment to a guarded environment that the
// gate did not approve. It counts for nothing.
type UngatedRecord struct {
	Host        string      `json:"host"`
	Repo        int64       `json:"repo"`
	Run         int64       `json:"run,omitempty"` // 0: it never asked
	Deployment  int64       `json:"deployment"`
	Environment string      `json:"environment"`
	Commit      string      `json:"commit"`
	Claimed     time.Time   `json:"claimed"` // when it was first said to have succeeded
	Policy      []PolicyRef `json:"policy,omitempty"`
	Deliveries  []string    `json:"deliveries,omitempty"`
}

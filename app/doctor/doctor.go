// Package doctor looks at how the app is set up on GitHub and says what is wrong with that
// and what to do about it. It reads and writes nothing, asks no more than an installation of
// the app may, and says so where it cannot see.
package doctor

// Level is how bad a finding is.
type Level string

// The levels. Broken alone means that the control does not hold, or the app does not work.
const (
	OK      Level = "ok"
	Unseen  Level = "unseen"  // it could not be looked at
	Warning Level = "warning" // it works, and should be looked at
	Broken  Level = "broken"
)

// The checks, in the order in which they are made.
const (
	Settings       = "settings"
	Key            = "key"
	Clock          = "clock"
	Permissions    = "permissions"
	Events         = "events"
	Webhook        = "webhook"
	Deliveries     = "deliveries"
	Installations  = "installations"
	RequiredChecks = "required-checks"
	Database       = "database"
	Ledger         = "ledger"
	PermitKey      = "permit-key"
	Identity       = "identity"
	Disk           = "disk"
)

// Finding is what one look gave.
type Finding struct {
	Check   string `json:"check"`
	Level   Level  `json:"level"`
	Subject string `json:"subject,omitempty"` // an account, or a repository and branch; empty: the app or this machine
	Text    string `json:"text"`
	Advice  string `json:"advice,omitempty"` // what to do; empty at OK alone
}

// Count returns how many findings are of a level.
func Count(all []Finding, l Level) int {
	n := 0
	for _, f := range all {
		if f.Level == l {
			n++
		}
	}
	return n
}

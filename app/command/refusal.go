package command

// Refusal is why a command was not carried out: a stable code, with a sentence in package
// say. Codes of package rules (rules.WaiverWhy) stand beside these.
type Refusal string

// Why a command is refused, whatever it asks for.
const (
	NoArgument    Refusal = "command.no_argument"
	NoReason      Refusal = "command.no_reason"
	NoIncident    Refusal = "command.no_incident"
	TwoCommands   Refusal = "command.two"       // in one comment
	Edited        Refusal = "command.edited"    // before it could be read
	Withdrawn     Refusal = "command.withdrawn" // by a later comment that was read first
	Closed        Refusal = "pull.closed"       // nothing is judged any more
	Merged        Refusal = "pull.merged"       // the rule guards the merge, which has been made
	Ungoverned    Refusal = "pull.ungoverned"   // the policy does not govern its base
	Unjudged      Refusal = "pull.unjudged"     // it was merged at a head without a verdict: nobody knows what landed
	UnclearCommit Refusal = "commit.unclear"    // its writer may have had another head before their eyes
	OtherCommit   Refusal = "commit.other"      // the commit named is not the head
	NothingGiven  Refusal = "waiver.none"       // there is nothing of the writer's to withdraw
)

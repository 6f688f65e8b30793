package subject

// Priority says who waits for a look. While there is more to do than GitHub allows, the
// smaller number goes first, and from Background on work stops altogether while it would eat
// the reserve that is kept for people.
type Priority int

// The priorities. Zero is none: a subject that is raised without one inherits that of the
// look that raised it, else a sweep is Background and everything else People.
const (
	People     Priority = iota + 1 // somebody did something and waits for the answer
	Timers                         // a moment that a verdict named has come; what a change of a team touches
	Background                     // sweeps, and changes that a new policy or a moved branch judges anew
	Strangers                      // what people from outside do, and changes that ask too much of GitHub
)

// Waits reports whether work of this priority leaves the reserve to others.
func (p Priority) Waits() bool { return p >= Background }

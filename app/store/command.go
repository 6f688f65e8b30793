package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// CommandState is how far a command has come.
type CommandState string

// The states of a command, in the order in which it goes through them.
const (
	CommandTold    CommandState = "told"    // a delivery says that it is there
	CommandRead    CommandState = "read"    // it was read from GitHub, and waits for a look at its pull request
	CommandTaken   CommandState = "taken"   // it has its effect, until WithdrawnAt
	CommandRefused CommandState = "refused" // it has none, for the reason Why
	CommandIgnored CommandState = "ignored" // a stranger's: nobody answers it
	CommandVoid    CommandState = "void"    // it turned out to be none, for the reason Why
)

// Command is a comment on a pull request that may be a command, or a click on a button. Either
// acts once: its id is the key, whichever delivery tells of it.
type Command struct {
	Comment int64 // GitHub's id; of a click subject.CommandFact's
	Repo    int64
	Number  int64  // of the pull request
	Person  int64  // person id of who the delivery says wrote it
	GUID    string // the delivery that told of it first
	ToldAt  time.Time
	State   CommandState

	CheckRun int64  // whose button was clicked; 0: it is a comment
	Button   string // its identifier
	Aimed    string // commit of the check run, as GitHub says; empty: not read yet

	Text   string    // address of what it said when it was read
	SaidAt time.Time // GitHub's time of the comment, in whole seconds; of a click ToldAt

	Verb, Rule        string // the rule, or what is signed off, as the policy names it
	Head, Base, Exact string // what it was decided for: commit, branch, exact fingerprint
	Landed            string // and landed fingerprint
	Why               string
	DecidedAt         time.Time
	WithdrawnAt       time.Time // zero: it stands

	Reaction   string    // what is owed to its writer, by GitHub's name; empty: nothing
	Reply      string    // Markdown of a comment that is owed beside it; empty: none
	Writing    bool      // a write began whose answer is not known: look before writing
	AnsweredAt time.Time // zero: what is owed was not all taken yet
}

// Owes says whether its writer still waits for an answer.
func (c Command) Owes() bool { return c.Reaction+c.Reply != "" && c.AnsweredAt.IsZero() }

const selectCommand = `
select comment, repo, number, person, guid, told_at, state, text, said_at, verb, rule, head, base, exact, landed, why, decided_at,
	withdrawn_at, reaction, reply, writing, answered_at, check_run, button, aimed
from commands `

func scanCommand(s scan) (c Command, err error) {
	var told, said, decided, withdrawn, answered int64
	err = s(&c.Comment, &c.Repo, &c.Number, &c.Person, &c.GUID, &told, &c.State, &c.Text, &said, &c.Verb, &c.Rule, &c.Head, &c.Base, &c.Exact, &c.Landed,
		&c.Why, &decided, &withdrawn, &c.Reaction, &c.Reply, &c.Writing, &answered, &c.CheckRun, &c.Button, &c.Aimed)
	c.ToldAt, c.SaidAt, c.DecidedAt, c.WithdrawnAt, c.AnsweredAt = moment(told), moment(said), moment(decided), moment(withdrawn), moment(answered)
	return c, err
}

// commandFact notes a comment or a click, once.
func (tx *Tx) commandFact(f subject.CommandFact, guid string) error {
	_, found, err := tx.Command(f.Comment)
	if err != nil || found {
		return err
	}
	person, err := tx.putPerson(f.By)
	if err != nil {
		return err
	}
	return tx.exec(`
insert into commands (comment, repo, number, person, guid, told_at, state, check_run, button) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing`, f.Comment, f.Repo, f.Number, person, guid, micros(f.At), CommandTold, f.CheckRun, f.Button)
}

// Command returns one command, with the row locked.
func (tx *Tx) Command(comment int64) (Command, bool, error) {
	c, found, err := one(tx.locking(), scanCommand, selectCommand+`where comment = $1`, comment)
	return c, found, wrap(err, "read command %d", comment)
}

// PutCommand stores all of c but what told of it.
func (tx *Tx) PutCommand(c Command) error {
	err := tx.exec(`
update commands set
	state = $2, text = $3, said_at = $4, verb = $5, rule = $6, head = $7, base = $8, exact = $9, why = $10, decided_at = $11,
	withdrawn_at = $12, reaction = $13, reply = $14, writing = $15, answered_at = $16, landed = $17, aimed = $18
where comment = $1`, c.Comment, c.State, c.Text, micros(c.SaidAt), c.Verb, c.Rule, c.Head, c.Base, c.Exact, c.Why, micros(c.DecidedAt),
		micros(c.WithdrawnAt), c.Reaction, c.Reply, c.Writing, micros(c.AnsweredAt), c.Landed, c.Aimed)
	return wrap(err, "store command %d", c.Comment)
}

// Commands returns the commands on a pull request that are in a state, in the order in which
// they were written.
func (s *Store) Commands(ctx context.Context, repo, number int64, state CommandState) ([]Command, error) {
	return s.reader(ctx).commands(repo, number, state)
}

// Commands is Store.Commands, with the rows locked.
func (tx *Tx) Commands(repo, number int64, state CommandState) ([]Command, error) {
	return tx.locking().commands(repo, number, state)
}

func (r reader) commands(repo, number int64, state CommandState) ([]Command, error) {
	all, err := list(r, scanCommand, selectCommand+`where repo = $1 and number = $2 and state = $3 order by comment`+r.lock, repo, number, state)
	return all, wrap(err, "list commands on %d#%d", repo, number)
}

// CommandsOwed returns the commands on a pull request whose writers wait for an answer.
func (s *Store) CommandsOwed(ctx context.Context, repo, number int64) ([]Command, error) {
	all, err := list(s.reader(ctx), scanCommand, selectCommand+`
where repo = $1 and number = $2 and state in ('taken', 'refused') and (reaction <> '' or reply <> '') and answered_at = 0 order by comment`, repo, number)
	return all, wrap(err, "list answers owed on %d#%d", repo, number)
}

// JudgedSince returns when a head was judged for the first time for a base, in any of its
// verdicts about a pull request; false if it never was.
func (tx *Tx) JudgedSince(repo, number int64, head, base string) (time.Time, bool, error) {
	first, _, err := one(tx.reader(), column[int64],
		`select coalesce(min(at), 0) from verdicts where repo = $1 and number = $2 and head = $3 and base = $4`, repo, number, head, base)
	return moment(first), first != 0, wrap(err, "look up the first verdict on %s", head)
}

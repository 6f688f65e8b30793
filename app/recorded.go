package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// RecordedFormat is the first field of a recorded judgement. A field may be added under it,
// never given another meaning.
const RecordedFormat = "changewarden/recorded/v1"

// Recorded is one judgement as a file: all that it takes to judge a change again, offline,
// and what was said at the time. Export writes one from a server's database, and one written
// by hand asks "what if". People are person ids throughout, in the policy's texts too.
type Recorded struct {
	Format string `json:"format"` // RecordedFormat
	// Log and Seq are the place of the verdict's record in the ledger: not part of what is
	// judged, but where the proof is. Log 0: it has none.
	Log     int64                   `json:"log,omitempty"`
	Seq     int64                   `json:"seq,omitempty"`
	Stage   rules.Stage             `json:"stage"`
	At      time.Time               `json:"at"`     // when it was judged
	Policy  []RecordedPolicy        `json:"policy"` // the floor's files, then the repository's if there was one
	Change  rules.Change            `json:"change"`
	Names   map[rules.UserID]string `json:"names,omitempty"`   // logins by person id, where somebody asked for them
	Verdict json.RawMessage         `json:"verdict,omitempty"` // rules.Verdict as it was recorded; none: nothing to compare with
}

// RecordedPolicy is one layer of the policy that judged.
type RecordedPolicy struct {
	Layer  string `json:"layer"`            // snapshot.BuiltInLayer, rules.FloorLayer or rules.RepositoryLayer
	Repo   string `json:"repo,omitempty"`   // owner/name; empty: the operator's file or the built-in policy
	Path   string `json:"path"`             // for messages
	Commit string `json:"commit,omitempty"` // where it was read
	Text   string `json:"text"`             // as it judged, with "#person id" in the place of logins
}

// ErrNotRecorded is the error of Export for a pull request without a verdict.
var ErrNotRecorded = errors.New("no verdict is recorded")

// Export returns the newest recorded judgement of a pull request from the database of a
// server, which may be running. Logins are in it only if names says so. An unusable
// database URL is a *Problem; a pull request that was never judged is ErrNotRecorded.
func Export(ctx context.Context, databaseURL, owner, name string, number int64, names bool) (_ Recorded, err error) {
	s, err := openReadOnly(ctx, databaseURL)
	if err != nil {
		return Recorded{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, err := export(ctx, s, owner, name, number)
	if err != nil {
		return Recorded{}, fmt.Errorf("export %s/%s#%d: %w", owner, name, number, err)
	}
	if names {
		found, err := loginsOf(ctx, s, r.Change)
		if err != nil {
			return Recorded{}, err
		}
		r.Names = found
	}
	return r, nil
}

func export(ctx context.Context, s *store.Store, owner, name string, number int64) (Recorded, error) {
	repo, known, err := s.RepositoryByName(ctx, owner, name)
	if err != nil {
		return Recorded{}, err
	}
	if !known {
		return Recorded{}, fmt.Errorf("%w: the repository is not known here", ErrNotRecorded)
	}
	v, found, err := s.LatestVerdict(ctx, repo.ID, number)
	if err != nil {
		return Recorded{}, err
	}
	if !found {
		return Recorded{}, ErrNotRecorded
	}
	record, found, err := s.Record(ctx, v.Log, v.Seq)
	if err != nil {
		return Recorded{}, err
	}
	if !found {
		return Recorded{}, fmt.Errorf("record %d of log %d is missing: run changewarden verify", v.Seq, v.Log)
	}
	return recorded(ctx, s, record)
}

// recorded puts together the judgement that a verdict's record is about.
func recorded(ctx context.Context, s *store.Store, record evidence.Record) (Recorded, error) {
	var body VerdictRecord
	if err := decode(record.Body, &body); err != nil {
		return Recorded{}, err
	}
	r := Recorded{Format: RecordedFormat, Log: record.Log, Seq: record.Seq, Stage: body.Stage, At: body.At, Verdict: body.Verdict}
	facts, err := erasable(ctx, s, body.Snapshot)
	if err != nil {
		return Recorded{}, err
	}
	if err := decode(facts, &r.Change); err != nil {
		return Recorded{}, err
	}
	for _, p := range body.Policy {
		text, err := erasable(ctx, s, p.Text)
		if err != nil {
			return Recorded{}, err
		}
		r.Policy = append(r.Policy, RecordedPolicy{Layer: p.Layer, Repo: p.Repo, Path: p.Path, Commit: p.Commit, Text: string(text)})
	}
	return r, nil
}

// errErased: what a record names is not there any more, as is right after an erasure.
var errErased = errors.New("erased")

// erasable returns what stands at an address that a record names.
func erasable(ctx context.Context, s *store.Store, address string) ([]byte, error) {
	return unerased(func(address string) ([]byte, bool, error) { return s.Blob(ctx, address) }, address)
}

// unerased is erasable by whatever reads contents.
func unerased(blob func(address string) ([]byte, bool, error), address string) ([]byte, error) {
	text, found, err := blob(address)
	if err == nil && !found {
		err = fmt.Errorf("%w: the content at %s", errErased, address)
	}
	return text, err
}

// loginsOf returns the logins of everybody whom the changes name.
func loginsOf(ctx context.Context, s *store.Store, changes ...rules.Change) (say.Names, error) {
	var ids []int64
	for _, c := range changes {
		for _, p := range c.People {
			ids = append(ids, int64(p.ID))
		}
	}
	// A head that many pull requests carry names the same people as often.
	slices.Sort(ids)
	found, err := s.Names(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	names := say.Names{}
	for id, p := range found {
		names[rules.UserID(id)] = p.Login
	}
	return names, nil
}

// ReadRecorded reads a recorded judgement. It is strict: a fact that it does not know could
// matter. Errors name the place where JSON itself breaks as line:column.
func ReadRecorded(src []byte) (Recorded, error) {
	var r Recorded
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more follows after its end")
		}
	}
	if errors.Is(err, io.EOF) {
		return Recorded{}, errors.New("the file is empty")
	}
	if err != nil {
		return Recorded{}, place(src, err)
	}
	switch {
	case r.Format != RecordedFormat:
		return Recorded{}, fmt.Errorf("format is %q: want %q, as changewarden snapshot writes it", r.Format, RecordedFormat)
	case r.Stage != rules.BeforeMerge:
		return Recorded{}, fmt.Errorf("stage is %q: want %q", r.Stage, rules.BeforeMerge)
	case r.At.IsZero():
		return Recorded{}, errors.New("at is missing: say when the change is to be judged, such as 2025-01-09T12:00:00Z")
	case len(r.Change.Pulls) == 0:
		return Recorded{}, errors.New("change.pulls is empty: a change is carried by a pull request")
	}
	return r, nil
}

// place puts line and column before an error that knows its offset.
func place(src []byte, err error) error {
	offset := int64(-1)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = e.Offset
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = e.Offset
	}
	if offset < 1 || offset > int64(len(src)) {
		return err
	}
	before := src[:offset-1]
	return fmt.Errorf("%d:%d: %w", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'), err)
}

// Judge judges the change again: by the policy of the file, as of its moment. It is what
// rules.Evaluate says now. An error is about the policy: one that does not parse, or layers
// that are no floor with at most one repository's file.
func (r Recorded) Judge() (rules.Verdict, error) {
	policy, err := r.policy()
	if err != nil {
		return rules.Verdict{}, err
	}
	return rules.Evaluate(policy, r.Change, r.At), nil
}

// Unblock returns what would let the change pass, the fewest steps that do: v is what Judge
// returned. It is worked out anew, for it is no part of what is recorded.
func (r Recorded) Unblock(v rules.Verdict) ([]rules.Step, error) {
	policy, err := r.policy()
	if err != nil {
		return nil, err
	}
	return rules.Unblock(policy, r.Change, v), nil
}

func (r Recorded) policy() (rules.Policy, error) {
	texts := make([]snapshot.PolicyText, 0, len(r.Policy))
	for _, p := range r.Policy {
		texts = append(texts, snapshot.PolicyText{Layer: p.Layer, Path: p.Path, Text: []byte(p.Text)})
	}
	return snapshot.Compose(texts)
}

// Agreement is what a new judgement is to the recorded one.
type Agreement string

// The agreements. Under the evaluator version that recorded it a verdict has the same
// bytes; under another one the promise is the same outcome and the same findings.
const (
	Unrecorded   Agreement = "none" // there is no recorded verdict
	SameBytes    Agreement = "same"
	SameFindings Agreement = "same_findings" // recorded by another evaluator version
	Different    Agreement = "different"
)

// Compare sets v against the recorded verdict. White space between the recorded one's
// tokens, and how its letters are escaped, do not count: files are formatted on their way.
func (r Recorded) Compare(v rules.Verdict) (Agreement, error) {
	if len(r.Verdict) == 0 {
		return Unrecorded, nil
	}
	was, err := json.Marshal(r.Verdict)
	if err != nil {
		return "", fmt.Errorf("read the recorded verdict: %w", err)
	}
	now, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode verdict: %w", err)
	}
	if bytes.Equal(was, now) {
		return SameBytes, nil
	}
	var old, fresh struct {
		Evaluator string
		Outcome   rules.Outcome
		Findings  json.RawMessage
	}
	if err := errors.Join(json.Unmarshal(was, &old), json.Unmarshal(now, &fresh)); err != nil {
		return "", fmt.Errorf("read the recorded verdict: %w", err)
	}
	if old.Evaluator != "" && old.Evaluator != fresh.Evaluator && old.Outcome == fresh.Outcome && bytes.Equal(old.Findings, fresh.Findings) {
		return SameFindings, nil
	}
	return Different, nil
}

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// Replayed is what came of judging every recorded verdict again.
type Replayed struct {
	Agreements map[Agreement]int
	Erased     int      // cannot be judged again: what they rest on was erased
	Differ     []string // "log/seq", with why, of those that are not what was recorded
}

// replayPage is how many records are read at a time.
const replayPage = 200

// Replay judges every verdict in the ledger of a server's database again, from the snapshot
// and the policy texts that its record names, as of its moment: a recorded verdict that
// cannot be had again is no evidence. The server may be running. An unusable database URL is
// a *Problem.
func Replay(ctx context.Context, databaseURL string) (_ Replayed, err error) {
	s, err := openReadOnly(ctx, databaseURL)
	if err != nil {
		return Replayed{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	out := Replayed{Agreements: map[Agreement]int{}}
	err = s.Evidence(ctx, func(src evidence.Source) error {
		logs, err := src.Logs(ctx)
		if err != nil {
			return err
		}
		for _, log := range logs {
			for after := int64(-1); ; {
				records, err := src.Records(ctx, log, after, replayPage)
				if err != nil {
					return err
				}
				if len(records) == 0 {
					break
				}
				for _, record := range records {
					after = record.Seq
					switch record.Kind {
					case KindVerdict:
						r, err := recorded(ctx, s, record)
						out.add(record, r, err)
					case KindGroup:
						agreement, err := judgeGroupAgain(ctx, s, record)
						out.count(record, agreement, err)
					case KindDecision:
						agreement, err := decideAgain(ctx, s, record)
						out.count(record, agreement, err)
					}
				}
			}
		}
		return nil
	})
	return out, err
}

// add judges one recorded verdict again; failed is why it could not be read.
func (p *Replayed) add(record evidence.Record, r Recorded, failed error) {
	agreement := Different
	if failed == nil {
		v, err := r.Judge()
		if failed = err; err == nil {
			agreement, failed = r.Compare(v)
		}
	}
	p.count(record, agreement, failed)
}

// count notes what came of judging a record again; failed is why it could not be.
func (p *Replayed) count(record evidence.Record, agreement Agreement, failed error) {
	place := fmt.Sprintf("%d/%d", record.Log, record.Seq)
	switch {
	case errors.Is(failed, errErased):
		p.Erased++
		return
	case failed != nil:
		p.Differ = append(p.Differ, fmt.Sprintf("%s: %v", place, failed))
	case agreement == Different:
		p.Differ = append(p.Differ, place+": judged again, it is another verdict")
	}
	if failed == nil {
		p.Agreements[agreement]++
	}
}

// agreement says how what is judged again is to what was recorded under an evaluator. Under
// another one the promise is what Kept has fields for.
func agreement[Kept any](recorded json.RawMessage, again any, evaluator string) (Agreement, error) {
	body, err := json.Marshal(again)
	if err != nil {
		return Different, fmt.Errorf("encode verdict: %w", err)
	}
	if bytes.Equal(body, recorded) {
		return SameBytes, nil
	}
	if evaluator == rules.Evaluator {
		return Different, nil
	}
	was, err := kept[Kept](recorded)
	if err != nil {
		return Different, err
	}
	now, err := kept[Kept](body)
	if err != nil || !bytes.Equal(was, now) {
		return Different, err
	}
	return SameFindings, nil
}

func kept[Kept any](verdict []byte) ([]byte, error) {
	var k Kept
	if err := json.Unmarshal(verdict, &k); err != nil {
		return nil, fmt.Errorf("read the recorded verdict: %w", err)
	}
	return json.Marshal(k)
}

// policyOf puts together the policy of the layers that a record names.
func policyOf(read func(address string) ([]byte, error), refs []PolicyRef) (rules.Policy, error) {
	var texts []snapshot.PolicyText
	for _, ref := range refs {
		text, err := read(ref.Text)
		if err != nil {
			return rules.Policy{}, err
		}
		texts = append(texts, snapshot.PolicyText{Layer: ref.Layer, Path: ref.Path, Text: text})
	}
	return snapshot.Compose(texts)
}

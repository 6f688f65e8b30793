package evidence

import (
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Report is what Verify found in one log.
type Report struct {
	Log     int64
	Size    int64     // records that are there; of Contents, contents
	Root    tlog.Hash // of the tree over them, if nothing breaks
	Against int64     // size of the newest outside checkpoint that it agrees with; 0: there was none
	Breaks  []Break   // in the order of the log; empty: it holds
}

// Contents is the Log of the report about contents that stand in rows of their own
// (snapshots, policy texts): they belong to no log, and no account has this id.
const Contents = 0

// Break is one place where what is stored cannot be what was written.
type Break struct {
	Seq  int64  // of the record; -1: the head, or no record at all
	What string // what does not fit, in words
}

// maxBreaks bounds a report: past it a log is not damaged, it is another one.
const maxBreaks = 1000

func (r *Report) add(seq int64, format string, args ...any) {
	if len(r.Breaks) < maxBreaks {
		r.Breaks = append(r.Breaks, Break{Seq: seq, What: fmt.Sprintf(format, args...)})
	}
}

// OK says whether nothing breaks.
func (r Report) OK() bool { return len(r.Breaks) == 0 }

// String says what was found. Without a checkpoint kept elsewhere a log is consistent with
// itself and no more: whoever holds database and key could have written it anew.
func (r Report) String() string {
	var b strings.Builder
	if r.Log == Contents {
		fmt.Fprintf(&b, "contents: %d read, ", r.Size)
	} else {
		fmt.Fprintf(&b, "log %d: %s, ", r.Log, records(r.Size))
	}
	switch {
	case !r.OK():
		b.WriteString("broken")
	case r.Log == Contents:
		b.WriteString("each fits its address")
	case r.Against > 0:
		fmt.Fprintf(&b, "verified against checkpoint of %s", records(r.Against))
		if after := r.Size - r.Against; after > 0 {
			fmt.Fprintf(&b, ", the %d after it consistent with themselves", after)
		}
	default:
		b.WriteString("consistent with itself")
	}
	for _, k := range r.Breaks {
		if k.Seq >= 0 {
			fmt.Fprintf(&b, "\n  record %d: %s", k.Seq, k.What)
		} else {
			fmt.Fprintf(&b, "\n  %s", k.What)
		}
	}
	return b.String()
}

func records(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}

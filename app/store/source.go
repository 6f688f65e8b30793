package store

import (
	"context"

	"github.com/changewarden/changewarden/app/evidence"
)

// source gives the ledger to evidence.Verify.
type source struct{ conn conn }

var _ evidence.Source = source{}

const selectContent = `select address, salt, content from blobs `

func scanContent(s scan) (c evidence.Content, err error) {
	return c, s(&c.Address, &c.Salt, &c.Content)
}

func (s source) reader(ctx context.Context) reader { return reader{ctx: ctx, conn: s.conn} }

func (s source) Logs(ctx context.Context) ([]int64, error) {
	return list(s.reader(ctx), column[int64],
		`select log from ledger union select log from ledger_hashes union select log from ledger_heads order by log`)
}

func (s source) Records(ctx context.Context, log, after int64, n int) ([]evidence.Record, error) {
	return list(s.reader(ctx), func(s scan) (r evidence.Record, err error) {
		var at int64
		err = s(&r.Log, &r.Seq, &r.Kind, &at, &r.Salt, &r.Body)
		r.At = moment(at)
		return r, err
	}, `select log, seq, kind, at, salt, body from ledger where log = $1 and seq > $2 order by seq limit $3`, log, after, n)
}

func (s source) Hashes(ctx context.Context, log, after int64, n int) ([]evidence.StoredHash, error) {
	return list(s.reader(ctx), func(s scan) (h evidence.StoredHash, err error) {
		return h, s(&h.Index, &h.Hash)
	}, `select idx, hash from ledger_hashes where log = $1 and idx > $2 order by idx limit $3`, log, after, n)
}

func (s source) Head(ctx context.Context, log int64) (evidence.StoredHead, bool, error) {
	return one(s.reader(ctx), func(s scan) (h evidence.StoredHead, err error) {
		return h, s(&h.Size, &h.Root, &h.Checkpoint)
	}, `select size, root, checkpoint from ledger_heads where log = $1`, log)
}

func (s source) Contents(ctx context.Context, after string, n int) ([]evidence.Content, error) {
	return list(s.reader(ctx), scanContent, selectContent+`where address > $1 order by address limit $2`, after, n)
}

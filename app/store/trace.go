package store

import "context"

// traceKey is the context's key of a trace.
type traceKey struct{}

// Traced returns a context whose transactions note trace, a W3C traceparent, beside each
// subject that they raise: the look that follows belongs to it. Empty: none.
func Traced(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// trace is what Traced was told.
func (tx *Tx) trace() string {
	t, _ := tx.ctx.Value(traceKey{}).(string)
	return t
}

package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/rs/zerolog"
)

// recovered answers a request in which something panicked, and says so in the log. The rest
// of the server goes on.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		defer func() {
			if err != nil {
				http.Error(w, "something went wrong on our side: try it again later", http.StatusInternalServerError)
			}
		}()
		defer caught(r.Context(), &err)
		next.ServeHTTP(w, r)
	})
}

// caught is deferred by what must not take the process down with it: it turns a panic into
// an error and logs where it was. What was panicked with is told only if the runtime made
// it: anything else could hold a part of a payload or a secret.
func caught(ctx context.Context, err *error) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value
		panic(v)
	}
	what := fmt.Sprintf("%T", v)
	if made, ok := v.(runtime.Error); ok {
		what = made.Error()
	}
	zerolog.Ctx(ctx).Error().Str("panic", what).Strs("stack", stack()).Msg("panicked")
	*err = errors.New("panicked: " + what)
}

// stack returns the functions and lines that led to a panic, without what they were called with.
func stack() []string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var out []string
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more {
			return out
		}
	}
}

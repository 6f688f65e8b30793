package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// recall reads what was remembered under kind and key into v, and says since when it is
// known; found is false if there is nothing, or what there is has lapsed.
func (l *look) recall(ctx context.Context, kind, key string, v any) (asOf time.Time, found bool, err error) {
	body, asOf, found, err := l.Memory.Recall(ctx, kind, key, l.at)
	if err == nil && found {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("recall %s %s: %w", kind, key, err)
	}
	return asOf, found, nil
}

// remember keeps v for life, for ever if life is zero.
func (l *look) remember(ctx context.Context, kind, key string, v any, life time.Duration) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("remember %s %s: %w", kind, key, err)
	}
	var until time.Time
	if life > 0 {
		until = l.at.Add(life)
	}
	if err := l.Memory.Remember(ctx, kind, key, body, l.at, until); err != nil {
		return fmt.Errorf("remember %s %s: %w", kind, key, err)
	}
	return nil
}

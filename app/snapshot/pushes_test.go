package snapshot

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func TestFollow(t *testing.T) {
	opened := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const zeros = "0000000000000000000000000000000000000000"
	at := func(minutes int) time.Time { return opened.Add(time.Duration(minutes) * time.Minute) }
	push := func(user int64, before, after string, minutes int) subject.PushFact {
		return subject.PushFact{Ref: "refs/heads/topic", Before: before, After: after, User: user, At: at(minutes)}
	}
	of := func(user int64, before, after string, minutes int) subject.PushFact { // of the pull request
		return subject.PushFact{Number: 1, Before: before, After: after, User: user, At: at(minutes)}
	}
	tests := []struct {
		name   string
		pushes []subject.PushFact
		head   string
		inside []string
		edge   []string
		want   string // users in order, named, thin
	}{
		{"a new branch", []subject.PushFact{push(1, zeros, "a", -5)}, "a", []string{"a"}, []string{"m"}, "[1] named"},
		{"created, then pushed to", []subject.PushFact{push(1, zeros, "m", -9), push(2, "m", "a", -5)}, "a", []string{"a"}, []string{"m"}, "[2] named"},
		{
			"everybody, not the last alone",
			[]subject.PushFact{push(1, zeros, "a", -5), push(2, "a", "b", 5), push(3, "b", "c", 6)},
			"c",
			[]string{"a", "b", "c"},
			[]string{"m"},
			"[1 2 3] named",
		},
		{
			"pushed over by force before it was opened",
			[]subject.PushFact{push(1, zeros, "a", -5), push(2, "a", "b", -3)},
			"b",
			[]string{"b"},
			[]string{"m"},
			"[1 2] named",
		},
		{
			"there and back",
			[]subject.PushFact{push(1, zeros, "a", -5), push(2, "a", "b", 1), push(3, "b", "a", 2)},
			"a",
			[]string{"a"},
			[]string{"m"},
			"[1 2 3] named",
		},
		{
			"a link is missing",
			[]subject.PushFact{push(1, zeros, "a", -5), push(3, "b", "c", 6)},
			"c",
			[]string{"a", "b", "c"},
			[]string{"m"},
			"[1 3] unnamed",
		},
		{"the head is missing", []subject.PushFact{push(1, zeros, "a", -5)}, "b", []string{"a", "b"}, []string{"m"}, "[1] unnamed"},
		{"nobody pushed", []subject.PushFact{push(0, zeros, "a", -5)}, "a", []string{"a"}, []string{"m"}, "[] unnamed"},
		{"none known", nil, "a", []string{"a"}, []string{"m"}, "[] unnamed"},
		{
			"a branch that is used again and again",
			[]subject.PushFact{push(1, zeros, "x", -900), push(2, "x", "y", -800), push(3, "y", "a", -5)},
			"a",
			[]string{"a"},
			[]string{"y"},
			"[3] named",
		},
		{"a fork, opened and pushed to", []subject.PushFact{of(1, "", "a", 0), of(2, "a", "b", 5)}, "b", []string{"a", "b"}, []string{"m"}, "[1 2] named thin"},
		{"opened after a push", []subject.PushFact{push(1, zeros, "a", -5), of(2, "", "a", 0)}, "a", []string{"a"}, []string{"m"}, "[1 2] named"},
		{"told twice", []subject.PushFact{push(1, "m", "a", 1), of(1, "m", "a", 1)}, "a", []string{"a"}, []string{"m"}, "[1 1] named"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inside := map[string][]string{}
			for _, c := range tt.inside {
				inside[c] = nil
			}
			got := follow(tt.pushes, tt.head, inside, tt.edge, opened)
			users := []int64{}
			for _, p := range got.pushes {
				users = append(users, p.User)
			}
			text := fmt.Sprint(users)
			if got.named {
				text += " named"
			} else {
				text += " unnamed"
			}
			if got.thin {
				text += " thin"
			}
			if diff := cmp.Diff(tt.want, text); diff != "" {
				t.Errorf("follow (-want +got)\n%s", diff)
			}
		})
	}
}

func TestWithFirst(t *testing.T) {
	begin := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	push := func(user int64, ref, after string, minutes int) subject.PushFact {
		return subject.PushFact{Ref: ref, After: after, User: user, At: begin.Add(time.Duration(minutes) * time.Minute)}
	}
	tests := []struct {
		name            string
		head, elsewhere []subject.PushFact
		want            string // users in order
	}{
		{"merged from a branch", []subject.PushFact{push(1, "topic", "a", 1)}, []subject.PushFact{push(2, "side", "b", 0)}, "[2 1]"},
		{"a branch made of what was there", []subject.PushFact{push(1, "topic", "a", 1)}, []subject.PushFact{push(2, "side", "a", 2)}, "[1]"},
		{"the topic made of what a branch had", []subject.PushFact{push(1, "topic", "a", 1)}, []subject.PushFact{push(2, "side", "a", 0)}, "[2 1]"},
		{"the same one", []subject.PushFact{push(1, "topic", "a", 1)}, []subject.PushFact{push(1, "topic", "a", 1)}, "[1]"},
		{"two branches", nil, []subject.PushFact{push(2, "side", "a", 0), push(3, "other", "a", 1)}, "[2]"},
		{"nobody known", nil, []subject.PushFact{push(0, "side", "a", 0), push(3, "other", "a", 1)}, "[3]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			users := []int64{}
			for _, p := range withFirst(tt.head, tt.elsewhere) {
				users = append(users, p.User)
			}
			if diff := cmp.Diff(tt.want, fmt.Sprint(users)); diff != "" {
				t.Errorf("pushers (-want +got)\n%s", diff)
			}
		})
	}
}

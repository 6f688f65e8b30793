package subject

import "testing"

func FuzzKey(f *testing.F) {
	for _, s := range []Subject{
		{Kind: PullRequest, Repo: 7, Number: 42},
		{Kind: MergeGroup, Repo: 7, SHA: "beef"},
		{Kind: Deployment, Repo: 7, Number: 99, Name: "production/eu"},
		{Kind: Repository, Repo: 7},
		{Kind: Installation, Number: 3},
		{Kind: Head, Repo: 7, SHA: "beef"},
		{Kind: Comments, Repo: 7, Number: 42},
		{Kind: PostMortem, Repo: 7, Number: 42},
		{Kind: Deliveries, Number: 5},
		{Kind: Round, Number: 3, Repo: 7},
		{Kind: Round},
	} {
		f.Add(s.Key())
		if got, err := ParseKey(s.Key()); err != nil || got != s {
			f.Errorf("ParseKey(%q) = %+v, %v, want %+v", s.Key(), got, err, s)
		}
	}
	f.Fuzz(func(t *testing.T, key string) {
		s, err := ParseKey(key)
		if err != nil {
			return
		}
		again, err := ParseKey(s.Key())
		if err != nil || again != s {
			t.Fatalf("ParseKey(%q) = %+v, and its key parses to %+v, %v", key, s, again, err)
		}
	})
}

package snapshot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The shapes of GitHub's answers to the queries. What may be null is a pointer.

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

type connection[T any] struct {
	TotalCount int
	PageInfo   pageInfo
	Nodes      []*T
}

type actor struct {
	Typename   string `json:"__typename"`
	Login      string
	DatabaseID int64
	User       *gitUser // of an EnterpriseUserAccount
}

type gitUser struct {
	DatabaseID int64
	Login      string
}

type repository struct {
	policySource
	Visibility  string
	IsArchived  bool
	PullRequest *pullRequest
	Head        *headCommit

	PullRequestTemplates []*struct{ Body string }
}

// policySource is a repository as far as its policy file is asked for.
type policySource struct {
	DatabaseID    int64
	NameWithOwner string
	Owner         struct {
		Typename   string `json:"__typename"`
		DatabaseID int64
	}
	DefaultBranchRef *struct {
		Name   string
		Target object
	}
	PolicyFolder *struct{ Entries []treeEntry }
	PolicyFile   *policyBlob
}

type object struct{ OID string }

type treeEntry struct {
	Name string
	Mode int
	Type string
	OID  string
}

type policyBlob struct {
	Typename    string `json:"__typename"`
	OID         string
	ByteSize    int
	IsBinary    *bool
	IsTruncated bool
	Text        *string
}

type pullRequest struct {
	Title             string
	Body              string
	State             string
	Merged            bool
	MergedAt          *time.Time
	MergeCommit       *object
	IsDraft           bool
	CreatedAt         time.Time
	UpdatedAt         time.Time
	ChangedFiles      int
	HeadRefOID        string
	HeadRefName       string
	HeadRepository    *headRepository
	IsCrossRepository bool
	BaseRefName       string
	Author            *actor
	Labels            *connection[struct{ Name string }]
	Reviews           *connection[review]
	TimelineItems     connection[timelineItem]
	ReviewThreads     *connection[thread]
	BaseRef           *baseRef
}

type headRepository struct {
	DatabaseID int64
	Owner      struct{ Login string }
}

type review struct {
	FullDatabaseID            bigInt
	State                     string
	SubmittedAt               *time.Time
	AuthorCanPushToRepository bool
	Author                    *actor
	Commit                    *object
}

type timelineItem struct {
	Typename            string `json:"__typename"`
	CreatedAt           time.Time
	PreviousRefName     string
	CurrentRefName      string
	OldBase, NewBase    string
	PreviousReviewState string
	Actor               *actor
	Review              *struct{ FullDatabaseID bigInt }
	Label               struct{ Name string }
}

type thread struct {
	ID         string
	IsResolved bool
	ResolvedBy *gitUser
	Comments   connection[struct{ Author *actor }]
}

type baseRef struct {
	Target        *struct{ OID string }
	Compare       *comparison
	RefUpdateRule *struct{ RequiredStatusCheckContexts []*string }
	Rules         *connection[struct {
		Type       string
		Parameters *struct {
			RequiredStatusChecks []struct {
				Context string
			}
		}
	}]
}

// tip is the commit on which the branch stands; empty: GitHub does not say.
func (b *baseRef) tip() string {
	if b == nil || b.Target == nil {
		return ""
	}
	return b.Target.OID
}

type comparison struct {
	HeadTarget object
	BehindBy   *int
	Commits    connection[commit]
}

type commit struct {
	OID       string
	Message   string
	Parents   connection[object]
	Authors   connection[struct{ User *gitUser }]
	Committer *struct {
		Email string
		User  *gitUser
	}
	Signature *struct{ IsValid, WasSignedByGitHub bool }
}

type headCommit struct {
	OID         string
	CheckSuites *connection[suite]
	Status      *struct{ Contexts []statusContext }
}

type suite struct {
	ID         string
	DatabaseID int64
	Status     string
	Conclusion *string
	CreatedAt  time.Time
	App        *struct {
		DatabaseID int64
		Slug       string
	}
	WorkflowRun *struct {
		DatabaseID int64
		File       *struct{ Path string }
	}
	CheckRuns *connection[run]
}

type run struct {
	DatabaseID int64
	Name       string
	Status     string
	Conclusion *string
	StartedAt  *time.Time
	Deployment *struct{ DatabaseID int64 } // that its job made

	attempt int // of the workflow run whose job it is; see readJobs
}

type statusContext struct {
	Context   string
	State     string
	CreatedAt time.Time
	Creator   *actor
}

// bigInt is GraphQL's BigInt, which GitHub writes as text.
type bigInt int64

// UnmarshalJSON takes a number with and without quotes.
func (b *bigInt) UnmarshalJSON(text []byte) error {
	s := strings.Trim(string(text), `"`)
	if s == "null" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("read a database id: %w", err)
	}
	*b = bigInt(n)
	return nil
}

var _ json.Unmarshaler = (*bigInt)(nil)

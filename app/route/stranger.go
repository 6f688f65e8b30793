package route

// contribution is something that somebody wrote, with GitHub's word for what they are to the
// repository.
type contribution struct {
	AuthorAssociation string `json:"author_association"`
	User              user
}

// outside are the associations of people who have nothing in the repository yet. Somebody
// whose membership is private is CONTRIBUTOR from the first merged commit on.
var outside = map[string]bool{"NONE": true, "FIRST_TIMER": true, "FIRST_TIME_CONTRIBUTOR": true, "MANNEQUIN": true}

// of reports whether the delivery tells what its author did, and the author is from outside.
func (c contribution) of(d delivery) bool {
	return outside[c.AuthorAssociation] && c.User.ID > 0 && c.User.ID == d.Sender.ID
}

// stranger reports whether somebody from outside did what the delivery tells of: a pull
// request of their own from another repository, a review, a comment. It only says who waits
// for whom, so it goes by GitHub's word; where that is missing nobody is a stranger.
func stranger(event string, d delivery) bool {
	var e struct {
		PullRequest struct {
			contribution
			Head struct{ Repo struct{ ID int64 } }
		} `json:"pull_request"`
		Review, Comment contribution
	}
	switch event {
	case "pull_request", "pull_request_review", "pull_request_review_comment", "issue_comment":
	default:
		return false
	}
	if !unmarshal(d.body, &e) {
		return false
	}
	if event == "pull_request" {
		return e.PullRequest.of(d) && e.PullRequest.Head.Repo.ID != d.Repository.ID
	}
	return e.Review.of(d) || e.Comment.of(d)
}

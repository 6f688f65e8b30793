// Package publish shows verdicts on GitHub: as a check run, which is what a required check
// should be bound to, and as a commit status, which shows one line in every list.
//
// Compose says what a head should show, from the verdicts of the changes that have it; it is
// pure, so that what is owed to GitHub can be stored with the verdict before GitHub hears of
// it. Publisher then makes GitHub show that, writing only what differs from what stands
// there, and repairs after a crash by looking, never by guessing.
//
// Everything that somebody outside wrote (logins, titles, branches, paths, names of checks
// and rules) is inert in what is published: it is no markup, links nowhere, notifies nobody.
package publish

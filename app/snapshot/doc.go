// Package snapshot reads all facts of a change from GitHub, once, and hands them over as a
// rules.Change: the one place where GitHub's answers become ours, and where all input ends.
//
// One GraphQL query reads people, reviews, commits, checks, labels, base changes and the
// repository's policy file; lists that are longer than a page are read to their end or to a
// limit, and a limit is a rules.Gap, never a silent cut. What GraphQL does not have comes
// from REST and is remembered: files (by head and merge base, for ever), permissions and
// teams (for minutes). An event that leaves the head alone therefore costs one request.
//
// Nothing is guessed. What GitHub refuses to say is an error, what it does not have is a
// gap, a zero id or an empty fingerprint, and each of these blocks further on. People leave
// this package as the person ids of the store; GitHub's ids and logins do not pass it.
package snapshot

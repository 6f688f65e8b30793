// Package rules judges a change by an organisation's policy. It is pure: no I/O, no clock,
// no logger; the same policy, change and time give the same verdict for ever, which is what
// lets old evidence be judged again. Facts come in as a Change, the moment as an argument,
// and what comes out are codes with typed facts; package say turns them into sentences.
//
// Every rule is judged every time; none hides another. A missing fact is Indeterminate and
// blocks, as Fail does. One rule family a file.
package rules

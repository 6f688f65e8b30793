package command

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// buttonMark begins the identifier of each button that signs something off.
const buttonMark = "so."

// Button is the identifier of the button that signs a name off for a pull request at its base:
// at most 20 characters, as GitHub wants it. Of the name, which is as long as its author likes,
// and of the base it holds a digest: a click says which of the names that the policy asks for is
// meant, and under another base none of them.
func Button(number int64, base, name string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(base), base, len(name), name))
	return buttonMark + strconv.FormatInt(number, 36) + "." + hex.EncodeToString(sum[:])[:9]
}

// Pressed returns the pull request that a button belongs to; false if it is none of ours.
func Pressed(identifier string) (number int64, ok bool) {
	rest, ours := strings.CutPrefix(identifier, buttonMark)
	digits, digest, whole := strings.Cut(rest, ".")
	number, err := strconv.ParseInt(digits, 36, 64)
	if !ours || !whole || err != nil || number <= 0 || len(digest) != 9 || strconv.FormatInt(number, 36) != digits {
		return 0, false
	}
	return number, strings.Trim(digest, "0123456789abcdef") == ""
}

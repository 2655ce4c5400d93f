package store

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TempPrefix is where the file store keeps what is being written. No key may
// begin with it.
const TempPrefix = "_acme/tmp/"

// maxKey is S3's limit on a key, in bytes.
const maxKey = 1024

// CheckKey says why a key is not one that a store accepts, or nil. A key is
// valid UTF-8 of 1 to 1024 bytes: names separated by single slashes, none of
// them empty, "." or "..", without control characters and backslashes. The
// error wraps ErrKey.
func CheckKey(key string) error {
	bad := func(why string) error { return fmt.Errorf("%w: %q %s", ErrKey, key, why) }
	switch {
	case key == "":
		return bad("is empty")
	case len(key) > maxKey:
		return fmt.Errorf("%w: %q... has %d bytes, more than %d", ErrKey, key[:64], len(key), maxKey)
	case !utf8.ValidString(key):
		return bad("is not UTF-8")
	case strings.HasPrefix(key, "/"):
		return bad("is absolute")
	case strings.HasPrefix(key, TempPrefix) || key+"/" == TempPrefix:
		return bad("lies where unfinished objects are kept")
	}
	for _, r := range key {
		if unicode.IsControl(r) {
			return bad("has a control character")
		}
		if r == '\\' {
			return bad("has a backslash")
		}
	}
	for name := range strings.SplitSeq(key, "/") {
		switch name {
		case "":
			return bad("has an empty name between slashes")
		case ".", "..":
			return bad("has the name " + name + " in it")
		}
	}
	return nil
}

//go:build unix

package tuitest

import (
	"os/exec"
	"testing"
)

// TestWholeFrames: what stands in a synchronized update is shown when that has ended, and a
// mark that is cut in two is one all the same.
func TestWholeFrames(t *testing.T) {
	for stream, want := range map[string]int{
		"": 0, "abc": 3, "a\x1b[?2026hbc": 1, "a\x1b[?2026hbc\x1b[?2026l": 19, "\x1b[?2026hb\x1b[?2026lc\x1b[?2026h": 18,
		"ab\x1b[?20": 2, "ab\x1b": 2, "ab\x1b[?25h": 8, "\x1b[?2026hb\x1b[?2026": 0,
	} {
		if got := wholeFrames([]byte(stream)); got != want {
			t.Errorf("%q: %d, want %d", stream, got, want)
		}
	}
}

// TestMarked: a program that asks is told that frames may be marked. Where it is not, it
// marks none, and half a frame is seen as if it were one.
func TestMarked(t *testing.T) {
	x := Start(t, exec.Command("/bin/sh", "-c", `stty raw -echo; printf '\033[?2026$p'; case $(dd bs=11 count=1 2>/dev/null) in *'2026;2$y') echo marked;; esac; stty sane`), 80, 24, nil)
	x.See("marked")
}

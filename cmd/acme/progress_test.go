package main

import (
	"strings"
	"testing"

	"acme/telemetry/tui"
)

// A bar never takes more than its terminal's line: what wraps stays on the screen.
func TestProgressStaysOnItsLine(t *testing.T) {
	e := progressEvent{Progress: tui.Progress{Step: "generate seed-hour", Done: 74_838, Total: 120_754, Unit: "events"}, Rate: 39_605, ETA: 1.2}
	for columns := 1; columns < 200; columns++ {
		if s := e.line(columns); len(s) >= columns && columns > 1 || strings.Contains(s, "\n") {
			t.Errorf("%d columns: %q", columns, s)
		}
	}
	if s := e.line(120); s != "generate seed-hour [##################............]  61%  74838 events  39605/s  1s left" {
		t.Errorf("a wide terminal has %q", s)
	}
	if s := e.line(50); s != "generate seed-hour  74838 events  39605/s  1s left"[:49] {
		t.Errorf("a narrow terminal has %q", s)
	}
}

package tui

import (
	"fmt"
	"time"

	"acme/telemetry/engine/report"
)

// span writes a duration for people: 0.42 s, 12 s, 3 m 05 s, 2 h 10 m.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0.00 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
}

// countOf writes how many of how many: 3 of 17.
func countOf(n, of int) string {
	return report.Count(int64(n)) + " of " + report.Count(int64(of))
}

// hour writes an hour of the lake: 2025-08-11 17:00.
func hour(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

package tui

import (
	"fmt"
	"strconv"
	"time"
)

// count writes n with a comma between thousands: 118,600.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes n in decimal units, as Athena's bill counts them: 9.45 MB.
func size(n int64) string {
	const k = 1000
	if n < k {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, unit := float64(n)/k, 0
	for f >= k && unit < 4 {
		f, unit = f/k, unit+1
	}
	return fmt.Sprintf("%.2f %cB", f, "kMGTP"[unit])
}

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

// hour writes an hour of the lake: 2025-08-11 17:00.
func hour(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

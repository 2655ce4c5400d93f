package tui

import (
	"fmt"
	"math"
	"strconv"
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

// figure writes a number in at most about nine characters.
func figure(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	if a := math.Abs(f); a >= 1e6 || a < 1e-3 {
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	return strconv.FormatFloat(f, 'f', 3, 64)
}

// percent writes a share; one that is neither none nor all never looks so.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "<0.1%"
	case share < 1 && share > 0.999:
		return ">99.9%"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + "%"
}

// parseNumber reads a decimal's text.
func parseNumber(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// dollars writes an amount of money, small ones too.
func dollars(usd float64) string {
	switch {
	case usd == 0:
		return "$0"
	case usd < 0.01:
		return "$" + strconv.FormatFloat(usd, 'f', 6, 64)
	}
	return "$" + strconv.FormatFloat(usd, 'f', 2, 64)
}

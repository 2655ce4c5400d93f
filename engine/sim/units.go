package sim

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Units of the scenario file. Every decimal becomes an integer here, exactly or
// not at all.
const (
	micro = 1_000_000     // decimals
	nano  = 1_000_000_000 // shares
)

// unit is a suffix and what one of it is worth.
type unit struct {
	suffix string
	worth  uint64
}

var durationUnits = []unit{{"ms", 1}, {"s", 1000}, {"m", 60_000}, {"h", 3_600_000}, {"d", 86_400_000}}

var sizeUnits = []unit{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1000}, {"MB", 1_000_000}, {"GB", 1_000_000_000}, {"B", 1},
}

var rateUnits = []unit{{"kbps", 1}, {"Mbps", 1000}, {"Gbps", 1_000_000}}

// parseScaled reads a decimal without sign or exponent as an integer of 1/scale.
func parseScaled(s string, scale uint64) (int64, error) {
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" || dot && frac == "" || !digits(whole) || !digits(frac) {
		return 0, errors.New("not a number")
	}
	if len(whole) > 1 && whole[0] == '0' {
		return 0, errors.New("a leading zero means octal to other YAML readers; write it without")
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) > 18 {
		return 0, errors.New("too many decimals")
	}
	v, err := strconv.ParseUint(whole+frac, 10, 63)
	if err != nil {
		return 0, errors.New("too large")
	}
	per := uint64(1)
	for range frac {
		per *= 10
	}
	hi, lo := bits.Mul64(v, scale)
	if hi >= per {
		return 0, errors.New("too large")
	}
	q, r := bits.Div64(hi, lo, per)
	if r != 0 {
		return 0, errors.New("too many decimals")
	}
	if q >= 1<<63 {
		return 0, errors.New("too large")
	}
	return int64(q), nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// parseUnits reads a number with one of the units behind it.
func parseUnits(s string, units []unit) (int64, error) {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	suffix := s[len(number):]
	for _, u := range units {
		if u.suffix == suffix {
			return parseScaled(number, u.worth)
		}
	}
	known := make([]string, len(units))
	for i, u := range units {
		known[i] = u.suffix
	}
	if suffix == "" {
		return 0, fmt.Errorf("has no unit; use one of %s", strings.Join(known, ", "))
	}
	return 0, fmt.Errorf("unknown unit %q; use one of %s", suffix, strings.Join(known, ", "))
}

// parseDuration reads 5m, 1h30m or 350ms as milliseconds.
func parseDuration(s string) (int64, error) {
	if s == "0" {
		return 0, nil
	}
	var sum int64
	for rest := s; ; {
		n := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if n < 0 {
			return parseUnits(rest, durationUnits)
		}
		m := n + strings.IndexAny(rest[n:]+"0", ".0123456789")
		v, err := parseUnits(rest[:m], durationUnits)
		if err != nil {
			return 0, err
		}
		if sum += v; sum < 0 {
			return 0, errors.New("too large")
		}
		if rest = rest[m:]; rest == "" {
			return sum, nil
		}
	}
}

// parseShare reads 0.5% or 0.005 as 10^-9, at most 1.
func parseShare(s string) (int64, error) {
	scale := uint64(nano)
	number, percent := strings.CutSuffix(s, "%")
	if percent {
		scale /= 100
	}
	v, err := parseScaled(number, scale)
	if err == nil && v > nano {
		err = errors.New("more than 100%")
	}
	return v, err
}

// parseTime reads an RFC 3339 time in UTC as milliseconds since the epoch.
func parseTime(s string) (int64, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !strings.HasSuffix(s, "Z") {
		return 0, errors.New(`not a time in UTC like "2025-08-11T17:00:00Z"`)
	}
	if t.Year() < 1970 || t.Year() > 2096 {
		return 0, errors.New("outside the years 1970 to 2096")
	}
	return t.UnixMilli(), nil
}

func formatTime(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z") }

// formatScaled writes an integer of 1/scale (a power of ten) as a decimal.
func formatScaled(v, scale int64) string {
	s := strconv.FormatInt(v/scale, 10)
	if v%scale == 0 {
		return s
	}
	frac := strconv.FormatInt(scale+v%scale, 10)[1:]
	return s + "." + strings.TrimRight(frac, "0")
}

// formatUnits writes v in the largest unit that leaves no decimals.
func formatUnits(v int64, units []unit) string {
	best := unit{units[0].suffix, 1}
	for _, u := range units {
		if u.worth == 1 {
			best = u
		}
	}
	if v != 0 {
		for _, u := range units {
			if v%int64(u.worth) == 0 && u.worth > best.worth {
				best = u
			}
		}
	}
	return strconv.FormatInt(v/int64(best.worth), 10) + best.suffix
}

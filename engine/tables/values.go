package tables

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"acme/telemetry/engine/query"
)

// text gives a value that is text, of either kind.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case query.Text:
		return string(v)
	}
	return fmt.Sprint(v)
}

// daysOf reads a date, of any year, as days since 1970.
func daysOf(s string) (int64, error) {
	rest, negative := strings.CutPrefix(s, "-")
	parts := strings.Split(rest, "-")
	if len(parts) != 3 {
		return 0, fmt.Errorf("%q is no date", s)
	}
	var n [3]int
	for i, p := range parts {
		var err error
		if n[i], err = strconv.Atoi(p); err != nil {
			return 0, fmt.Errorf("%q is no date", s)
		}
	}
	if negative {
		n[0] = -n[0]
	}
	return time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC).Unix() / 86400, nil
}

// millisOf reads a timestamp as milliseconds since 1970.
func millisOf(s string) (int64, error) {
	day, clock, ok := strings.Cut(s, " ")
	days, err := daysOf(day)
	if !ok || err != nil {
		return 0, fmt.Errorf("%q is no timestamp", s)
	}
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		return 0, fmt.Errorf("%q is no timestamp", s)
	}
	return days*86400_000 + int64(t.Hour()*3600+t.Minute()*60+t.Second())*1000 + int64(t.Nanosecond())/1e6, nil
}

// unscaled gives a decimal's digits as a number.
func unscaled(s string) (*big.Int, error) {
	n, ok := new(big.Int).SetString(strings.Replace(s, ".", "", 1), 10)
	if !ok {
		return nil, fmt.Errorf("%q is no decimal", s)
	}
	return n, nil
}

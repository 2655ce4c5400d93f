package dialect

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Times that DuckDB cannot carry by itself: their texts and zones. See moment.go.

// noZone stands for the number of a zone where there is none.
const noZone = -1

func momentGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("moment_text", "BIGINT,BIGINT,BIGINT,BIGINT,VARCHAR", func(a []any) (any, error) {
			return momentText(a[0].(int64), a[1].(int64), int(a[2].(int64)), a[3].(int64)), nil
		}),
		fn("date_text", "BIGINT,VARCHAR", func(a []any) (any, error) {
			d := time.Unix(a[0].(int64)*86400, 0).UTC()
			return strings.TrimPrefix(string(appendDay(nil, d.Year(), int(d.Month()), d.Day())), "+"), nil
		}),
		fn("clock_text", "BIGINT,BIGINT,BIGINT,VARCHAR", func(a []any) (any, error) {
			return string(appendClock(nil, a[0].(int64), int(a[1].(int64)))) + clockOffset(a[2].(int64)), nil
		}),
		fn("zoned_local", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			us := a[0].(int64)
			return us + offsetAt(us, zoneName(a[1].(int64)))*1e6, nil
		}),
		fn("zoned_instant", "BIGINT,BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			return nearInstant(a[0].(int64), zoneName(a[1].(int64)), a[2].(int64)), nil
		}),
		fn("near_instant", "BIGINT,VARCHAR,BIGINT,BIGINT", func(a []any) (any, error) {
			return nearInstant(a[0].(int64), a[1].(string), a[2].(int64)), nil
		}),
		fn("zone_number", "VARCHAR,VARCHAR,BIGINT", func(a []any) (any, error) {
			z, ok := normalZone(a[0].(string))
			if !ok {
				return nil, zoneError(a[1].(string), a[0].(string))
			}
			return zoneNumber(z), nil
		}),
		fn("offset_now", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			if m := offsetAt(a[1].(int64), zoneName(a[0].(int64))) / 60; m != 0 {
				return m + maxOffset + 1, nil
			}
			return int64(0), nil
		}),
		fn("interval_zone", "BIGINT,BIGINT", func(a []any) (any, error) {
			return wrap(intervalZone(a[0].(int64)))
		}),
		fn("offset_zone", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			return wrap(offsetZone(a[0].(int64)*60 + a[1].(int64)))
		}),
		fn("iso_text", "BIGINT,BIGINT,BIGINT,BIGINT,VARCHAR", func(a []any) (any, error) {
			zone := zoneName(a[3].(int64))
			off := offsetAt(a[0].(int64), zone)
			text := momentText(a[0].(int64)+off*1e6, a[1].(int64), int(a[2].(int64)), noZone)
			return strings.Replace(text, " ", "T", 1) + offsetText(int(off), "Z"), nil
		}),
		fn("offset_number", "BIGINT,BIGINT", func(a []any) (any, error) {
			if m := a[0].(int64) / 60; m != 0 {
				return m + maxOffset + 1, nil
			}
			return int64(0), nil
		}),
	}
}

// wrap gives a number as a function's answer.
func wrap(n int64, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return n, nil
}

// intervalZone gives the number of the zone whose offset is an interval.
func intervalZone(ms int64) (int64, error) {
	if ms%60000 != 0 {
		return 0, badArg("Invalid time zone offset interval: interval contains seconds")
	}
	return offsetZone(ms / 60000)
}

// offsetZone gives the number of the zone of an offset in minutes.
func offsetZone(minutes int64) (int64, error) {
	switch {
	case minutes < -maxOffset || minutes > maxOffset:
		return 0, badArg("Invalid offset minutes %d", minutes)
	case minutes == 0:
		return 0, nil
	}
	return minutes + maxOffset + 1, nil
}

// zoneError is what a function says to a zone that is none.
func zoneError(function, zone string) error {
	if function == "from_unixtime" {
		return failed{"NOT_SUPPORTED", "Time zone not supported: " + zone}
	}
	return badArg("'%s' is not a valid time zone", zone)
}

// nearInstant is toInstant, but where the local time is twice the offset that zone
// has at the instant near is kept.
func nearInstant(local int64, zone string, near int64) int64 {
	off := offsetAt(near, zone) * 1e6
	if offsetAt(local-off, zone)*1e6 == off {
		return local - off
	}
	return toInstant(local, zone)
}

// appendClock appends picoseconds of a day with so many digits of the second.
func appendClock(b []byte, picos int64, digits int) []byte {
	s := picos / 1e12
	for i, v := range []int64{s / 3600, s / 60 % 60, s % 60} {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, byte('0'+v/10), byte('0'+v%10))
	}
	if digits > 0 {
		f := strconv.FormatInt(picos%1e12+1e12, 10)
		b = append(append(b, '.'), f[1:1+digits]...)
	}
	return b
}

// appendDay appends a day; years beyond four digits have a sign.
func appendDay(b []byte, year, month, day int) []byte {
	switch {
	case year > 9999:
		b = append(b, '+')
	case year < 0:
		b, year = append(b, '-'), -year
	}
	for limit := 1000; limit > year && limit > 1; limit /= 10 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, int64(year), 10)
	return append(b, '-', byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// momentText prints the instant of micros since 1970, and rest picoseconds, with so
// many digits of the second in the zone of a number; noZone for a local time.
func momentText(micros, rest int64, digits int, zone int64) string {
	local := micros
	if zone > 0 {
		local += offsetAt(micros, zoneName(zone)) * 1e6
	}
	days := floorDiv(local, 86400e6)
	t := time.Unix(days*86400, 0).UTC()
	b := appendDay(make([]byte, 0, 48), t.Year(), int(t.Month()), t.Day())
	b = appendClock(append(b, ' '), (local-days*86400e6)*1e6+rest, digits)
	if zone != noZone {
		b = append(append(b, ' '), zoneName(zone)...)
	}
	return string(b)
}

// clockOffset prints the offset of a time with time zone.
func clockOffset(zone int64) string {
	switch zone {
	case noZone:
		return ""
	case 0:
		return "+00:00"
	}
	return offsetText(int(zone-maxOffset-1)*60, "+00:00")
}

// Carried is DuckDB's INTERVAL as the carrier of a time with its zone; its days say
// nothing that its months do not.
type Carried struct {
	Months int32
	Micros int64
}

// Text prints a value of a date, time, timestamp or interval type as Athena does,
// from what carries it in DuckDB: int32 days, int64 microseconds, picoseconds or
// milliseconds, int32 months, *big.Int picoseconds, or Carried. Any other gives "".
func (t Type) Text(v any) string {
	zone := int64(noZone)
	if t.Kind == TimestampTZ && !t.carried() {
		zone = zoneNumber(t.zone)
	}
	switch x := v.(type) {
	case int32:
		if t.Kind == Date {
			d := time.Unix(int64(x)*86400, 0).UTC()
			return string(appendDay(nil, d.Year(), int(d.Month()), d.Day()))
		}
		return monthsText(int64(x))
	case int64:
		switch {
		case t.Kind == IntervalDay:
			return intervalText(x)
		case t.Kind == Time && t.fine():
			return string(appendClock(nil, x, t.Precision))
		case t.Kind == Time:
			return string(appendClock(nil, x*1e6, t.Precision))
		}
		return momentText(x, 0, t.Precision, zone)
	case *big.Int:
		micros, rest := new(big.Int).DivMod(x, big.NewInt(1e6), new(big.Int))
		return momentText(micros.Int64(), rest.Int64(), t.Precision, zone)
	case Carried:
		n := -int64(x.Months) - zoneBase
		if t.Kind == TimestampTZ {
			return momentText(x.Micros, 0, t.Precision, n)
		}
		local := x.Micros
		if n != 0 {
			local += (n - maxOffset - 1) * 60e12
		}
		const day = 86400e12
		return string(appendClock(nil, (local%day+day)%day, t.Precision)) + clockOffset(n)
	}
	return ""
}

// monthsText prints an interval year to month.
func monthsText(n int64) string {
	sign := ""
	if n < 0 {
		n, sign = -n, "-"
	}
	return fmt.Sprintf("%s%d-%d", sign, n/12, n%12)
}

// picos gives the picoseconds since 1970 rounded to p digits.
func (in instant) picos(p int) *big.Int {
	h := new(big.Int).Mul(big.NewInt(in.micros), big.NewInt(1e6))
	h.Add(h, big.NewInt(int64(in.rest)))
	if unit := tenTo(12 - p); unit > 1 {
		h.Add(h, big.NewInt(unit/2))
		u := big.NewInt(unit)
		h.Sub(h, new(big.Int).Mod(h, u))
	}
	return h
}

// dayPicos gives the picoseconds of the day rounded to p digits.
func (in instant) dayPicos(p int) int64 {
	n, unit := in.micros*1e6+int64(in.rest), tenTo(12-p)
	return (n + unit/2) / unit * unit % 86400e12
}

// offsetMinutes reads the offset of a time with time zone.
func offsetMinutes(z string) (int64, bool) {
	m := offsetPattern.FindStringSubmatch(strings.TrimSpace(z))
	if m == nil {
		return 0, false
	}
	n := int64(offsetSeconds(m) / 60)
	return n, n >= -maxOffset && n <= maxOffset && m[4] <= "59"
}

// clockZoned gives the interval text of a local time with an offset.
func clockZoned(picos, minutes int64) string {
	const day = 86400e12
	zone := int64(0)
	if minutes != 0 {
		zone = minutes + maxOffset + 1
	}
	return zonedText(((picos-minutes*60e12)%day+day)%day, zone)
}

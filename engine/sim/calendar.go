package sim

// The proleptic Gregorian calendar in integers, for the path to bytes. The
// algorithms are Howard Hinnant's "chrono-compatible low-level date algorithms".

const (
	second = 1_000_000 // microseconds
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// civil gives the date of a day counted from 1970-01-01, which must not be
// negative.
func civil(days int64) (year, month, dayOfMonth int64) {
	z := days + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month, dayOfMonth = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if month > 12 {
		month -= 12
	}
	if month <= 2 {
		year++
	}
	return year, month, dayOfMonth
}

// daysOf is the inverse of civil.
func daysOf(year, month, dayOfMonth int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + dayOfMonth - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// sunday gives the n-th Sunday of a month as a day number, or the last for n = 0.
func sunday(year, month, n int64) int64 {
	if n == 0 {
		next := daysOf(year, month+1, 1) // no rule here asks for December
		return sundayFrom(next - 7)
	}
	return sundayFrom(daysOf(year, month, 1+7*(n-1)))
}

// sundayFrom is the first Sunday on or after a day; 1970-01-01 was a Thursday.
func sundayFrom(d int64) int64 { return d + (3-d%7+7)%7 }

// offset gives the zone's minutes ahead of UTC at a time in microseconds.
func (z zone) offset(t int64) int64 {
	year, _, _ := civil(t / day)
	var from, to int64
	switch z.summer {
	case noSummer:
		return z.winter
	case americanSummer:
		from = sunday(year, 3, 2)*day + 2*hour - z.winter*minute
		to = sunday(year, 11, 1)*day + 2*hour - (z.winter+60)*minute
	case europeanSummer:
		from = sunday(year, 3, 0)*day + hour
		to = sunday(year, 10, 0)*day + hour
	}
	if t >= from && t < to {
		return z.winter + 60
	}
	return z.winter
}

// weekend tells whether a local day, counted from 1970-01-01, is Saturday or
// Sunday.
func weekend(days int64) bool { return (days+4)%7 == 0 || (days+4)%7 == 6 }

package tui

import (
	"strconv"
	"time"

	"acme/telemetry/engine/report"
)

// hourMap is a table's partitions as days by hours: how much is in each, what is
// missing, what is wrong.
type hourMap struct {
	days  []string
	at    map[string][24]int // partition of a day's hour, plus one; zero for none
	parts []Partition
	most  int64
	rows  bool // shades are rows, else bytes
}

// newHourMap reads partitions by year, month, day and hour; nil for a table that
// is partitioned otherwise.
func newHourMap(t Table, parts []Partition) *hourMap {
	keys := t.Columns[len(t.Columns)-t.Keys:]
	if len(keys) != 4 || keys[0].Name != "year" || keys[1].Name != "month" || keys[2].Name != "day" || keys[3].Name != "hour" || len(parts) == 0 {
		return nil
	}
	v := &hourMap{at: map[string][24]int{}, parts: parts, rows: true}
	for _, p := range parts {
		v.rows = v.rows && p.Rows >= 0
	}
	var first, last time.Time
	for i, p := range parts {
		var n [4]int
		ok := len(p.Values) == 4
		for k := 0; ok && k < 4; k++ {
			var err error
			n[k], err = strconv.Atoi(p.Values[k])
			ok = err == nil
		}
		if !ok || n[3] < 0 || n[3] > 23 {
			continue
		}
		day := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
		if first.IsZero() || day.Before(first) {
			first = day
		}
		if day.After(last) {
			last = day
		}
		hours := v.at[day.Format(time.DateOnly)]
		hours[n[3]] = i + 1
		v.at[day.Format(time.DateOnly)] = hours
		v.most = max(v.most, v.amount(p))
	}
	const most = 3660 // days: a partition of the year 9999 must not cost a screen
	for d := last; !d.Before(first) && len(v.days) < most; d = d.AddDate(0, 0, -1) {
		v.days = append(v.days, d.Format(time.DateOnly))
	}
	if len(v.days) == 0 {
		return nil
	}
	return v
}

func (v *hourMap) amount(p Partition) int64 {
	if v.rows {
		return p.Rows
	}
	return p.Bytes
}

// height is how many lines all of it takes.
func (v *hourMap) height() int { return len(v.days) + 1 }

// scale says what the shades mean.
func (v *hourMap) scale(th *theme) string {
	most := report.Count(v.most) + " rows"
	if !v.rows {
		most = report.Bytes(v.most)
	}
	return shadeOf(th, 1) + " " + most + "   " + th.g.warn + " look at it   " + th.g.bad + " damaged"
}

// draw gives h lines of w columns: the days around the partition at, the last day
// first, an hour in as many columns as there is room for.
func (v *hourMap) draw(th *theme, w, h, at int) []string {
	cell := min(max((w-12)/24, 1), 3)
	here := 0
	for d, day := range v.days {
		for _, i := range v.at[day] {
			if i == at+1 && at >= 0 {
				here = d
			}
		}
	}
	top := window{cur: here}
	top.clamp(len(v.days), h-1)
	head := th.newLine(w).space(12)
	for hour := 0; hour < 24; hour += 3 {
		head.cell(dim, twoDigits(hour), 3*cell, false)
	}
	out := []string{head.String()}
	for d := top.top; d < min(top.top+h-1, len(v.days)); d++ {
		l := th.newLine(w).cell(dim, v.days[d], 12, false)
		for _, i := range v.at[v.days[d]] {
			text, r := " ", track
			if i > 0 {
				p := v.parts[i-1]
				text, r = shadeOf(th, float64(v.amount(p))/float64(max(v.most, 1))), bar
				switch {
				case p.Bad:
					text, r = th.g.bad, bad
				case p.Health != "":
					text, r = th.g.warn, warn
				case text == " ":
					text, r = th.g.dot, dim
				}
			}
			l.sel = i > 0 && i == at+1
			for range cell {
				l.put(r, text)
			}
			l.sel = false
		}
		out = append(out, l.String())
	}
	return th.fit(out, w, h)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

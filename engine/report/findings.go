package report

import (
	"fmt"
	"math"
	"time"

	"acme/telemetry/engine/query"
)

// Thresholds of the findings. A figure beyond one makes the finding a warning
// or an error; all are stated in the finding that uses them.
const (
	smallSample     = 1000 // rows under which no finding stands on its own
	sampledShare    = 0.9  // rows to records under which the table is a sample of the objects
	endingsPerStart = 1.5  // more endings a start than this are not whole sessions
	completionGap   = 10   // points between devices that are worth a look
	bandwidthForHD  = 5    // Mbps
	bufferingWarn   = 1    // buffering events an event, on average
	bufferingError  = 2
	bufferingTimes  = 2 // times the average that single out a country or a quality
	earlyShare      = 40
	smallGroupShare = 0.05 // groups smaller than this share are not compared
	smallGroup      = 5    // nor are groups of fewer than this
)

// finding is one sentence, the figures it stands on and the rule it follows from.
type finding struct {
	severity    Severity
	text, basis string
}

// findings writes the key findings from the figures. None is written from a
// table that has no answer.
func (b *builder) findings() *Section {
	s := &Section{
		ID: "findings", Title: "Key findings", Layout: LayoutList,
		Columns: []Column{
			extra("severity", "varchar", "", KindSeverity, 0),
			extra("finding", "varchar", "Finding", KindText, 0),
			extra("stands_on", "varchar", "Stands on", KindText, 0),
		},
	}
	add := func(found []finding, most Severity) {
		for _, f := range found {
			s.Rows = append(s.Rows, query.Row{min(f.severity, most).String(), f.text, f.basis})
		}
	}
	about, groups := Error, Error
	small := b.small()
	if small {
		groups = Info // a difference between few rows is no warning
	}
	for _, found := range [][]finding{b.sampleFinding(), b.sessionFinding(), b.completionFinding(), b.bandwidthFinding(), b.bufferingFinding()} {
		add(found, about)
	}
	for _, found := range [][]finding{b.qualityFinding(), b.deviceFinding(), b.countryFinding(), b.durationFinding()} {
		add(found, groups)
	}
	add(b.hoursFinding(), about)
	add(b.checksFinding(), about)
	if small {
		s.Lead = fmt.Sprintf("From %s: too few to act on. Shares carry their 95%% interval.", plural(b.seen.Rows, "row"))
	}
	if len(s.Rows) == 0 {
		s.Notes = []string{"There is nothing to find in no rows."}
	}
	return s
}

// small says whether the rows are too few, or too few of the records.
func (b *builder) small() bool {
	return b.seen.Rows < smallSample || b.sampled()
}

func (b *builder) sampled() bool {
	return b.seen.Records > 0 && float64(b.seen.Rows) < sampledShare*float64(b.seen.Records)
}

func (b *builder) sampleFinding() []finding {
	seen := b.seen
	switch {
	case seen.Rows == 0 && seen.Records <= 0:
		return nil
	case b.sampled():
		return []finding{{Error,
			fmt.Sprintf("Every figure here stands on %s of %s events; the others are in the objects, and Athena does not see them.", Count(seen.Rows), Count(seen.Records)),
			fmt.Sprintf("volume: rows %s, events in the objects %s; rule: under %.0f%%", Count(seen.Rows), Count(seen.Records), 100*sampledShare)}}
	case seen.Rows < smallSample:
		return []finding{{Warn, fmt.Sprintf("Every figure here stands on %s, too few to compare groups.", plural(seen.Rows, "row")),
			fmt.Sprintf("volume: rows %s; rule: under %s", Count(seen.Rows), Count(smallSample))}}
	}
	return nil
}

// cell finds a figure: the value of column want in the row whose first column is key.
func (b *builder) cell(section, key, want string) (float64, bool) {
	s := b.sections[section]
	for _, row := range s.Rows {
		if len(row) > 0 && row[0] == any(key) {
			return float(value(s, row, want))
		}
	}
	return 0, false
}

func (b *builder) overview(want string) (float64, bool) {
	s := b.sections["overview"]
	if len(s.Rows) != 1 {
		return 0, false
	}
	return float(value(s, s.Rows[0], want))
}

func (b *builder) sessionFinding() []finding {
	starts, _ := b.cell("event_types", "start", "events")
	stops, _ := b.cell("event_types", "stop", "events")
	completes, _ := b.cell("event_types", "complete", "events")
	endings := stops + completes
	if endings == 0 && starts == 0 {
		return nil
	}
	basis := fmt.Sprintf("event_types: start %s, stop %s, complete %s; rule: more than %.1f endings a start", Count(int64(starts)), Count(int64(stops)), Count(int64(completes)), endingsPerStart)
	if endings > endingsPerStart*starts {
		return []finding{{Warn, fmt.Sprintf("%s starts against %s endings: these are not whole sessions, or starts are lost.", Count(int64(starts)), Count(int64(endings))), basis}}
	}
	return []finding{{OK, fmt.Sprintf("Starts and endings match (%s and %s): the events are whole sessions.", Count(int64(starts)), Count(int64(endings))), basis}}
}

func (b *builder) completionFinding() []finding {
	stops, ok1 := b.cell("event_types", "stop", "events")
	completes, ok2 := b.cell("event_types", "complete", "events")
	if !ok1 || !ok2 {
		return nil
	}
	return []finding{{Info, fmt.Sprintf("%s of the endings are completions.", b.share(int64(completes), int64(stops+completes))),
		fmt.Sprintf("event_types: complete %s of %s endings", Count(int64(completes)), Count(int64(stops+completes)))}}
}

func (b *builder) bandwidthFinding() []finding {
	mbps, ok := b.overview("avg_bandwidth_mbps")
	if !ok {
		return nil
	}
	f := finding{Info, fmt.Sprintf("Average bandwidth is %s Mbps.", fixed(mbps, 2)), fmt.Sprintf("overview: avg_bandwidth_mbps; rule: under %d Mbps HD does not hold", bandwidthForHD)}
	if mbps < bandwidthForHD {
		f.severity, f.text = Warn, fmt.Sprintf("Average bandwidth is %s Mbps, less than HD needs.", fixed(mbps, 2))
	}
	return []finding{f}
}

func (b *builder) bufferingFinding() []finding {
	events, ok := b.overview("avg_buffering_events")
	if !ok {
		return nil
	}
	f := finding{OK, fmt.Sprintf("Buffering is low: %s buffering events an event on average.", fixed(events, 2)),
		fmt.Sprintf("overview: avg_buffering_events; rule: over %d warn, over %d error", bufferingWarn, bufferingError)}
	switch {
	case events > bufferingError:
		f.severity, f.text = Error, fmt.Sprintf("Viewers buffer %s times on average: the alert's threshold is %d.", fixed(events, 2), bufferingError)
	case events > bufferingWarn:
		f.severity, f.text = Warn, fmt.Sprintf("Viewers buffer %s times on average.", fixed(events, 2))
	}
	return []finding{f}
}

func (b *builder) qualityFinding() []finding {
	s := b.sections["quality"]
	if len(s.Rows) == 0 {
		return nil
	}
	streams, _ := float(value(s, s.Rows[0], "streams"))
	top := Cell(s.Columns[0], s.Rows[0][0])
	out := []finding{{Info, fmt.Sprintf("%s is played most: %s of the rows.", top, b.share(int64(streams), b.seen.Rows)),
		fmt.Sprintf("quality: %s, streams %s", top, Count(int64(streams)))}}
	return append(out, b.outliers("quality", "quality", "streams")...)
}

// outliers names the groups that buffer much more than the average.
func (b *builder) outliers(section, key, size string) []finding {
	s := b.sections[section]
	mean, ok := b.overview("avg_buffering_events")
	if !ok || mean <= 0 {
		return nil
	}
	var out []finding
	for _, row := range s.Rows {
		n, _ := float(value(s, row, size))
		buffering, ok := float(value(s, row, "avg_buffering_events"))
		if !ok || buffering <= bufferingTimes*mean || tooFew(n, b.total(s, size)) {
			continue
		}
		name := b.label(s, row, key)
		out = append(out, finding{Warn, fmt.Sprintf("%s buffers most: %s against %s on average.", name, fixed(buffering, 2), fixed(mean, 2)),
			fmt.Sprintf("%s: %s, avg_buffering_events; rule: over %d times the average", section, name, bufferingTimes)})
	}
	return out
}

// tooFew says whether a group is too small to be compared with others.
func tooFew(n, total float64) bool { return n < smallGroup || n < smallGroupShare*total }

// total sums a column of counts.
func (b *builder) total(s *Section, column string) float64 {
	var sum float64
	for _, row := range s.Rows {
		n, _ := float(value(s, row, column))
		sum += n
	}
	return sum
}

// label shows a row's key.
func (b *builder) label(s *Section, row query.Row, key string) string {
	for i, c := range s.Columns {
		if c.Name == key && i < len(row) {
			return clipped(Cell(c, row[i]), 40)
		}
	}
	return null
}

func (b *builder) deviceFinding() []finding {
	s := b.sections["devices"]
	users := b.total(s, "users")
	if users == 0 {
		return nil
	}
	first, _ := float(value(s, s.Rows[0], "users"))
	name := b.label(s, s.Rows[0], "device_type")
	out := []finding{{Info, fmt.Sprintf("%s has most users: %s.", name, b.share(int64(first), int64(users))),
		fmt.Sprintf("devices: %s, users %s", name, Count(int64(first)))}}
	var low, high query.Row
	var least, most = math.Inf(1), math.Inf(-1)
	for _, row := range s.Rows {
		n, _ := float(value(s, row, "users"))
		completion, ok := float(value(s, row, "avg_completion_percentage"))
		if !ok || tooFew(n, users) {
			continue
		}
		if completion < least {
			low, least = row, completion
		}
		if completion > most {
			high, most = row, completion
		}
	}
	if most-least > completionGap {
		out = append(out, finding{Info, fmt.Sprintf("%s viewers get least far: %s%% of a title on average, %s viewers %s%%.",
			b.label(s, low, "device_type"), fixed(least, 1), b.label(s, high, "device_type"), fixed(most, 1)),
			fmt.Sprintf("devices: avg_completion_percentage; rule: more than %d points apart", completionGap)})
	}
	return out
}

func (b *builder) countryFinding() []finding {
	return b.outliers("geography", "country", "users")
}

func (b *builder) durationFinding() []finding {
	s := b.sections["session_duration"]
	total := b.total(s, "sessions")
	if total == 0 {
		return nil
	}
	n, _ := float(value(s, s.Rows[0], "sessions"))
	name := b.label(s, s.Rows[0], "duration_range")
	out := []finding{{Info, fmt.Sprintf("The commonest time watched is %s: %s.", name, b.share(int64(n), int64(total))),
		fmt.Sprintf("session_duration: %s, sessions %s", name, Count(int64(n)))}}
	early, _ := b.cell("session_duration", "< 5 min", "sessions")
	if 100*early > earlyShare*total {
		out = append(out, finding{Warn, fmt.Sprintf("%s of the events come within five minutes of watching.", b.share(int64(early), int64(total))),
			fmt.Sprintf("session_duration: < 5 min, sessions %s; rule: over %d%%", Count(int64(early)), earlyShare)})
	}
	return out
}

// hoursFinding looks for hours missing between the first and the last.
func (b *builder) hoursFinding() []finding {
	s := b.sections["partitions"]
	if len(s.Rows) < 2 {
		return nil
	}
	first, last := hourOf(s, s.Rows[0]), hourOf(s, s.Rows[len(s.Rows)-1])
	span := int(last.Sub(first)/time.Hour) + 1
	missing := span - len(s.Rows)
	basis := fmt.Sprintf("partitions: %d hours from %s to %s; rule: none missing", len(s.Rows), first.Format("2006-01-02 15"), last.Format("2006-01-02 15"))
	if missing == 0 {
		return []finding{{OK, fmt.Sprintf("No hour is missing among %d.", span), basis}}
	}
	return []finding{{Warn, fmt.Sprintf("%d of %d hours have no events.", missing, span), basis}}
}

func (b *builder) checksFinding() []finding {
	severity, text := b.worst()
	return []finding{{severity, "Data quality: " + text + ".", "data_quality"}}
}

// share says n of total as a percentage, with its 95% interval (Wilson) where
// the rows are few.
func (b *builder) share(n, total int64) string {
	if total == 0 {
		return "none"
	}
	p := float64(n) / float64(total)
	s := fmt.Sprintf("%s of %s (%s%%", Count(n), Count(total), fixed(100*p, 1))
	if b.small() {
		lo, hi := wilson(p, float64(total))
		s += fmt.Sprintf(", 95%% interval %.0f to %.0f%%", 100*lo, 100*hi)
	}
	return s + ")"
}

// wilson gives the 95% score interval of a proportion.
func wilson(p, n float64) (float64, float64) {
	const z = 1.959963984540054
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, centre-half), min(1, centre+half)
}

// fixed rounds a figure as Cell does.
func fixed(f float64, digits int) string {
	s, _ := decimalText(f)
	return grouped(rounded(s, digits))
}

package report

import (
	"context"
	"fmt"
	"time"

	"acme/telemetry/engine/query"
)

const (
	// usualDays is how many days of one hour it takes to say what is usual, as
	// in anomaly/hourly.sql.
	usualDays = 5
	// recent is how far back from the last hour an anomaly counts for the gate:
	// what was wrong once must not fail every gate after it.
	recent = 24 * time.Hour
)

// anomalies asks which hours are unlike the same hour of other days. Below five
// days there is no such section: nothing is usual yet.
func (b *builder) anomalies(ctx context.Context) error {
	hours := b.sections["partitions"]
	if days(hours) < usualDays {
		return nil
	}
	s := &Section{
		ID: "anomalies", Title: "Anomalies",
		Lead: "Hours unlike the same hour of other days, and where it shows most.",
		Notes: []string{"Deviation is counted in usual spreads of that hour: the median absolute deviation over the days, or the noise of so few events. " +
			"Also: so many other countries, cities, devices and providers stand out in the same hour and measure."},
	}
	if err := b.run(ctx, s, "anomaly/hourly.sql"); err != nil {
		return err
	}
	present(s, []Column{
		textual("started", "Hour"), textual("measure", "Measure"), textual("dimension", "Of"), named(textual("value", "Which")),
		number2("observed", "Observed"), number2("expected", "Usual"), shown("score", "Deviation", KindNumber, 1), counted("also", "Also"),
	})
	for _, row := range s.Rows {
		s.Drill = append(s.Drill, b.drill(unusualRows(s, row)))
	}
	b.sections[s.ID] = s
	b.checkUsual(s, hourOf(hours, hours.Rows[len(hours.Rows)-1]))
	return nil
}

// days counts the days of arrival in the partitions section.
func days(partitions *Section) int {
	seen := map[string]bool{}
	for _, row := range partitions.Rows {
		seen[hourOf(partitions, row).Format(time.DateOnly)] = true
	}
	return len(seen)
}

// checkUsual adds the check that no hour of the last day is unusual.
func (b *builder) checkUsual(s *Section, last time.Time) {
	quality := b.sections["data_quality"]
	const id, doc = "hours_usual", "No hour of the last 24 is unlike the same hour of other days."
	if s.Err != nil {
		b.unchecked(quality, id, doc, s.Err.Message)
		return
	}
	unusual := map[time.Time]bool{}
	for _, a := range lastDay(s, last) {
		unusual[a.at] = true
	}
	severity := OK
	if len(unusual) > 0 {
		severity = Warn
	}
	b.addCheck(quality, severity, id, int64(len(unusual)), int64(recent/time.Hour), doc, "")
}

// unusualHour is a row of the anomalies, by its number, and the hour it is about.
type unusualHour struct {
	at time.Time
	n  int
}

// lastDay gives the anomalies of the day that ends with the last hour there is.
func lastDay(s *Section, last time.Time) []unusualHour {
	var out []unusualHour
	for i, row := range s.Rows {
		if at, ok := startOf(s, row); ok && at.After(last.Add(-recent)) {
			out = append(out, unusualHour{at, i})
		}
	}
	return out
}

// startOf gives the hour that a row of the anomalies is about.
func startOf(s *Section, row query.Row) (time.Time, bool) {
	switch v := value(s, row, "started").(type) {
	case time.Time:
		return v.UTC(), true
	case string, query.Text:
		at, err := time.Parse("2006-01-02 15:04:05.999", plain(v))
		return at, err == nil
	}
	return time.Time{}, false
}

// unusualRows is the predicate for the events behind an anomaly; empty where
// there are none to show, as in an hour without events.
func unusualRows(s *Section, row query.Row) string {
	at, ok := startOf(s, row)
	if !ok {
		return ""
	}
	dimension := plain(value(s, row, "dimension"))
	if dimension == "all" {
		return hourPredicate(at)
	}
	if which := equals(dimension, value(s, row, "value")); which != "" {
		return hourPredicate(at) + " AND " + which
	}
	return ""
}

// rebuffering asks where sessions rebuffer more than twice on average, for alerts.
func (b *builder) rebuffering(ctx context.Context) error {
	if !b.o.Alerts {
		return nil
	}
	s := &Section{ID: "rebuffering", Title: "Rebuffering above two a session", Lead: "Hours and countries in which a session rebuffered more than twice on average."}
	if err := b.run(ctx, s, "alert/rebuffering.sql"); err != nil {
		return err
	}
	present(s, []Column{
		shown("year", "Year", KindText, 0), shown("month", "Month", KindText, 0), shown("day", "Day", KindText, 0), shown("hour", "Hour", KindText, 0),
		named(textual("country", "Country")), counted("sessions", "Sessions"), number2("rebuffers_per_session", "Rebuffers a session"), counted("sessions_above", "Sessions above 2"),
	})
	for _, row := range s.Rows {
		s.Drill = append(s.Drill, b.drill(hourPredicate(hourOf(s, row))+" AND "+equals("country", value(s, row, "country"))+" AND buffering_events > 2"))
	}
	b.sections[s.ID] = s
	return nil
}

// freshness adds the check that the newest event is no older than it may be.
func (b *builder) freshness() {
	if b.o.Fresh <= 0 {
		return
	}
	quality, overview := b.sections["data_quality"], b.sections["overview"]
	doc := fmt.Sprintf("The newest event is at most %s old.", b.o.Fresh)
	var newest time.Time
	if overview.Err == nil && len(overview.Rows) == 1 {
		newest, _ = time.Parse(time.RFC3339Nano, plain(value(overview, overview.Rows[0], "last_event")))
	}
	severity, late := OK, int64(0)
	switch age := b.o.Now.Sub(newest); {
	case newest.IsZero():
		severity, late, doc = Error, 1, doc+" There is none."
	case age > b.o.Fresh:
		severity, late, doc = Error, 1, doc+fmt.Sprintf(" It is of %s.", newest.UTC().Format(time.RFC3339))
	}
	b.addCheck(quality, severity, "events_fresh", late, 1, doc, "")
}

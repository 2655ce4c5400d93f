package report

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"acme/telemetry/engine/query"
)

// Alert is something that somebody should be told, in the form in which
// CloudWatch tells it through SNS, so that what reads those reads this.
type Alert struct {
	Name    string // as acme-rebuffering
	Subject string // one line, at most 100 characters as SNS has it
	Reason  string
	Metric  string
	Value   float64
	Limit   float64
	// At is the begin of the hour that the alert is about, UTC; zero where it is
	// about the whole report.
	At time.Time
	// Dimensions are what the metric is of, as {"country", "Canada"}.
	Dimensions [][2]string
	// Section and Row are where the document says it; Row counts from 0.
	Section string
	Row     int
}

const (
	alertTopic     = "arn:aws:sns:local:000000000000:acme-alerts"
	alertNamespace = "Acme/Telemetry"
	subjectLength  = 100
)

// Alerts gives what the report found that somebody should be told: sessions that
// rebuffer more than twice on average (Options.Alerts), unusual hours of the last
// day, and data quality checks that do not hold. In the report's order.
func (d *Document) Alerts() []Alert {
	var out []Alert
	if s := d.Section("rebuffering"); s != nil {
		for i, row := range s.Rows {
			a := rebufferingAlert(s, row)
			a.Section, a.Row = s.ID, i
			out = append(out, a)
		}
	}
	out = append(out, d.unusualAlerts()...)
	if s := d.Section("data_quality"); s != nil {
		for i, row := range s.Rows {
			if severity := plain(value(s, row, "severity")); severity != OK.String() && plain(value(s, row, "rule")) != "hours_usual" {
				a := qualityAlert(s, row, severity)
				a.Section, a.Row = s.ID, i
				out = append(out, a)
			}
		}
	}
	return out
}

func rebufferingAlert(s *Section, row query.Row) Alert {
	at, country := hourOf(s, row), plain(value(s, row, "country"))
	n, _ := value(s, row, "rebuffers_per_session").(float64)
	return Alert{
		Name: "acme-rebuffering", Metric: "RebuffersPerSession", Value: n, Limit: 2, At: at,
		Subject: fmt.Sprintf("Rebuffering in %s: %.1f a session", country, n),
		Reason: fmt.Sprintf("%s sessions rebuffered %.2f times on average in the hour from %s, more than 2; %s of them more than twice.",
			Count(integer(value(s, row, "sessions"))), n, at.Format(time.RFC3339), Count(integer(value(s, row, "sessions_above")))),
		Dimensions: [][2]string{{"country", country}},
	}
}

func (d *Document) unusualAlerts() []Alert {
	s, hours := d.Section("anomalies"), d.Section("partitions")
	if s == nil || hours == nil || len(hours.Rows) == 0 {
		return nil
	}
	last := hourOf(hours, hours.Rows[len(hours.Rows)-1])
	var out []Alert
	for _, a := range lastDay(s, last) {
		at, row := a.at, s.Rows[a.n]
		measure, dimension, which := plain(value(s, row, "measure")), plain(value(s, row, "dimension")), plain(value(s, row, "value"))
		observed, _ := value(s, row, "observed").(float64)
		expected, _ := value(s, row, "expected").(float64)
		score, _ := value(s, row, "score").(float64)
		out = append(out, Alert{
			Name: "acme-anomaly-" + measure, Metric: measure, Value: observed, Limit: expected, At: at,
			Subject: fmt.Sprintf("Unusual %s of %s at %s", measure, which, at.Format("2006-01-02 15:00")),
			Reason: fmt.Sprintf("%s is %.2f in the hour from %s, and %.2f in the same hour of other days: %.1f usual spreads away.",
				measure, observed, at.Format(time.RFC3339), expected, score),
			Dimensions: [][2]string{{dimension, which}},
			Section:    s.ID, Row: a.n,
		})
	}
	return out
}

func qualityAlert(s *Section, row query.Row, severity string) Alert {
	rule := plain(value(s, row, "rule"))
	n, of := value(s, row, "offending"), value(s, row, "total")
	a := Alert{
		Name: "acme-quality-" + rule, Metric: "Offending", Subject: "Data quality " + severity + ": " + rule,
		Reason:     plain(value(s, row, "meaning")),
		Dimensions: [][2]string{{"rule", rule}},
	}
	if n != nil {
		a.Value = float64(integer(n))
		a.Reason = fmt.Sprintf("%s of %s: %s", Count(integer(n)), Count(integer(of)), a.Reason)
	}
	return a
}

// WriteJSON writes the alert as one SNS notification on a line: Message is the JSON
// of a CloudWatch alarm. MessageId follows from what the alert says and of which
// table, so that the same alert sent again is known again. now is when it is sent.
func (a Alert) WriteJSON(w io.Writer, table string, now time.Time) error {
	type dimension struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	alarm := struct {
		AlarmName        string
		AlarmDescription string
		NewStateValue    string
		NewStateReason   string
		StateChangeTime  string
		Trigger          struct {
			MetricName         string
			Namespace          string
			Dimensions         []dimension
			Period             int
			ComparisonOperator string
			Threshold, Value   float64
		}
	}{AlarmName: a.Name, AlarmDescription: a.Subject, NewStateValue: "ALARM", NewStateReason: a.Reason}
	at := a.At
	if at.IsZero() {
		at = now
	}
	alarm.StateChangeTime = at.UTC().Format("2006-01-02T15:04:05.000+0000")
	t := &alarm.Trigger
	t.MetricName, t.Namespace, t.Period, t.Threshold, t.Value = a.Metric, alertNamespace, 3600, a.Limit, a.Value
	t.ComparisonOperator = "GreaterThanThreshold"
	if a.Value < a.Limit {
		t.ComparisonOperator = "LessThanThreshold"
	}
	t.Dimensions = append(t.Dimensions, dimension{"table", table})
	for _, d := range a.Dimensions {
		t.Dimensions = append(t.Dimensions, dimension{d[0], query.Printable(d[1])})
	}
	message, err := json.Marshal(alarm)
	if err != nil {
		return fmt.Errorf("report: encoding alert %s: %w", a.Name, err)
	}
	identity := alarm
	if a.At.IsZero() {
		identity.StateChangeTime = "" // of the whole report: the same at any time
	}
	named, err := json.Marshal(identity)
	if err != nil {
		return fmt.Errorf("report: encoding alert %s: %w", a.Name, err)
	}
	line, err := json.Marshal(struct {
		Type      string
		MessageID string `json:"MessageId"`
		TopicArn  string
		Subject   string
		Message   string
		Timestamp string
	}{"Notification", messageID(named), alertTopic, subject(a.Subject), string(message), now.UTC().Format("2006-01-02T15:04:05.000Z")})
	if err != nil {
		return fmt.Errorf("report: encoding alert %s: %w", a.Name, err)
	}
	_, err = w.Write(append(query.PrintableJSON(line), '\n'))
	return err
}

// messageID is a UUID of version 8 made from the message.
func messageID(of []byte) string {
	h := sha256.Sum256(of)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func subject(s string) string {
	r := []rune(query.Printable(s))
	return string(r[:min(len(r), subjectLength)])
}

package sim

import (
	"context"
	"fmt"
	"math/bits"
	"strings"
)

// Explanation is what a scenario comes to: every value with where it is from, and
// what a run is expected to give.
type Explanation struct {
	Name   string      `json:"name"`
	Seed   int64       `json:"seed"`
	Digest string      `json:"digest"`
	Fields []Explained `json:"fields"`

	From    string `json:"from"`
	To      string `json:"to"`
	Visits  int64  `json:"visits"`  // sessions, or rows where rows are independent
	Records int64  `json:"records"` // expected
	Bytes   int64  `json:"bytes"`   // expected, of JSON
}

// Explained is one field's value.
type Explained struct {
	Path   string `json:"path"`
	Value  string `json:"value"`
	Source string `json:"source"` // file:line:column, or "default"
	Doc    string `json:"doc"`
}

// Explain resolves the scenario for a window; the zero Window is the scenario's
// own, or a day from its start where it has no end. Visits follow from the curve;
// records and bytes of a visit from a sample, a sixteenth of an hour's.
func (s *Scenario) Explain(w Window) (Explanation, error) {
	if w == (Window{}) {
		w = Window{s.Start, s.Start + dayMS}
		if s.Duration > 0 {
			w.To = s.Start + s.Duration
		}
	}
	e := Explanation{Name: s.Name, Seed: s.Seed, Digest: fmt.Sprintf("%x", s.Digest()), From: formatTime(w.From), To: formatTime(w.To)}
	e.Fields = explainFields(s, scenarioFields, s, "", "")
	for i := range s.Faults {
		f := &s.Faults[i]
		e.Fields = append(e.Fields, explainFields(s, faultFields, f, f.Kind, "faults."+f.ID+".")...)
	}
	p := newPlan(s)
	e.Visits = p.expect(w)
	sample := Window{w.From, min(w.To, w.From+3_600_000)}
	stats, err := Generate(context.Background(), s, Job{Window: sample, Shard: Shard{0, 16}})
	if err != nil {
		return e, fmt.Errorf("explain: sample: %w", err)
	}
	if of := uint64(p.expect(sample)) / 16; of > 0 {
		e.Records = int64(mulDiv(uint64(e.Visits), uint64(stats.Records), of))
		e.Bytes = int64(mulDiv(uint64(e.Visits), uint64(stats.Bytes), of))
	}
	return e, nil
}

func explainFields[T any](s *Scenario, table []field[T], from *T, kind, where string) []Explained {
	var all []Explained
	for i := range table {
		f := &table[i]
		v := value(f.at(from))
		source := "default"
		if at, ok := s.origins[where+f.path]; ok {
			source = at.String()
		}
		if !f.applies(kind) || f.def == "" && unset(v) && source == "default" {
			continue
		}
		all = append(all, Explained{where + f.path, formatValue(f.kind, v), source, f.doc})
	}
	return all
}

// expect gives the visits that begin in a window, on average, or the rows that
// leave in it.
func (p *plan) expect(w Window) int64 {
	from, to := w.From*1000/cellLength, w.To*1000/cellLength
	var sum uint64
	if p.rows {
		every := p.tick / cellLength
		for cell := (from + every - 1) / every * every; cell < to; cell += every {
			sum += uint64(p.rowCount(cell))
		}
		return int64(sum)
	}
	var ofCountry [countryCount]uint64
	for _, pl := range places {
		ofCountry[pl.country] += pl.share
	}
	const step = 15 // minutes; the curve is straight between full hours
	for cell := from; cell < to; cell += step {
		c := p.clock(cell + min(step, to-cell)/2)
		var share uint64 // of the curve's maximum, 10^-9
		for i, pl := range places {
			hi, _ := bits.Mul64(c[i]<<1, uint64(p.sc.Population.Countries[pl.country])*1000*pl.share/ofCountry[pl.country])
			share += hi / 1000
		}
		sum += mulDiv(share*uint64(min(step, to-cell)), uint64(p.sc.Arrivals.MeanPerHour)*uint64(p.curveMax)/1000, 60*micro)
	}
	return int64(sum / 1000)
}

// Text gives the explanation for a person: a table, then what to expect.
func (e *Explanation) Text() string {
	var b strings.Builder
	width := 0
	for _, f := range e.Fields {
		width = max(width, len(f.Path))
	}
	fmt.Fprintf(&b, "scenario %s, seed %d, digest %s\n\n", e.Name, e.Seed, e.Digest[:16])
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "%-*s  %s", width, f.Path, f.Value)
		if f.Source != "default" {
			fmt.Fprintf(&b, "  (%s)", f.Source)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\nfrom %s to %s: about %d visits, %d records, %s of JSON\n", e.From, e.To, e.Visits, e.Records, roundSize(e.Bytes))
	return b.String()
}

// roundSize writes a size with three digits or so.
func roundSize(n int64) string {
	for _, u := range []unit{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= int64(u.worth) {
			tenths := n / (int64(u.worth) / 10)
			return fmt.Sprintf("%d.%d %s", tenths/10, tenths%10, u.suffix)
		}
	}
	return fmt.Sprintf("%d B", n)
}

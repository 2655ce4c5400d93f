package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"acme/telemetry/sql"
)

// incident is a fault of a scenario: the ground truth.
type incident struct {
	kind, dimension, value string
	from, to               time.Time
}

// episode is an anomaly that goes on: hours in a row in which one measure is unusual.
type episode struct {
	measure  string
	from, to time.Time
	which    []string // "dimension value" of each hour
	figures  []string
}

var incidentKinds = []string{"outage", "bandwidth", "telemetry_gap", "late", "duplicate", "null_field"}

// TestIncidents scores sql/anomaly against what the simulator did: incidents of six
// kinds, drawn by a seed, each in a country, a class of device or at a provider. An
// episode is right if an incident goes on in its hours; what an incident held back
// arrives up to two hours after it, and an hour's folder has the first minutes of the
// next. ACME_INCIDENTS gives the seeds of whole runs, of 20 incidents in 14 days and
// 2.2 million events each; without it there is one of six incidents.
func TestIncidents(t *testing.T) {
	seeds, n, days, perHour := []string{"7"}, 6, 7, 1000
	if set := os.Getenv("ACME_INCIDENTS"); set != "" {
		seeds, n, days, perHour = strings.Split(set, ","), 20, 14, 2000
	}
	for _, seed := range seeds {
		t.Run("seed "+seed, func(t *testing.T) {
			number, err := strconv.ParseUint(seed, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			truth, scenario := drawIncidents(number, n, days, perHour)
			file := filepath.Join(dir, "incidents.yaml")
			if err := os.WriteFile(file, scenario, 0o666); err != nil {
				t.Fatal(err)
			}
			runAcme(t, "generate", "--lake", filepath.Join(dir, "lake"), "--scenario", file, "-q")
			score(t, truth, unusual(t, filepath.Join(dir, "lake")))
		})
	}
}

// drawIncidents makes a scenario with n incidents in as many equal parts of its days.
func drawIncidents(seed uint64, n, days, perHour int) ([]incident, []byte) {
	rng := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	start := time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC)
	countries := map[string]string{"US": "United States", "GB": "United Kingdom", "CA": "Canada"}
	var truth []incident
	faults := []map[string]any{}
	part := days * 24 / n
	for i, k := range rng.Perm(n) {
		kind := incidentKinds[k%len(incidentKinds)]
		at, hours := i*part+2+rng.IntN(part-7), 1+rng.IntN(3)
		scope := pick("isp", "device", "country")
		var value string
		switch scope {
		case "isp":
			value = pick("Comcast", "Spectrum", "AT&T", "BT", "Sky", "Virgin Media", "Rogers", "Bell", "Telus")
		case "device":
			value = pick("mobile", "web", "tv")
		case "country":
			value = pick("US", "GB", "CA")
		}
		f := map[string]any{
			"id": fmt.Sprintf("i%02d", i), "kind": kind, "at": fmt.Sprintf("%dh", at), "for": fmt.Sprintf("%dh", hours),
			"scope": map[string]any{scope: []string{value}},
		}
		switch kind {
		case "bandwidth":
			f["factor"] = pick("0.2", "0.3", "0.4")
		case "late":
			f["p"], f["delay"] = "60%", map[string]any{"min": "30m", "max": "2h"}
		case "duplicate":
			f["p"] = pick("20%", "50%")
		case "null_field":
			f["p"], f["field"] = pick("10%", "30%"), pick("bandwidth_mbps", "session_id", "quality")
		}
		faults = append(faults, f)
		dimension := strings.ReplaceAll(scope, "device", "device_type")
		if name, ok := countries[value]; ok {
			value = name
		}
		from := start.Add(time.Duration(at) * time.Hour)
		truth = append(truth, incident{kind, dimension, value, from, from.Add(time.Duration(hours) * time.Hour)})
	}
	text, _ := json.Marshal(map[string]any{
		"apiVersion": "acme/v1", "engine": 1, "name": "incidents", "seed": seed, "faults": faults,
		"time":     map[string]any{"start": start.Format(time.RFC3339), "duration": fmt.Sprintf("%dh", days*24)},
		"arrivals": map[string]any{"mean_per_hour": perHour},
	})
	return truth, text
}

// unusual asks a lake for its anomalies and joins those of hours in a row.
func unusual(t *testing.T, dir string) []episode {
	text, err := sql.Files.ReadFile("anomaly/hourly.sql")
	if err != nil {
		t.Fatal(err)
	}
	var hours []struct {
		Started, Measure, Dimension, Value string
		Observed, Expected, Score          float64
	}
	if err := json.Unmarshal([]byte(runAcme(t, "query", "--lake", dir, "--format", "json", "--limit", "100000", string(text))), &hours); err != nil {
		t.Fatal(err)
	}
	open, all := map[string]*episode{}, []*episode{}
	for _, h := range hours {
		at, err := time.Parse("2006-01-02 15:04:05.999", h.Started)
		if err != nil {
			t.Fatal(err)
		}
		e := open[h.Measure]
		if e == nil || e.to.Before(at) {
			e = &episode{measure: h.Measure, from: at}
			open[h.Measure], all = e, append(all, e)
		}
		e.to = at.Add(time.Hour)
		e.which = append(e.which, h.Dimension+" "+h.Value)
		e.figures = append(e.figures, fmt.Sprintf("%.2f for %.2f (%+.1f)", h.Observed, h.Expected, h.Score))
	}
	var out []episode
	for _, e := range all {
		out = append(out, *e)
	}
	return out
}

// score prints and checks recall, precision, delay and whether the right value was named.
func score(t *testing.T, truth []incident, episodes []episode) {
	var right, found, named int
	var delay time.Duration
	hits := func(e episode, in incident) bool {
		return e.from.Before(in.to.Add(2*time.Hour)) && e.to.After(in.from.Add(-time.Hour))
	}
	for _, e := range episodes {
		if slices.ContainsFunc(truth, func(in incident) bool { return hits(e, in) }) {
			right++
		} else {
			t.Logf("false alarm: %s from %s to %s: %s: %s", e.measure, e.from.Format("2 15:04"), e.to.Format("2 15:04"),
				strings.Join(e.which, ", "), strings.Join(e.figures, ", "))
		}
	}
	for _, in := range truth {
		first, name := time.Time{}, false
		for _, e := range episodes {
			if hits(e, in) {
				if first.IsZero() || e.from.Before(first) {
					first = e.from
				}
				name = name || slices.Contains(e.which, in.dimension+" "+in.value)
			}
		}
		if first.IsZero() {
			t.Logf("missed: %s of %s from %s to %s", in.kind, in.value, in.from.Format("2 15:04"), in.to.Format("2 15:04"))
			continue
		}
		found++
		delay += max(first.Add(time.Hour).Sub(in.from), 0)
		if name {
			named++
		}
	}
	recall, precision := float64(found)/float64(len(truth)), float64(right)/float64(max(len(episodes), 1))
	t.Logf("%d of %d incidents found: recall %.2f; %d of %d episodes right: precision %.2f; the value named for %d; known %s after its begin on average",
		found, len(truth), recall, right, len(episodes), precision, named, (delay / time.Duration(max(found, 1))).Round(time.Minute))
	if recall < 0.9 && found < len(truth)-1 || precision < 0.9 {
		t.Errorf("recall %.2f, precision %.2f; want 0.9", recall, precision)
	}
}

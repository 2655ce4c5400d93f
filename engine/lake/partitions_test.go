package lake

import (
	"slices"
	"testing"

	"acme/telemetry/schema"
)

// There is one reading of a partition's folder, by whoever it is asked for.
func TestPartitionNumbers(t *testing.T) {
	events := schema.Events()
	for folder, want := range map[string][]int{
		"telemetry/year=2025/month=08/day=11/hour=17/":          {2025, 8, 11, 17},
		"telemetry/year=2025/month=8/day=11/hour=5/":            {2025, 8, 11, 5},
		"telemetry/YEAR=2025/Month=08/day=11/hour=17/":          {2025, 8, 11, 17},
		"telemetry/year=2025/month=%308/day=11/hour=17/":        {2025, 8, 11, 17},
		"telemetry/year=2025/month=13/day=11/hour=17/":          {2025, 13, 11, 17}, // an integer, which a query can ask for
		"telemetry/month=08/year=2025/day=11/hour=17/":          nil,
		"telemetry/year=2025/month=08/day=11/":                  nil,
		"telemetry/year=2025/month=08/day=11/hour=17/x=1/":      nil,
		"telemetry/year=2025/month=08/day=11/hour=x/":           nil,
		"telemetry/year=2025/month=08/day=11/17/":               nil,
		"telemetry/year=2025/month=08/day=11/hour=99999999999/": nil,
		"telemetry/": nil,
	} {
		p := Partition{Folder: folder, Values: partitionValues(folder, events.Prefix)}
		got, ok := p.Numbers(events)
		if ok != (want != nil) || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", folder, got, ok)
		}
		if _, hour := p.hour(); hour != ok {
			t.Errorf("%s: a backfill takes it for an hour: %v", folder, hour)
		}
		if wrong := wrongFolder(&p, events) != ""; wrong != (!ok || got[1] == 13) {
			t.Errorf("%s: inspect calls it wrong: %v", folder, wrong)
		}
		if _, hour := hourOf(&p, events); (hour != "") != (ok && got[1] != 13) {
			t.Errorf("%s: inspect's hour is %q", folder, hour)
		}
	}
}

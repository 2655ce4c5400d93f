package sim

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestCivilAgreesWithTheStandardLibrary(t *testing.T) {
	for d := int64(0); d < 200_000; d++ {
		y, m, dom := civil(d)
		want := time.Unix(d*86400, 0).UTC()
		if y != int64(want.Year()) || m != int64(want.Month()) || dom != int64(want.Day()) {
			t.Fatalf("civil(%d) = %d-%d-%d, want %s", d, y, m, dom, want.Format(time.DateOnly))
		}
		if back := daysOf(y, m, dom); back != d {
			t.Fatalf("daysOf(%d, %d, %d) = %d, want %d", y, m, dom, back, d)
		}
		if got, want := weekend(d), want.Weekday() == time.Saturday || want.Weekday() == time.Sunday; got != want {
			t.Fatalf("weekend(%d) = %v, want %v", d, got, want)
		}
	}
}

// The frozen rules are those of the years the telemetry is about; the tz
// database of the toolchain is the judge.
func TestZonesAgreeWithTheTimeZoneDatabase(t *testing.T) {
	names := [zoneCount]string{
		zoneEastern: "America/New_York", zoneCentral: "America/Chicago", zoneMountain: "America/Edmonton",
		zoneArizona: "America/Phoenix", zonePacific: "America/Los_Angeles", zoneLondon: "Europe/London",
	}
	from := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	for z, name := range names {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for h := range 3 * 365 * 24 {
			at := from.Add(time.Duration(h) * time.Hour)
			_, want := at.In(loc).Zone()
			if got := zones[z].offset(at.UnixMicro()); got*60 != int64(want) {
				t.Fatalf("%s at %s: offset %d min, want %d s", name, at, got, want)
			}
		}
	}
}

package lake

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// over asserts that who generates again is told which folders stay empty, and of how many
// records, and that a backfill leaves their hours alone.
func (c *crowd) over(t *testing.T, folders []string) {
	t.Helper()
	want := slices.DeleteFunc(slices.Clone(folders), func(f string) bool { return !strings.Contains(f, "day=11/hour") })
	for _, format := range []Format{JSON, Parquet} { // each another run than the crowd's, in a lake whose books are gone
		st := store.NewMemory("over")
		for key, data := range tree(t, c.config.Store) {
			if strings.HasPrefix(key, manifestsPrefix) {
				putObject(t, st, key, []byte(data))
			}
		}
		again := *c
		again.config.Store, again.config.Layout.Format = st, format
		gaps, err := FindGaps(t.Context(), again.config)
		if err != nil || gaps.Over != 2 || len(gaps.Windows) != 1 || gaps.Windows[0].From != again.config.Run.From+2*hourMS {
			t.Errorf("%s: the gaps are %+v, %v", format, gaps, err)
		}
		w, err := NewWriter(t.Context(), again.config)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.records {
			if err := w.Write([]schema.Record{c.record(i)}); err != nil {
				t.Fatal(err)
			}
		}
		sum, err := w.Close()
		if err != nil {
			t.Fatal(err)
		}
		got, left := w.Over()
		mine := slices.DeleteFunc(slices.Clone(want), func(f string) bool { return strings.HasPrefix(f, "telemetry/") != (format == JSON) })
		if !slices.Equal(got, mine) || len(mine) != 2 || sum.Rows+sum.Failed+left != int64(c.records) && format == JSON || left == 0 {
			t.Errorf("%s: %v stay empty, and %d records are left out of %d of which %d are there; want %v", format, got, left, c.records, sum.Rows, mine)
		}
	}
}

// What is over goes, by hour and by day; what is not, and what has no time, stays. Neither
// the books nor who writes the same again bring it back.
func TestRetain(t *testing.T) {
	st := store.NewMemory("retain")
	c := newCrowd(st, 4, 20, 400) // 17:00 to 21:00
	c.fill(t)
	before := tree(t, st)
	o := RetainOptions{Before: time.UnixMilli(c.config.Run.From).Add(2*time.Hour + time.Minute), Plan: true}
	plan, err := Retain(t.Context(), st, o)
	if err != nil || !maps.Equal(before, tree(t, st)) {
		t.Fatal(err)
	}
	var folders []string
	for _, f := range plan.Folders {
		folders = append(folders, f.Folder)
	}
	// The day of the errors and of the daily Parquet is not over but for that of 1 August.
	if want := []string{
		"errors/format-conversion-failed/year=2025/month=08/day=01/", "errors/processing-failed/year=2025/month=08/day=01/",
		"telemetry/year=2025/month=08/day=01/hour=00/", "telemetry/year=2025/month=08/day=11/hour=17/", "telemetry/year=2025/month=08/day=11/hour=18/",
		"telemetry_parquet/year=2025/month=08/day=11/hour=17/", "telemetry_parquet/year=2025/month=08/day=11/hour=18/",
		"telemetry_parquet_day/year=2025/month=08/day=01/",
	}; !slices.Equal(folders, slices.DeleteFunc(want, func(f string) bool { return !slices.Contains(folders, f) && strings.HasPrefix(f, "errors/format") })) {
		t.Errorf("planned %v", folders)
	}
	o.Plan = false
	done, err := Retain(t.Context(), st, o)
	if err != nil || done.Objects != plan.Objects || done.Versions != done.Objects {
		t.Fatalf("%+v, %v", done, err)
	}
	look := func(when string) {
		t.Helper()
		for key, data := range before {
			if isBook(key) {
				continue
			}
			folder, _ := split(key)
			now, there := tree(t, st)[key]
			if gone := slices.Contains(folders, folder); gone == there || there && now != data {
				t.Errorf("%s: %s: gone %v, there %v", when, key, gone, there)
			}
		}
		if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 {
			t.Errorf("%s: %+v, %v", when, v, err)
		}
	}
	look("gone")
	c.bringBack(t, st, look)
	c.over(t, folders)
	// One that was killed behind the switch is finished by the next.
	old := folders[len(folders)-2]
	for key, data := range before {
		if strings.HasPrefix(key, old) {
			putObject(t, st, key, []byte(data))
		}
	}
	if _, err := Retain(t.Context(), st, o); err != nil {
		t.Fatal(err)
	}
	look("finished")
	if r, err := Retain(t.Context(), st, RetainOptions{Before: o.Before.Add(1000 * time.Hour), Prefix: "telemetry/"}); err != nil || r.Objects == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for key := range tree(t, st) {
		if strings.HasPrefix(key, "telemetry/") {
			t.Errorf("%s is there still", key)
		}
	}
}

// below gives the keys of a lake's data below a prefix.
func below(t *testing.T, st store.Store, prefix string) (keys []string) {
	t.Helper()
	for key := range tree(t, st) {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// What retention has taken an export does not put again: not a plan that was left, nor one
// of the same records when the group's positions are lost or set back.
func TestRetainedAndExported(t *testing.T) {
	c := newTrial(t, 1)
	c.Layout.Format = Both
	for n := range 60 {
		c.send(0, n, int64(n)*180_000) // three hours
	}
	// Killed in the midst: objects are there and a plan is open.
	if err := c.exportFor(time.Minute, &life{steps: 9}); err == nil {
		t.Fatal("it was not killed")
	}
	o := RetainOptions{Before: time.UnixMilli(sampleFrom).Add(2*time.Hour + time.Minute)}
	old := func() int {
		return len(below(t, c.w.Store, "telemetry/year=2025/month=08/day=11/hour=17/")) + len(below(t, c.w.Store, "telemetry_parquet/year=2025/month=08/day=11/hour=17/"))
	}
	if old() == 0 {
		t.Fatal("nothing was exported before the kill")
	}
	if r, err := Retain(t.Context(), c.w.Store, o); err != nil || len(r.Folders) == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	look := func(when string) {
		t.Helper()
		if n := old(); n > 0 {
			t.Errorf("%s: %d objects are there again", when, n)
		}
		if len(below(t, c.w.Store, "telemetry/year=2025/month=08/day=11/hour=19/")) == 0 {
			t.Errorf("%s: what is not over is not there", when)
		}
	}
	c.mustExport()
	look("gone on")
	c.verified()
	c.topic.forget()
	c.mustExport()
	look("the positions lost")
	c.topic.setBack()
	c.mustExport()
	look("set back")
}

// beforePut is a store that does something before the first put below a prefix.
type beforePut struct {
	store.Store
	prefix string
	first  *sync.Once
	do     func()
}

func (b beforePut) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	if strings.HasPrefix(key, b.prefix) {
		b.first.Do(b.do)
	}
	return b.Store.Put(ctx, key, r)
}

// An exporter that was at work before there was anything void in the lake does not fill
// what retention takes meanwhile.
func TestRetainedWhileExporting(t *testing.T) {
	const hour17 = "telemetry/year=2025/month=08/day=11/hour=17/"
	c := newTrial(t, 1)
	for n := range 60 {
		c.send(0, n, int64(n)*180_000) // three hours
	}
	putObject(t, c.w.Store, hour17+"firehose.gz", []byte(zipped(`{"event_id":"EVENT_old"}`+"\n")))
	m := c.topic.join(nil)
	defer c.topic.leave(m)
	config := c.ExportConfig
	config.Log, config.Store = m, beforePut{c.w.Store, hour17, new(sync.Once), func() {
		if r, err := Retain(t.Context(), c.w.Store, RetainOptions{Before: time.UnixMilli(sampleFrom).Add(time.Hour + time.Minute)}); err != nil || len(r.Folders) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	}}
	e, err := NewExporter(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if there := below(t, c.w.Store, hour17); len(there) > 0 {
		t.Errorf("there is again %v", there)
	}
	if len(below(t, c.w.Store, "telemetry/")) == 0 {
		t.Error("what is not over is not there")
	}
	c.verified()
}

// What retention has taken of the Parquet a migration does not put again, though there is
// JSON of the hour still, and more of it came late.
func TestRetainedAndMigrated(t *testing.T) {
	st := store.NewMemory("retained")
	samples(t, st, 0, 3, 30, "\n") // hour 17
	migrated(t, st)
	const hour17, hour19 = "telemetry_parquet/year=2025/month=08/day=11/hour=17/", "telemetry_parquet/year=2025/month=08/day=11/hour=19/"
	if len(below(t, st, hour17)) != 1 {
		t.Fatalf("there is %v", below(t, st, ""))
	}
	r, err := Retain(t.Context(), st, RetainOptions{Before: time.UnixMilli(sampleFrom).Add(time.Hour + time.Minute), Prefix: "telemetry_parquet/"})
	if err != nil || len(r.Folders) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, hour := range []string{"17", "19"} {
		putObject(t, st, "telemetry/year=2025/month=08/day=11/hour="+hour+"/late.gz", []byte(zipped(`{"event_id":"EVENT_late","customer_id":"CUST_1"}`+"\n")))
	}
	m := migrated(t, st)
	if there := below(t, st, hour17); len(there) > 0 {
		t.Errorf("there is again %v", there)
	}
	if there := below(t, st, hour19); len(there) != 1 {
		t.Errorf("of an hour that is not over there is %v: %+v", there, m)
	}
	if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

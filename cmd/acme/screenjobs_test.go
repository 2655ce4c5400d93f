package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/report"
	"acme/telemetry/tui"
)

// TestVerbJobs: a verb runs as a job on the lake of the screen; its progress and its
// lines are told, an error comes with its hint, and the screen itself is no job.
func TestVerbJobs(t *testing.T) {
	dir := t.TempDir()
	p := &program{env: map[string]string{"HOME": dir, "ACME_LAKE": dir}, environ: []string{"HOME=" + dir}, now: time.Now}
	p.global.lake = dir + "/lake"
	v := verbJobs{p, &pipelineMonitor{p: p}}
	var mu sync.Mutex
	var last tui.Progress
	var lines []string
	run := func(args ...string) error {
		lines = nil
		return v.Run(context.Background(), args, func(q tui.Progress) {
			mu.Lock()
			defer mu.Unlock()
			last = q
		}, func(line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line)
		})
	}
	if err := run("generate", "--scenario", "seed-hour", "--set", "population.customers=300", "--for", "10m"); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	if last.Unit != "events" || last.Done == 0 {
		t.Errorf("progress %+v", last)
	}
	if err := run("verify"); err != nil {
		t.Errorf("verify: %v\n%s", err, strings.Join(lines, "\n"))
	}
	if err := run("generate", "--scenario", "nosuch"); err == nil || len(lines) == 0 {
		t.Errorf("a wrong scenario: %v, %q", err, lines)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	lines = nil
	err := v.Run(ctx, []string{"generate", "--from", "2025-09-01", "--for", "1h"}, func(tui.Progress) {}, func(line string) { lines = append(lines, line) })
	if said := strings.Join(lines, "\n"); !errors.Is(err, context.Canceled) || !strings.HasPrefix(said, "acme: cancelled") || strings.Contains(said, "context canceled") {
		t.Errorf("cancelled: %v, said %q", err, said)
	}
	if err := run("tui"); err == nil {
		t.Error("the screen ran as a job")
	}
	lake := v.p.lakeURI()
	if v.Verbs(); v.p.lakeURI() != lake {
		t.Errorf("to ask for the verbs changes the lake from %s to %s", lake, v.p.lakeURI())
	}
	for _, verb := range v.Verbs() {
		if verb.Does == "" {
			t.Errorf("%s: says nothing", verb.Args)
		}
	}
}

func TestProgressIn(t *testing.T) {
	for line, want := range map[string]tui.Progress{
		`{"what":"generate","done":5,"total":10,"unit":"events","rate":2,"elapsed_seconds":1,"state":"running"}`: {Step: "generate", Done: 5, Total: 10, Unit: "events"},
		`{"time":"2025-08-01T00:00:00Z","state":"running","published":9,"delivered":7,"lag":2}`:                  {Step: "publish and deliver", Done: 7, Unit: "events"},
		`{"rows": 3}`: {}, `acme: wrote 3`: {}, `{`: {},
	} {
		if got, ok := progressIn(line); got != want || ok != (want != tui.Progress{}) {
			t.Errorf("%s: %+v, %v", line, got, ok)
		}
	}
}

// TestReadPrometheus: what this program serves is what it reads.
func TestReadPrometheus(t *testing.T) {
	var b strings.Builder
	s := exportMetrics(lake.ExportStats{Records: 17, Freshness: 4.5, KafkaOffsetLag: map[int32]int64{3: 99, 11: 0}})
	if err := writePrometheus(&b, "a \"stream\"", s); err != nil {
		t.Fatal(err)
	}
	values, lags := readPrometheus(strings.NewReader(b.String()))
	if values["DeliveryToS3_Records_total"] != 17 || values["DeliveryToS3_DataFreshness"] != 4.5 || lags[3] != 99 || len(lags) != 2 {
		t.Errorf("%v %v", values, lags)
	}
}

// TestPutTrouble: puts that fail grade the exporter as long as nothing was stored since;
// what is over is told and grades nothing.
func TestPutTrouble(t *testing.T) {
	var k putTrouble
	for i, v := range []struct {
		retries, objects int64
		want             report.Severity
		text             string
	}{
		{0, 3, report.OK, "lag 0"}, {2, 3, report.Warn, "lag 0"}, {2, 3, report.Warn, "lag 0"},
		{2, 4, report.OK, "lag 0, puts tried again: 2"}, {3, 4, report.Warn, "lag 0"}, {0, 0, report.OK, "lag 0"},
	} {
		got := k.exportStages(&tui.Snapshot{Objects: v.objects}, v.retries, nil)[0]
		if got.Grade != v.want || got.Text != v.text || (got.Why != "") != (v.want == report.Warn) {
			t.Errorf("%d: %+v", i, got)
		}
	}
	full := fmt.Errorf("put it: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
	if got := k.exportStages(&tui.Snapshot{Objects: 5}, 1, full)[0]; got.Grade != report.Warn || !strings.Contains(got.Why, "disk of the lake is full") || !strings.Contains(got.Next, "nothing is lost") {
		t.Errorf("a full disk: %+v", got)
	}
}

// TestLastFigures: what a pipeline comes to at its end is told once after it, and not the
// lag that it had when it was looked at last, nor the puts that were tried again: one of
// what is no object, such as of a position, is not seen to succeed.
func TestLastFigures(t *testing.T) {
	l := &pipeline{p: &program{now: time.Now}, o: &pipelineOptions{}}
	m := &pipelineMonitor{p: l.p, here: l, tail: &topicTail{cancel: func() {}}}
	l.o.events.kafka.speed = 1
	l.before = lake.ExportStats{Records: 10, KafkaOffsetLag: map[int32]int64{0: 7}}
	l.published.Store(17)
	if s, err := m.Snapshot(t.Context(), "", 10); err != nil || s.Delivered != 10 || s.Lag[0].Lag != 7 {
		t.Fatalf("while it runs: %+v, %v", s, err)
	}
	ill := func(s tui.Snapshot) bool {
		return slices.ContainsFunc(s.Stages, func(g tui.Stage) bool { return g.Name == "exporter" && g.Grade != report.OK })
	}
	l.before = lake.ExportStats{Records: 10, KafkaOffsetLag: map[int32]int64{0: 7}, Retries: 2}
	if s, err := m.Snapshot(t.Context(), "", 10); err != nil || !ill(s) {
		t.Errorf("while puts are tried again: %+v, %v", s, err)
	}
	l.before = lake.ExportStats{Records: 17, KafkaOffsetLag: map[int32]int64{0: 0}, Retries: 2}
	m.attach(nil)
	if s, err := m.Snapshot(t.Context(), "", 10); err != nil || ill(s) || s.Delivered != 17 || s.Published != 17 || s.Lag[0].Lag != 0 {
		t.Errorf("at its end: %+v, %v", s, err)
	}
	if _, err := m.Snapshot(t.Context(), "", 10); err != io.EOF {
		t.Errorf("after it: %v", err)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"acme/telemetry/engine/lake"
)

// filledStats has another value in every field.
func filledStats(t *testing.T) lake.ExportStats {
	t.Helper()
	var s lake.ExportStats
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.Int64:
			f.SetInt(int64(1000 + i))
		case reflect.Float64:
			f.SetFloat(float64(i) + 0.25)
		case reflect.Map:
			f.Set(reflect.ValueOf(map[int32]int64{0: 7, 11: 0, 19: 1 << 40}))
		default:
			t.Fatalf("field %s: a kind that no metric has", v.Type().Field(i).Name)
		}
	}
	return s
}

// TestMetricsParse: Prometheus' own parser reads what is served, and finds every figure
// of an export under CloudWatch's name, whatever the stream is called.
func TestMetricsParse(t *testing.T) {
	s := filledStats(t)
	const name = "a \"stream\"\\ with\nodd \xff letters"
	var stderr bytes.Buffer
	p := &program{stderr: &stderr, now: time.Now}
	m, err := p.serveMetrics("127.0.0.1:0", name, func() lake.ExportStats { return s })
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + m.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("content type %q", kind)
	}
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	for field, want := range figures(t, s) {
		base := strings.ReplaceAll(field, ".", "_")
		family := families[base]
		if family == nil {
			family = families[base+"_total"]
		}
		if family == nil {
			t.Errorf("%s is not served", field)
			continue
		}
		if family.GetHelp() == "" || (family.GetType() == dto.MetricType_COUNTER) != strings.HasSuffix(family.GetName(), "_total") {
			t.Errorf("%s: type %v, help %q", family.GetName(), family.GetType(), family.GetHelp())
		}
		got := map[string]float64{}
		for _, sample := range family.GetMetric() {
			key := ""
			for _, l := range sample.GetLabel() {
				switch l.GetName() {
				case "DeliveryStreamName":
					if l.GetValue() != strings.ToValidUTF8(name, "\uFFFD") {
						t.Errorf("%s: stream %q", field, l.GetValue())
					}
				case "Partition":
					key = l.GetValue()
				}
			}
			got[key] = sample.GetCounter().GetValue() + sample.GetGauge().GetValue()
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: served %v, want %v", field, got, want)
		}
	}
	if n := len(figures(t, s)); n != len(families) {
		t.Errorf("%d families served, an export has %d figures", len(families), n)
	}
	if !strings.Contains(stderr.String(), "metrics on http://"+m.address+"/metrics") {
		t.Errorf("said %q", stderr.String())
	}
	if err := m.close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + m.address + "/metrics"); err == nil {
		t.Error("it answers after it was closed")
	}
}

// figures gives the figures of an export by their JSON names.
func figures(t *testing.T, s lake.ExportStats) map[string]map[string]float64 {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]float64{}
	for name, v := range fields {
		switch v := v.(type) {
		case float64:
			out[name] = map[string]float64{"": v}
		case map[string]any:
			out[name] = map[string]float64{}
			for k, n := range v {
				out[name][k] = n.(float64)
			}
		}
	}
	return out
}

// TestMetricsOfNothing: an export that has read nothing has figures too.
func TestMetricsOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := writePrometheus(&b, "s", append(exportMetrics(lake.ExportStats{Success: 1}), metric{name: "Odd", help: "x\ny", value: math.Inf(1)})); err != nil {
		t.Fatal(err)
	}
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := families["DeliveryToS3_Success"].GetMetric()[0].GetGauge().GetValue(); got != 1 {
		t.Errorf("success %v", got)
	}
	if got := families["Odd"]; got.GetHelp() != "x\ny" || !math.IsInf(got.GetMetric()[0].GetGauge().GetValue(), 1) {
		t.Errorf("odd: %v", got)
	}
}

// TestMetricsLine: a line of JSON has CloudWatch's names.
func TestMetricsLine(t *testing.T) {
	var stderr bytes.Buffer
	p := &program{stderr: &stderr, now: func() time.Time { return time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC) }}
	s := filledStats(t)
	if err := p.sayMetrics("stream", "running", s); err != nil {
		t.Fatal(err)
	}
	var line struct {
		Time    string         `json:"time"`
		Stream  string         `json:"DeliveryStreamName"`
		State   string         `json:"state"`
		Metrics map[string]any `json:"metrics"`
	}
	if err := json.Unmarshal(stderr.Bytes(), &line); err != nil || strings.Count(stderr.String(), "\n") != 1 {
		t.Fatalf("%v: %q", err, stderr.String())
	}
	names := slices.Sorted(maps.Keys(line.Metrics))
	if line.Time != "2026-11-30T04:00:00Z" || line.Stream != "stream" || line.State != "running" || !slices.Contains(names, "DeliveryToS3.DataFreshness") || len(names) != len(figures(t, s)) {
		t.Errorf("line %+v", line)
	}
}

// TestMetricsAddress: where it cannot listen it says so, and what to do.
func TestMetricsAddress(t *testing.T) {
	p := &program{stderr: io.Discard, now: time.Now}
	for _, listen := range []string{"9464", ":9464"} {
		if _, err := p.serveMetrics(listen, "s", nil); err == nil || exitCode(err) != exitUsage {
			t.Errorf("%s: %v", listen, err)
		}
	}
	m, err := p.serveMetrics("127.0.0.1:0", "s", func() lake.ExportStats { return lake.ExportStats{} })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.close() }()
	if _, err := p.serveMetrics(m.address, "s", nil); err == nil || exitCode(err) != exitFailed {
		t.Errorf("an address that is taken: %v", err)
	}
}

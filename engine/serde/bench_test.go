package serde_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// hour gives n events of about 600 bytes each as a producer writes them.
func hour(n int, between string) string {
	var out strings.Builder
	for i := range n {
		h := uint64(i+1) * 0x9E3779B97F4A7C15
		fmt.Fprintf(&out, `{"event_id":"EVENT_%016x%016x","customer_id":"CUST_%08x","title_id":"TITLE_%08x","session_id":"SESSION_%016x",`+
			`"event_type":"%s","event_timestamp":"2025-08-11T17:%02d:%02d.%06dZ","watch_duration_seconds":%d,"position_seconds":%d,`+
			`"completion_percentage":%d.%02d,"device_type":"mobile","device_id":"DEVICE_%016x","device_os":"Android","app_version":"5.%d.0",`+
			`"quality":"HD","bandwidth_mbps":%d.%02d,"buffering_events":%d,"buffering_duration_seconds":0,"error_count":0,`+
			`"ip_address":"192.0.2.%d","country":"United Kingdom","state":"","city":"Manchester","isp":"Virgin Media","connection_type":"fiber"}%s`,
			h, h*31, h>>40, h>>44, h*7, [...]string{"start", "stop", "pause"}[i%3], i%60, i*7%60, h%1000000, h%7200, h%5000,
			h%100, h%97, h*5, h%10, h%30, h%89, h%3, h%250, between)
	}
	return out.String()
}

func drain(tb testing.TB, r *serde.Reader, name string, body []byte) int {
	r.Open(name, bytes.NewReader(body))
	rows := 0
	for {
		b, err := r.Next()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			tb.Fatal(err)
		}
		rows += b.Rows
	}
}

func BenchmarkRead(b *testing.B) {
	columns := serde.ColumnsOf(schema.Events())
	all := make([]int, len(columns))
	for i := range all {
		all[i] = i
	}
	lines := hour(20000, "\n")
	for _, c := range []struct {
		name, object, body string
		project            []int
	}{
		{"all24", "f.json", lines, all},
		{"six", "f.json", lines, []int{1, 3, 4, 8, 13, 19}},
		{"count", "f.json", lines, nil},
		{"all24gzip", "f.gz", string(pack(lines)), all},
		{"spaces", "f.json", strings.ReplaceAll(strings.ReplaceAll(lines, ",\"", ", \""), "\":", "\": "), all},
		{"undelimited", "f.json", hour(20000, ""), all},
	} {
		b.Run(c.name, func(b *testing.B) {
			body := []byte(c.body)
			r, err := serde.New(columns, c.project, serde.Options{IgnoreMalformed: true})
			if err != nil {
				b.Fatal(err)
			}
			drain(b, r, c.object, body)
			b.SetBytes(r.Stats().Bytes)
			b.ReportAllocs()
			for b.Loop() {
				drain(b, r, c.object, body)
			}
		})
	}
}

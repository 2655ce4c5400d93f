package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"acme/telemetry/engine/lake"
)

// BenchmarkExport exports three hours of the scenario streaming, an operation each, as acme
// export does: of the broker that ACME_KAFKA names, in a topic made for it, or else of one in
// this process.
func BenchmarkExport(b *testing.B) {
	address, topic := kafka(b), fmt.Sprintf("acme-bench-%d", time.Now().UnixNano())
	runAcme(b, "generate", "-q", "--to", "kafka", "--create-topic", "--timestamp", "now", "--brokers", address, "--topic", topic,
		"--scenario", "streaming", "--from", "2025-08-11", "--for", "3h")
	folder, records := b.TempDir(), int64(0)
	for n := 0; b.Loop(); n++ {
		group := strconv.Itoa(n)
		said := runAcme(b, "export", "-q", "--json", "--brokers", address, "--topic", topic, "--group", topic+"-"+group,
			"--lake", filepath.Join(folder, group), "--until-idle", "1ms")
		var stats lake.ExportStats
		if err := json.Unmarshal([]byte(said), &stats); err != nil {
			b.Fatal(err)
		}
		records += stats.Records
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}

package dialect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkSamples is the translation of the sample queries, one after another.
func BenchmarkSamples(b *testing.B) {
	catalog := testCatalog(b)
	for _, name := range []string{"realtime_metrics", "content_performance", "quality_of_service_offered", "user_behavior"} {
		sql, err := os.ReadFile(filepath.Join("../../sql/samples", name+".sql"))
		if err != nil {
			b.Fatal(err)
		}
		text := strings.ReplaceAll(string(sql), "video_telemetry_json", "events")
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Translate(text, Options{Database: "acme_telemetry", Catalog: catalog}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

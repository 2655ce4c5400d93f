package engine

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"acme/telemetry/engine/sim"
)

var update = flag.Bool("update", false, "write the pages that derive from the code")

// Editors check scenario files against docs/scenario.schema.json, so that it has
// to be what the simulator takes.
func TestScenarioSchemaAgrees(t *testing.T) {
	const path = "../docs/scenario.schema.json"
	want := append(bytes.TrimRight(sim.Schema(), "\n"), '\n')
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the simulator takes: go test ./engine -update writes it", path)
	}
}

// The README names the DuckDB that go.mod links: v0.10506.0 of the bindings is
// DuckDB 1.5.6.
func TestReadmeNamesDuckDB(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^\tgithub\.com/duckdb/duckdb-go-bindings (v0\.(\d+)\.\d+)$`).FindSubmatch(mod)
	if m == nil {
		t.Fatal("go.mod requires no DuckDB bindings of the form v0.MMmmpp.n")
	}
	n, err := strconv.Atoi(string(m[2]))
	if err != nil {
		t.Fatal(err)
	}
	release := fmt.Sprintf("DuckDB %d.%d.%d", n/10000, n/100%100, n%100)
	for _, want := range []string{string(m[1]), release} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("README.md does not say %q, which go.mod links", want)
		}
	}
}

package engine

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "acme/telemetry/"

// policy lists each package with what it may import of the project, in the order
// of the floors. A package that is not listed may not exist.
const policy = `
schema:
sql:
engine:
engine/sim: schema
engine/store:
engine/store/storetest: engine/store
engine/store/s3: engine/store
engine/store/s3/s3test:
engine/serde: schema
engine/floattext:
engine/inflate:
engine/deflate: engine/inflate
engine/dialect: engine/floattext
engine/dialect/conformance: engine/dialect engine/query engine/query/duckdb engine/query/trino
engine/query: engine/floattext
engine/query/querytest: engine/query
engine/stream: schema engine/deflate engine/inflate
engine/lake: schema engine/deflate engine/inflate engine/store engine/serde
engine/query/duckdb: schema engine/floattext engine/query engine/dialect engine/serde engine/store
engine/query/trino: engine/floattext engine/query
engine/tables: engine/dialect engine/query engine/lake engine/serde engine/store
engine/report: schema sql engine/query
tui: schema engine/query engine/report
tui/tuitest:
cmd/acme: schema sql engine/sim engine/store engine/store/s3 engine/serde engine/dialect engine/query engine/stream engine/lake engine/query/duckdb engine/query/trino engine/tables engine/report tui
`

// bans forbid what is not the project's, each with its reason. A path that ends
// in "..." stands for everything below it.
var bans = []struct{ pkg, path, why string }{
	{"schema", "github.com/...", "the contract must not depend on how anybody encodes it"},
	{"engine/sim", "os", "the same scenario gives the same events, whatever machine it is"},
	{"engine/sim", "net", "events come from the seed alone"},
	{"engine/sim", "math", "floating point differs between processors; math/bits does not"},
	{"engine/sim", "math/rand", "its helper algorithms may change; the streams are the project's own"},
	{"engine/sim", "math/rand/v2", "its helper algorithms may change; the streams are the project's own"},
	{"engine/sim", "crypto/rand", "events come from the seed alone"},
	{"engine/dialect", "database/sql", "the front end knows text and types, not engines"},
	{"engine/dialect", "os", "the front end opens nothing"},
	{"engine/store", "compress/gzip", "a store keeps bytes, whatever they are"},
	{"engine/store", "github.com/...", "a folder and memory need nobody's library; store/s3 is there for the SDK"},
	{"engine/report", "os", "the report opens nothing"},
	{"engine/lake", "github.com/twmb/...", "the lake takes a log by the words of schema, whoever reads it"},
	{"engine/stream", "os", "files and the environment are the command line's; what they say comes in as values"},
	{"engine/stream", "math/rand", "which partition a record goes to follows from its key alone"},
	{"engine/stream", "math/rand/v2", "which partition a record goes to follows from its key alone"},
	{"tui", "os/exec", "the screen runs nothing"},
	{"tui", "net/...", "the screen opens no socket"},
	{"tui", "database/sql", "the screen opens no engine"},
}

// sdkOfS3 is what only engine/store/s3 may import.
const sdkOfS3 = "github.com/aws/aws-sdk-go-v2/service/s3/..."

// cgoOnly are the packages whose code may link DuckDB.
var cgoOnly = []string{"engine/query/duckdb", "cmd/acme"}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestFloors(t *testing.T) {
	pkgs := listPackages(t)
	allowed := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(policy), "\n") {
		name, imports, _ := strings.Cut(line, ":")
		allowed[name] = strings.Fields(imports)
	}
	for _, p := range pkgs {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, listed := allowed[name]
		if !listed {
			t.Errorf("%s: no floor of the house; add it to the policy with the reason, or move its code", name)
			continue
		}
		for _, imp := range p.Imports {
			if of, ours := strings.CutPrefix(imp, module); ours && !slices.Contains(may, of) {
				t.Errorf("%s imports %s: the policy allows it only %v", name, of, may)
			}
			for _, ban := range bans {
				if ban.pkg == name && matches(ban.path, imp) {
					t.Errorf("%s imports %s: %s", name, imp, ban.why)
				}
			}
			if matches(sdkOfS3, imp) && name != "engine/store/s3" {
				t.Errorf("%s imports %s: only engine/store/s3 talks to S3", name, imp)
			}
			if strings.HasPrefix(imp, "github.com/duckdb/") && name != "engine/query/duckdb" {
				t.Errorf("%s imports %s: only engine/query/duckdb talks to DuckDB", name, imp)
			}
		}
		if slices.ContainsFunc(p.Deps, func(dep string) bool { return strings.HasPrefix(dep, "github.com/duckdb/") }) && !slices.Contains(cgoOnly, name) {
			t.Errorf("%s links DuckDB: only %v may", name, cgoOnly)
		}
	}
}

func matches(pattern, path string) bool {
	if below, all := strings.CutSuffix(pattern, "/..."); all {
		return path == below || strings.HasPrefix(path, below+"/")
	}
	return pattern == path
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Imports,Deps", module+"...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var pkgs []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatalf("read go list's answer: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

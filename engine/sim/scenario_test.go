package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every file of testdata/scenario is wrong; beside it stands all that is wrong
// with it.
func TestScenarioErrors(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "scenario")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", dir, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(filepath.Base(file), src, func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join(dir, name))
		})
		var all Errors
		if !errors.As(err, &all) || len(all) == 0 {
			t.Errorf("%s: got %v, want Errors", file, err)
			continue
		}
		want := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(want, []byte(err.Error()+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, readErr := os.ReadFile(want)
		if readErr != nil || string(text) != err.Error()+"\n" {
			t.Errorf("%s: got\n%s\nwant\n%s", file, err, text)
		}
	}
}

// header is what every scenario begins with.
const header = "apiVersion: acme/v1\nengine: 1\nname: test\ntime: {start: \"2025-08-11T17:00:00Z\"}\n"

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		parse func(string) (int64, error)
		text  string
		want  int64
	}{
		{parseDuration, "5m", 300_000}, {parseDuration, "1h30m", 5_400_000}, {parseDuration, "350ms", 350}, {parseDuration, "1.5s", 1500},
		{parseDuration, "0", 0}, {parseDuration, "2d", 172_800_000},
		{parseShare, "0.5%", 5_000_000}, {parseShare, "0.005", 5_000_000}, {parseShare, "100%", nano}, {parseShare, "1", nano}, {parseShare, "0.0000001%", 1},
		{func(s string) (int64, error) { return parseUnits(s, rateUnits) }, "8Mbps", 8000},
		{func(s string) (int64, error) { return parseUnits(s, rateUnits) }, "8.25Mbps", 8250},
		{func(s string) (int64, error) { return parseUnits(s, sizeUnits) }, "128MiB", 128 << 20},
		{func(s string) (int64, error) { return parseUnits(s, sizeUnits) }, "0.5KiB", 512},
		{parseTime, "2025-08-11T17:00:00Z", 1_754_931_600_000},
	} {
		if got, err := c.parse(c.text); got != c.want || err != nil {
			t.Errorf("%s is %d, %v; want %d", c.text, got, err, c.want)
		}
	}
	for _, c := range []struct {
		parse func(string) (int64, error)
		text  string
		want  string
	}{
		{parseDuration, "5", "no unit"}, {parseDuration, "5 m", "not a number"}, {parseDuration, "5min", "unknown unit"}, {parseDuration, "-5m", ""},
		{parseDuration, "1.0005s", "too many decimals"}, {parseDuration, "99999999999999999999h", "too large"},
		{parseShare, "101%", "more than 100%"}, {parseShare, "0.00000000001", "too many decimals"}, {parseShare, "1e-3", "not a number"},
		{func(s string) (int64, error) { return parseUnits(s, rateUnits) }, "8MBps", "unknown unit"},
		{func(s string) (int64, error) { return parseUnits(s, sizeUnits) }, "0.3KiB", "too many decimals"},
		{parseTime, "2025-08-11T17:00:00+02:00", "in UTC"}, {parseTime, "2025-08-11", "in UTC"}, {parseTime, "2525-08-11T17:00:00Z", "outside"},
	} {
		if _, err := c.parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.text, err, c.want)
		}
	}
}

// A value written by format is read by parse as the same value.
func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom([]kind{integerKind, decimalKind, signedKind, shareKind, durationKind, offsetKind, sizeKind, rateKind, timeKind, momentKind}).Draw(t, "kind")
		v := rapid.Int64Range(0, nano).Draw(t, "v")
		if k == timeKind || k == momentKind {
			v *= 1000
		}
		if (k == signedKind || k == offsetKind) && rapid.Bool().Draw(t, "negative") {
			v = -v
		}
		text := formatNumber(k, v)
		if got, err := kindParser(k, 0)(text); got != v || err != nil {
			t.Fatalf("kind %d: %d is written %q and read as %d, %v", k, v, text, got, err)
		}
	})
}

func TestShippedScenarios(t *testing.T) {
	for _, name := range Shipped() {
		sc := load(t, name)
		if sc.Name != name || sc.Description == "" {
			t.Errorf("%s is named %q, described %q", name, sc.Name, sc.Description)
		}
		// The resolved form is a scenario of its own, and the same one.
		again, err := Parse("resolved", sc.YAML(), nil)
		if err != nil {
			t.Fatalf("%s resolved:\n%s\n%v", name, sc.YAML(), err)
		}
		if !bytes.Equal(again.Canonical(), sc.Canonical()) || again.Seed != sc.Seed || again.Description != sc.Description {
			t.Errorf("%s: parsing its resolved form gives another scenario: %v", name, Diff(sc, again))
		}
		if !json.Valid(sc.Canonical()) {
			t.Errorf("%s: the canonical form is not JSON: %s", name, sc.Canonical())
		}
	}
	if _, err := Load("seed-hours"); err == nil || !strings.Contains(err.Error(), `did you mean "seed-hour"?`) {
		t.Errorf("got %v", err)
	}
	withFaults := load(t, "streaming", everyFault)
	again, err := Parse("resolved", withFaults.YAML(), nil)
	if err != nil || !bytes.Equal(again.Canonical(), withFaults.Canonical()) {
		t.Errorf("faults do not survive the resolved form: %v\n%s", err, withFaults.YAML())
	}
}

// The digest names the model: it moves with every field that decides a byte, and
// with no other.
func TestDigest(t *testing.T) {
	base := load(t, "seed-hour")
	for _, set := range []string{"seed=43", "name=other", "description=other"} {
		if load(t, "seed-hour", set).Digest() != base.Digest() {
			t.Errorf("%s changes the digest", set)
		}
	}
	for _, set := range []string{
		"session.pauses=0.9", "delivery.delimiter=none", "time.duration=2h", "catalogue.titles=251", "population.activity=[1,1,1,1,1,1,1,1,1,1]",
		"faults=[{id: a, kind: drop, p: 1%}]",
	} {
		if load(t, "seed-hour", set).Digest() == base.Digest() {
			t.Errorf("%s does not change the digest", set)
		}
	}
	// A default that is written out is the same scenario.
	if load(t, "seed-hour", "session.pauses=0.8", "delivery.size=128MiB").Digest() != base.Digest() {
		t.Error("a default written out changes the digest")
	}
}

func TestExtends(t *testing.T) {
	files := map[string]string{
		"base.yaml": header + "description: base\nnetwork: {bandwidth: {median: {tv: 20Mbps, web: 10Mbps}}}\nfaults: [{id: a, kind: drop}, {id: b, kind: drop}]\n",
		"mid.yaml":  "extends: base.yaml\nnetwork: {bandwidth: {median: {tv: 30Mbps}}}\n",
		"loop.yaml": "extends: loop.yaml\n",
	}
	base := func(name string) ([]byte, error) {
		if src, ok := files[name]; ok {
			return []byte(src), nil
		}
		return nil, fmt.Errorf("open %s: no such file", name)
	}
	sc, err := Parse("top.yaml", []byte("extends: mid.yaml\nname: top\nfaults: [{id: c, kind: drop}]\n"), base)
	if err != nil {
		t.Fatal(err)
	}
	if sc.Name != "top" || sc.Description != "base" || sc.Network.Median[tv] != 30_000 || sc.Network.Median[web] != 10_000 {
		t.Errorf("mappings do not merge: %s %s %v", sc.Name, sc.Description, sc.Network.Median)
	}
	if len(sc.Faults) != 1 || sc.Faults[0].ID != "c" {
		t.Errorf("lists do not replace: %v", sc.Faults)
	}
	for src, want := range map[string]string{
		"extends: loop.yaml\n":  "loop.yaml:1:10: extends: loop.yaml extends itself",
		"extends: other.yaml\n": "top.yaml:1:10: extends: read other.yaml: open other.yaml: no such file",
	} {
		if _, err := Parse("top.yaml", []byte(src), base); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", src, err, want)
		}
	}
}

func TestSet(t *testing.T) {
	sc := load(t, "streaming", everyFault)
	if err := sc.Set("faults.lost.p=3%"); err != nil || sc.fault("lost").P != 30_000_000 {
		t.Errorf("by id: %v, %v", err, sc.fault("lost"))
	}
	if err := sc.Set("faults.0.delay.max=1h"); err != nil || sc.Faults[0].Delay[1] != 3_600_000 {
		t.Errorf("by number: %v, %v", err, sc.Faults[0])
	}
	if err := sc.Set("population.countries={US: 50%, GB: 50%, CA: 0}"); err != nil || sc.Population.Countries[canada] != 0 {
		t.Errorf("a mapping: %v, %v", err, sc.Population.Countries)
	}
	before := sc.Digest()
	for set, want := range map[string]string{
		"session.pause=3":            "--set:1:15: session.pause: must be a mapping with median, sigma",
		"session.pausse=3":           `--set:1:1: unknown key "pausse" in session (did you mean "pauses"?)`,
		"devices.tv=40%":             "--set:1:12: devices: the shares add up to 109%, and must to 100%",
		"faults.none.p=1%":           `--set:1:1: faults.none.p: there is no "none" in the list`,
		"seed":                       `--set:1:1: "seed" is not path=value`,
		"delivery.size=128":          `--set:1:15: delivery.size: "128": has no unit; use one of KiB, MiB, GiB, kB, MB, GB, B`,
		"name=NO":                    "--set:1:6: name: NO is a boolean to many YAML readers; quote it if it is text",
		"time.start=17:00":           "--set:1:12: time.start: 17:00 is a number to base 60 to some YAML readers; quote it, or write a duration like 17h",
		"arrivals.mean_per_hour=042": "--set:1:24: arrivals.mean_per_hour: 042 is octal to some YAML readers; write it without the leading zero",
		"extends=streaming":          "--set:1:1: extends can stand only in a file",
	} {
		if err := sc.Set(set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", set, err, want)
		}
	}
	if sc.Digest() != before {
		t.Error("a Set that failed changed the scenario")
	}
}

func TestDiff(t *testing.T) {
	a, b := load(t, "seed-hour", everyFault), load(t, "seed-hour", everyFault, "seed=43", "session.pauses=0.9", "faults.lost.p=3%", "faults.dark.scope.city=[London, Leeds]")
	want := []Change{{"seed", "42", "43"}, {"session.pauses", "0.8", "0.9"}, {"faults.lost.p", "1%", "3%"}, {"faults.dark.scope.city", "London", "London, Leeds"}}
	if got := Diff(a, b); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	none := load(t, "seed-hour", "faults=[{id: new, kind: late}]")
	if got := Diff(none, load(t, "seed-hour")); !slices.Equal(got, []Change{{"faults.new", "late", ""}}) {
		t.Errorf("got %v", got)
	}
	if got := Diff(a, a); got != nil {
		t.Errorf("got %v from the same", got)
	}
}

func TestExplain(t *testing.T) {
	for _, name := range Shipped() {
		sc := load(t, name, everyFault, "seed=7")
		e, err := sc.Explain(Window{})
		if err != nil {
			t.Fatal(err)
		}
		text := e.Text()
		for _, want := range []string{"session.pauses", "0.8\n", "seed ", "(--set:1:6)", "faults.dark.scope.city", "London"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		w := minutes(sc, 0, 60)
		if sc.Duration == 0 {
			w.To = w.From + dayMS
		}
		clean := load(t, name, "seed=7")
		if e, err = clean.Explain(w); err != nil {
			t.Fatal(err)
		}
		stats, err := Generate(t.Context(), clean, Job{Window: w, Shard: Shard{5, 16}})
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string][2]int64{"records": {e.Records, stats.Records * 16}, "bytes": {e.Bytes, stats.Bytes * 16}} {
			if d := c[0] - c[1]; max(d, -d)*12 > c[1] {
				t.Errorf("%s: expected %d %s, a sixteenth gives %d", name, c[0], what, c[1])
			}
		}
	}
}

// The schema names every field of the tables, and nothing else.
func TestSchemaHasEveryField(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	if root["$schema"] != "https://json-schema.org/draft/2020-12/schema" || root["additionalProperties"] != false {
		t.Errorf("got %v", root["$schema"])
	}
	got := leafPaths(root, "")
	want := []string{"extends", "faults"}
	for i := range scenarioFields {
		want = append(want, scenarioFields[i].path)
	}
	if slices.Sort(got); !slices.Equal(got, sorted(want)) {
		t.Errorf("got %v\nwant %v", got, sorted(want))
	}
	items := root["properties"].(map[string]any)["faults"].(map[string]any)["items"].(map[string]any)
	for i, one := range items["oneOf"].([]any) {
		var want []string
		for j := range faultFields {
			if faultFields[j].applies(faultKinds[i]) {
				want = append(want, faultFields[j].path)
			}
		}
		if got := sorted(leafPaths(one.(map[string]any), "")); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s: got %v\nwant %v", faultKinds[i], got, sorted(want))
		}
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func leafPaths(object map[string]any, prefix string) []string {
	var all []string
	for name, v := range object["properties"].(map[string]any) {
		inner := v.(map[string]any)
		if inner["properties"] != nil {
			all = append(all, leafPaths(inner, prefix+name+".")...)
		} else {
			all = append(all, prefix+name)
		}
	}
	return all
}

// assign and value know the type of every field.
func TestFieldTables(t *testing.T) {
	var s Scenario
	for i := range scenarioFields {
		checkField(t, &scenarioFields[i], &s)
	}
	var f Fault
	for i := range faultFields {
		checkField(t, &faultFields[i], &f)
	}
}

func checkField[T any](t *testing.T, f *field[T], on *T) {
	t.Helper()
	if f.doc == "" || !strings.HasSuffix(f.doc, ".") {
		t.Errorf("%s has no documentation", f.path)
	}
	if f.def == "" || f.def == "!" {
		return
	}
	v, err := parseValue(f, defaultNode(f.def), 0)
	if err != nil {
		t.Errorf("%s: the default %s: %v", f.path, f.def, err)
		return
	}
	assign(f.at(on), v)
	if got := value(f.at(on)); fmt.Sprint(got) != fmt.Sprint(v) {
		t.Errorf("%s: %v was assigned, %v is there", f.path, v, got)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Shipped() {
		src, _ := Source(name)
		f.Add(src)
	}
	f.Add([]byte(header + everyFault))
	f.Add([]byte("a: &b [*b]\n<<: {c: !!int 3}\n? [x]\n: 017\n---\n- - - {"))
	f.Fuzz(func(t *testing.T, src []byte) {
		sc, err := Parse("fuzz.yaml", src, nil)
		if err != nil {
			var all Errors
			if !errors.As(err, &all) {
				t.Fatalf("got %T", err)
			}
			for _, e := range all {
				if e.Line < 1 || e.Column < 1 || e.File == "" || e.Message == "" {
					t.Fatalf("an error without a place: %+v", e)
				}
			}
			return
		}
		again, err := Parse("again.yaml", sc.YAML(), nil)
		if err != nil || !bytes.Equal(again.Canonical(), sc.Canonical()) {
			t.Fatalf("the resolved form is another scenario: %v\n%s", err, sc.YAML())
		}
		newPlan(sc)
	})
}

package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// crowd is a lake of some hours in which everybody has records everywhere.
type crowd struct {
	hours, customers, records int
	config                    Config
}

func newCrowd(st store.Store, hours, customers, records int) *crowd {
	run := sampleRun()
	run.To = run.From + int64(hours)*3600_000
	return &crowd{hours, customers, records, Config{Store: st, Run: run, Layout: Layout{Format: Both, Buffers: 2, BufferInterval: 900 * time.Second, Codec: "snappy"}, Workers: 2}}
}

func customer(n int) string { return fmt.Sprintf("CUST_%08x", uint32(n)*2654435761) }

// record gives the ith of the crowd's records. Some are none that Parquet takes, and some
// name the customer in a way that is only seen when it is undone.
func (c *crowd) record(i int) schema.Record {
	at := c.config.Run.From + int64(i)*(c.config.Run.To-c.config.Run.From)/int64(c.records)
	id := customer(i % c.customers)
	text := fmt.Sprintf(`{"event_id":"EVENT_%08x","customer_id":"%s","event_type":"start","event_timestamp":"%s","watch_duration_seconds":%d}`, i, id, instant(at), i)
	switch i % 97 {
	case 11:
		text = "peer reset: " + text
	case 12:
		text = strings.Replace(text, "CUST_", `CUST\u005f`, 1)
	}
	return schema.Record{Arrival: at, Event: at, Key: []byte(id), Value: []byte(text)}
}

// bringBack makes every object of the crowd again, in all ways that there are, and has
// look see the lake behind each.
func (c *crowd) bringBack(t *testing.T, st store.Store, look func(when string)) {
	t.Helper()
	if err := c.generate(); err != nil {
		t.Fatal(err)
	}
	look("generated again")
	// As if the run had never come to its end: it makes every object again.
	for key := range tree(t, st) {
		if strings.HasPrefix(key, donePrefix) {
			if err := st.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.generate(); err != nil {
		t.Fatal(err)
	}
	look("generated once more")
	c.migrate(t)
	look("migrated again")
}

// generate writes the crowd's records, its labels and its customers.
func (c *crowd) generate() error {
	w, err := NewWriter(context.Background(), c.config)
	if err != nil {
		return err
	}
	defer w.Abort()
	if w.State() == Complete {
		return nil
	}
	err = w.Dimension(schema.Customers(), func(yield func([]byte) bool) {
		for n := range c.customers {
			if !yield(fmt.Appendf(nil, `{"customer_id":"%s","country":"Canada"}`, customer(n))) {
				return
			}
		}
	})
	for i := 0; i < c.records && err == nil; i++ {
		if i%50 == 0 {
			err = w.Label(fmt.Appendf(nil, `{"fault":"late","customer_id":"%s","event":%d}`, customer(i%c.customers), i))
		}
		err = errors.Join(err, w.Write([]schema.Record{c.record(i)}))
	}
	if err != nil {
		return err
	}
	_, err = w.Close()
	return err
}

// fill makes the whole lake: what is generated, a migration of it, and what others put
// there.
func (c *crowd) fill(t *testing.T) {
	t.Helper()
	st := c.config.Store
	if err := c.generate(); err != nil {
		t.Fatal(err)
	}
	var undelimited, failed, plain strings.Builder
	for i := range 4 * c.customers {
		r := c.record(i)
		if r.Value[0] != '{' {
			continue
		}
		undelimited.Write(r.Value)
		fmt.Fprintf(&failed, `{"attemptsMade":1,"errorMessage":"no","rawData":"%s"}`+"\n", base64.StdEncoding.EncodeToString(r.Value))
		fmt.Fprintf(&plain, "%s\r\n", r.Value)
	}
	putObject(t, st, "telemetry/year=2025/month=08/day=01/hour=00/firehose.gz", []byte(zipped(undelimited.String())))
	putObject(t, st, "errors/processing-failed/year=2025/month=08/day=01/failed", []byte(failed.String()))
	putObject(t, st, "made/by_sql/part-1.json", []byte(plain.String()))
	c.migrate(t)
}

func (c *crowd) migrate(t *testing.T) {
	t.Helper()
	m, err := Migrate(t.Context(), c.config.Store, MigrateOptions{Into: schema.EventsByDay(), Codec: "zstd"})
	if err != nil || len(m.Failed) > 0 {
		t.Fatal(err, m)
	}
}

// othersIn gives the records of each table that name none of some customers, sorted; and
// those who are named nevertheless, by the places where they are.
func othersIn(t *testing.T, st store.Store, subjects []string) (others map[string][]string, named []string) {
	t.Helper()
	others = map[string][]string{}
	subject := map[string]bool{}
	for _, id := range subjects {
		subject[id] = true
	}
	for key, data := range tree(t, st) {
		text := plainText(t, key, data)
		table, _, _ := strings.Cut(key, "/")
		if table == "_acme" {
			if isBook(key) {
				table = ""
			} else {
				table = "truth"
			}
		}
		if strings.HasSuffix(key, ".parquet") {
			text = text[len(data)+1:]
		}
		eachRecord(text, func(record string) {
			whole := record + string(unescaped([]byte(record))) + string(unescaped([]byte(rawDataIn(record))))
			for rest := whole; ; {
				i := strings.Index(rest, "CUST_")
				if i < 0 {
					break
				}
				if rest = rest[i:]; len(rest) >= 13 && subject[rest[:13]] {
					named = append(named, key)
					return
				}
				rest = rest[5:]
			}
			if table != "" {
				others[table] = append(others[table], record)
			}
		})
		for _, id := range subjects {
			if len(subjects) < 50 && strings.Contains(data, id) { // as it lies on the disk
				named = append(named, key+" (raw)")
			}
		}
	}
	for _, records := range others {
		slices.Sort(records)
	}
	return others, named
}

// eachRecord gives the records of a text: its lines, and of a line of objects each.
func eachRecord(text string, yield func(string)) {
	for line := range strings.Lines(text) {
		eachPiece([]byte(strings.TrimRight(line, "\r\n")), func(piece []byte) { yield(string(piece)) })
	}
}

func rawDataIn(record string) string {
	var failed struct {
		RawData []byte `json:"rawData"`
	}
	_ = json.Unmarshal([]byte(record), &failed)
	return string(failed.RawData)
}

func sameOthers(t *testing.T, when string, want, got map[string][]string) {
	t.Helper()
	for table, records := range want {
		if !slices.Equal(records, got[table]) {
			t.Errorf("%s: %s has %d records of others and had %d", when, table, len(got[table]), len(records))
		}
	}
}

// subjectsOf gives some customers, in no order.
func subjectsOf(c *crowd, n int, rng *rand.Rand) []string {
	var ids []string
	for _, i := range rng.Perm(c.customers)[:n] {
		ids = append(ids, customer(i))
	}
	return ids
}

// judge holds the lake to what an erasure promises, now and when its records come again.
func (c *crowd) judge(t *testing.T, ids []string, want map[string][]string) {
	t.Helper()
	st := c.config.Store
	look := func(when string) {
		t.Helper()
		got, named := othersIn(t, st, ids)
		if len(named) > 0 {
			t.Fatalf("%s: erased customers are named %d times: %.500v", when, len(named), named)
		}
		sameOthers(t, when, want, got)
		if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 {
			t.Errorf("%s: verify: %+v, %v", when, v, err)
		}
	}
	look("erased")
	c.bringBack(t, st, look)
	other := store.NewMemory("copy")
	if _, err := Sync(t.Context(), st, other, SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, named := othersIn(t, other, ids); len(named) > 0 {
		t.Errorf("a copy names erased customers: %v", named)
	} else {
		sameOthers(t, "copied", want, got)
	}
}

// Erasures of different customers at once, in one process: each finds done what the other
// has done.
func TestErasuresAtOnce(t *testing.T) {
	st := store.NewMemory("at once")
	c := newCrowd(st, 2, 60, 900)
	c.fill(t)
	ids := subjectsOf(c, 20, rand.New(rand.NewPCG(1, 1)))
	want, _ := othersIn(t, st, ids)
	failed := make(chan error, 4)
	for i := range 4 {
		go func() {
			_, err := Erase(context.Background(), st, EraseOptions{Customers: ids[5*i : 5*i+5], Salt: bytes.Repeat([]byte{byte(i)}, KeyBytes)})
			failed <- err
		}()
	}
	for range 4 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	c.judge(t, ids, want)
}

// The receipt counts, names nobody, and is the same when it is asked for again; a plan says
// the same and does nothing.
func TestErasureReceipt(t *testing.T) {
	st := store.NewMemory("receipt")
	c := newCrowd(st, 2, 30, 600)
	c.fill(t)
	id := customer(10)
	o := EraseOptions{Customers: []string{id}, Salt: bytes.Repeat([]byte{1}, KeyBytes), Plan: true}
	before := tree(t, st)
	plan, err := Erase(t.Context(), st, o)
	if err != nil || plan.Records == 0 || !maps.Equal(before, tree(t, st)) {
		t.Fatalf("%+v, %v", plan, err)
	}
	o.Plan = false
	var told []string
	o.Workers, o.Deleted = 1, func(i store.Info) { told = append(told, i.Key) }
	done, err := Erase(t.Context(), st, o)
	if err != nil || len(done.Left) > 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if done.Records != plan.Records || len(done.Objects) != len(plan.Objects) || len(told) != len(done.Objects) {
		t.Errorf("planned %d records of %d objects, erased %d of %d, told of %d", plan.Records, len(plan.Objects), done.Records, len(done.Objects), len(told))
	}
	kinds := map[string]bool{}
	for _, o := range done.Objects {
		kind, _, _ := strings.Cut(o.Key, "/")
		kinds[kind] = true
		if o.Records != o.Erased+o.Kept {
			t.Errorf("%s had %d records, of which %d were erased and %d kept", o.Key, o.Records, o.Erased, o.Kept)
		}
	}
	if len(kinds) != 7 { // telemetry, both of Parquet, errors, dimensions, made, _acme/truth
		t.Errorf("erased from %v", slices.Sorted(maps.Keys(kinds)))
	}
	text, _ := json.Marshal(done)
	if strings.Contains(string(text), id) || len(done.Subjects) != 1 {
		t.Errorf("the receipt: %s", text)
	}
	for _, bare := range []string{id, "subject\x00v1\x00" + id} {
		if sum := fmt.Sprintf("%x", sha256Of(bare)); sum == done.Subjects[0] {
			t.Errorf("the token is the SHA-256 of %q", bare)
		}
	}
	again, err := Erase(t.Context(), st, o)
	if err != nil || again.Deleted != 0 || again.Records != done.Records || !slices.Equal(again.Objects, done.Objects) {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := Erase(t.Context(), st, EraseOptions{Customers: []string{"42"}, Salt: o.Salt}); !errors.As(err, new(*CustomerError)) {
		t.Errorf("who is nobody: %v", err)
	}
	// A reader who finds the old object beside the new one is told.
	old := done.Objects[slices.IndexFunc(done.Objects, func(o ErasedObject) bool { return strings.HasPrefix(o.Key, "telemetry/year=2025/month=08/day=11/") })].Key // of which a manifest speaks
	putObject(t, st, old, []byte(before[old]))
	if _, _, _, _, err := NewLedger(st).Lookup(t.Context(), old); !errors.As(err, new(*GoneError)) {
		t.Errorf("an object that is being erased: %v", err)
	}
	if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) != 1 || v.Damaged[0].Key != old {
		t.Errorf("verify: %+v, %v", v, err)
	}
	if _, err := Erase(t.Context(), st, EraseOptions{}); err != nil { // goes on
		t.Fatal(err)
	}
	if _, err := st.Stat(t.Context(), old); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s is still there: %v", old, err)
	}
}

// What cannot be looked into, or whose records cannot be told apart, is named and left as
// it is.
func TestErasureLeaves(t *testing.T) {
	st := store.NewMemory("left")
	id := customer(1)
	putObject(t, st, "telemetry/a.gz", []byte(zipped(`{"customer_id":"` + id + `"}` + "\n")[:20]))
	putObject(t, st, "telemetry/b.zst", []byte("\x28\xb5\x2f\xfd and more"))
	putObject(t, st, "_acme/catalog/views.json", []byte(`{"sql":"SELECT 1 WHERE customer_id = '`+id+`'"}`))
	// A quote that nobody closes: one reader sees one record here, another two.
	putObject(t, st, "telemetry/c", []byte(`{"customer_id":"`+id+`","x":'"'} {"customer_id":"`+customer(2)+`"}`))
	before := tree(t, st)
	e, err := Erase(t.Context(), st, EraseOptions{Customers: []string{id}, Salt: bytes.Repeat([]byte{1}, KeyBytes)})
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, d := range e.Left {
		left = append(left, d.Key)
	}
	if want := []string{"_acme/catalog/views.json", "telemetry/a.gz", "telemetry/b.zst", "telemetry/c"}; !slices.Equal(left, want) {
		t.Errorf("left %v", e.Left)
	}
	for key, data := range before {
		if tree(t, st)[key] != data {
			t.Errorf("%s has changed", key)
		}
	}
}

// Exporters are killed, customers are erased, and exporters go on: at the end each record
// of others is there once, and none of the erased. Then the group's positions are lost, and
// everything is exported once more from the first offset.
func TestExportErased(t *testing.T) {
	for seed := range uint64(10 / scale) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			c := newTrial(t, 3)
			c.Layout = (&chaos{}).layoutOf(rng)
			c.Keys = nil
			subjects := []string{"CUST_00000001", "CUST_00000003"}
			want := map[string]int{}
			for n := range 300 {
				p, at := rng.IntN(3), sampleFrom+int64(n)*400
				id := fmt.Sprintf("CUST_%08x", n%5)
				text := fmt.Sprintf(`{"event_id":"EVENT_%d-%d","customer_id":"%s","event_timestamp":"%s"}`, p, n, id, instant(at))
				switch {
				case n%19 == 4:
					text = "poison " + text
				case n%19 == 5:
					text = strings.Replace(text, "event_timestamp", "when", 1)
				}
				c.topic.publish(p, at, text, rng.IntN(5) == 0)
				if !slices.Contains(subjects, id) {
					want[fmt.Sprintf("EVENT_%d-%d", p, n)]++
				}
			}
			kill := func() {
				_ = c.exportFor(20*time.Second, &life{steps: rng.IntN(30)}) // it was killed, or told to end
			}
			erase := func() {
				if _, err := Erase(t.Context(), mortal{c.w, nil}, EraseOptions{Customers: subjects, Salt: bytes.Repeat([]byte{1}, KeyBytes)}); err != nil {
					t.Fatal(err)
				}
			}
			look := func(when string) {
				found := map[string]int{}
				for key, data := range tree(t, c.w.Store) {
					if isBook(key) || c.Layout.Format == Both && strings.HasSuffix(key, ".parquet") {
						continue
					}
					for _, id := range idsOf(t, key, data) {
						found[id]++
					}
				}
				if !maps.Equal(found, want) {
					t.Fatalf("seed %d, %s: %d records of %d", seed, when, len(found), len(want))
				}
				if _, named := othersIn(t, c.w.Store, subjects); len(named) > 0 {
					t.Fatalf("seed %d, %s: %v", seed, when, named)
				}
				c.verified()
			}
			kill()
			erase()
			kill()
			c.mustExport()
			look("exported")
			c.topic.forget()
			c.mustExport()
			look("the positions lost")
			// Somebody sets the group back by hand: others may be there twice then, as
			// verify says, but the erased do not come back.
			c.topic.setBack()
			c.mustExport()
			if _, named := othersIn(t, c.w.Store, subjects); len(named) > 0 {
				t.Fatalf("seed %d, exported again from the first offset: %v", seed, named)
			}
		})
	}
}

func sha256Of(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// A run that was cut short before the erasure goes on behind it: it leaves the erased out
// of the objects that it had not made yet, and nobody else.
func TestErasedRunGoesOn(t *testing.T) {
	for _, format := range []Format{JSON, Parquet, Both} {
		st := store.NewMemory("goes on")
		c := newCrowd(st, 2, 30, 600)
		c.config.Layout.Format = format
		if err := c.generate(); err != nil {
			t.Fatal(err)
		}
		ids := []string{customer(3), customer(10)}
		want, _ := othersIn(t, st, ids)
		n := 0
		for _, key := range slices.Sorted(maps.Keys(tree(t, st))) {
			book := strings.HasPrefix(key, manifestsPrefix) || strings.HasPrefix(key, donePrefix)
			if data := !isBook(key); data {
				n++
			}
			if book || !isBook(key) && n%2 == 0 {
				if err := st.Delete(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := Erase(t.Context(), st, EraseOptions{Customers: ids, Salt: bytes.Repeat([]byte{1}, KeyBytes)}); err != nil {
			t.Fatal(err)
		}
		if err := c.generate(); err != nil {
			t.Fatal(err)
		}
		got, named := othersIn(t, st, ids)
		if len(named) > 0 {
			t.Errorf("%s: named: %v", format, named)
		}
		sameOthers(t, string(format), want, got)
		if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 || v.Unlisted > 0 {
			t.Errorf("%s: verify: %+v, %v", format, v, err)
		}
	}
}

// What comes from elsewhere with the erased in it: a migration leaves them out, a copy is
// not made of such an object, and an erasure that goes on takes them out.
func TestErasedComeFromElsewhere(t *testing.T) {
	st, other := store.NewMemory("erased"), store.NewMemory("other")
	id, key := customer(1), "telemetry/year=2025/month=08/day=12/hour=00/firehose.gz"
	if _, err := Erase(t.Context(), st, EraseOptions{Customers: []string{id}, Salt: bytes.Repeat([]byte{1}, KeyBytes)}); err != nil {
		t.Fatal(err)
	}
	text := ""
	for n := range 40 {
		text += fmt.Sprintf(`{"event_id":"EVENT_%d","customer_id":"%s","event_type":"start","watch_duration_seconds":%d,"bandwidth_mbps":1.5}`, n, customer(n%4), n)
		if n%8 == 7 {
			text += "\nbroken " + customer(n%4) + "\n"
		}
		if n%8 == 1 {
			text += "\nbroken " + id + "\n"
		}
	}
	for _, st := range []store.Store{st, other} {
		putObject(t, st, key, []byte(zipped(text)))
		putObject(t, st, strings.Replace(key, "fire", "gar", 1), []byte(zipped(`{"customer_id":"`+customer(2)+`"}`)))
	}
	m, err := Migrate(t.Context(), st, MigrateOptions{Into: schema.EventsMigrated(), groupRows: 300, pageRows: 70, runRows: 100})
	if err != nil || len(m.Failed) > 0 || len(m.Parts) != 1 || m.Parts[0].Records != 31 {
		t.Fatalf("%+v, %v", m, err)
	}
	others, named := othersIn(t, st, []string{id})
	if len(named) == 0 || slices.ContainsFunc(named, func(k string) bool { return !strings.HasPrefix(k, key) }) {
		t.Errorf("named: %v", named)
	}
	if len(others["telemetry_parquet"]) != 31 || len(others["errors"]) != 5 {
		t.Errorf("%d rows, %d errors", len(others["telemetry_parquet"]), len(others["errors"]))
	}
	if _, err := Erase(t.Context(), st, EraseOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, named := othersIn(t, st, []string{id}); len(named) > 0 || len(got["telemetry"]) != len(others["telemetry"]) {
		t.Errorf("named: %v; %d records of %d", named, len(got["telemetry"]), len(others["telemetry"]))
	}
	s, err := Sync(t.Context(), other, st, SyncOptions{})
	if err != nil || s.Copied != 0 || len(s.Differ) != 0 { // what is void there is not even looked at
		t.Errorf("a copy over what was erased: %+v, %v", s, err)
	}
	third := store.NewMemory("third")
	if _, err := Erase(t.Context(), third, EraseOptions{Customers: []string{id}, Salt: bytes.Repeat([]byte{2}, KeyBytes)}); err != nil {
		t.Fatal(err)
	}
	s, err = Sync(t.Context(), other, third, SyncOptions{})
	if err != nil || s.Copied != 1 || len(s.Differ) != 1 || s.Differ[0].Key != key {
		t.Errorf("a copy of the erased: %+v, %v", s, err)
	}
}

// A Parquet file of any shape, as SQL or somebody else makes them.
func TestErasureAnyParquet(t *testing.T) {
	type visit struct {
		Page  string            `parquet:"page,dict"`
		Marks map[string]string `parquet:"marks"`
	}
	type row struct {
		ID     int64     `parquet:"id,delta"`
		Who    *string   `parquet:"who,optional"`
		Visits []visit   `parquet:"visits,list"`
		At     time.Time `parquet:"at,timestamp(microsecond)"`
		Price  int64     `parquet:"price,decimal(2:18)"`
		Key    [16]byte  `parquet:"key,uuid"`
		Share  float32   `parquet:"share"`
		Ok     bool      `parquet:"ok"`
	}
	id := customer(5)
	make1 := func(n int) row {
		r := row{ID: int64(n), At: time.UnixMicro(int64(n)).UTC(), Price: int64(n) * 7, Key: [16]byte{byte(n), byte(n >> 8)}, Share: float32(n) / 3, Ok: n%2 == 0}
		if n%3 > 0 {
			who := customer(n % 10)
			r.Who = &who
		}
		for i := range n % 4 {
			v := visit{Page: fmt.Sprintf("page %d", i), Marks: map[string]string{"a": fmt.Sprint(n)}}
			if n%50 == 7 {
				v.Marks["friend"] = "sent to " + id + " at noon"
			}
			r.Visits = append(r.Visits, v)
		}
		return r
	}
	var all []row
	for n := range 400 {
		all = append(all, make1(n))
	}
	for _, c := range []struct {
		name  string
		codec compress.Codec
	}{{"snappy", &parquet.Snappy}, {"zstd", &parquet.Zstd}, {"none", &parquet.Uncompressed}} {
		var file bytes.Buffer
		w := parquet.NewGenericWriter[row](&file, parquet.Compression(c.codec), parquet.MaxRowsPerRowGroup(150))
		if _, err := w.Write(all); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		was, err := parquet.Read[row](bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil || len(was) != len(all) {
			t.Fatal(err)
		}
		kept := slices.DeleteFunc(was, func(r row) bool { return r.Who != nil && *r.Who == id || r.ID%50 == 7 && r.ID%4 > 0 })
		st := store.NewMemory("any")
		putObject(t, st, "made/part-1.parquet", file.Bytes())
		e, err := Erase(t.Context(), st, EraseOptions{Customers: []string{id}, Salt: bytes.Repeat([]byte{1}, KeyBytes)})
		if err != nil || len(e.Left) > 0 || len(e.Objects) != 1 || e.Records != int64(len(all)-len(kept)) {
			t.Fatalf("%s: %+v, %v", c.name, e, err)
		}
		data := tree(t, st)[e.Objects[0].Into]
		got, err := parquet.Read[row](strings.NewReader(data), int64(len(data)))
		if err != nil || !reflect.DeepEqual(got, kept) {
			t.Errorf("%s: %d rows of %d, %v", c.name, len(got), len(kept), err)
		}
		if strings.Contains(data, id) {
			t.Errorf("%s: the file names %s", c.name, id)
		}
	}
}

// Who wrote while somebody was erased, and had read the list before, says so.
func TestErasedMeanwhile(t *testing.T) {
	erase := func(st store.Store, n int) {
		t.Helper()
		if _, err := Erase(context.Background(), st, EraseOptions{Customers: []string{customer(n)}, Salt: bytes.Repeat([]byte{1}, KeyBytes)}); err != nil {
			t.Fatal(err)
		}
	}
	st := store.NewMemory("meanwhile")
	c := newCrowd(st, 1, 10, 50)
	w, err := NewWriter(t.Context(), c.config)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.Write([]schema.Record{c.record(0), c.record(1)}); err != nil {
		t.Fatal(err)
	}
	erase(st, 1)
	if _, err := w.Close(); !errors.As(err, new(*ErasedMeanwhileError)) {
		t.Errorf("a run: %v", err)
	}
	once := false
	_, err = Migrate(t.Context(), st, MigrateOptions{Into: schema.EventsByDay(), Progress: func(int64, int64, int64) {
		if !once {
			once = true
			erase(st, 2)
		}
	}})
	if !errors.As(err, new(*ErasedMeanwhileError)) {
		t.Errorf("a migration: %v", err)
	}
	to := store.NewMemory("to")
	once = false
	_, err = Sync(t.Context(), st, to, SyncOptions{Workers: 1, Progress: func(int64, int64) {
		if !once {
			once = true
			erase(to, 3)
		}
	}})
	if !errors.As(err, new(*ErasedMeanwhileError)) {
		t.Errorf("a copy: %v", err)
	}
	if e, err := Erase(t.Context(), st, EraseOptions{}); err != nil || len(e.Left) > 0 {
		t.Errorf("%+v, %v", e, err)
	}
	if _, named := othersIn(t, st, []string{customer(1), customer(2)}); len(named) > 0 {
		t.Errorf("named: %v", named)
	}
}

// A suppression list that cannot be read keeps everybody from writing.
func TestErasureBadList(t *testing.T) {
	for _, text := range []string{"", "{", `{"version":2}`, `{"version":1,"salt":"00","tokens":[]}`, `{"version":1,"tokens":7}`} {
		st := store.NewMemory("bad list")
		putObject(t, st, suppressedPrefix+"0.json", []byte(text))
		putObject(t, st, "telemetry/year=2025/month=08/day=12/hour=00/object.gz", []byte(zipped("{}\n")))
		if _, err := NewWriter(t.Context(), Config{Store: st, Run: sampleRun()}); !errors.As(err, new(*BadListError)) {
			t.Errorf("%q: a run: %v", text, err)
		}
		if _, err := Migrate(t.Context(), st, MigrateOptions{Into: schema.EventsMigrated()}); !errors.As(err, new(*BadListError)) {
			t.Errorf("%q: a migration: %v", text, err)
		}
		if _, err := Sync(t.Context(), st, store.NewMemory("to"), SyncOptions{}); !errors.As(err, new(*BadListError)) {
			t.Errorf("%q: a copy: %v", text, err)
		}
		if _, err := Erase(t.Context(), st, EraseOptions{}); !errors.As(err, new(*BadListError)) {
			t.Errorf("%q: an erasure: %v", text, err)
		}
		synctest.Test(t, func(t *testing.T) {
			c := newTrial(t, 1)
			c.send(0, 1, 0)
			if _, err := c.w.Store.Put(t.Context(), suppressedPrefix+"0.json", strings.NewReader(text)); err != nil {
				t.Fatal(err)
			}
			if _, err := c.export(t.Context()); !errors.As(err, new(*BadListError)) {
				t.Errorf("%q: an export: %v", text, err)
			}
		})
	}
}

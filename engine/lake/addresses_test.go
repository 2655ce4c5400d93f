package lake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

func testKey(t testing.TB, n byte) Key {
	t.Helper()
	k, err := NewKey(bytes.Repeat([]byte{n}, KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func hider(t testing.TB, mode IPMode) *addresses {
	t.Helper()
	rule, k := IPRule{Mode: mode}, testKey(t, 7)
	if mode == IPHMAC {
		rule.KeyID = k.ID()
	}
	a, err := newAddresses(rule, []Key{k})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAddressValues(t *testing.T) {
	const null = "NULL"
	for _, c := range []struct{ in, truncated string }{
		{"203.0.113.77", "203.0.113.0"},
		{" 203.0.113.77 ", "203.0.113.0"},
		{"::ffff:203.0.113.77", "203.0.113.0"},
		{"::FFFF:cb00:714d", "203.0.113.0"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
		{"2001:DB8:1:2:3:4:5:6%eth0", "2001:db8:1::"},
		{"fe80::1%25en0", "fe80::"},
		{"203.0.113.0", "203.0.113.0"},
		{"", ""},
		{"203.0.113.77:443", null},
		{"203.0.113.77, 10.0.0.1", null},
		{"203.0.113.077", null},
		{"3405803853", null},
		{"unknown", null},
		{"203.0.113.77\x00", null},
	} {
		for mode, want := range map[IPMode]string{IPTruncate: c.truncated, IPDrop: map[bool]string{true: "", false: null}[c.in == ""]} {
			got, ok := hider(t, mode).value([]byte(c.in))
			if !ok {
				got = null
			}
			if got != want {
				t.Errorf("%s of %q is %q, want %q", mode, c.in, got, want)
			}
			if ok {
				if again, ok := hider(t, mode).value([]byte(got)); again != got || !ok {
					t.Errorf("%s of %q a second time is %q", mode, got, again)
				}
			}
		}
		token, ok := hider(t, IPHMAC).value([]byte(c.in))
		if ok != (c.truncated != null) || c.truncated != "" && ok && !addressToken.MatchString(token) {
			t.Errorf("hmac of %q is %q, %v", c.in, token, ok)
		}
		if again, _ := hider(t, IPHMAC).value([]byte(token)); again != token {
			t.Errorf("hmac of %q a second time is %q", token, again)
		}
	}
	// One address, however it is written, is one token; one in another domain is another.
	a := hider(t, IPHMAC)
	v4, _ := a.value([]byte("203.0.113.77"))
	if mapped, _ := a.value([]byte("::ffff:203.0.113.77")); mapped != v4 {
		t.Errorf("%s is %s where it is mapped", v4, mapped)
	}
	if dropped, ok := hider(t, IPTruncate).value([]byte(v4)); ok {
		t.Errorf("a token truncated is %q", dropped)
	}
}

// Who has no key cannot try all addresses: a token is no bare hash of one, whatever is
// put around it, and another key gives another.
func TestAddressRainbow(t *testing.T) {
	a := hider(t, IPHMAC)
	token, _ := a.value([]byte("203.0.113.77"))
	raw, err := base64.RawURLEncoding.DecodeString(token[len("hmac:00000000:"):])
	if err != nil || len(raw) != sha256.Size {
		t.Fatal(token, err)
	}
	for _, text := range []string{"203.0.113.77", "ip\x00v1\x00203.0.113.77", "203.0.113.77\n", "\xcb\x00\x71\x4d", a.rule.KeyID + "203.0.113.77", addressDomain + a.rule.KeyID + "203.0.113.77"} {
		if sum := sha256.Sum256([]byte(text)); bytes.Equal(raw, sum[:]) {
			t.Errorf("the token is the SHA-256 of %q", text)
		}
	}
	m := hmac.New(sha256.New, bytes.Repeat([]byte{7}, KeyBytes))
	m.Write([]byte("ip\x00v1\x00203.0.113.77"))
	if !bytes.Equal(raw, m.Sum(nil)) {
		t.Error("the token is not the HMAC of the address in its domain")
	}
	k := testKey(t, 8)
	other, err := newAddresses(IPRule{IPHMAC, k.ID()}, []Key{k})
	if err != nil {
		t.Fatal(err)
	}
	if t8, _ := other.value([]byte("203.0.113.77")); t8[len("hmac:00000000:"):] == token[len("hmac:00000000:"):] {
		t.Error("two keys give one token")
	}
	if said := fmt.Sprintf("%v %+v %#v %s", k, k, k, ExportConfig{Keys: []Key{k}}.Keys); strings.Contains(said, hex.EncodeToString(bytes.Repeat([]byte{8}, 4))) || strings.Contains(said, "8 8 8") {
		t.Errorf("printing a key shows it: %s", said)
	}
	if _, err := newAddresses(IPRule{IPHMAC, "00000000"}, []Key{k}); !errors.As(err, new(*MissingKeyError)) {
		t.Errorf("a key that was not given: %v", err)
	}
}

func TestAddressRecords(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1,"ip_address":"203.0.113.77","b":"x"}`:                 `{"a":1,"ip_address":"203.0.113.0","b":"x"}`,
		`{"ip_address" : "203.0.113.77" , "IP_Address":"10.1.2.3"}`:   `{"ip_address" : "203.0.113.0" , "IP_Address":"10.1.2.0"}`,
		`{"ip\u005faddress":"203.0.113.\u0037\u0037"}`:                `{"ip\u005faddress":"203.0.113.0"}`,
		`{"ip_address":null}`:                                         `{"ip_address":null}`,
		`{"ip_address":3405803853,"x":[1,{"ip_address":"10.1.2.3"}]}`: `{"ip_address":null,"x":[1,{"ip_address":"10.1.2.0"}]}`,
		`{"ip_address":["203.0.113.77",{"a":"]"}],"c":2}`:             `{"ip_address":null,"c":2}`,
		`{"ip_address":{"v":"203.0.113.77"}}`:                         `{"ip_address":null}`,
		`{"ip_address":-1.5e3}`:                                       `{"ip_address":null}`,
		`{"note":"the \"ip_address\": \"word\"","ip_address":""}`:     `{"note":"the \"ip_address\": \"word\"","ip_address":""}`,
		`{"note":"ip_address"}`:                                       `{"note":"ip_address"}`,
		`{}`:                                                          `{}`,
	} {
		if got := string(hider(t, IPTruncate).record(nil, []byte(in))); got != want {
			t.Errorf("%s\nbecomes %s\nnot     %s", in, got, want)
		}
	}
}

// Whatever stands around it, a record stays JSON, has the same values but for the address,
// and no digit of that.
func TestAddressRecordsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.MapOf(rapid.String(), rapid.OneOf(rapid.Just[any](nil), rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "s") }),
			rapid.Custom(func(t *rapid.T) any { return []any{rapid.Float64().Draw(t, "f"), map[string]any{"k": `}"]`}} }))).Draw(rt, "values")
		key := rapid.SampledFrom([]string{"ip_address", "IP_ADDRESS", "Ip_Address"}).Draw(rt, "key")
		for k := range values {
			if strings.EqualFold(k, key) {
				delete(values, k)
			}
		}
		values[key] = "198.51.100.123"
		text, err := json.Marshal(values)
		if err != nil {
			rt.Fatal(err)
		}
		out := hider(t, IPDrop).record(nil, text)
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil {
			rt.Fatalf("%s becomes %s: %v", text, out, err)
		}
		values[key] = nil
		want, _ := json.Marshal(values)
		have, _ := json.Marshal(got)
		if !bytes.Equal(want, have) || bytes.Contains(out, []byte("198.51")) {
			rt.Fatalf("%s becomes %s", text, out)
		}
	})
}

// addressed publishes records with addresses: sound ones, ones that Parquet or the
// partition by event refuses, and ones that are no JSON.
func (c *trial) addressed(n int) {
	for i := range n {
		at := sampleFrom + int64(i)*1000
		ip := fmt.Sprintf("198.51.100.%d", 1+i%250)
		text := fmt.Sprintf(`{"event_id":"EVENT_0-%d","event_timestamp":"%s","ip_address":"%s","event_type":"start"}`, i, instant(at), ip)
		switch i % 11 {
		case 3:
			text = fmt.Sprintf(`{"event_id":"EVENT_0-%d","event_timestamp":"soon","IP_address":"%s"}`, i, ip)
		case 5:
			text = text[:len(text)-24] // cut off behind the address
		case 6:
			text = "peer " + ip + " said: " + text
		case 7:
			text = text[:len(text)-32] // within the address
		case 8:
			text = `[` + text + `]`
		case 9:
			text = strings.Replace(text, `,"event_id`, ",\n\"event_id", 1)
		}
		c.topic.publish(i%len(c.topic.parts), at, text, false)
	}
}

// Whatever the layout, nowhere in the lake is an address of a writer that keeps none: not
// in rows, not in error records, not in their base64.
func TestExportAddresses(t *testing.T) {
	k := testKey(t, 7)
	for _, mode := range []IPMode{IPTruncate, IPHMAC, IPDrop, IPKeep} {
		for _, format := range []Format{JSON, Parquet, Both} {
			for _, by := range []PartitionBy{ByArrival, ByEvent} {
				t.Run(fmt.Sprintf("%s %s %s", mode, format, by), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c := newTrial(t, 2)
						c.Layout = Layout{Format: format, PartitionBy: by, IP: IPRule{Mode: mode}, Codec: "snappy"}
						c.Keys = []Key{k}
						if mode == IPHMAC {
							c.Layout.IP.KeyID = k.ID()
						}
						c.addressed(200)
						stats := c.mustExport()
						if stats.Records == 0 || stats.Poison+stats.FailedConversion == 0 {
							t.Fatalf("%+v", stats)
						}
						c.verified()
						found := addressesIn(t, c.w.Store)
						if kept := mode == IPKeep; kept != (len(found) > 0) {
							t.Errorf("addresses in the lake: %.300v", found)
						}
						if has, err := AddressMode(t.Context(), c.w.Store, c.Layout.withDefaults().tablesOf()[0]); has != mode || err != nil {
							t.Errorf("the lake says %q, %v", has, err)
						}
					})
				})
			}
		}
	}
}

// addressesIn finds what is, or may be a piece of, an address of addressed.
func addressesIn(t *testing.T, st store.Store) (found []string) {
	t.Helper()
	address := regexp.MustCompile(`198\.51\.1(?:[^0]|0[^0]|00\.[1-9]|$)[0-9]*|198\.51\.?$`)
	for key, data := range tree(t, st) {
		texts := []string{plainText(t, key, data)}
		for line := range strings.Lines(texts[0]) {
			var failed struct {
				RawData      []byte `json:"rawData"`
				ErrorMessage string
			}
			if strings.HasPrefix(key, "errors/") && json.Unmarshal([]byte(line), &failed) == nil {
				texts = append(texts, string(failed.RawData))
			}
		}
		for _, text := range texts {
			for _, m := range address.FindAllString(text, -1) {
				found = append(found, key+": "+m)
			}
		}
	}
	return found
}

// plainText gives what is in an object, as one finds it with tools: unpacked, and of
// Parquet every value.
func plainText(t *testing.T, key, data string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(data, "\x1f\x8b"):
		return unzipped(t, data)
	case strings.HasSuffix(key, ".parquet"):
		f, err := parquet.OpenFile(strings.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(key, err)
		}
		var text strings.Builder
		for _, g := range f.RowGroups() {
			err := eachRow(g, func(row parquet.Row) {
				for _, v := range row {
					text.WriteString(v.String() + "\t")
				}
				text.WriteByte('\n')
			})
			if err != nil {
				t.Fatal(key, err)
			}
		}
		return data + "\n" + text.String()
	}
	return data
}

// What a plan says of addresses holds, whatever who carries it out is told: one with
// another mode is refused before it has written anything; one with another key makes the
// planned object with the plan's key.
func TestExportAddressPlan(t *testing.T) {
	a, b := testKey(t, 1), testKey(t, 2)
	layout := func(k Key) Layout {
		return Layout{BufferInterval: 20_000_000_000, IP: IPRule{IPHMAC, k.ID()}}
	}
	var whole map[string]string
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 2)
		c.Layout, c.Keys = layout(a), []Key{a}
		c.addressed(100)
		c.mustExport()
		whole = tree(t, c.w.Store)
	})
	planned := 0
	for steps := range 40 {
		synctest.Test(t, func(t *testing.T) {
			c := newTrial(t, 2)
			c.Layout, c.Keys = layout(a), []Key{a}
			c.addressed(100)
			l := &life{steps: steps}
			_ = c.exportFor(20*time.Second, l)
			if !l.over() {
				return
			}
			left := tree(t, c.w.Store)
			if _, began := left[exportKeyOf(left)]; began {
				for _, other := range []IPRule{{}, {Mode: IPDrop}} {
					c.Layout.IP = other
					if _, err := c.export(t.Context()); !errors.As(err, new(*AddressModeError)) {
						t.Fatalf("after %d steps, with addresses by %q: %v", steps, other.Mode, err)
					}
					if now := tree(t, c.w.Store); !maps.Equal(left, now) {
						t.Fatalf("after %d steps a run that was refused has changed the lake: %s", steps, unlike(left, now))
					}
				}
			}
			c.Layout, c.Keys = layout(b), []Key{b, a}
			stats := c.mustExport()
			c.verified()
			planned += int(stats.Replayed)
			for key, data := range tree(t, c.w.Store) {
				if strings.HasPrefix(key, "_acme/") || whole[key] == data {
					continue
				}
				if strings.Contains(plainText(t, key, data), a.ID()) {
					t.Fatalf("after %d steps %s is another than it was planned to be", steps, key)
				}
			}
			if len(addressesIn(t, c.w.Store)) > 0 {
				t.Fatal("addresses in the lake")
			}
		})
	}
	if planned == 0 {
		t.Error("no plan was left")
	}
}

// Who kept addresses may have left a plan of which nothing is there yet: nobody goes on
// beside it who hides them.
func TestExportAddressesKeptPlan(t *testing.T) {
	left := 0
	for steps := range 12 {
		synctest.Test(t, func(t *testing.T) {
			c := newTrial(t, 1)
			c.addressed(10)
			_ = c.exportFor(20*time.Second, &life{steps: steps}) // it was killed
			if exportKeyOf(tree(t, c.w.Store)) == "" {
				return
			}
			left++
			c.Layout.IP = IPRule{Mode: IPDrop}
			if _, err := c.export(t.Context()); !errors.As(err, new(*AddressModeError)) {
				t.Errorf("after %d steps: %v", steps, err)
			}
		})
	}
	if left == 0 {
		t.Error("no kill left a layout")
	}
}

// exportKeyOf gives the key of the layout document of a lake, "" where it has none.
func exportKeyOf(tree map[string]string) string {
	for key := range tree {
		if strings.HasPrefix(key, exportsPrefix) {
			return key
		}
	}
	return ""
}

// Parquet of JSON with addresses, by every mode; and by hmac of JSON that has tokens.
func TestMigrateAddresses(t *testing.T) {
	k := testKey(t, 7)
	for _, mode := range []IPMode{IPTruncate, IPHMAC, IPDrop} {
		st := store.NewMemory("addresses")
		var text strings.Builder
		for i := range 700 {
			fmt.Fprintf(&text, `{"event_id":"EVENT_0-%d","event_timestamp":"2025-08-11T17:00:00.000000Z","ip_address":"198.51.100.%d"}`+"\n", i, 1+i%250)
			if i%100 == 3 {
				fmt.Fprintf(&text, "{\"event_id\":EVENT,\"ip_address\":\"198.51.100.%d\"\n", 1+i%250)
			}
		}
		text.WriteString(`[{"ip_address":"198.51.100.9"}]` + "\n" + `{"event_id":{"IP_address":"198.51.100.9"}}` + "\n" + `["x",{"ip_address":'198.51.100.9'}]` + "\n")
		putObject(t, st, migrateHour+"object.gz", []byte(zipped(text.String())))
		o := MigrateOptions{Into: schema.EventsMigrated(), IP: IPRule{Mode: mode}, Keys: []Key{k}, groupRows: 300, pageRows: 70, runRows: 100}
		if mode == IPHMAC {
			o.IP.KeyID = k.ID()
		}
		m, err := Migrate(t.Context(), st, o)
		if err != nil || len(m.Failed) > 0 || len(m.Parts) != 1 || m.Parts[0].Records < 701 || m.Parts[0].Broken == 0 {
			t.Fatalf("%+v, %v", m, err)
		}
		found := slices.DeleteFunc(addressesIn(t, st), func(s string) bool { return strings.HasPrefix(s, migrateHour) })
		if len(found) > 0 {
			t.Errorf("%s: addresses beside the source: %.300v", mode, found)
		}
		if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 {
			t.Errorf("%+v, %v", v, err)
		}
		o.IP = IPRule{}
		if _, err := Migrate(t.Context(), st, o); !errors.As(err, new(*AddressModeError)) {
			t.Errorf("a second migration that keeps them: %v", err)
		}
	}
}

// A plan that a migration left is carried out by the plan's key; and where addresses were
// kept, nobody goes on by another mode.
func TestMigrateAddressPlan(t *testing.T) {
	a, b := testKey(t, 1), testKey(t, 2)
	st := store.NewMemory("plan")
	line := `{"event_id":"EVENT_0-1","event_timestamp":"2025-08-11T17:00:00.000000Z","ip_address":"198.51.100.7"}` + "\n"
	putObject(t, st, migrateHour+"object.gz", []byte(zipped(line)))
	options := func(k Key, keys ...Key) MigrateOptions {
		return MigrateOptions{Into: schema.EventsMigrated(), IP: IPRule{IPHMAC, k.ID()}, Keys: append(keys, k)}
	}
	if _, err := Migrate(t.Context(), st, options(a)); err != nil {
		t.Fatal(err)
	}
	want := tree(t, st)
	for key := range want {
		if strings.HasSuffix(key, ".parquet") || strings.HasPrefix(key, manifestsPrefix) {
			if err := st.Delete(t.Context(), key); err != nil { // as if it had been killed behind its plan
				t.Fatal(err)
			}
		}
	}
	if _, err := Migrate(t.Context(), st, options(b)); !errors.As(err, new(*MissingKeyError)) {
		t.Errorf("without the plan's key: %v", err)
	}
	if _, err := Migrate(t.Context(), st, options(b, a)); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, st); !maps.Equal(got, want) {
		t.Error(unlike(want, got))
	}
}

// Nobody mixes modes in one table: not a generator, not a copy.
func TestAddressesNotMixed(t *testing.T) {
	st := store.NewMemory("hidden")
	if err := agreeOnAddresses(t.Context(), st, IPTruncate, []schema.Table{schema.Events()}); err != nil {
		t.Fatal(err)
	}
	c := Config{Store: st, Run: sampleRun()}
	if _, err := NewWriter(t.Context(), c); !errors.As(err, new(*AddressModeError)) {
		t.Errorf("generating: %v", err)
	}
	plain := store.NewMemory("plain")
	putObject(t, plain, migrateHour+"object.gz", []byte(zipped("{}\n")))
	if _, err := Sync(context.Background(), plain, st, SyncOptions{}); !errors.As(err, new(*AddressModeError)) {
		t.Errorf("copying in: %v", err)
	}
	putObject(t, st, migrateHour+"object.gz", []byte(zipped("{}\n")))
	if _, err := Sync(context.Background(), st, plain, SyncOptions{}); !errors.As(err, new(*AddressModeError)) {
		t.Errorf("copying out: %v", err)
	}
	empty := store.NewMemory("empty")
	if _, err := Sync(context.Background(), st, empty, SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	if has, err := AddressMode(t.Context(), empty, schema.Events()); has != IPTruncate || err != nil {
		t.Errorf("the copy says %q, %v", has, err)
	}
	if err := agreeOnAddresses(t.Context(), plain, IPDrop, []schema.Table{schema.Events()}); !errors.As(err, new(*AddressModeError)) {
		t.Errorf("exporting beside what was kept: %v", err)
	}
}

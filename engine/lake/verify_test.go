package lake

import (
	"bytes"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/store"
)

// A bit of a gzip object that is flipped is found by verify, whichever it is, where a
// manifest speaks of the object. Where none does, the object has only its own checksum:
// then every flip is found that changes a byte of what is packed. The others are in the
// header, and say when and by what system it was packed. ACME_FLIPS asks for so many.
func TestVerifySeesDamagedObjects(t *testing.T) {
	flips := 60
	if n, err := strconv.Atoi(os.Getenv("ACME_FLIPS")); err == nil {
		flips = n
	}
	listed, bare := store.NewMemory("listed"), store.NewMemory("bare")
	c := newCrowd(listed, 1, 20, 400)
	c.config.Layout.Format = JSON
	if err := c.generate(); err != nil {
		t.Fatal(err)
	}
	objects := map[string]string{}
	for key, body := range tree(t, listed) {
		if strings.HasPrefix(key, "telemetry/") {
			objects[key] = body
			putObject(t, bare, key, []byte(body))
		}
	}
	keys := slices.Sorted(maps.Keys(objects))
	damage := func(st store.Store, key, body string) []Damage {
		t.Helper()
		replace(t, st, key, body)
		defer replace(t, st, key, objects[key])
		v, err := Verify(t.Context(), st, VerifyOptions{Prefix: "telemetry/"})
		if err != nil {
			t.Fatal(err)
		}
		return v.Damaged
	}
	named := func(d []Damage, key string) bool { return len(d) == 1 && d[0].Key == key && d[0].Reason != "" }
	random := rand.New(rand.NewPCG(1, 2))
	found, harmless := 0, map[int]bool{}
	for range flips {
		key := keys[random.IntN(len(keys))]
		bit := random.IntN(len(objects[key]) * 8)
		body := []byte(objects[key])
		body[bit/8] ^= 1 << (bit % 8)
		if d := damage(listed, key, string(body)); !named(d, key) {
			t.Errorf("%s, bit %d: %+v", key, bit, d)
		}
		switch d := damage(bare, key, string(body)); {
		case named(d, key):
			found++
		case len(d) > 0 || bit/8 >= 10 || unpacked(body) != unpacked([]byte(objects[key])):
			t.Errorf("%s, bit %d, without a manifest: %+v", key, bit, d)
		default:
			harmless[bit/8] = true
		}
	}
	t.Logf("%d flips in %d objects: all found by their manifests; without, %d found, the others in bytes %v of the header change nothing", flips, len(keys), found, slices.Sorted(maps.Keys(harmless)))
	if found < flips*9/10 {
		t.Errorf("%d of %d found without a manifest", found, flips)
	}

	// Every bit of a header, one by one.
	key := keys[0]
	for bit := range 80 {
		body := []byte(objects[key])
		body[bit/8] ^= 1 << (bit % 8)
		if d := damage(bare, key, string(body)); !named(d, key) && unpacked(body) != unpacked([]byte(objects[key])) {
			t.Errorf("bit %d of a header: %+v", bit, d)
		}
	}
}

// unpacked gives what a gzip reader of somebody else makes of an object.
func unpacked(body []byte) string {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

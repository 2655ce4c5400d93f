package deflate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// framed gives records with something around each, and what is known of them.
func framed(records, keys []string, around func(i int) (before, behind string)) ([]byte, *Known) {
	var text []byte
	var s Shape
	k := &Known{}
	for i, r := range records {
		before, behind := around(i)
		text = append(text, before...)
		f := Frame{Key: int32(len(text)), KeyEnd: int32(len(text) + len(keys[i]))}
		text = append(append(text, keys[i]...), byte(len(r)), byte(len(r)>>8))
		f.Value = int32(len(text))
		text = append(text, r...)
		if s.Plain([]byte(r)) {
			k.AddFramed(&s, f, i == 0)
		}
		text = append(text, behind...)
	}
	return text, k
}

// What is coded of framed records comes back, without a proof that would hide a defect.
func TestFramedProperty(t *testing.T) {
	var c recordCoder
	long := strings.Repeat("long", 9000)
	rapid.Check(t, func(t *rapid.T) {
		texts := []string{"", "a", "CUST_1", "CUST_22", "CUST_0123456789", strings.Repeat("w", 300), long}
		texts = texts[:rapid.IntRange(1, len(texts)).Draw(t, "texts")]
		fields := rapid.IntRange(1, 4).Draw(t, "fields")
		var records, keys []string
		for i := range rapid.IntRange(1, 60).Draw(t, "records") {
			key := rapid.SampledFrom(texts).Draw(t, "key")
			if rapid.Bool().Draw(t, "new") {
				key += fmt.Sprintf("%x", i*7919)
			}
			r := "{"
			for k := range fields {
				value := rapid.SampledFrom([]string{key, key, "b", fmt.Sprint(i)}).Draw(t, "value")
				r += fmt.Sprintf(`"k%d":%q,`, k, value)
			}
			r = r[:len(r)-1] + "}"
			if i > 0 && rapid.IntRange(0, 30).Draw(t, "odd") == 0 {
				r = rapid.SampledFrom([]string{"", "x", `{"k0":"\\"}`}).Draw(t, "odd one")
			}
			records, keys = append(records, r), append(keys, key)
		}
		text, k := framed(records, keys, func(i int) (string, string) {
			return fmt.Sprintf("%c%d\x00", i%5, i*i), strings.Repeat("\x00", rapid.IntRange(0, 3).Draw(t, "behind"))
		})
		out, _, ok := c.encode(nil, &Block{Text: text, Last: true, Known: k}, nil)
		if !ok {
			if len(text) <= maxCoded {
				t.Fatalf("%q was not taken", text)
			}
			return
		}
		if got, err := inflateAfter(out, nil); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%q came back as %q, %v", text, got, err)
		}
	})
}

// A key that is a value too, and new to both, is said once.
func TestFramedKeyIsValue(t *testing.T) {
	const n = 500
	size := func(same bool) int {
		var records, keys []string
		for i := range n {
			keys = append(keys, fmt.Sprintf("CUST_%08x", uint32(i+1)*2654435761))
			value := keys[i]
			if !same {
				value = fmt.Sprintf("CUST_%08x", uint32(i+1)*2246822519)
			}
			records = append(records, fmt.Sprintf(`{"kind":"start","customer":"%s","n":%d}`, value, i%9))
		}
		text, k := framed(records, keys, func(int) (string, string) { return "\x00\x00", "\x00" })
		out, rows, ok := new(Coder).Encode(nil, &Block{Text: text, Last: true, Known: k}, nil)
		if !ok || rows != n {
			t.Fatalf("%d rows of %d, %v", rows, n, ok)
		}
		return len(out)
	}
	same, other := size(true), size(false)
	if other-same < 3*n/2 {
		t.Errorf("%d bytes, and %d where the two differ", same, other)
	}
}

// What is said of records and is not true makes no block.
func TestFramedLies(t *testing.T) {
	var records, keys []string
	for i := range 100 {
		records, keys = append(records, fmt.Sprintf(`{"kind":"start","n":%d}`, i)), append(keys, "CUST")
	}
	text, k := framed(records, keys, func(int) (string, string) { return "\x00\x00", "\x00" })
	var c Coder
	if _, _, ok := c.Encode(nil, &Block{Text: text, Last: true, Known: k}, nil); !ok {
		t.Fatal("records were not taken")
	}
	lie := bytes.Clone(text)
	at := bytes.LastIndex(lie, []byte(`,"n":`))
	lie[at+2] = 'm'
	if out, _, ok := c.Encode([]byte("kept"), &Block{Text: lie, Last: true, Known: k}, nil); ok || string(out) != "kept" {
		t.Errorf("a block that does not come back was taken, %v, and left %d bytes", ok, len(out))
	}
}

package floattext_test

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"acme/telemetry/engine/floattext"
)

// TestText holds the texts to those of Java 17 and Java 25, for values at the edges
// and for values on which the two differ.
func TestText(t *testing.T) {
	golden, err := os.ReadFile("testdata/java.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(golden)), "\n")[1:] {
		part := strings.Fields(line)
		size := map[string]int{"d": 64, "r": 32}[part[0]]
		u, err := strconv.ParseUint(part[1], 16, size)
		if err != nil {
			t.Fatal(err)
		}
		d := math.Float64frombits(u)
		if size == 32 {
			d = float64(math.Float32frombits(uint32(u)))
		}
		for java, want := range part[2:] {
			if got := floattext.Text(d, size, floattext.Java(java)); got != want {
				t.Errorf("%s %s in edition %d: got %s, want %s", part[0], part[1], java, got, want)
			}
		}
	}
}

func TestNoNumber(t *testing.T) {
	for _, c := range []struct {
		d    float64
		want string
	}{{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {0, "0.0"}, {math.Copysign(0, -1), "-0.0"}} {
		for _, java := range []floattext.Java{floattext.Older, floattext.Newer} {
			if got := floattext.Text(c.d, 64, java); got != c.want {
				t.Errorf("%v: got %s, want %s", c.d, got, c.want)
			}
		}
	}
}

// TestReadBack holds every text to its number: whatever the edition, what Java
// writes it reads back.
func TestReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		r := float64(math.Float32frombits(rapid.Uint32().Draw(t, "bits of a real")))
		for _, java := range []floattext.Java{floattext.Older, floattext.Newer} {
			for _, c := range []struct {
				v    float64
				bits int
			}{{d, 64}, {r, 32}} {
				text := floattext.Text(c.v, c.bits, java)
				if back, err := strconv.ParseFloat(text, c.bits); err != nil || back != c.v && c.v == c.v {
					t.Fatalf("edition %d: %v of %d bits became %s", java, c.v, c.bits, text)
				}
			}
		}
	})
}

func TestOf(t *testing.T) {
	for release, want := range map[int]floattext.Java{0: floattext.Older, 401: floattext.Older, 435: floattext.Older, 436: floattext.Newer, 483: floattext.Newer} {
		if got := floattext.Of(release); got != want {
			t.Errorf("release %d runs on edition %d, want %d", release, got, want)
		}
	}
}

func BenchmarkText(b *testing.B) {
	for name, java := range map[string]floattext.Java{"older": floattext.Older, "newer": floattext.Newer} {
		b.Run(name, func(b *testing.B) {
			d := 0.1
			for b.Loop() {
				floattext.Text(d, 64, java)
				d = math.Nextafter(d*1.1, 9)
				if d > 1e9 {
					d = 1e-9
				}
			}
		})
	}
}

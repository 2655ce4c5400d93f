package dialect

import (
	_ "embed"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"

	"acme/telemetry/engine/floattext"
)

// Trino's sketch of distinct values: HyperLogLog over xxHash64, sparse while
// small. The count it gives is part of the answer: 1 to 1000 has 1008.

// biasText has, for 16 to 65536 buckets in turn, a line of raw estimates and a
// line of the mean errors measured there. The numbers are those of the library
// that Trino counts with (airlift stats, Apache License 2.0).
//
//go:embed hll_bias.txt
var biasText string

// biasTable is biasText, read when it is first needed.
var biasTable struct {
	once sync.Once
	rows [][]float64
}

func biasOf(prefix int) (raw, bias []float64) {
	biasTable.once.Do(func() {
		for line := range strings.Lines(biasText) {
			var row []float64
			for _, s := range strings.Fields(line) {
				f, _ := strconv.ParseFloat(s, 64)
				row = append(row, f)
			}
			biasTable.rows = append(biasTable.rows, row)
		}
	})
	return biasTable.rows[2*(prefix-4)], biasTable.rows[2*(prefix-4)+1]
}

// extended is how many leading bits of a hash a sparse sketch keeps; the rest of
// an entry of 32 bits is the number of zeros behind them.
const extended = 26

// hyperLogLog is a sketch: sparse while registers is nil.
type hyperLogLog struct {
	prefix    int // bits of a hash that choose a register
	entries   []uint32
	registers []uint8
}

// sparseLimit is up to how many entries a sketch stays sparse. One that values
// were added to holds room in steps of ten, a merged one has none to spare.
func sparseLimit(prefix int, merged bool) int {
	room := (56 + 1<<prefix/2 - 40) / 4
	if merged {
		return room
	}
	return max(0, (room-1)/10*10+1)
}

// sketchOf makes a sketch of hashes.
func sketchOf(hashes []any, prefix int) *hyperLogLog {
	h := &hyperLogLog{prefix: prefix}
	for _, v := range hashes {
		if v != nil {
			x := uint64(v.(int64))
			zeros := bits.LeadingZeros64(x<<extended | 1<<(extended-1))
			h.entries = append(h.entries, uint32(x>>(64-extended))<<6|uint32(zeros))
		}
	}
	h.tidy(sparseLimit(prefix, false))
	return h
}

// tidy sorts entries, keeps the greatest of each place, and turns to registers
// beyond limit.
func (h *hyperLogLog) tidy(limit int) {
	slices.Sort(h.entries)
	kept := h.entries[:0]
	for i, e := range h.entries {
		if i+1 < len(h.entries) && h.entries[i+1]>>6 == e>>6 {
			continue
		}
		kept = append(kept, e)
	}
	if h.entries = kept; len(kept) > limit {
		h.dense()
	}
}

func (h *hyperLogLog) dense() {
	if h.registers != nil {
		return
	}
	h.registers = make([]uint8, 1<<h.prefix)
	for _, e := range h.entries {
		zeros := bits.LeadingZeros32(e << h.prefix)
		if span := extended - h.prefix; zeros >= span {
			zeros = span + int(e&63)
		}
		i := e >> (32 - h.prefix)
		h.registers[i] = max(h.registers[i], uint8(zeros+1))
	}
	h.entries = nil
}

// merge adds what o has seen.
func (h *hyperLogLog) merge(o *hyperLogLog) error {
	if h.prefix != o.prefix {
		return failed{"GENERIC_INTERNAL_ERROR", "Cannot merge HLLs with different number of buckets: " +
			strconv.Itoa(1<<h.prefix) + " vs " + strconv.Itoa(1<<o.prefix)}
	}
	if h.registers == nil && o.registers == nil {
		h.entries = append(h.entries, o.entries...)
		h.tidy(sparseLimit(h.prefix, true))
		return nil
	}
	h.dense()
	other := *o
	other.dense()
	for i, v := range other.registers {
		h.registers[i] = max(h.registers[i], v)
	}
	return nil
}

// count estimates the number of distinct hashes. With registers it counts the
// empty ones while there are many, then takes the harmonic mean and corrects it.
func (h *hyperLogLog) count() int64 {
	if h.registers == nil {
		const all = 1 << extended
		return javaRound(all * math.Log(all/float64(all-len(h.entries))))
	}
	m := float64(len(h.registers))
	empty, sum := 0, 0.0
	for _, v := range h.registers {
		if v == 0 {
			empty++
		}
		sum += math.Ldexp(1, -int(v))
	}
	if float64(empty) > 0.4*m {
		return javaRound(m * math.Log(m/float64(empty)))
	}
	alpha := map[int]float64{4: 0.673, 5: 0.697, 6: 0.709}[h.prefix]
	if alpha == 0 {
		alpha = 0.7213 / (1 + 1.079/m)
	}
	return javaRound(h.correct(alpha * m * m / sum))
}

// correct takes the measured bias off a raw estimate.
func (h *hyperLogLog) correct(estimate float64) float64 {
	raw, bias := biasOf(h.prefix)
	if estimate < raw[0] || estimate > raw[len(raw)-1] {
		return estimate
	}
	i, exact := slices.BinarySearch(raw, estimate)
	if exact {
		return estimate - bias[i]
	}
	x0, y0, x1, y1 := raw[i-1], bias[i-1], raw[i], bias[i]
	return estimate - ((estimate-x0)*(y1-y0)/(x1-x0) + y0)
}

// javaRound is Math.round: half up.
func javaRound(x float64) int64 { return int64(math.Floor(x + 0.5)) }

// bytes gives the sketch as Trino stores it.
func (h *hyperLogLog) bytes() []byte {
	le := binary.LittleEndian
	if h.registers == nil {
		b := []byte{2, byte(h.prefix)}
		b = le.AppendUint16(b, uint16(len(h.entries)))
		for _, e := range h.entries {
			b = le.AppendUint32(b, e)
		}
		return b
	}
	base := slices.Min(h.registers)
	b := []byte{3, byte(h.prefix), base}
	var places, excess []byte
	for i := 0; i < len(h.registers); i += 2 {
		pair := byte(0)
		for k := range 2 {
			delta := h.registers[i+k] - base
			if delta > 15 {
				places = le.AppendUint16(places, uint16(i+k))
				excess = append(excess, delta-15)
				delta = 15
			}
			pair = pair<<4 | delta
		}
		b = append(b, pair)
	}
	b = le.AppendUint16(b, uint16(len(excess)))
	return append(append(b, places...), excess...)
}

// readSketch reads what bytes gives; nil for what is no sketch.
func readSketch(b []byte) *hyperLogLog {
	if len(b) < 4 || b[1] < 1 || b[1] > 16 {
		return nil
	}
	le := binary.LittleEndian
	h := &hyperLogLog{prefix: int(b[1])}
	switch n := 1 << h.prefix / 2; {
	case b[0] == 2 && len(b) == 4+4*int(le.Uint16(b[2:])):
		for i := 4; i < len(b); i += 4 {
			h.entries = append(h.entries, le.Uint32(b[i:]))
		}
		return h
	case b[0] == 3 && len(b) >= 5+n && len(b) == 5+n+3*int(le.Uint16(b[3+n:])):
		h.registers = make([]uint8, 2*n)
		for i := range n {
			h.registers[2*i], h.registers[2*i+1] = b[2]+b[3+i]>>4, b[2]+b[3+i]&15
		}
		over := int(le.Uint16(b[3+n:]))
		for i := range over {
			if at := int(le.Uint16(b[5+n+2*i:])); at < 2*n {
				h.registers[at] += b[5+n+2*over+i]
			}
		}
		return h
	}
	return nil
}

// prefixFor gives the bits for a standard error, as Trino checks it.
func prefixFor(e float64) (int, error) {
	if !(e >= 0.0040625 && e <= 0.26) {
		return 0, badArg("Max standard error must be in [0.0040625, 0.26]: %s", javaDouble(e, floattext.Newer))
	}
	need := int(math.Ceil(1.0816 / (e * e)))
	return bits.Len(uint(need - 1)), nil
}

// mix is the hash that approx_set counts by: the first half of Murmur3's.
func mix(b []byte) (any, error) {
	h, _ := murmur3(b)
	return int64(h), nil
}

func hllFunctions() []ScalarFunction {
	le := binary.LittleEndian
	return []ScalarFunction{
		fn("mix_bigint", "BIGINT,BIGINT", func(a []any) (any, error) { return mix(le.AppendUint64(nil, uint64(a[0].(int64)))) }),
		fn("mix_double", "DOUBLE,BIGINT", func(a []any) (any, error) {
			return mix(le.AppendUint64(nil, math.Float64bits(a[0].(float64))))
		}),
		fn("mix_text", "VARCHAR,BIGINT", func(a []any) (any, error) { return mix([]byte(a[0].(string))) }),
		fn("hll", "BIGINT[],DOUBLE,BIGINT", func(a []any) (any, error) {
			prefix, err := prefixFor(a[1].(float64))
			if err != nil {
				return nil, err
			}
			return sketchOf(a[0].([]any), prefix).count(), nil
		}),
		fn("hll_set", "BIGINT[],DOUBLE,BLOB", func(a []any) (any, error) {
			prefix, err := prefixFor(a[1].(float64))
			if err != nil {
				return nil, err
			}
			return sketchOf(a[0].([]any), prefix).bytes(), nil
		}),
		fn("hll_count", "BLOB,BIGINT", func(a []any) (any, error) {
			h := readSketch(a[0].([]byte))
			if h == nil {
				return nil, failed{"NOT_SUPPORTED", "this HyperLogLog is not supported by the local engine"}
			}
			return h.count(), nil
		}),
		fn("hll_merge", "BLOB[],BLOB", func(a []any) (any, error) { return mergeSketches(a[0].([]any)) }),
	}
}

// mergeSketches merges sketches that are not NULL; NULL if there is none.
func mergeSketches(list []any) (any, error) {
	var sum *hyperLogLog
	for _, v := range list {
		if v == nil {
			continue
		}
		h := readSketch(v.([]byte))
		if h == nil {
			return nil, failed{"NOT_SUPPORTED", "this HyperLogLog is not supported by the local engine"}
		}
		if sum == nil {
			sum = h
		} else if err := sum.merge(h); err != nil {
			return nil, err
		}
	}
	if sum == nil {
		return nil, nil
	}
	return sum.bytes(), nil
}

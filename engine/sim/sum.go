package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"acme/telemetry/schema"
)

// Sum is a digest of a set of records, whatever their order: the sum modulo
// 2^128 of the first half of each value's SHA-256. The sums of shards and of
// windows add up to that of the whole. The zero value is the empty set's.
type Sum struct {
	hi, lo  uint64
	Records int64
}

// Add adds records.
func (s *Sum) Add(records []schema.Record) {
	for i := range records {
		h := sha256.Sum256(records[i].Value)
		s.add(binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16]))
	}
	s.Records += int64(len(records))
}

// Merge adds another set.
func (s *Sum) Merge(o Sum) {
	s.add(o.hi, o.lo)
	s.Records += o.Records
}

func (s *Sum) add(hi, lo uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, _ = bits.Add64(s.hi, hi, carry)
}

// String gives 32 hexadecimal digits.
func (s Sum) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.hi)
	binary.BigEndian.PutUint64(b[8:], s.lo)
	return hex.EncodeToString(b[:])
}

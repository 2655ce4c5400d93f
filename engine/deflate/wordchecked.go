//go:build !(amd64 || arm64) || nounsafe

package deflate

import "encoding/binary"

// word gives the eight bytes of text from i on, the first the lowest.
func word(text []byte, i int) uint64 { return binary.LittleEndian.Uint64(text[i : i+8]) }

// four gives the four bytes of text from i on.
func four(text []byte, i int) *[4]byte { return (*[4]byte)(text[i : i+4]) }

// putWord writes eight bytes of out from i on, the lowest first.
func putWord(out []byte, i int, w uint64) { binary.LittleEndian.PutUint64(out[i:i+8], w) }

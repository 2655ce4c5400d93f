//go:build (amd64 || arm64) && !nounsafe

package deflate

import "unsafe"

// The loops over records' text know how much of it there is: they look once for many reads,
// and the compiler would look again at each. That costs 5 % of coding and 9 % of looking at
// records, so they read and write by these three, which do not look; near each stands what
// makes sure. With -tags nounsafe, and on other processors, these look too, and end the
// program where something lies outside; the tests are run that way as well (.ci/run).

// word gives the eight bytes of text from i on, the first the lowest.
func word(text []byte, i int) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(text)), i))
}

// four gives the four bytes of text from i on.
func four(text []byte, i int) *[4]byte {
	return (*[4]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(text)), i))
}

// putWord writes eight bytes of out from i on, the lowest first.
func putWord(out []byte, i int, w uint64) {
	*(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(out)), i)) = w
}

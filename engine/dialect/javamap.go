package dialect

import "unicode/utf16"

// javaMap is java.util.HashMap<String, String> as far as its order goes: entries
// come by bucket, and in a bucket as they were put in.
type javaMap struct {
	buckets [][][2]string
	size    int
	has     map[string]bool
}

// javaHash is String.hashCode, spread as HashMap does.
func javaHash(s string) uint32 {
	var h uint32
	for _, c := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(c)
	}
	return h ^ h>>16
}

// put adds an entry; it gives false where the key is there already.
func (m *javaMap) put(k, v string) bool {
	if m.buckets == nil {
		m.buckets, m.has = make([][][2]string, 16), map[string]bool{}
	}
	if m.has[k] {
		return false
	}
	m.has[k] = true
	m.add(k, v)
	if m.size++; m.size > len(m.buckets)*3/4 {
		old := m.buckets
		m.buckets = make([][][2]string, 2*len(old))
		for _, b := range old {
			for _, e := range b {
				m.add(e[0], e[1])
			}
		}
	}
	return true
}

func (m *javaMap) add(k, v string) {
	i := javaHash(k) & uint32(len(m.buckets)-1)
	m.buckets[i] = append(m.buckets[i], [2]string{k, v})
}

// each calls f for every entry in order.
func (m *javaMap) each(f func(k, v string)) {
	for _, b := range m.buckets {
		for _, e := range b {
			f(e[0], e[1])
		}
	}
}

package deflate

import "bytes"

// Frame says where a record of a batch stands in a block: its value, which is plain, begins
// at Value, and before it there is more than a newline. Of that, from Key to KeyEnd, is the
// record's key, which may be the value of one of its fields too; the rest is lengths and times,
// which come again in parts. The byte before Value belongs to the frame.
type Frame struct{ Key, KeyEnd, Value int32 }

// AddFramed adds a record of a batch, which seen has just seen. The first one says what
// shape all are to have; it is false, and nothing is known any more, at one of another.
// Records that are not plain may stand between those that are added.
func (k *Known) AddFramed(seen *Shape, f Frame, first bool) bool {
	k.Add(seen, int(f.Value), first)
	if len(k.keys) == 0 {
		return false
	}
	k.frames = append(k.frames, f)
	return true
}

// walkFramed is walk for records that are framed.
func (c *recordCoder) walkFramed(text []byte, k *Known) int64 {
	n := len(k.keys)
	clear(c.names[:])
	named := -1
	for i, f := range k.frames {
		ends := k.ends[i*n:][:n]
		if i == 0 {
			named = c.fieldOf(text, f, ends)
		} else {
			c.frame(text, f, k.frames[i-1])
		}
		c.place(text, int(f.Value), ends)
		c.fields[0].key = f.Value - 1
		for i := range c.fields {
			of := &c.fields[i]
			if c.at >= int(of.end) {
				continue // a match of a field before reaches over it
			}
			if i == named {
				c.name(text, i, f, of)
			}
			c.field(text, i, int(of.key), int(of.value), int(of.end))
		}
		c.swap()
	}
	c.copyTo(text, len(text))
	return int64(len(k.frames))
}

// fieldOf gives the field whose value is the record's key in quotes, or -1.
func (c *recordCoder) fieldOf(text []byte, f Frame, ends []int32) int {
	at := f.Value
	for i, end := range ends {
		value := at + int32(len(c.shape.before[i]))
		if sameName(text, f, value, end) {
			return i
		}
		at = end
	}
	return -1
}

func sameName(text []byte, f Frame, value, end int32) bool {
	return f.Key < f.KeyEnd && end-value == f.KeyEnd-f.Key+2 && text[value] == '"' && bytes.Equal(text[value+1:end-1], text[f.Key:f.KeyEnd])
}

// frame gives the tokens of what stands before a value: of its key a match of where that
// was last, or else of the frame before, and of what is the same before the key and behind it.
func (c *recordCoder) frame(text []byte, f, before Frame) {
	key, from := int(f.Key), int(before.Key)
	if f.Key < f.KeyEnd {
		slot := &c.names[valueHash(text, key, int(f.KeyEnd))]
		if seen := int(*slot) - 1; seen >= 0 && bytes.HasPrefix(text[seen:], text[key:f.KeyEnd]) && key-seen < maxDistance {
			from = seen
		}
		*slot = f.Key + 1
	}
	if c.at < int(f.Value) {
		start, distance := max(c.at, key), key-from
		for start > c.at && start > distance && text[start-1-distance] == text[start-1] {
			start--
		}
		if length := reach(text, start, distance); length >= usefulMatch {
			c.copyTo(text, start)
			c.match(length, distance)
			c.at += length
		}
	}
	if last := int(f.Value) - 1; c.at <= last && text[last] != text[before.Value-1] {
		c.copyTo(text, last+1)
	}
}

// name gives the tokens of the field that has the record's key, where its value is new to
// the field: as much as is the same in the record before, and then a match of the frame's key.
func (c *recordCoder) name(text []byte, i int, f Frame, of *field) {
	value, end := int(of.value), int(of.end)
	if seen := int(c.seen[i]) - 1; seen >= 0 && value-seen < maxDistance && bytes.Equal(text[seen:seen+end-value], text[value:end]) {
		return
	}
	distance := value + 1 - int(f.Key)
	if !sameName(text, f, of.value, of.end) || distance > maxDistance {
		return
	}
	c.seen[i] = 0
	c.field(text, i, int(of.key), value, value)
	c.copyTo(text, value+1)
	if left := min(end-1-c.at, maxMatch); left >= usefulMatch {
		c.match(left, distance)
		c.at += left
	}
}

// Package deflate packs records of one shape as deflate (RFC 1951), in less time and into
// less than a compressor of any text.
//
// What comes in is text whose records are plain: flat JSON objects with the same keys in the
// same order, strings without escapes, numbers and the three words. That is what producers
// of events write, and it leaves little to search for: a key was in the record before, and a
// value, if it comes again, was in the same field.
//
// What must hold. What was packed comes back: a Coder unpacks each block (engine/inflate)
// and compares it before it counts, so that the worst a defect could do is to cost time.
// The same block gives the same bytes, whatever was packed before. And what a Coder does
// not take, it leaves as it was: text of any other kind is for a general compressor, which
// whoever calls has at hand.
//
// Nothing outside a text is read, and nothing outside what was made for it written, though the
// innermost loops do not ask each time (word.go).
//
// What goes out is deflate blocks that end at a byte, so that blocks packed alone, on all
// cores and in any order, are one stream when they are put together; whoever does it adds
// what a gzip member has before and behind them. On the way it is counted how many
// rows the records are, since a record is looked at anyway.
//
// Terms. A line is plain as above. A Shape is what stands before each value of a plain line.
// A Block is the text to pack with the text that stands before it in the stream, to which it
// may refer. Known is what whoever gathered a block has seen of its records already. A Frame
// is what a log puts around each record of a batch: lengths, a time, a key.
package deflate

import (
	"bytes"

	"acme/telemetry/engine/inflate"
)

// Block is text that is to be packed.
type Block struct {
	Text      []byte // what stands before it in the stream, of which deflate sees 32 KiB, and the block
	Start     int    // where in Text it begins
	Delimited bool   // each record ends with a newline
	Last      bool   // it is the stream's last
	Known     *Known // of a delimited block, or of framed records; nil where nothing is
}

func (b *Block) raw() []byte { return b.Text[b.Start:] }

// Coder packs blocks and proves each. The zero value is ready; it is one goroutine's at a
// time, and keeps its memory from block to block.
type Coder struct {
	coder recordCoder
	back  inflate.Decoder
	text  []byte
}

// Encode appends the block as deflate blocks to out. It says how many rows the records are:
// one each, but of the few lines that are not plain as many as odd says, which is given each
// without its newline. (Where all is known odd is not asked, and may be nil.) It returns false, and out as it was, where the block is not of
// records of one shape, is empty or above 1 MiB, or does not come back as it was.
func (c *Coder) Encode(out []byte, b *Block, odd func(line []byte) int64) (packed []byte, rows int64, ok bool) {
	from := len(out)
	out, rows, ok = c.coder.encode(out, b, odd)
	if !ok || !c.comesBack(out[from:], b) {
		return out[:from], 0, false
	}
	return out, rows, true
}

func (c *Coder) comesBack(packed []byte, b *Block) bool {
	text, n, final, err := c.back.Blocks(append(c.text[:0], b.Text[:b.Start]...), packed, len(b.raw()))
	if err != nil {
		return false
	}
	c.text = text // which has grown
	// Nothing may follow: the stream ends, or stops where the next block begins.
	return n == len(packed) && final == b.Last && bytes.Equal(text, b.Text)
}

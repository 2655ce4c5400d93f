package sim

// title is one item of the catalogue; its index is its rank by popularity.
type title struct {
	id      uint32
	minutes uint16
	kind    uint8
	weight  uint64 // 2^46 for the first
}

var titleKinds = [...]string{"movie", "series", "documentary"}

const (
	movie = iota
	series
	documentary
)

// runtimes are the spans of runtimes in minutes, with the share, per cent, of the
// titles of each that are of its main kind; the others are documentaries.
var runtimes = [3]struct {
	from, to uint64
	kind     uint8
	share    uint64
}{
	{20, 31, series, 94},
	{40, 65, series, 78},
	{85, 145, movie, 90},
}

// planTitles draws the catalogue. Popularity is Zipf-Mandelbrot: the head of a
// catalogue is flatter than Zipf's law has it.
func (p *plan) planTitles() {
	c := &p.sc.Catalogue
	spans := newAlias(unsigned(c.RuntimeShare[:]))
	weights := make([]uint64, c.Titles)
	p.titles = make([]title, c.Titles)
	first := log2(uint64(micro + c.Q))
	alpha := ratioQ32(uint64(c.Alpha), micro)
	for i := range p.titles {
		entity := uint64(i)
		behind := log2(uint64(int64(i+1)*micro+c.Q)) - first
		span := &runtimes[spans.pick(p.keys[forTitleRuntime].draw(entity, 0))]
		t := title{
			id:      uint32(p.keys[forTitleID].permute(entity, 4*titleHex)),
			minutes: uint16(span.from + below(p.keys[forTitleRuntime].draw(entity, 1), span.to-span.from+1)),
			kind:    documentary,
			weight:  max(exp2(30<<32-mulQ32(behind, alpha)), 1),
		}
		if below(p.keys[forTitleKind].draw(entity, 0), 100) < span.share {
			t.kind = span.kind
		}
		if p.rows { // the replica knows nothing of kinds
			least, most := p.sc.Rows.Runtime[0]/60_000, p.sc.Rows.Runtime[1]/60_000
			t.minutes = uint16(least + int64(below(p.keys[forTitleRuntime].draw(entity, 1), uint64(most-least+1))))
		}
		p.titles[i] = t
		weights[i] = t.weight
	}
	p.title = newAlias(weights)
}

func (t *title) runtime() int64 { return int64(t.minutes) * minute }

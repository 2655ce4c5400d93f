package sim

import (
	"strconv"

	"acme/telemetry/schema"
)

// Titles gives the rows of schema.Titles as JSON records, most popular first,
// with the title_id as key. Batches and their bytes are valid until emit returns;
// its error ends the call and is returned as it is. Records have the scenario's
// start as their time.
func Titles(sc *Scenario, emit func([]schema.Record) error) error {
	p := newPlan(sc)
	d := dimension{at: sc.Start, emit: emit}
	for i := range p.titles {
		if err := d.add(func(b []byte) ([]byte, int) { return p.appendTitle(b, i) }); err != nil {
			return err
		}
	}
	return d.flush()
}

// Customers gives the rows of schema.Customers in the same way, with the
// customer_id as key: the customers of the population and those that lapsed,
// which no event has.
func Customers(sc *Scenario, emit func([]schema.Record) error) error {
	p := newPlan(sc)
	d := dimension{at: sc.Start, emit: emit}
	n := uint64(sc.Population.Customers)
	lapsed := mulDiv(n, uint64(sc.Population.Lapsed), nano)
	for i := range n + lapsed {
		if err := d.add(func(b []byte) ([]byte, int) { return p.appendCustomer(b, i, i < n) }); err != nil {
			return err
		}
	}
	return d.flush()
}

// dimension gathers rows into batches.
type dimension struct {
	at    int64
	emit  func([]schema.Record) error
	buf   []byte
	spans []span
	batch []schema.Record
}

// add appends a row that write writes; write gives where its key, which begins
// after the first colon and quote, ends.
func (d *dimension) add(write func([]byte) ([]byte, int)) error {
	from := len(d.buf)
	b, key := write(d.buf)
	d.buf = b
	d.spans = append(d.spans, span{from: from, to: len(b), key: key})
	if len(d.spans) == batchEvents {
		return d.flush()
	}
	return nil
}

func (d *dimension) flush() error {
	if len(d.spans) == 0 {
		return nil
	}
	d.batch = d.batch[:0]
	for _, s := range d.spans {
		value := d.buf[s.from:s.to:s.to]
		from := len(`{"customer_id":"`)
		if value[2] == 't' {
			from = len(`{"title_id":"`)
		}
		d.batch = append(d.batch, schema.Record{
			Arrival: d.at, Event: d.at, Value: value, Key: d.buf[s.from+from : s.key : s.key],
		})
	}
	err := d.emit(d.batch)
	d.buf, d.spans = d.buf[:0], d.spans[:0]
	return err
}

var genres = [...][]string{
	movie:       {"Action", "Comedy", "Drama", "Thriller", "Romance", "Science Fiction", "Horror", "Family"},
	series:      {"Drama", "Comedy", "Crime", "Fantasy", "Mystery", "Science Fiction", "Reality", "Animation"},
	documentary: {"Nature", "History", "Science", "True Crime", "Travel", "Sport", "Music", "Biography"},
}

var (
	nameFirst = [...]string{
		"Silent", "Hidden", "Broken", "Golden", "Distant", "Burning", "Frozen", "Crimson", "Empty", "Final", "Gentle", "Hollow",
		"Iron", "Lost", "Midnight", "Northern", "Open", "Paper", "Quiet", "Restless", "Second", "Tidal", "Unwritten", "Velvet",
		"Wandering", "Winter", "Amber", "Bitter", "Common", "Drifting", "Electric", "Fragile",
	}
	nameSecond = [...]string{
		"Harbor", "Garden", "Signal", "River", "Kingdom", "Letter", "Mountain", "Promise", "Shadow", "Station", "Summer", "Voyage",
		"Window", "Bridge", "City", "Country", "Circle", "Dawn", "Engine", "Empire", "Family", "Frontier", "Game", "House",
		"Island", "Journey", "Light", "Machine", "Night", "Ocean", "Road", "Season",
	}
)

// titleName gives a name of its own to every title of the catalogue: the names
// in a random order, and numbered once they have run out.
func (p *plan) titleName(i int) string {
	const names = len(nameFirst) * len(nameSecond)
	x := int(p.keys[forTitleName].permute(uint64(i%names), 10))
	name := "The " + nameFirst[x%len(nameFirst)] + " " + nameSecond[x/len(nameFirst)]
	if round := i / names; round > 0 {
		name += " " + strconv.Itoa(round+1)
	}
	return name
}

// appendTitle writes the row of a title and gives the end of its key.
func (p *plan) appendTitle(b []byte, i int) ([]byte, int) {
	t := &p.titles[i]
	b = append(b, `{"title_id":"TITLE_`...)
	b = appendHex(b, uint64(t.id), titleHex)
	key := len(b)
	b = append(b, `","title_name":"`...)
	b = append(b, p.titleName(i)...)
	b = append(b, `","title_type":"`...)
	b = append(b, titleKinds[t.kind]...)
	b = append(b, `","genre":"`...)
	of := genres[t.kind]
	b = append(b, of[below(p.keys[forTitleGenre].draw(uint64(i), 0), uint64(len(of)))]...)
	b = append(b, `","release_date":"`...)
	b = appendDate(b, p.daysBefore(forTitleRelease, uint64(i), 30*365))
	b = append(b, `","duration_minutes":`...)
	b = strconv.AppendUint(b, uint64(t.minutes), 10)
	b = append(b, `,"popularity_score":`...)
	b = appendHundredths(b, mulDiv(t.weight, 10000, p.titles[0].weight))
	return append(b, '}'), key
}

// monthly is the price of a plan, in cents; a viewer of the free one brings what
// advertising pays.
var monthly = [tierCount]uint64{tierAds: 310, tierBasic: 799, tierStandard: 1399, tierPremium: 1999}

// appendCustomer writes the row of a customer and gives the end of its key.
func (p *plan) appendCustomer(b []byte, index uint64, active bool) ([]byte, int) {
	c := p.customer(index, p.placeOf(index))
	signup := p.daysBefore(forCustomerSignup, index, 8*365)
	months := uint64(p.today()-signup)/30 + 1
	if !active {
		months = 1 + below(p.keys[forCustomerValue].draw(index, 1), months)
	}
	// A tenth of the price up or down, for discounts and extras.
	value := months * monthly[c.tier] * (900 + below(p.keys[forCustomerValue].draw(index, 0), 201)) / 1000
	b = append(b, `{"customer_id":"CUST_`...)
	b = appendHex(b, uint64(c.id), customerHex)
	key := len(b)
	b = append(b, `","subscription_tier":"`...)
	b = append(b, tierNames[c.tier]...)
	b = append(b, `","country":"`...)
	b = append(b, countries[places[c.place].country].name...)
	b = append(b, `","signup_date":"`...)
	b = appendDate(b, signup)
	b = append(b, `","is_active":`...)
	b = strconv.AppendBool(b, active)
	b = append(b, `,"lifetime_value":`...)
	b = appendHundredths(b, value)
	return append(b, '}'), key
}

// today is the day of the scenario's start, counted from 1970-01-01.
func (p *plan) today() int64 { return p.sc.Start / dayMS }

// daysBefore draws a day before today, within some days and since 1970.
func (p *plan) daysBefore(of purpose, entity uint64, within int64) int64 {
	within = min(within, p.today())
	return p.today() - int64(below(p.keys[of].draw(entity, 0), uint64(within+1)))
}

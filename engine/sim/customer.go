package sim

// customer is what the simulator knows of one customer. All of it follows from
// the index, so a customer is the same in every window and shard.
type customer struct {
	index      uint64
	id         uint32
	place      uint8
	provider   uint8 // within the country
	tier       uint8
	throughput int64 // Q32 quantile of the household
}

// pickCustomer chooses a customer of the lane for a visit: first the tenth of the
// customers, by activity, then the one.
func (p *plan) pickCustomer(lane int, s stream, entity uint64) uint64 {
	a, b := s.pair(entity, 0)
	n := (uint64(p.sc.Population.Customers) + Lanes - 1 - uint64(lane)) / Lanes
	tenth := uint64(p.activity.pick(a))
	from, to := tenth*n/10, (tenth+1)*n/10
	if from == to {
		from, to = 0, n
	}
	return (from+below(b, to-from))*Lanes + uint64(lane)
}

func (p *plan) placeOf(index uint64) uint8 {
	return uint8(p.place.pick(p.keys[forCustomerPlace].draw(index, 0)))
}

// customer gives the customer of an index whose place is known.
func (p *plan) customer(index uint64, at uint8) customer {
	c := customer{
		index:      index,
		id:         uint32(p.keys[forCustomerID].permute(index, 4*customerHex)),
		place:      at,
		throughput: normal(p.keys[forCustomerThroughput].draw(index, 0)),
	}
	c.provider = uint8(p.provider[places[at].country].pick(p.keys[forCustomerProvider].draw(index, 0)))
	// Those with a fast line buy more: the larger of two draws for the upper
	// half, the smaller for the lower. The shares of the plans stay as given.
	a, b := p.keys[forCustomerTier].pair(index, 0)
	u := min(a, b)
	if c.throughput > 0 {
		u = max(a, b)
	}
	for c.tier < tierCount-1 && u >= p.tier[c.tier] {
		c.tier++
	}
	return c
}

// address gives the customer's IPv4 address, from a range that no one routes.
func (p *plan) address(c *customer) uint32 {
	key := p.keys[forCustomerAddress]
	if p.sc.Population.Addresses == "documentation" {
		return countries[places[c.place].country].pool + 1 + uint32(below(key.draw(c.index, 0), 254))
	}
	// An odd factor and shifts permute 17 bits: one address a customer while
	// there are addresses.
	x := (uint32(c.index) ^ uint32(key)) & (benchmarkSize - 1)
	x = x * 0x1d3a5 & (benchmarkSize - 1)
	x ^= x >> 8
	x = x * 0x0b4f1 & (benchmarkSize - 1)
	return benchmarkPool | x
}

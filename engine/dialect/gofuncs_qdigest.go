package dialect

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Trino's digest of numbers by their bits, a q-digest: a binary tree over the 64
// bits of a value in which small counts move up to their parents.

// qdigest holds values as bits that sort as the numbers do.
type qdigest struct {
	maxError float64
	min, max int64
	total    float64
	root     *qnode
}

// qnode stands for all values that share the bits above level; a leaf's level is 0.
type qnode struct {
	bits        uint64
	level       int
	count       float64
	left, right *qnode
}

func newQDigest(maxError float64) *qdigest {
	return &qdigest{maxError: maxError, min: math.MaxInt64, max: math.MinInt64}
}

const signBit = 1 << 63

func (n *qnode) mask() uint64 { return 1<<n.level - 1 } // a shift of 64 gives 0, thus all ones

func (n *qnode) upper() int64 { return int64((n.bits | n.mask()) ^ signBit) }

func (n *qnode) isLeft(b uint64) bool { return b&(1<<(n.level-1)) == 0 }

func sameSubtree(a, b uint64, level int) bool { return a>>level == b>>level }

// factor is how many values go into the least count that is kept apart.
func (d *qdigest) factor() int64 {
	if d.root == nil {
		return 1
	}
	return max(int64(float64(d.root.level+1)/d.maxError), 1)
}

func (d *qdigest) add(value int64, weight float64) {
	d.max, d.min = max(d.max, value), min(d.min, value)
	before := int64(d.total)
	d.insert(uint64(value)^signBit, weight)
	if k := d.factor(); before/k != int64(d.total)/k {
		d.compress()
	}
}

func (d *qdigest) insert(b uint64, weight float64) {
	d.total += weight
	at := &d.root
	for {
		n := *at
		switch {
		case n == nil:
			*at = &qnode{bits: b, count: weight}
			return
		case !sameSubtree(b, n.bits, n.level):
			*at = siblings(n, &qnode{bits: b, count: weight})
			return
		case n.level == 0:
			n.count += weight
			return
		case n.isLeft(b):
			at = &n.left
		default:
			at = &n.right
		}
	}
}

// siblings puts two subtrees under the least parent of both.
func siblings(a, b *qnode) *qnode {
	p := &qnode{bits: a.bits, level: bits.Len64(a.bits ^ b.bits)}
	if p.isLeft(a.bits) {
		p.left, p.right = a, b
	} else {
		p.left, p.right = b, a
	}
	return p
}

// compress moves counts that are small together with their siblings up.
func (d *qdigest) compress() {
	bound := math.Floor(d.total / float64(d.factor()))
	d.root.compress(bound)
	if d.root != nil && d.root.count < leastWeight {
		d.root = d.root.without()
	}
}

const leastWeight = 1e-5

func (n *qnode) compress(bound float64) {
	if n == nil || n.left == nil && n.right == nil {
		return
	}
	n.left.compress(bound)
	n.right.compress(bound)
	count := func(c *qnode) float64 {
		if c == nil {
			return 0
		}
		return c.count
	}
	l, r := count(n.left), count(n.right)
	small := n.count+l+r < bound
	if n.left != nil && (small || l < leastWeight) {
		n.left = n.left.without()
		n.count += l
	}
	if n.right != nil && (small || r < leastWeight) {
		n.right = n.right.without()
		n.count += r
	}
}

// without gives what stays of n when its count is taken away.
func (n *qnode) without() *qnode {
	switch {
	case n.left != nil && n.right != nil:
		n.count = 0
		return n
	case n.left != nil:
		return n.left
	}
	return n.right
}

// join adds what o has.
func (d *qdigest) join(o *qdigest) {
	d.root = d.merge(d.root, o.root)
	d.max, d.min = max(d.max, o.max), min(d.min, o.min)
	d.compress()
}

func (d *qdigest) merge(n, o *qnode) *qnode {
	switch {
	case o == nil:
		return n
	case n == nil:
		return d.adopt(o)
	case !sameSubtree(n.bits, o.bits, max(n.level, o.level)):
		return siblings(n, d.adopt(o))
	case n.level > o.level:
		if n.isLeft(o.bits) {
			n.left = d.merge(n.left, o)
		} else {
			n.right = d.merge(n.right, o)
		}
		return n
	case n.level < o.level:
		d.total += o.count
		p := &qnode{bits: o.bits, level: o.level, count: o.count}
		if o.isLeft(n.bits) {
			p.left, p.right = d.merge(n, o.left), d.adopt(o.right)
		} else {
			p.left, p.right = d.adopt(o.left), d.merge(n, o.right)
		}
		return p
	}
	d.total += o.count
	n.count += o.count
	n.left, n.right = d.merge(n.left, o.left), d.merge(n.right, o.right)
	return n
}

// adopt counts the nodes of another digest in.
func (d *qdigest) adopt(n *qnode) *qnode {
	if n == nil {
		return nil
	}
	d.total += n.count
	return &qnode{bits: n.bits, level: n.level, count: n.count, left: d.adopt(n.left), right: d.adopt(n.right)}
}

// each visits nodes, children first, until f gives false.
func (n *qnode) each(f func(*qnode) bool) bool {
	return n == nil || n.left.each(f) && n.right.each(f) && f(n)
}

// valueAt gives the value at a quantile from 0 to 1, not below the real one.
func (d *qdigest) valueAt(q float64) int64 {
	sum, out := 0.0, d.max
	d.root.each(func(n *qnode) bool {
		if sum += n.count; sum > q*d.total {
			out = min(n.upper(), d.max)
			return false
		}
		return true
	})
	return out
}

// below gives the weight of what is counted before the place of a value.
func (d *qdigest) below(value int64) float64 {
	sum := 0.0
	d.root.each(func(n *qnode) bool {
		if value <= n.upper() {
			return false
		}
		sum += n.count
		return true
	})
	return sum
}

// bytes gives the digest as Trino stores it.
func (d *qdigest) bytes() []byte {
	d.compress()
	le := binary.LittleEndian
	b := le.AppendUint64([]byte{0}, math.Float64bits(d.maxError))
	for _, v := range []uint64{0, 0, uint64(d.min), uint64(d.max)} {
		b = le.AppendUint64(b, v)
	}
	count := len(b)
	b = le.AppendUint32(b, 0)
	nodes := uint32(0)
	d.root.each(func(n *qnode) bool {
		shape := byte(max(n.level-1, 0)) << 2
		if n.left != nil {
			shape |= 1
		}
		if n.right != nil {
			shape |= 2
		}
		b = le.AppendUint64(append(b, shape), math.Float64bits(n.count))
		b = le.AppendUint64(b, n.bits)
		nodes++
		return true
	})
	le.PutUint32(b[count:], nodes)
	return b
}

// readQDigest reads what bytes gives; nil for what is no digest.
func readQDigest(b []byte) *qdigest {
	const head, size = 45, 17
	le := binary.LittleEndian
	if len(b) < head || b[0] != 0 || le.Uint64(b[9:]) != 0 || len(b) != head+size*int(le.Uint32(b[41:])) {
		return nil
	}
	d := &qdigest{maxError: math.Float64frombits(le.Uint64(b[1:])), min: int64(le.Uint64(b[25:])), max: int64(le.Uint64(b[33:]))}
	var stack []*qnode
	pop := func() *qnode {
		if len(stack) == 0 {
			return nil
		}
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return n
	}
	for i := head; i < len(b); i += size {
		n := &qnode{level: int(b[i] >> 2), count: math.Float64frombits(le.Uint64(b[i+1:])), bits: le.Uint64(b[i+9:])}
		if b[i]&3 != 0 {
			n.level++
		}
		if b[i]&2 != 0 {
			n.right = pop()
		}
		if b[i]&1 != 0 {
			n.left = pop()
		}
		d.total += n.count
		stack = append(stack, n)
	}
	d.root = pop()
	return d
}

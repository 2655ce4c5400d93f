package dialect

import "slices"

// listGoFunctions are about the places of elements, not about the elements.
func listGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("gram_size", "INTEGER,INTEGER", func(a []any) (any, error) {
			if a[0].(int32) <= 0 {
				return nil, badArg("N must be positive")
			}
			return a[0], nil
		}),
		fn("combinations", "BIGINT,INTEGER,BIGINT[][]", func(a []any) (any, error) { return combinations(int(a[0].(int64)), int(a[1].(int32))) }),
		fn("sort_order", "BIGINT[],BIGINT,BIGINT[]", func(a []any) (any, error) { return sortOrder(a[0].([]any), int(a[1].(int64))) }),
	}
}

// combinations gives every choice of k places of n, from 1, by the highest place.
func combinations(n, k int) (any, error) {
	switch {
	case k < 0:
		return nil, badArg("combination size must not be negative: %d", k)
	case k > 5:
		return nil, badArg("combination size must not exceed 5: %d", k)
	case k > n:
		return []any{}, nil
	}
	count := 1
	for i := range k {
		count = count * (n - i) / (i + 1)
	}
	if count*max(k, 1) > 100000 {
		return nil, badArg("combinations exceed max size")
	}
	at := make([]int, k)
	for i := range at {
		at[i] = i
	}
	out := make([]any, 0, count)
	for {
		one := make([]any, k)
		for i, p := range at {
			one[i] = int64(p + 1)
		}
		out = append(out, one)
		i := 0
		for i < k && (i+1 < k && at[i]+1 == at[i+1] || i+1 == k && at[i]+1 == n) {
			at[i] = i
			i++
		}
		if i == k {
			return out, nil
		}
		at[i]++
	}
}

// sortOrder gives the places of n elements in the order of Java's sort, from a
// table of what comparing each with each gives. Only pairs that the sort looks at
// may be wrong.
func sortOrder(table []any, n int) (any, error) {
	var bad error
	compare := func(x, y int) int {
		c := table[x*n+y].(int64)
		if c < -1 || c > 1 {
			bad = badArg("Lambda comparator must return either -1, 0, or 1")
		}
		return int(c)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n < 32 {
		binarySort(order, compare)
	} else {
		slices.SortStableFunc(order, compare)
	}
	if bad != nil {
		return nil, bad
	}
	out := make([]any, n)
	for i, p := range order {
		out[i] = int64(p + 1)
	}
	return out, nil
}

// binarySort takes the run at the start, turned round where it falls, and puts
// the rest in one by one.
func binarySort(order []int, compare func(x, y int) int) {
	run := 2
	if compare(order[1], order[0]) < 0 {
		for run < len(order) && compare(order[run], order[run-1]) < 0 {
			run++
		}
		slices.Reverse(order[:run])
	} else {
		for run < len(order) && compare(order[run], order[run-1]) >= 0 {
			run++
		}
	}
	for ; run < len(order); run++ {
		pivot, low, high := order[run], 0, run
		for low < high {
			if mid := (low + high) / 2; compare(pivot, order[mid]) < 0 {
				high = mid
			} else {
				low = mid + 1
			}
		}
		copy(order[low+1:run+1], order[low:run])
		order[low] = pivot
	}
}

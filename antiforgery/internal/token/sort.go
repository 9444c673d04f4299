package token

import (
	"cmp"
	"math/bits"

	"github.com/sealring/sealring/cookieauth/claims"
)

// The claims are hashed in the order of their types. Where several have the same
// type, the order among them is whatever .NET's sorting, which is not stable,
// leaves; so this is that algorithm and no other: quicksort with the median of
// three, insertion sort for up to 16 elements, heap sort below a certain depth.

type list []*claims.Claim

func sortByType(all list) {
	if n := len(all); n > 1 {
		all.intro(2 * bits.Len(uint(n)))
	}
}

func (l list) less(i, j int) bool { return compareUTF16(l[i].Type, l[j].Type) < 0 }

// order puts two elements in order.
func (l list) order(i, j int) {
	if l.less(j, i) {
		l[i], l[j] = l[j], l[i]
	}
}

func (l list) intro(depth int) {
	for len(l) > 1 {
		switch n := len(l); {
		case n == 2:
			l.order(0, 1)
			return
		case n == 3:
			l.order(0, 1)
			l.order(0, 2)
			l.order(1, 2)
			return
		case n <= 16:
			l.insertion()
			return
		case depth == 0:
			l.heap()
			return
		}
		depth--
		p := l.partition()
		l[p+1:].intro(depth)
		l = l[:p]
	}
}

func (l list) partition() int {
	high := len(l) - 1
	middle := high / 2
	l.order(0, middle)
	l.order(0, high)
	l.order(middle, high)
	pivot := l[middle].Type
	l[middle], l[high-1] = l[high-1], l[middle]

	left, right := 0, high-1
	for left < right {
		for left++; compareUTF16(l[left].Type, pivot) < 0; left++ {
		}
		for right--; compareUTF16(pivot, l[right].Type) < 0; right-- {
		}
		if left >= right {
			break
		}
		l[left], l[right] = l[right], l[left]
	}
	l[left], l[high-1] = l[high-1], l[left]
	return left
}

func (l list) insertion() {
	for i := 1; i < len(l); i++ {
		for j := i; j > 0 && l.less(j, j-1); j-- {
			l[j], l[j-1] = l[j-1], l[j]
		}
	}
}

func (l list) heap() {
	for i := len(l) / 2; i >= 1; i-- {
		l.siftDown(i)
	}
	for n := len(l); n >= 2; n-- {
		l[0], l[n-1] = l[n-1], l[0]
		l[:n-1].siftDown(1)
	}
}

// siftDown counts from one.
func (l list) siftDown(i int) {
	for 2*i <= len(l) {
		child := 2 * i
		if child < len(l) && l.less(child-1, child) {
			child++
		}
		if !l.less(i-1, child-1) {
			return
		}
		l[i-1], l[child-1] = l[child-1], l[i-1]
		i = child
	}
}

// compareUTF16 compares by UTF-16 code units. UTF-8 sorts by code points, which
// is the same except that characters beyond U+FFFF, whose first byte is 0xF0 or
// higher, come before those from U+E000, whose first byte is 0xEE or 0xEF.
func compareUTF16(a, b string) int {
	for k := range min(len(a), len(b)) {
		if a[k] != b[k] {
			return cmp.Compare(rankUTF16(a[k]), rankUTF16(b[k]))
		}
	}
	return cmp.Compare(len(a), len(b))
}

func rankUTF16(b byte) int {
	if b == 0xEE || b == 0xEF {
		return 0x100 + int(b)
	}
	return int(b)
}

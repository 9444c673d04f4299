package memtickets

import (
	"container/heap"
	"time"
)

// An item is a value that is kept until some time.
type item[T any] struct {
	value T
	until time.Time
	place int // in the queue
}

// A queue is a heap of items, the one that goes first on top.
type queue[T any] []*item[T]

func (q queue[T]) Len() int           { return len(q) }
func (q queue[T]) Less(i, j int) bool { return q[i].until.Before(q[j].until) }
func (q queue[T]) Swap(i, j int)      { q[i], q[j] = q[j], q[i]; q[i].place, q[j].place = i, j }

func (q *queue[T]) Push(x any) {
	it := x.(*item[T])
	it.place = len(*q)
	*q = append(*q, it)
}

func (q *queue[T]) Pop() any {
	last := len(*q) - 1
	it := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return it
}

func (q *queue[T]) add(value T, until time.Time) *item[T] {
	it := &item[T]{value: value, until: until}
	heap.Push(q, it)
	return it
}

func (q *queue[T]) move(it *item[T], until time.Time) {
	it.until = until
	heap.Fix(q, it.place)
}

func (q *queue[T]) remove(it *item[T]) { heap.Remove(q, it.place) }

// swept is how many that are due are taken away for each that is added.
const swept = 4

// due takes a few items away whose time is before now.
func (q *queue[T]) due(now time.Time) (values []T) {
	for len(*q) > 0 && len(values) < swept && (*q)[0].until.Before(now) {
		values = append(values, heap.Pop(q).(*item[T]).value)
	}
	return values
}

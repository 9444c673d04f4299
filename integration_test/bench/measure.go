package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"
)

// A contender is one way of doing some work.
type contender struct {
	name  string
	do    func() bool // once; false if it failed
	ready func()      // before each turn, not measured; may be nil
}

// A result is what one contender needed for doing the work once.
type result struct {
	name   string
	wall   float64 // nanoseconds, the median of the rounds
	cpu    float64 // processor time of the whole process, so with its garbage collection
	ratio  float64 // cpu by that of the first contender in the same round, median
	spread float64 // half the interquartile range of that ratio, relative to it
	bytes  uint64
	allocs uint64
}

// A sample is one turn of one contender.
type sample struct{ wall, cpu float64 }

// measure lets the contenders take turns. The first is the one that the others
// are compared with. There is one processor for them: with a second one, the time
// for collecting garbage would depend on whether that has nothing else to do.
func measure(contenders []contender, rounds int, turn time.Duration) ([]result, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	samples := make([][]sample, len(contenders))
	results := make([]result, len(contenders))
	calls := make([]int, len(contenders))
	for k, c := range contenders {
		results[k].name = c.name
		calls[k] = c.callsWithin(turn)
		results[k].bytes, results[k].allocs = c.allocations()
	}
	for round := range rounds {
		for i := range contenders {
			k := (i + round) % len(contenders)
			s, err := contenders[k].turn(calls[k])
			if err != nil {
				return nil, err
			}
			samples[k] = append(samples[k], s)
		}
	}
	for k := range results {
		results[k].summarize(samples[k], samples[0])
	}
	return results, nil
}

func (c contender) prepare() {
	if c.ready != nil {
		c.ready()
	}
}

func (c contender) turn(calls int) (sample, error) {
	c.prepare()
	runtime.GC() // nobody pays for what others have left behind
	failed := 0
	cpu, wall := processorTime(), time.Now()
	for range calls {
		if !c.do() {
			failed++
		}
	}
	took := sample{wall: float64(time.Since(wall)), cpu: float64(processorTime() - cpu)}
	if failed > 0 {
		return sample{}, fmt.Errorf("%s failed %d times of %d", c.name, failed, calls)
	}
	return sample{took.wall / float64(calls), took.cpu / float64(calls)}, nil
}

func (c contender) callsWithin(turn time.Duration) int {
	c.prepare()
	c.do()
	start, n := time.Now(), 0
	for time.Since(start) < turn/4 {
		for range 16 {
			c.do()
		}
		n += 16
	}
	return 4 * n
}

// allocations returns averages, rounded down: what the runtime itself allocates
// now and then is no part of them.
func (c contender) allocations() (bytes, count uint64) {
	const calls = 2000
	c.prepare()
	c.do()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		c.do()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / calls, (after.Mallocs - before.Mallocs) / calls
}

func (r *result) summarize(own, floor []sample) {
	wall, cpu, ratios := make([]float64, len(own)), make([]float64, len(own)), make([]float64, len(own))
	for i := range own {
		wall[i], cpu[i], ratios[i] = own[i].wall, own[i].cpu, own[i].cpu/floor[i].cpu
	}
	r.wall, r.cpu, r.ratio = quantile(wall, 0.5), quantile(cpu, 0.5), quantile(ratios, 0.5)
	r.spread = (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2 / r.ratio
}

// quantile sorts list.
func quantile(list []float64, q float64) float64 {
	slices.Sort(list)
	at := q * float64(len(list)-1)
	low := int(at)
	high := min(low+1, len(list)-1)
	return list[low] + (at-float64(low))*(list[high]-list[low])
}

// printTable writes a table in Markdown.
func printTable(w io.Writer, name string, results []result) error {
	const row = "| %-24s | %9s | %9s | %7s | %6s | %6s | %6s |\n"
	text := "\n" + name + "\n\n" + fmt.Sprintf(row, "", "wall ns", "cpu ns", "× floor", "spread", "bytes", "allocs")
	text += "|--------------------------|----------:|----------:|--------:|-------:|-------:|-------:|\n"
	for _, r := range results {
		text += fmt.Sprintf(row, r.name,
			fmt.Sprint(math.Round(r.wall)), fmt.Sprint(math.Round(r.cpu)), fmt.Sprintf("%.2f", r.ratio),
			fmt.Sprintf("%.0f %%", 100*r.spread), fmt.Sprint(r.bytes), fmt.Sprint(r.allocs))
	}
	_, err := io.WriteString(w, text)
	return err
}

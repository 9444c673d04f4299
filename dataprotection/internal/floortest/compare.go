package floortest

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// A Rival is what a benchmark compares with.
type Rival struct {
	Metric string // such as "x-floor"
	Do     func()
}

// Compare runs do and its rivals in turns, so that a busy machine disturbs all of
// them, and reports the median time of do and, for each rival, the median of the
// ratios of neighbouring turns. A turn is a number of calls, about a tenth of a
// millisecond. Times include what the contenders do to each other, through the
// garbage collector above all: read the ratios.
func Compare(b *testing.B, do func(), rivals ...Rival) {
	contenders := []func(){do}
	for _, r := range rivals {
		contenders = append(contenders, r.Do)
	}
	calls := callsPerTurn(do)
	times := make([][]time.Duration, len(contenders))
	runtime.GC()
	for i := 0; b.Loop(); i++ {
		for k := range contenders {
			k = (k + i) % len(contenders)
			times[k] = append(times[k], turn(calls, contenders[k]))
		}
	}
	for k, r := range rivals {
		b.ReportMetric(medianRatio(times[0], times[k+1]), r.Metric)
	}
	b.ReportMetric(testing.AllocsPerRun(100, do), "allocs/call")
	b.ReportMetric(median(times[0])/float64(calls), "ns/op")
}

func turn(calls int, do func()) time.Duration {
	start := time.Now()
	for range calls {
		do()
	}
	return time.Since(start)
}

func callsPerTurn(do func()) int {
	do()
	start := time.Now()
	for n := 1; ; n++ {
		do()
		if time.Since(start) > 100*time.Microsecond {
			return n
		}
	}
}

func medianRatio(a, b []time.Duration) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	return median(ratios)
}

func median[T time.Duration | float64](list []T) float64 {
	slices.Sort(list)
	return float64(list[len(list)/2])
}

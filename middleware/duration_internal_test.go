package middleware

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// TestDuration: what is written is what zerolog writes, to the last digit.
func TestDuration(t *testing.T) {
	durations := []time.Duration{-1, 0, 1, 9, 10, 999_999, time.Millisecond, 1_000_001, 1_500_000, 4213, 1_234_567_890, time.Hour, maxExact - 1, maxExact, maxExact + 1, 1<<63 - 1}
	for range 10_000 {
		durations = append(durations, time.Duration(rand.Int64N(int64(maxExact))>>rand.IntN(50)))
	}
	for _, d := range durations {
		if got, want := written(func(e *zerolog.Event) { addDuration(e, d) }), written(func(e *zerolog.Event) { e.Dur("duration", d) }); got != want {
			t.Fatalf("%d ns: got %s, want %s", d, got, want)
		}
	}
}

// TestDurationSettings: those of zerolog count.
func TestDurationSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func()
	}{
		{"unit", func() { zerolog.DurationFieldUnit = time.Second }},
		{"format", func() { zerolog.DurationFieldFormat = zerolog.DurationFormatString }},
		{"integer", func() { zerolog.DurationFieldInteger = true }},
		{"precision", func() { zerolog.FloatingPointPrecision = 2 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			unit, format, integer, precision := zerolog.DurationFieldUnit, zerolog.DurationFieldFormat, zerolog.DurationFieldInteger, zerolog.FloatingPointPrecision
			t.Cleanup(func() {
				zerolog.DurationFieldUnit, zerolog.DurationFieldFormat, zerolog.DurationFieldInteger, zerolog.FloatingPointPrecision = unit, format, integer, precision
			})
			const d = 1_234_567
			usual := written(func(e *zerolog.Event) { e.Dur("duration", d) })
			c.set()
			got, want := written(func(e *zerolog.Event) { addDuration(e, d) }), written(func(e *zerolog.Event) { e.Dur("duration", d) })
			if got != want || got == usual {
				t.Errorf("got %s, want %s, which is not the usual %s", got, want, usual)
			}
		})
	}
}

func written(add func(*zerolog.Event)) string {
	var b bytes.Buffer
	log := zerolog.New(&b)
	e := log.Info()
	add(e)
	e.Send()
	return b.String()
}

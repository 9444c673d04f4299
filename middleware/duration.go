package middleware

import (
	"strconv"
	"time"

	"github.com/rs/zerolog"
)

// addDuration adds how long a request took to its event, as Event.Dur does. Where
// zerolog is not set otherwise, that is a number whose digits are known without a
// search for the shortest float, which takes longer than anything else in the event.
func addDuration(e *zerolog.Event, took time.Duration) *zerolog.Event {
	if !inMilliseconds() || took < 0 || took > maxExact {
		return e.Dur("duration", took)
	}
	var digits [32]byte
	return e.RawJSON("duration", appendMilliseconds(digits[:0], took))
}

// maxExact has 15 digits; no two such numbers are the same float.
const maxExact = 999_999_999_999_999 * time.Nanosecond

// inMilliseconds reports whether zerolog writes durations as it does by itself.
func inMilliseconds() bool {
	return zerolog.DurationFieldUnit == time.Millisecond && zerolog.DurationFieldFormat == zerolog.DurationFormatFloat &&
		!zerolog.DurationFieldInteger && zerolog.FloatingPointPrecision == -1
}

// appendMilliseconds writes all digits that are not zeros at the end.
func appendMilliseconds(b []byte, d time.Duration) []byte {
	b = strconv.AppendInt(b, int64(d/time.Millisecond), 10)
	rest := d % time.Millisecond
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for ; rest > 0; rest %= time.Millisecond {
		rest *= 10
		b = append(b, '0'+byte(rest/time.Millisecond))
	}
	return b
}

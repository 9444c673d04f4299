package dataprotection

import "time"

// .NET counts time in ticks of 100 ns since the year 1.
const (
	tick           = 100 * time.Nanosecond
	ticksPerSecond = int64(time.Second / tick)
	unixEpochTicks = 621355968000000000
	maxTicks       = 3155378975999999999
)

// ticksFromTime drops what is finer than a tick.
func ticksFromTime(t time.Time) int64 {
	return t.Unix()*ticksPerSecond + int64(t.Nanosecond())/int64(tick) + unixEpochTicks
}

func timeFromTicks(ticks int64) time.Time {
	ticks -= unixEpochTicks
	seconds, rest := ticks/ticksPerSecond, ticks%ticksPerSecond
	return time.Unix(seconds, rest*int64(tick)).UTC()
}

// toTick returns t in UTC without what is finer than a tick and without a monotonic reading.
func toTick(t time.Time) time.Time { return t.UTC().Truncate(tick).Round(0) }

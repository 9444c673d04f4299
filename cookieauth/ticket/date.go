package ticket

import (
	"net/http"
	"strings"
	"time"
)

// Dates have the form "Fri, 02 Jan 2026 03:04:05 GMT", always 29 characters. They
// are read on each request, so the reader does not go through time.Parse, which
// takes a multiple of the time and does not check the day of the week.

const dateLength = len(http.TimeFormat)

var (
	days   = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	months = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

	// The range of dates that .NET has.
	firstDate = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDate  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// formatDate drops fractions of a second.
func formatDate(t time.Time) string {
	t = t.UTC()
	if t.Before(firstDate) {
		t = firstDate
	} else if t.After(lastDate) {
		t = lastDate
	}
	return t.Format(http.TimeFormat)
}

// parseDate reads exactly that form, names of days and months in any case.
func parseDate(s string) (time.Time, bool) {
	if len(s) != dateLength || s[3:5] != ", " || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' ||
		s[19] != ':' || s[22] != ':' || s[25:] != " GMT" {
		return time.Time{}, false
	}
	day, ok1 := number(s[5:7])
	year, ok2 := number(s[12:16])
	hour, ok3 := number(s[17:19])
	minute, ok4 := number(s[20:22])
	second, ok5 := number(s[23:25])
	month := monthOf(s[8:11])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) || year < 1 || month == 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Day() != day || !strings.EqualFold(days[t.Weekday()], s[:3]) {
		return time.Time{}, false
	}
	return t, true
}

func number(digits string) (n int, ok bool) {
	for _, d := range []byte(digits) {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, true
}

func monthOf(name string) time.Month {
	for i, m := range months {
		if m == name || strings.EqualFold(m, name) {
			return time.Month(i + 1)
		}
	}
	return 0
}

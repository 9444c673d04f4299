package ticket

import (
	"net/http"
	"time"
)

// Dates have the form "Fri, 02 Jan 2026 03:04:05 GMT", always 29 characters. They
// are read on each request, so this does not go through package time, which takes
// a multiple of the time and does not check the day of the week.

const (
	dateLength = len(http.TimeFormat)
	weekdays   = "SunMonTueWedThuFriSat"
	months     = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

var (
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
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	text := [dateLength]byte([]byte(http.TimeFormat))
	copy(text[0:], weekdays[3*t.Weekday():][:3])
	copy(text[8:], months[3*month-3:][:3])
	digits(text[5:7], day)
	digits(text[12:16], year)
	digits(text[17:19], hour)
	digits(text[20:22], minute)
	digits(text[23:25], second)
	return string(text[:])
}

// digits fills text with a number.
func digits(text []byte, n int) {
	for k := len(text) - 1; k >= 0; k-- {
		text[k] = byte('0' + n%10)
		n /= 10
	}
}

// parseDate reads exactly that form, names of days and months in any case.
func parseDate(s string) (time.Time, bool) {
	if len(s) != dateLength || s[3:5] != ", " || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' ||
		s[19] != ':' || s[22] != ':' || s[25:] != " GMT" {
		return time.Time{}, false
	}
	day, ok1 := number(s[5:7])
	month := indexFold(months, s[8:11]) + 1
	year, ok2 := number(s[12:16])
	hour, ok3 := number(s[17:19])
	minute, ok4 := number(s[20:22])
	second, ok5 := number(s[23:25])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) || year < 1 || month == 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	days := daysSince1970(year, month, day)
	if day < 1 || day > daysIn(year, month) || indexFold(weekdays, s[:3]) != weekday(days) {
		return time.Time{}, false
	}
	return time.Unix(int64(days)*86400+int64(hour*3600+minute*60+second), 0).UTC(), true
}

// daysSince1970 counts the days of the Gregorian calendar as if the year began
// in March, so that the odd day is its last.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*month-457)/5 + day - 719469
}

// weekday returns 0 for Sunday. The first of January 1970 was a Thursday; the
// dates that there are begin less than 200000 weeks before.
func weekday(days int) int { return (days + 4 + 7*200000) % 7 }

func daysIn(year, month int) int {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	}
	return 30 + (month+month/8)%2
}

func number(digits string) (n int, ok bool) {
	for k := range len(digits) {
		d := digits[k] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, true
}

// indexFold returns which of the names, three letters each, is name, or -1.
func indexFold(names, name string) int {
	for k := 0; k < len(names); k += 3 {
		// A letter and its other case differ in one bit.
		if ((names[k]^name[0])|(names[k+1]^name[1])|(names[k+2]^name[2]))&^0x20 == 0 {
			return k / 3
		}
	}
	return -1
}

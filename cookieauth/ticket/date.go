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

func formatDate(t time.Time) string {
	var room [dateLength]byte
	return string(appendDate(room[:0], t))
}

// appendDate drops fractions of a second.
func appendDate(dst []byte, t time.Time) []byte {
	if t.Before(firstDate) {
		t = firstDate
	} else if t.After(lastDate) {
		t = lastDate
	}
	const first = -719162 * 86400 // firstDate: what is counted from there is positive
	sinceFirst := int(t.Unix() - first)
	days, second := sinceFirst/86400+first/86400, sinceFirst%86400
	year, month, day := dateOf(days)
	dst = append(dst, http.TimeFormat...)
	text := dst[len(dst)-dateLength:]
	copy(text[0:], weekdays[3*weekday(days):][:3])
	copy(text[8:], months[3*month-3:][:3])
	putDigits(text[5:7], day)
	putDigits(text[12:14], year/100)
	putDigits(text[14:16], year%100)
	putDigits(text[17:19], second/3600)
	putDigits(text[20:22], second/60%60)
	putDigits(text[23:25], second%60)
	return dst
}

// putDigits fills two bytes with a number below 100.
func putDigits(text []byte, n int) { text[0], text[1] = byte('0'+n/10), byte('0'+n%10) }

// parseDate reads exactly that form, names of days and months in any case.
func parseDate(s string) (time.Time, bool) {
	if len(s) != dateLength || s[3] != ',' || s[4] != ' ' || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' ||
		s[19] != ':' || s[22] != ':' || s[25:] != " GMT" {
		return time.Time{}, false
	}
	day, month, year := twoDigits(s[5:]), monthOf(s[8:]), 100*twoDigits(s[12:])+twoDigits(s[14:])
	hour, minute, second := twoDigits(s[17:]), twoDigits(s[20:]), twoDigits(s[23:])
	if (day|hour|minute|second|year) < 0 || year < 1 || month == 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	days := daysSince1970(year, month, day)
	if day < 1 || day > daysIn(year, month) || weekdayOf(s) != weekday(days) {
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

// dateOf undoes daysSince1970, for dates from the year 1 on.
func dateOf(days int) (year, month, day int) {
	days += 719468 // since the first of March of the year 0
	cycle := days / 146097
	days %= 146097 // which are 400 years
	year = (days - days/1460 + days/36524 - days/146096) / 365
	days -= 365*year + year/4 - year/100
	month = (5*days + 2) / 153
	day = days - (153*month+2)/5 + 1
	year += 400 * cycle
	if month < 10 {
		return year, month + 3, day
	}
	return year + 1, month - 9, day
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

// noNumber is negative, and stays so where it is part of a number of four digits.
const noNumber = -1 << 16

// twoDigits returns the number that two digits make, or noNumber.
func twoDigits(s string) int {
	tens, ones := s[0]-'0', s[1]-'0'
	if tens > 9 || ones > 9 {
		return noNumber
	}
	return 10*int(tens) + int(ones)
}

// three returns three characters as a number, letters in lower case. No other
// character than a letter becomes one.
func three(s string) uint32 {
	return uint32(s[0]|0x20)<<16 | uint32(s[1]|0x20)<<8 | uint32(s[2]|0x20)
}

// monthOf returns the month that three letters name, or 0.
func monthOf(s string) int {
	switch three(s) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// weekdayOf returns the day that three letters name, 0 for Sunday, or -1.
func weekdayOf(s string) int {
	switch three(s) {
	case 's'<<16 | 'u'<<8 | 'n':
		return 0
	case 'm'<<16 | 'o'<<8 | 'n':
		return 1
	case 't'<<16 | 'u'<<8 | 'e':
		return 2
	case 'w'<<16 | 'e'<<8 | 'd':
		return 3
	case 't'<<16 | 'h'<<8 | 'u':
		return 4
	case 'f'<<16 | 'r'<<8 | 'i':
		return 5
	case 's'<<16 | 'a'<<8 | 't':
		return 6
	}
	return -1
}

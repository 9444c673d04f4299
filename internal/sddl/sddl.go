// Package sddl reads what Windows says about who may use a file or a key of the
// registry, in its text form, the security descriptor definition language:
// "O:owner G:group D:flags(entry)(entry)…", where an entry is
// "kind;flags;rights;object;inherited object;account".
package sddl

import (
	"slices"
	"strconv"
	"strings"
)

// trusted accounts are those that can get at everything anyway, and those that stand
// for the owner: SYSTEM, administrators of the machine, the domain and the forest, the
// built-in administrator, CREATOR OWNER and OWNER RIGHTS.
var trusted = []string{"SY", "BA", "DA", "EA", "LA", "CO", "OW", "S-1-3-0", "S-1-3-4", "S-1-5-18", "S-1-5-32-544"}

// aliases are the short names of accounts that services run as.
var aliases = map[string]string{"SY": "S-1-5-18", "LS": "S-1-5-19", "NS": "S-1-5-20"}

// wellKnown says who some accounts are. Looking up others could wait for a domain.
var wellKnown = map[string]string{
	"WD": "Everyone", "AU": "Authenticated Users", "BU": "Users", "BG": "Guests", "AN": "Anonymous",
	"IU": "Interactive Users", "DU": "Domain Users", "LS": "LOCAL SERVICE", "NS": "NETWORK SERVICE",
}

// useful are the rights that let somebody read or change keys, by name and by bit:
// to read, write and append, delete, and to give oneself these rights.
const usefulBits = 0x1 | 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000 | 0x80000000

var usefulNames = []string{"GA", "GR", "GW", "FA", "FR", "FW", "KA", "KR", "KW", "CC", "DC", "LC", "DT", "SD", "WD", "WO"}

// WhoElse lists the accounts that a security descriptor gives useful rights to, other
// than the trusted ones and the one of the given security identifier, and the owner if
// that is yet another. It reports failure for what it does not understand.
func WhoElse(sddl, self string) (owner string, accounts []string, ok bool) {
	isOther := func(account string) bool {
		return account != self && aliases[account] != self && !slices.Contains(trusted, account)
	}
	rest, list, hasList := strings.Cut(sddl, "D:")
	owner, _, _ = strings.Cut(strings.TrimPrefix(rest, "O:"), "G:")
	if !strings.HasPrefix(rest, "O:") || owner == "" {
		return "", nil, false
	}
	if !isOther(owner) {
		owner = ""
	}
	if !hasList || strings.HasPrefix(list, "NO_ACCESS_CONTROL") { // without a list everybody may do everything
		return nameOf(owner), []string{"Everyone"}, true
	}
	list, _, _ = strings.Cut(list, "S:")
	_, entries, _ := strings.Cut(list, "(")
	for entry := range strings.SplitSeq(strings.TrimSuffix(entries, ")"), ")(") {
		if entry == "" {
			continue
		}
		fields := strings.Split(entry, ";")
		if len(fields) < 6 {
			return "", nil, false
		}
		kind, rights, account := fields[0], fields[2], fields[5]
		allows := kind == "A" || kind == "OA" || kind == "XA"
		if name := nameOf(account); allows && isUseful(rights) && isOther(account) && !slices.Contains(accounts, name) {
			accounts = append(accounts, name)
		}
	}
	return nameOf(owner), accounts, true
}

func nameOf(account string) string {
	if name := wellKnown[account]; name != "" {
		return name
	}
	return account
}

// isUseful reads rights, which are a number or names of two letters each.
func isUseful(rights string) bool {
	if bits, err := strconv.ParseUint(rights, 0, 32); err == nil {
		return bits&usefulBits != 0
	}
	for pair := range slices.Chunk([]byte(rights), 2) {
		if slices.Contains(usefulNames, string(pair)) {
			return true
		}
	}
	return false
}

// Package sddl reads security descriptors of Windows in their text form, to tell
// whether more than an account and the administrators may read something.
package sddl

import "strings"

// everybody are trustees that stand for more than single accounts, by the short
// names and identifiers that Windows gives them in a descriptor.
var everybody = map[string]string{
	"WD": "Everyone", "S-1-1-0": "Everyone",
	"BU": "Users", "S-1-5-32-545": "Users",
	"AU": "Authenticated Users", "S-1-5-11": "Authenticated Users",
	"BG": "Guests", "S-1-5-32-546": "Guests",
	"AN": "Anonymous", "S-1-5-7": "Anonymous",
	"IU": "Interactive", "S-1-5-4": "Interactive",
	"NU": "Network", "S-1-5-2": "Network",
	"DU": "Domain Users", "DG": "Domain Guests",
}

// Readers returns the groups that stand for many accounts and that a descriptor
// allows anything, in its order. A descriptor without an access control list
// allows everything to everyone.
func Readers(descriptor string) (groups []string) {
	list, ok := accessList(descriptor)
	if !ok {
		return []string{"Everyone"}
	}
	seen := map[string]bool{}
	for entry := range strings.SplitSeq(list, "(") {
		// ace_type;ace_flags;rights;object_guid;inherit_object_guid;account_sid
		fields := strings.Split(strings.TrimRight(entry, ")"), ";")
		if len(fields) < 6 || fields[0] != "A" && fields[0] != "XA" || fields[2] == "" {
			continue
		}
		if group := everybody[fields[5]]; group != "" && !seen[group] {
			seen[group] = true
			groups = append(groups, group)
		}
	}
	return groups
}

// accessList cuts the discretionary access control list out of a descriptor such
// as "O:BAG:SYD:P(A;;FA;;;SY)S:AI". It is false if there is none.
func accessList(descriptor string) (list string, ok bool) {
	_, list, ok = strings.Cut(descriptor, "D:")
	if !ok || strings.HasPrefix(list, "NO_ACCESS_CONTROL") {
		return "", false
	}
	list, _, _ = strings.Cut(list, "S:") // the audit list; the S of an identifier is followed by a hyphen
	return list, true
}

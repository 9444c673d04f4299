package sddl_test

import (
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/sddl"
)

func TestWhoElse(t *testing.T) {
	const self = "S-1-5-21-1-2-3-1001"
	for _, tc := range []struct {
		name, sddl string
		owner      string
		accounts   string
	}{
		{"private", "O:" + self + "G:DUD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + self + ")", "", ""},
		{"a new directory on a system disk", "O:BAG:SYD:AI(A;ID;FA;;;BA)(A;OICIIOID;GA;;;BA)(A;ID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)", "", "Users, Authenticated Users"},
		{"everybody, for a share", "O:BAG:SYD:(A;OICI;FA;;;WD)", "", "Everyone"},
		{"another service", "O:BAG:SYD:(A;OICI;FR;;;S-1-5-80-1-2-3)", "", "S-1-5-80-1-2-3"},
		{"traversing is not reading", "O:BAG:SYD:(A;;0x1200a0;;;BU)(A;;FX;;;AU)", "", ""},
		{"attributes are not content", "O:BAG:SYD:(A;;LORC;;;BU)", "", ""},
		{"denied", "O:BAG:SYD:(D;OICI;FA;;;WD)(A;OICI;FA;;;SY)", "", ""},
		{"what only files inherit", "O:BAG:SYD:(A;OIIO;GR;;;BU)", "", "Users"},
		{"who may change the list", "O:BAG:SYD:(A;;WD;;;BU)", "", "Users"},
		{"users may read a registry key", "O:BAG:SYD:AI(A;CIID;KR;;;BU)(A;CIID;KA;;;BA)", "", "Users"},
		{"a list with nobody", "O:BAG:SYD:P", "", ""},
		{"an auditing list behind it", "O:BAG:SYD:(A;;FA;;;SY)S:AI(AU;SAFA;FA;;;WD)", "", ""},
		{"no list", "O:BAG:SY", "", "Everyone"},
		{"an empty descriptor of a list", "O:BAG:SYD:NO_ACCESS_CONTROL", "", "Everyone"},
		{"another owner", "O:S-1-5-21-1-2-3-1002G:DUD:(A;;FA;;;" + self + ")", "S-1-5-21-1-2-3-1002", ""},
		{"a condition", `O:BAG:SYD:(XA;;FR;;;AU;(@User.Title=="PM"))`, "", "Authenticated Users"},
	} {
		owner, accounts, ok := sddl.WhoElse(tc.sddl, self)
		if got := strings.Join(accounts, ", "); !ok || owner != tc.owner || got != tc.accounts {
			t.Errorf("%s: got owner %q, accounts %q, %v; want %q, %q", tc.name, owner, got, ok, tc.owner, tc.accounts)
		}
	}
	if _, accounts, _ := sddl.WhoElse("O:BAG:SYD:(A;;FA;;;NS)", "S-1-5-20"); len(accounts) > 0 {
		t.Errorf("NETWORK SERVICE is not itself: %q", accounts)
	}
	for _, bad := range []string{"", "D:(A;;FA;;;WD)", "O:BAG:SYD:(A;;FA)"} {
		if owner, accounts, ok := sddl.WhoElse(bad, self); ok {
			t.Errorf("%q: got %q, %q, want a failure", bad, owner, accounts)
		}
	}
}

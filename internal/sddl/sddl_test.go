package sddl_test

import (
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/sddl"
)

func TestReaders(t *testing.T) {
	tests := []struct{ name, descriptor, want string }{
		{"provisioned", "D:P(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)(A;OICI;GA;;;S-1-5-82-1-2-3-4-5)", ""},
		{"with owner and audit", "O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)S:AI(AU;SAFA;FA;;;WD)", ""},
		{"users may read", "O:BAG:SYD:AI(A;CIID;KR;;;BU)(A;CIID;KA;;;BA)", "Users"},
		{"by identifier", "D:(A;;FR;;;S-1-1-0)", "Everyone"},
		{"several, one twice", "D:(A;;FR;;;AU)(A;;FX;;;WD)(A;;FW;;;AU)", "Authenticated Users, Everyone"},
		{"denied", "D:(D;;FA;;;WD)(A;;FA;;;SY)", ""},
		{"nobody", "D:P", ""},
		{"no list", "O:BAG:SY", "Everyone"},
		{"list that is no list", "D:NO_ACCESS_CONTROL", "Everyone"},
		{"conditional", "D:(XA;;FR;;;WD;(x==1))", "Everyone"},
		{"cut", "D:(A;;FR", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(sddl.Readers(tt.descriptor), ", "); got != tt.want {
			t.Errorf("%s: Readers(%q) = %q, want %q", tt.name, tt.descriptor, got, tt.want)
		}
	}
}

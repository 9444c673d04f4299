package hosting_test

import (
	"testing"

	"github.com/sealring/sealring/dataprotection/hosting"
)

func TestApplicationFromContentRoot(t *testing.T) {
	tests := []struct {
		name, os, path, want string
	}{
		{"HST-3 empty", "windows", "", ""},
		{"HST-3 blank", "windows", " \t ", ""},
		{"HST-3 no separator", "windows", `C:\sites\shop`, `C:\sites\shop\`},
		{"HST-3 separator", "windows", `C:\sites\shop\`, `C:\sites\shop\`},
		{"HST-3 slash", "windows", "shop/", "shop/"},
		{"HST-3 blanks around", "windows", " shop ", `shop\`},
		{"HST-3 blank behind a separator", "windows", `shop\ `, `shop\`},
		{"HST-3 separator alone", "windows", ` \ `, `\`},
		{"HST-3 slash alone", "windows", " /", "/"},
		{"HST-3 two separators", "windows", `shop\\`, `shop\\`},
		{"HST-4 empty", "linux", "", ""},
		{"HST-4 blank", "linux", " \t ", ""},
		{"HST-4 no separator", "linux", "/srv/app", "/srv/app/"},
		{"HST-4 separator", "linux", "/srv/app/", "/srv/app/"},
		{"HST-4 two separators", "linux", "/srv/app//", "/srv/app//"},
		{"HST-4 backslash is none", "linux", `app-path\`, `app-path\/`},
		{"HST-4 blanks around", "linux", " /srv/app ", "/srv/app/"},
		{"HST-4 separator alone", "linux", " /", "/"},
		{"HST-4 backslash alone", "linux", `\`, `\/`},
		{"HST-4 dots stay", "linux", "/tmp/../tmp", "/tmp/../tmp/"},
		{"HST-4 white space beyond ASCII", "linux", "\u2003/srv/app\u00a0", "/srv/app/"},
		{"HST-4 as on macOS", "darwin", "/srv/app", "/srv/app/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := hosting.ApplicationFromContentRootOn(tt.os, tt.path); got != tt.want {
				t.Errorf("on %s, %q gives %q, want %q", tt.os, tt.path, got, tt.want)
			}
		})
	}
}

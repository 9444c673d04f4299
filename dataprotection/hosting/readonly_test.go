package hosting_test

import (
	"testing"

	"github.com/sealring/sealring/dataprotection/hosting"
)

func TestReadOnlyDirectory(t *testing.T) {
	const variable = "ReadOnlyDataProtectionKeyDirectory"
	tests := []struct {
		name string
		vars variables
		dir  string
	}{
		{"HST-10 set", variables{variable: "/keys"}, "/keys"},
		{"HST-10 for .NET", variables{"DOTNET_" + variable: "/keys"}, "/keys"},
		{"HST-10 for ASP.NET Core", variables{"ASPNETCORE_" + variable: "/keys"}, "/keys"},
		{"HST-10 plain before .NET", variables{variable: "/a", "DOTNET_" + variable: "/b", "ASPNETCORE_" + variable: "/c"}, "/a"},
		{"HST-10 .NET before ASP.NET Core", variables{"DOTNET_" + variable: "/b", "ASPNETCORE_" + variable: "/c"}, "/b"},
		{"HST-11 not set", variables{}, ""},
		{"HST-11 empty", variables{variable: ""}, ""},
		{"HST-11 empty before another", variables{variable: "", "DOTNET_" + variable: "/b"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, ok := hosting.Environment{OS: "linux", Variables: tt.vars}.ReadOnlyDirectory()
			if dir != tt.dir || ok != (tt.dir != "") {
				t.Errorf("ReadOnlyDirectory() with %v = %q, %t; want %q", tt.vars, dir, ok, tt.dir)
			}
		})
	}
}

// TestReadOnlyDirectoryHere asks the real environment.
func TestReadOnlyDirectoryHere(t *testing.T) {
	t.Setenv("ReadOnlyDataProtectionKeyDirectory", "/keys")
	if dir, ok := hosting.ReadOnlyDirectory(); dir != "/keys" || !ok {
		t.Errorf("ReadOnlyDirectory() = %q, %t", dir, ok)
	}
}

package hosting_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/hosting"
)

type variables map[string]string

func TestDefaultDirectory(t *testing.T) {
	const profile, data = `C:\Users\ann`, `C:\Users\ann\AppData\Local`
	homes := []string{"/home/ann", "/", "/srv/db"}
	tests := []struct {
		name string
		env  hosting.Environment
		dir  string
		why  string
	}{
		{"FS-1 home on Unix", hosting.Environment{OS: "linux", Variables: variables{"HOME": "/home/ann"}, Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"FS-1 local application data on Windows", hosting.Environment{OS: "windows", LocalAppData: data, Profile: profile}, data + `\ASP.NET\DataProtection-Keys`, "the local application data of the account"},
		{"PRV-2 the same for a program without a host", hosting.Environment{OS: "darwin", Variables: variables{"HOME": "/home/ann"}, Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"home by the user database", hosting.Environment{OS: "linux", Profile: "/srv/db", Directories: homes}, "/srv/db/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"HOME before the user database", hosting.Environment{OS: "linux", Variables: variables{"HOME": "/home/ann"}, Profile: "/srv/db", Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"home is the root", hosting.Environment{OS: "linux", Variables: variables{"HOME": "/"}, Directories: homes}, "/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"separator at the end", hosting.Environment{OS: "linux", Variables: variables{"LOCALAPPDATA": "/data/"}}, "/data/ASP.NET/DataProtection-Keys", "LOCALAPPDATA"},
		{"LOCALAPPDATA on Unix", hosting.Environment{OS: "linux", Variables: variables{"LOCALAPPDATA": "/data", "HOME": "/home/ann"}, Directories: homes}, "/data/ASP.NET/DataProtection-Keys", "LOCALAPPDATA"},
		{"USERPROFILE on Unix", hosting.Environment{OS: "linux", Variables: variables{"USERPROFILE": "/data", "HOME": "/home/ann"}, Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"LOCALAPPDATA empty", hosting.Environment{OS: "linux", Variables: variables{"LOCALAPPDATA": "", "HOME": "/home/ann"}, Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"LOCALAPPDATA relative", hosting.Environment{OS: "linux", Variables: variables{"LOCALAPPDATA": "data", "HOME": "/home/ann"}, Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
		{"no home, data directory", hosting.Environment{OS: "linux", Variables: variables{"HOME": "/nonexistent", "XDG_DATA_HOME": "/data"}, Directories: homes}, "/data/ASP.NET/DataProtection-Keys", "XDG_DATA_HOME"},
		{"LOCALAPPDATA on Windows", hosting.Environment{OS: "windows", Variables: variables{"LOCALAPPDATA": `D:\data\`}, Profile: profile}, `D:\data\ASP.NET\DataProtection-Keys`, "LOCALAPPDATA"},
		{"known folder before LOCALAPPDATA", hosting.Environment{OS: "windows", Variables: variables{"LOCALAPPDATA": `D:\data`}, LocalAppData: data}, data + `\ASP.NET\DataProtection-Keys`, "the local application data of the account"},
		{"profile on Windows", hosting.Environment{OS: "windows", Profile: profile}, data + `\ASP.NET\DataProtection-Keys`, "the profile of the account"},
		{"network profile on Windows", hosting.Environment{OS: "windows", LocalAppData: `\\files\ann`}, `\\files\ann\ASP.NET\DataProtection-Keys`, "the local application data of the account"},
		{"App Service on Windows", hosting.Environment{OS: "windows", Variables: variables{"WEBSITE_INSTANCE_ID": "1", "HOME": `C:\home`}, LocalAppData: data}, `C:\home\ASP.NET\DataProtection-Keys`, "HOME on Azure App Service"},
		{"App Service on Linux", hosting.Environment{OS: "linux", Variables: variables{"WEBSITE_INSTANCE_ID": "1", "HOME": "/home"}}, "/home/ASP.NET/DataProtection-Keys", "HOME on Azure App Service"},
		{"App Service without HOME", hosting.Environment{OS: "windows", Variables: variables{"WEBSITE_INSTANCE_ID": "1"}, LocalAppData: data}, data + `\ASP.NET\DataProtection-Keys`, "the local application data of the account"},
		{"App Service with an empty id", hosting.Environment{OS: "linux", Variables: variables{"WEBSITE_INSTANCE_ID": "", "HOME": "/home/ann"}, Directories: homes}, "/home/ann/.aspnet/DataProtection-Keys", "the home directory of the account"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, why, err := tt.env.DefaultDirectory()
			if dir != tt.dir || why != tt.why || err != nil {
				t.Errorf("DefaultDirectory() = %q, %q, %v; want %q, %q, nil", dir, why, err, tt.dir, tt.why)
			}
		})
	}
}

func TestNoDefaultDirectory(t *testing.T) {
	tests := []struct {
		name string
		env  hosting.Environment
	}{
		{"nothing", hosting.Environment{OS: "linux"}},
		{"home that does not exist", hosting.Environment{OS: "linux", Variables: variables{"HOME": "/nonexistent"}}},
		{"home that does not exist, though the user database knows another", hosting.Environment{OS: "linux", Variables: variables{"HOME": "/nonexistent"}, Profile: "/root", Directories: []string{"/root"}}},
		{"relative home", hosting.Environment{OS: "linux", Variables: variables{"HOME": "ann"}, Directories: []string{"ann"}}},
		{"nothing on Windows", hosting.Environment{OS: "windows"}},
		{"relative paths on Windows", hosting.Environment{OS: "windows", Variables: variables{"LOCALAPPDATA": `data`}, LocalAppData: `C:data`, Profile: `\Users`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, why, err := tt.env.DefaultDirectory()
			if dir != "" || why != "" || err == nil || !strings.Contains(err.Error(), "name the directory yourself") {
				t.Errorf("DefaultDirectory() = %q, %q, %v; want an error that says what to do", dir, why, err)
			}
		})
	}
}

// TestDefaultDirectoryHere asks the real environment.
func TestDefaultDirectoryHere(t *testing.T) {
	data := t.TempDir()
	t.Setenv("WEBSITE_INSTANCE_ID", "")
	t.Setenv("LOCALAPPDATA", data)
	dir, why, err := hosting.DefaultDirectory()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && dir != filepath.Join(data, "ASP.NET", "DataProtection-Keys") {
		t.Errorf("DefaultDirectory() = %q, %q with LOCALAPPDATA=%s", dir, why, data)
	}
	if !filepath.IsAbs(dir) {
		t.Errorf("DefaultDirectory() = %q, %q, which is not absolute", dir, why)
	}
}
